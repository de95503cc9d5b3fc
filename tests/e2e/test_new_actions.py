"""Actions that clients make: POST, who may, what is refused, and reading them back at once."""
import time

import pytest

from server import KEY

ABSENT = "U00000000000000000000000"


def made(answer, status=201):
    assert answer.status == status, answer.body
    return answer.json()


def thng(edge, **fields):
    return made(edge.api("POST", "/thngs", {"name": "t", **fields}))["id"]


def refusal(answer, status=400):
    assert answer.status == status, (answer.status, answer.body)
    return answer.json()["errors"]


@pytest.fixture
def actors(edge):
    """Keys of one project, and a thng, a product and a type in it."""
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    path = f"/projects/{project}/applications"
    app = made(edge.api("POST", path, {"name": "a", "socialNetworks": {}}))
    secret = made(edge.api("GET", f"{path}/{app['id']}/secretKey"), 200)["secretApiKey"]
    user = made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=app["appApiKey"]))
    product = made(edge.api("POST", f"/products?project={project}", {"name": "p"}))["id"]
    item = made(edge.api("POST", f"/thngs?project={project}", {"name": "t", "product": product}))["id"]
    made(edge.api("POST", f"/actions?project={project}", {"name": "_Ours"}))
    device = made(edge.api("POST", "/auth/evrythng/thngs", {"thngId": item}))["thngApiKey"]
    return {"project": project, "app": app["id"], "user": user["evrythngUser"], "thng": item, "product": product,
            "keys": {"trusted": secret, "public": app["appApiKey"], "user": user["evrythngApiKey"], "device": device}}


def test_an_action_is_there_once_it_is_answered(edge):
    product = made(edge.api("POST", "/products", {"name": "p"}))["id"]
    target = thng(edge, product=product)
    body = {"thng": target, "type": "scans", "tags": ["red", "new"], "identifiers": {"ean_13": "4006381333931"},
            "customFields": {"size": 7, "deep": {"list": [1, None, "x"]}}, "timestamp": 1500000000000}
    answer = edge.api("POST", "/actions/scans", body)
    action = made(answer)
    for field, value in body.items():
        assert action[field] == value
    assert action["product"] == product and action["locationSource"] == "unknown"
    assert abs(action["createdAt"] - time.time() * 1000) < 60_000
    assert "context" not in action and "scopes" not in action and "user" not in action
    assert answer.headers["Location"].endswith(f"/actions/scans/{action['id']}")
    assert made(edge.api("GET", f"/actions/scans/{action['id']}"), 200) == action
    assert made(edge.api("GET", f"/actions/all/{action['id']}"), 200) == action
    assert made(edge.api("GET", "/actions/scans"), 200) == [action]
    assert made(edge.api("GET", "/actions/checkins"), 200) == []
    assert edge.api("GET", f"/actions/checkins/{action['id']}").status == 404


def test_a_timestamp_is_now_unless_given(edge):
    action = made(edge.api("POST", "/actions/shares", {"thng": thng(edge)}))
    assert abs(action["timestamp"] - action["createdAt"]) < 1000
    ahead = int(time.time() * 1000) + 25 * 3600 * 1000
    assert "a day ahead" in refusal(edge.api("POST", "/actions/shares", {"thng": thng(edge), "timestamp": ahead}))[0]


def test_each_action_of_an_array_is_made_and_in_order(edge):
    target = thng(edge)
    made(edge.api("POST", "/actions", {"name": "_Seen"}))
    types = [("scans", "checkins", "shares", "_Seen")[n % 4] for n in range(50)]
    answer = edge.api("POST", "/actions/all", [{"type": t, "thng": target, "customFields": {"n": n}}
                                               for n, t in enumerate(types)])
    actions = made(answer)
    assert [(a["type"], a["customFields"]["n"]) for a in actions] == [(t, n) for n, t in enumerate(types)]
    assert answer.headers["Location"] is None
    listed = made(edge.api("GET", "/actions/all?perPage=100"), 200)
    assert listed == actions[::-1]
    assert made(edge.api("POST", "/actions/all", {"type": "scans", "thng": target}))["type"] == "scans"


def test_one_bad_action_of_an_array_stops_them_all(edge):
    target = thng(edge)
    errors = refusal(edge.api("POST", "/actions/all", [{"type": "scans", "thng": target}, {"type": "scans", "thng": 7}]))
    assert errors == ["[1] action.thng must be a string"]
    errors = refusal(edge.api("POST", "/actions/all", [{"type": "scans", "thng": target}, {"type": "scans", "thng": ABSENT}]))
    assert errors == [f'[1] action.thng names "{ABSENT}", which is no thng']
    refusal(edge.api("POST", "/actions/all", []))
    refusal(edge.api("POST", "/actions/all", [{"type": "scans", "thng": target}] * 501))
    refusal(edge.api("POST", "/actions/all", [[]]))
    assert made(edge.api("GET", "/actions/all"), 200) == []


WRONG = [
    ({"thng": 7}, "action.thng must be a string"),
    ({"thng": "short"}, "action.thng must be an ID"),
    ({"thng": ABSENT}, "which is no thng"),
    ({"thng": None, "product": ABSENT}, "which is no product"),
    ({"thng": None, "collection": ABSENT}, "which is no collection"),
    ({"thng": None}, "action.thng is required"),
    ({"thng": None, "identifiers": {"ean_13": "1"}}, "exactly one thng or product"),
    ({"collection": ABSENT}, "second target"),
    ({"type": 5}, "action.type must be a string"),
    ({"type": "checkins"}, "but the path says"),
    ({"timestamp": "now"}, "action.timestamp must be a whole number"),
    ({"timestamp": -1}, "action.timestamp must be a whole number"),
    ({"tags": "red"}, "action.tags must be an array of strings"),
    ({"tags": ["x" * 61]}, "longer than 60 bytes"),
    ({"tags": ["x" * 55] * 200}, "action.tags takes more than 8192 bytes"),
    ({"identifiers": {"a": 1}}, "action.identifiers must hold strings only"),
    ({"identifiers": {"a": "x" * 8200}}, "action.identifiers takes more than 8192 bytes"),
    ({"customFields": []}, "action.customFields must be an object"),
    ({"customFields": {"a": "x" * 17000}}, "action.customFields takes more than 16384 bytes"),
    ({"location": 7}, "action.location must be an object"),
    ({"location": {}}, "action.location needs position"),
    ({"location": {"latitude": 1}}, "longitude is missing"),
    ({"location": {"latitude": 91, "longitude": 1}}, "outside of -90..90"),
    ({"location": {"latitude": "1", "longitude": 1}}, "must be a number"),
    ({"location": {"position": {"type": "Line", "coordinates": [1, 2]}}}, "must be one of Point"),
    ({"location": {"position": {"type": "Point", "coordinates": [1]}}}, "two numbers"),
    ({"location": {"place": ABSENT}}, "which is no place"),
    ({"scopes": {"projects": ["x"]}}, "which is no ID"),
    ({"scopes": 7}, "action.scopes must be an object"),
    ({"colour": "red"}, "action.colour is not a field"),
]


def test_what_is_wrong_is_named(edge):
    target = thng(edge)
    for fields, words in WRONG:
        body = {"thng": target, **fields}
        errors = refusal(edge.api("POST", "/actions/scans", {k: v for k, v in body.items() if v is not None}))
        assert words in errors[0], fields
    assert made(edge.api("GET", "/actions/all"), 200) == []


def test_a_request_is_bounded(edge):
    target = thng(edge)

    def many(tags):
        return [{"type": "scans", "thng": target, "tags": [f"t{n}-{i}" for i in range(tags)]} for n in range(500)]
    assert len(made(edge.api("POST", "/actions/all", many(9)))) == 500
    assert "5000 tags" in refusal(edge.api("POST", "/actions/all", many(10)))[0]
    answer = edge.api("POST", "/actions/all", [{"type": "scans", "thng": target, "customFields": {"x": "x" * 16000}}] * 70)
    assert answer.status == 413
    # An action as large as its fields may be is kept whole.
    large = {"customFields": {"x": "x" * 16_300}, "identifiers": {"a": "y" * 8_100}, "tags": ["z" * 60] * 120}
    action = made(edge.api("POST", "/actions/scans", {"thng": target, **large}))
    assert {field: action[field] for field in large} == large
    assert made(edge.api("GET", f"/actions/scans/{action['id']}"), 200) == action


def test_types_are_checked(edge):
    target = thng(edge)
    refusal(edge.api("POST", "/actions/nonsense", {"thng": target}), 404)
    refusal(edge.api("POST", "/actions/_Unknown", {}), 404)
    assert "action.type is required" in refusal(edge.api("POST", "/actions/all", {"thng": target}))[0]
    assert "no action type" in refusal(edge.api("POST", "/actions/all", {"type": "_Unknown"}))[0]
    assert "must be scans" in refusal(edge.api("POST", "/actions/all", {"type": "nonsense"}))[0]
    for path in ("/actions/implicitScans", "/actions/all"):
        errors = refusal(edge.api("POST", path, {"thng": target, "type": "implicitScans"}))
        assert "redirects make these" in errors[0]
    made(edge.api("POST", "/actions", {"name": "_Free"}))
    assert "thng" not in made(edge.api("POST", "/actions/_Free", {}))  # a custom type needs no target


def test_targets_are_found_by_their_identifiers(edge):
    target = thng(edge, identifiers={"epc": "urn:1"})
    product = made(edge.api("POST", "/products", {"name": "p", "identifiers": {"ean_13": "42"}}))["id"]
    assert made(edge.api("POST", "/actions/scans", {"identifiers": {"epc": "urn:1"}}))["thng"] == target
    assert made(edge.api("POST", "/actions/scans", {"identifiers": {"ean_13": "42"}}))["product"] == product
    thng(edge, identifiers={"epc": "urn:1"})
    assert "exactly one" in refusal(edge.api("POST", "/actions/scans", {"identifiers": {"epc": "urn:1"}}))[0]


def test_where_it_was(edge):
    target = thng(edge)
    point = {"type": "Point", "coordinates": [0.25, 51.5]}
    place = made(edge.api("POST", "/places", {"name": "here", "position": point}))["id"]
    nowhere = made(edge.api("POST", "/places", {"name": "nowhere"}))["id"]
    located = {"latitude": 51.5, "longitude": 0.25, "position": point}

    def posted(location, **fields):
        return made(edge.api("POST", "/actions/scans", {"thng": target, "location": location, **fields}))
    for given in (located, {"position": point}, {"latitude": 51.5, "longitude": 0.25}):
        action = posted(given, locationSource="sensor")
        assert (action["location"], action["locationSource"]) == (located, "sensor")
    action = posted({"place": place}, locationSource="place")
    assert (action["location"], action["locationSource"]) == ({"place": place, **located}, "place")
    action = posted({"place": nowhere})
    assert (action["location"], action["locationSource"]) == ({"place": nowhere}, "place")


def test_aliases_name_the_target(edge):
    product = made(edge.api("POST", "/products", {"name": "p"}))["id"]
    target, other = thng(edge, product=product), thng(edge)
    collection = made(edge.api("POST", "/collections", {"name": "c"}))["id"]
    assert made(edge.api("POST", f"/thngs/{target}/actions/scans", {}))["thng"] == target
    assert made(edge.api("POST", f"/thngs/{target}/actions/all", [{"type": "shares", "thng": target}]))[0]["type"] == "shares"
    assert made(edge.api("POST", f"/products/{product}/actions/scans", {"thng": target}))["thng"] == target
    assert made(edge.api("POST", f"/products/{product}/actions/scans", {}))["product"] == product
    assert made(edge.api("POST", f"/collections/{collection}/actions/checkins", {}))["collection"] == collection
    refusal(edge.api("POST", f"/thngs/{target}/actions/scans", {"thng": other}))
    errors = refusal(edge.api("POST", f"/products/{product}/actions/scans", {"thng": other}))
    assert "is not the product of the thng" in errors[0]
    refusal(edge.api("POST", f"/thngs/{ABSENT}/actions/scans", {}), 404)


def test_who_made_it(edge, actors):
    keys, body = actors["keys"], {"thng": actors["thng"]}
    action = made(edge.api("POST", "/actions/scans?withScopes=true", body, key=keys["user"]))
    assert (action["user"], action["createdByProject"], action["createdByApp"]) == (
        actors["user"], actors["project"], actors["app"])
    assert action["product"] == actors["product"]
    assert action["scopes"] == {"users": [actors["user"]], "projects": [actors["project"]]}
    action = made(edge.api("POST", "/actions/_Ours?withScopes=true", body, key=keys["trusted"]))
    assert (action["createdByProject"], action["createdByApp"]) == (actors["project"], actors["app"])
    assert "user" not in action and action["scopes"] == {"users": ["all"], "projects": [actors["project"]]}
    action = made(edge.api("POST", "/actions/_Ours", {}, key=keys["device"]))
    assert action["createdByThng"] == action["thng"] == actors["thng"]
    action = made(edge.api("POST", f"/actions/scans?project={actors['project']}&withScopes=true", body))
    assert action["scopes"]["projects"] == [actors["project"]] and "createdByProject" not in action
    assert edge.api("POST", "/actions/scans", body, key=keys["public"]).status == 403


def test_no_key_names_what_it_does_not_see(edge, actors):
    hidden = thng(edge)
    made(edge.api("POST", "/actions", {"name": "_Hidden"}))
    for name in ("user", "trusted", "device"):
        key = actors["keys"][name]
        assert "which is no thng" in refusal(edge.api("POST", "/actions/scans", {"thng": hidden}, key=key))[0]
        refusal(edge.api("POST", f"/thngs/{hidden}/actions/scans", {}, key=key), 404)
        refusal(edge.api("POST", "/actions/_Hidden", {}, key=key), 404)
    user = actors["keys"]["user"]
    other = made(edge.api("POST", "/projects", {"name": "other"}))["id"]
    for scopes in ({"projects": [other]}, {"users": ["all"]}):
        refusal(edge.api("POST", "/actions/scans", {"thng": actors["thng"], "scopes": scopes}, key=user), 403)


def test_the_context_is_that_of_the_request(start):
    edge = start("--trust-proxy", "127.0.0.1", "--ip-privacy", "full")
    answer = edge.api("POST", "/actions/scans?context=true", {"thng": thng(edge)}, X_Forwarded_For="198.51.100.7",
                      User_Agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                      Referer="https://r.example/", Accept_Language="de-CH,de;q=0.9")
    context = made(answer)["context"]
    assert context["ipAddress"] == "198.51.100.7" and context["userAgentName"] == "Firefox"
    assert (context["language"], context["referer"]) == ("de", "https://r.example/")


def test_forms_make_actions_too(edge):
    target = thng(edge)
    action = made(edge.api("POST", "/actions/scans", f"thng={target}&tags=a&customFields.size=7",
                           Content_Type="application/x-www-form-urlencoded"))
    assert action["tags"] == ["a"] and action["customFields"] == {"size": "7"}


def test_a_dead_store_accepts_nothing(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    target = thng(edge)
    redis.kill()
    assert edge.api("POST", "/actions/scans", {"thng": target}).status == 503
    redis.start()
    edge.wait_ready()
    action = made(edge.api("POST", "/actions/scans", {"thng": target}))
    assert made(edge.api("GET", "/actions/scans"), 200) == [action]


def test_killed_processes_keep_what_was_accepted(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    target = thng(edge)
    ids = [made(edge.api("POST", "/actions/scans", {"thng": target}))["id"] for _ in range(20)]
    edge.kill()
    redis.kill()
    redis.start()
    edge.start()
    assert [a["id"] for a in made(edge.api("GET", "/actions/scans"), 200)] == ids[::-1]
    assert edge.api("GET", "/access", key=KEY).status == 200
