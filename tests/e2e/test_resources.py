"""Resources as a client of the API sees them: conventions, wrong input, bulk updates, scopes, limits."""
import json
import time
from urllib.parse import quote

import pytest

from server import KEY, request

FORM = "application/x-www-form-urlencoded"


def made(answer, status=201):
    assert answer.status == status, answer.body
    return answer.json()


@pytest.fixture
def thng(edge):
    return made(edge.api("POST", "/thngs", {"name": "a", "tags": ["x"], "customFields": {"k": 1}}))


def test_creation_says_where(edge):
    answer = edge.api("POST", "/thngs", {"name": "a"})
    document = made(answer)
    assert answer.headers["Location"] == f"http://127.0.0.1:{edge.api_port}/thngs/{document['id']}"
    assert set(document) == {"id", "createdAt", "updatedAt", "name"}
    assert edge.api("GET", f"/thngs/{document['id']}").json() == document


WRONG = [
    ({"name": 7}, "name"), ({"name": ""}, "name"), ({"tags": "x"}, "tags"), ({"tags": ["x" * 61]}, "tags"),
    ({"customFields": []}, "customFields"), ({"identifiers": {"a": 1}}, "identifiers"), ({"product": "p"}, "product"),
    ({"product": "U00000000000000000000000"}, "product"), ({"scopes": {"projects": ["x"]}}, "scopes.projects"),
    ({"scopes": []}, "scopes"), ({"colour": "red"}, "colour"), ({"thngApiKey": "x"}, "thngApiKey"),
]


@pytest.mark.parametrize("body, field", WRONG)
def test_wrong_fields_are_named_and_nothing_changes(edge, thng, body, field):
    answer = edge.api("PUT", f"/thngs/{thng['id']}", body)
    error = answer.json()
    assert answer.status == 400 and error["status"] == 400
    assert error["details"][0]["field"] == field
    assert field in error["errors"][0] and "message" not in error
    assert answer.headers["X-Request-Id"] == error["guid"]
    assert edge.api("GET", f"/thngs/{thng['id']}").json() == thng


def test_missing_fields_are_listed(edge):
    error = edge.api("POST", "/thngs", {}).json()
    assert error["missing"] == ["name"] and error["code"] == "missing_field"


def test_a_subset_replaces_nested_fields_whole(edge, thng):
    changed = made(edge.api("PUT", f"/thngs/{thng['id']}", {"customFields": {"n": 2}, "id": "ignored", "tags": None}), 200)
    assert changed["customFields"] == {"n": 2} and changed["id"] == thng["id"] and "tags" not in changed
    assert changed["name"] == "a"


def test_forms_and_parts(edge):
    form = edge.api("POST", "/thngs", "name=a+b&tags=x&tags=y", Content_Type=FORM)
    assert made(form)["tags"] == ["x", "y"]
    parts = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nc\r\n--b--\r\n'
    assert made(edge.api("POST", "/thngs", parts, Content_Type="multipart/form-data; boundary=b"))["name"] == "c"
    assert edge.api("POST", "/thngs", "<a/>", Content_Type="text/xml").status == 415
    assert edge.api("POST", "/thngs", "{").status == 400
    assert edge.api("POST", "/thngs", {"name": "x" * 70000}).status == 413


def test_yaml_by_accept_or_suffix(edge, thng):
    path = f"/thngs/{thng['id']}"
    by_accept = edge.api("GET", path, Accept="application/yaml")
    assert by_accept.headers["Content-Type"] == "application/yaml"
    assert f'"id": "{thng["id"]}"' in by_accept.body.decode()
    assert edge.api("GET", path + ".yaml").body == by_accept.body
    assert edge.api("GET", path + ".json", Accept="application/yaml").json() == thng
    assert edge.api("GET", path, Accept="image/png").status == 406
    assert '"status": 404' in edge.api("GET", "/thngs/U00000000000000000000000.yaml").body.decode()


def test_methods_that_a_path_does_not_take(edge):
    answer = edge.api("DELETE", "/accounts")
    assert answer.status == 405 and "GET" in answer.headers["Allow"]
    assert edge.api("GET", "/nothing").status == 404
    assert edge.api("HEAD", "/thngs").status == 200


def pages(edge, path):
    documents = []
    while path:
        answer = edge.api("GET", path)
        assert answer.status == 200, answer.body
        documents.append(answer.json())
        link = answer.headers["Link"]
        path = None
        if link:
            from urllib.parse import unquote
            path = unquote(link[1:link.index(">")]).removeprefix(f"http://127.0.0.1:{edge.api_port}")
    return documents


def test_pages_hold_everything_once(edge):
    thngs = [made(edge.api("POST", "/thngs", {"name": f"n{i % 3}", "tags": [f"t{i}"]})) for i in range(25)]
    thngs.sort(key=lambda d: (d["createdAt"], d["id"]))  # those of one millisecond by ID
    ids = [d["id"] for d in thngs]
    for path, expected in (("/thngs?perPage=7", ids[::-1]), ("/thngs?perPage=7&sortOrder=ASCENDING", ids),
                           ("/thngs?perPage=2&filter=name%3Dn1", [d["id"] for d in thngs[::-1] if d["name"] == "n1"]),
                           ("/thngs?perPage=2&filter=name%3Dn*%26tags!%3Dt3", [d["id"] for d in thngs[::-1] if d["tags"] != ["t3"]])):
        assert [d["id"] for page in pages(edge, path) for d in page] == expected, path
    assert edge.api("GET", "/thngs?perPage=1").headers["x-result-count"] == "25"
    assert edge.api("GET", "/thngs?filter=name%3Dn0&perPage=1").headers["x-result-count"] == "9"
    for query, name in (("perPage=0", "perPage"), ("perPage=101", "perPage"), ("sortOrder=UP", "sortOrder"),
                        ("nextPageToken=x", "nextPageToken"), ("filter=a", "filter"), ("ids=", "ids"), ("project=x", "project")):
        error = edge.api("GET", "/thngs?" + query)
        assert error.status == 400 and error.json()["details"][0]["field"] == name, query


def test_many_are_updated_at_once(edge):
    for i in range(5):
        made(edge.api("POST", "/thngs", {"name": f"bulk{i}", "tags": ["bulk"]}))
    answer = edge.api("PUT", "/thngs?filter=tags%3Dbulk", {"tags": ["done"], "description": "d"})
    assert answer.status == 204 and answer.headers["x-result-count"] == "5"
    assert edge.api("GET", "/thngs?filter=tags%3Dbulk").json() == []
    assert len(edge.api("GET", "/thngs?filter=tags%3Ddone").json()) == 5
    assert edge.api("PUT", "/thngs", {"tags": ["all"]}).status == 400
    assert edge.api("PUT", "/thngs?filter=tags%3Ddone", {"colour": "x"}).status == 400


def test_too_many_are_not_updated(edge):
    for i in range(501):
        assert edge.api("POST", "/thngs", {"name": "m"}).status == 201
    answer = edge.api("PUT", "/thngs?filter=name%3Dm", {"name": "changed"})
    assert answer.status == 400 and "500" in answer.json()["errors"][0]
    assert edge.api("GET", "/thngs?filter=name%3Dchanged").json() == []


def test_deleting_a_project_ends_its_keys_and_users(edge):
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    application = made(edge.api("POST", f"/projects/{project}/applications", {"name": "a"}))
    user = made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=application["appApiKey"]))
    assert edge.api("GET", "/access", key=user["evrythngApiKey"]).json()["actor"]["type"] == "userInApp"
    assert edge.api("DELETE", f"/projects/{project}").status == 200
    for key in (application["appApiKey"], user["evrythngApiKey"]):
        assert edge.api("GET", "/access", key=key).status == 401
    assert edge.api("GET", f"/users/{user['evrythngUser']}").status == 404


def test_guessing_a_password_is_slowed_down(edge):
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    key = made(edge.api("POST", f"/projects/{project}/applications", {"name": "a"}))["appApiKey"]
    email = "a@b.example"
    user = made(edge.api("POST", "/auth/evrythng/users", {"email": email, "password": "password1"}, key=key))
    assert edge.api("POST", "/auth/evrythng", {"email": email, "password": "password1"}, key=key).status == 401
    made(edge.api("POST", f"/auth/evrythng/users/{user['evrythngUser']}/validate",
                  {"activationCode": user["activationCode"]}, key=key))
    statuses = [edge.api("POST", "/auth/evrythng", {"email": email, "password": "wrong"}, key=key).status for _ in range(12)]
    assert statuses[0] == 401 and statuses[-1] == 429
    limited = edge.api("POST", "/auth/evrythng", {"email": email.upper(), "password": "password1"}, key=key)
    assert limited.status == 429 and 0 < int(limited.headers["Retry-After"]) <= 60
    for body, field in (({"email": "x", "password": "password1"}, "email"), ({"email": "c@d.example", "password": "short"}, "password"),
                        ({"email": "c@d.example"}, "password")):
        error = edge.api("POST", "/auth/evrythng/users", body, key=key)
        assert error.status == 400 and error.json()["details"][0]["field"] == field


def test_rate_limits_of_a_key(start):
    edge = start("--rate-limit", "5")
    statuses = [edge.api("GET", "/access").status for _ in range(7)]
    assert statuses[0] == 200 and statuses[-1] == 429
    answer = edge.api("GET", "/access")
    assert answer.headers["Retry-After"] and answer.headers["X-RateLimit-Limit"] == "5"


def test_rate_limits_of_an_account_count_all_its_keys(start):
    edge = start("--rate-limit", "100", "--account-rate-limit", "6")
    project = edge.api("POST", "/projects", {"name": "p"}).json()["id"]
    key = edge.api("POST", f"/projects/{project}/applications", {"name": "a", "socialNetworks": {}}).json()["appApiKey"]
    assert [limit["name"] for limit in edge.api("GET", "/rateLimits").json()] == ["key", "account"]
    statuses = [edge.api("GET", "/applications/me", key=key).status for _ in range(5)]
    assert statuses[0] == 200 and statuses[-1] == 429
    refused = edge.api("GET", "/access")
    assert refused.status == 429 and refused.json()["errors"] == ["the account has made too many calls"]
    assert refused.headers["Retry-After"] and refused.headers["X-RateLimit-Limit"] == "6"


def test_rate_limits_are_off_by_default(edge):
    assert edge.api("GET", "/rateLimits").json() == []


def test_time(edge):
    now = edge.api("GET", "/time", key=None).json()
    assert abs(now["timestamp"] - time.time() * 1000) < 5000 and set(now) == {"timestamp"}
    zurich = edge.api("GET", "/time?tz=Europe%2FZurich", key=None).json()
    assert zurich["offset"] in (3600000, 7200000) and zurich["nextChange"] > zurich["timestamp"]
    assert edge.api("GET", "/time?tz=UTC", key=None).json()["localTime"].endswith("Z")
    assert edge.api("GET", "/time?tz=Mars", key=None).json()["details"][0]["field"] == "tz"


def test_resource_redirections(edge, thng):
    path = f"/thngs/{thng['id']}/redirector"
    assert edge.api("GET", path).status == 404
    created = made(edge.api("POST", path, {"defaultRedirectUrl": "https://a.example/{thngId}"}))
    assert created["defaultRedirectUrl"].endswith(thng["id"]) and "evrythngId" not in created
    assert edge.api("GET", path).json() == created
    made(edge.api("PUT", path, {"defaultRedirectUrl": "https://b.example/"}), 200)
    assert edge.public("GET", "/" + created["shortId"]).headers["Location"] == "https://b.example/"
    assert edge.api("DELETE", path).status == 200
    assert edge.public("GET", "/" + created["shortId"]).status == 404


def test_a_redirection_is_of_the_type_of_its_resource(edge):
    for kind in ("thng", "product", "collection", "place", "project"):
        resource = made(edge.api("POST", f"/{kind}s", {"name": "a"}))["id"]
        document = {"evrythngId": resource, "defaultRedirectUrl": "https://a.example/"}
        of = kind if kind != "project" else "thng"
        assert made(edge.api("POST", "/redirections", document, Accept="application/json"))["type"] == of
        assert made(edge.api("POST", "/redirections", {**document, "type": "place"}, Accept="application/json"))["type"] == "place"


def test_what_is_stored_survives_a_restart(edge, thng):
    edge.stop()
    edge.start()
    assert edge.api("GET", f"/thngs/{thng['id']}").json() == thng


def test_the_docs_page_and_description(edge):
    assert b"/thngs/{thng}" in request(edge.api_port, "GET", "/docs").body
    description = request(edge.api_port, "GET", "/openapi.json").json()
    assert description["openapi"].startswith("3.")
