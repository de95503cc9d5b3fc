"""Who may do what: every route with every type of key, and with none."""
import json
import os
import pathlib
import subprocess

import pytest

from server import BINARY, KEY

ABSENT = "U00000000000000000000000"

# O operator, T trusted application, A application, U application user, D device; * needs no key.
ALLOWED = """
GET /access OTAUD
GET /rateLimits OTAUD
GET /time *
GET /openapi.json *
GET /docs *
GET /accounts O
GET /accounts/{account} O
PUT /accounts/{account} O
GET /accounts/{account}/accesses O
GET /accounts/{account}/shortDomains O
GET /accounts/{account}/domains O
PUT /accounts/{account}/logo O
GET /accounts/{account}/logo O
DELETE /accounts/{account}/logo O
GET /operators/{operator} O
PUT /operators/{operator} O
POST /projects O
GET /projects O
PUT /projects O
DELETE /projects O
GET /projects/{project} O
PUT /projects/{project} O
DELETE /projects/{project} O
POST /projects/{project}/applications O
GET /projects/{project}/applications O
GET /projects/{project}/applications/{application} O
PUT /projects/{project}/applications/{application} O
DELETE /projects/{project}/applications/{application} O
GET /projects/{project}/applications/{application}/secretKey O
GET /projects/{project}/applications/{app}/redirector O
PUT /projects/{project}/applications/{app}/redirector O
DELETE /projects/{project}/applications/{app}/redirector O
GET /projects/{project}/applications/{app}/redirector/versions O
POST /projects/{project}/applications/{app}/redirector/versions/{version}/activate O
POST /projects/{project}/applications/{app}/redirector/explain O
POST /projects/{project}/applications/{app}/redirector/replay O
GET /applications/me TA
PUT /applications/me T
POST /thngs OTU
GET /thngs OTU
PUT /thngs OT
DELETE /thngs OT
GET /thngs/{thng} OTUD
PUT /thngs/{thng} OTUD
DELETE /thngs/{thng} OT
POST /products OTU
GET /products OTAU
PUT /products OT
DELETE /products OT
GET /products/{product} OTAU
PUT /products/{product} OTU
DELETE /products/{product} OT
GET /thngs/{thng}/properties OTUD
PUT /thngs/{thng}/properties OTUD
POST /thngs/{thng}/properties OTUD
DELETE /thngs/{thng}/properties OT
GET /thngs/{thng}/properties/{key} OTUD
PUT /thngs/{thng}/properties/{key} OTUD
DELETE /thngs/{thng}/properties/{key} OT
GET /products/{product}/properties OTAU
PUT /products/{product}/properties OTU
POST /products/{product}/properties OTU
DELETE /products/{product}/properties OTU
GET /products/{product}/properties/{key} OTAU
PUT /products/{product}/properties/{key} OTU
DELETE /products/{product}/properties/{key} OTU
GET /thngs/{thng}/location OTUD
PUT /thngs/{thng}/location OTUD
DELETE /thngs/{thng}/location OT
POST /collections OTU
GET /collections OTU
PUT /collections OT
DELETE /collections OT
GET /collections/{collection} OTU
PUT /collections/{collection} OTU
DELETE /collections/{collection} OT
GET /collections/{collection}/thngs OTU
PUT /collections/{collection}/thngs OTU
DELETE /collections/{collection}/thngs OT
DELETE /collections/{collection}/thngs/{thng} OTU
GET /collections/{collection}/collections OTU
POST /collections/{collection}/collections OTU
DELETE /collections/{collection}/collections OT
DELETE /collections/{collection}/collections/{child} OT
POST /places OT
GET /places OTAU
PUT /places OT
DELETE /places OT
GET /places/{place} OTAU
PUT /places/{place} OT
DELETE /places/{place} OT
POST /actions OT
GET /actions OTU
POST /actions/{type} OTUD
POST /thngs/{thng}/actions/{type} OTUD
POST /products/{product}/actions/{type} OTU
POST /collections/{collection}/actions/{type} OTU
GET /actions/{type} OTUD
GET /thngs/{thng}/actions/{type} OTUD
GET /products/{product}/actions/{type} OTU
GET /collections/{collection}/actions/{type} OTU
GET /actions/{type}/{id} OTUD
DELETE /actions/{type}/{id} O
GET /thngs/{thng}/actions/{type}/{id} OTUD
GET /products/{product}/actions/{type}/{id} OTU
GET /collections/{collection}/actions/{type}/{id} OTU
PUT /actions/{type} OT
DELETE /actions/{type} OT
POST /auth/evrythng/users TA
POST /auth/evrythng/users/{user}/validate TA
POST /auth/evrythng TA
POST /users/login TA
POST /auth/all/logout U
GET /users OT
DELETE /users O
GET /users/{user} OTU
GET /users/{user}/status OU
PUT /users/{user} OU
DELETE /users/{user} O
POST /auth/evrythng/thngs OTU
GET /auth/evrythng/thngs/{thng} OTU
DELETE /auth/evrythng/thngs/{thng} OTU
POST /thngs/{thng}/redirector OTU
GET /thngs/{thng}/redirector OTUD
PUT /thngs/{thng}/redirector OTU
DELETE /thngs/{thng}/redirector OT
POST /products/{product}/redirector OTU
GET /products/{product}/redirector OTAU
PUT /products/{product}/redirector OTU
DELETE /products/{product}/redirector OT
POST /redirections OTU
GET /redirections OTAUD
PUT /redirections OT
DELETE /redirections OT
GET /redirections/{shortId} OTAUD
PUT /redirections/{shortId} OTU
DELETE /redirections/{shortId} OT
GET /redirections/{shortId}/stats OT
GET /stats O
GET /redirector O
PUT /redirector O
DELETE /redirector O
GET /redirector/versions O
POST /redirector/versions/{version}/activate O
POST /redirector/explain O
POST /redirector/replay O
POST /qr/sheets OT
POST /webhooks O
GET /webhooks O
GET /webhooks/{webhook} O
PUT /webhooks/{webhook} O
DELETE /webhooks/{webhook} O
GET /webhooks/{webhook}/deadLetters O
POST /webhooks/{webhook}/deadLetters/redrive O
"""

TABLE = {(method, path): keys for method, path, keys in (line.split() for line in ALLOWED.split("\n") if line)}


def made(answer, status=201):
    assert answer.status == status, answer.body
    return answer.json()


@pytest.fixture
def keys(edge):
    """One key of each type, all but the operator's of one project."""
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    path = f"/projects/{project}/applications"
    application = made(edge.api("POST", path, {"name": "a", "socialNetworks": {}}))
    secret = made(edge.api("GET", f"{path}/{application['id']}/secretKey"), 200)["secretApiKey"]
    public = application["appApiKey"]
    user = made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=public))
    thng = made(edge.api("POST", f"/thngs?project={project}", {"name": "t"}))
    device = made(edge.api("POST", "/auth/evrythng/thngs", {"thngId": thng["id"]}))
    return {"O": KEY, "T": secret, "A": public, "U": user["evrythngApiKey"], "D": device["thngApiKey"]}


def fill(path):
    while "{" in path:
        begin, end = path.index("{"), path.index("}")
        value = {"shortId": "ABSENT0000", "type": "_absent", "key": "k", "version": "1"}.get(path[begin + 1:end], ABSENT)
        path = path[:begin] + value + path[end + 1:]
    return path


def routes_of(edge):
    paths = edge.api("GET", "/openapi.json", key=None).json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_route_with_every_key(edge, keys):
    routes = routes_of(edge)
    assert routes == set(TABLE)
    wrong = []
    for (method, path), allowed in TABLE.items():
        body = {} if method in ("POST", "PUT") else None
        for kind, key in [*keys.items(), ("none", None)]:
            if (method, path, kind) == ("POST", "/auth/all/logout", "U"):
                continue  # ends the key: last of all
            answer = edge.api(method, fill(path), body, key=key)
            expected = "open" if allowed == "*" or kind in allowed else 401 if kind == "none" else 403
            found = answer.status if answer.status in (401, 403) or answer.status >= 500 else "open"
            if found != expected:
                wrong.append((method, path, kind, expected, answer.status, answer.body))
    assert not wrong
    assert edge.api("POST", "/auth/all/logout", {}, key=keys["U"]).status == 201
    assert edge.api("GET", "/access", key=keys["U"]).status == 401


def test_a_key_of_another_account_finds_nothing(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    made_by = subprocess.run([BINARY, "account", "create", "--name", "other", "--redis", redis.url, "--json"],
                             capture_output=True, check=True, text=True)
    other = json.loads(made_by.stdout)["apiKey"]
    ids = {path: made(edge.api("POST", path, {"name": "mine"}))["id"]
           for path in ("/thngs", "/products", "/collections", "/places", "/projects")}
    for path, identifier in ids.items():
        for method, body in (("GET", None), ("PUT", {"name": "theirs"}), ("DELETE", None)):
            assert edge.api(method, f"{path}/{identifier}", body, key=other).status == 404
        assert edge.api("GET", path, key=other).json() == []
        assert edge.api("GET", f"{path}?ids={identifier}", key=other).json() == []
        assert edge.api("GET", f"{path}/{identifier}").json()["name"] == "mine"


def test_wrong_keys(edge):
    for key in ("x", "K" * 80, "Basic !!", "Bearer " + "Z" * 80):
        answer = edge.api("GET", "/thngs", key=key)
        assert answer.status == 401 and answer.json()["code"] == "invalid_credentials"
        assert answer.headers["WWW-Authenticate"]
    for scheme in ("Bearer ", "Token ", "bearer "):
        assert edge.api("GET", "/thngs", key=scheme + KEY).status == 200


README = pathlib.Path(__file__).parents[2] / "redirector" / "api" / "README.md"


def rows(description):
    yield "| route | verb | status | keys | meaning |"
    yield "|---|---|---|---|---|"
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            status = next(s for s in operation["responses"] if s != "default")
            keys = operation["description"].removeprefix("Keys: ").removesuffix(".")
            yield f"| `{path}` | {method.upper()} | {status} | {keys} | {operation['summary']} |"


def test_the_readme_lists_the_routes(edge):
    begin, end = "<!-- routes -->\n", "<!-- end of routes -->"
    table = "\n".join(rows(edge.api("GET", "/openapi.json", key=None).json())) + "\n"
    text = README.read_text()
    if os.environ.get("UPDATE_README"):
        README.write_text(text[:text.index(begin) + len(begin)] + table + text[text.index(end):])
        text = README.read_text()
    assert text[text.index(begin) + len(begin):text.index(end)] == table
