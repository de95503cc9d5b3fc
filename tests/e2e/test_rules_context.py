"""What rules know beside the request itself: the user who scans, the closest place."""
import datetime
import types

import pytest

from server import KEY, wait_until


def made(answer):
    assert answer.status == 201, answer.body
    return answer.json()


def follow(server, short_id, path="", **headers):
    answer = server.public("GET", f"/{short_id}{path}", **headers)
    assert answer.status == 307
    return answer.headers["Location"]


def last_action(server):
    server.drained()
    actions = server.api("GET", "/actions/implicitScans?perPage=50").json()
    return max(actions, key=lambda action: action["timestamp"])  # what threads ship has no order among them


def put_rules(server, *rules, app=None):
    path = f"/projects/{app.project}/applications/{app.id}/redirector" if app else "/redirector"
    answer = server.api("PUT", path, {"rules": list(rules)})
    assert answer.status == 200, answer.body
    return answer.json()


def make_app(edge, project=None):
    project = project or made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    application = made(edge.api("POST", f"/projects/{project}/applications", {"name": "Shop", "tags": ["s"]}))
    return types.SimpleNamespace(project=project, id=application["id"], key=application["appApiKey"])


def make_user(edge, app, **fields):
    user = made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=app.key))
    if fields:
        answer = edge.api("PUT", f"/users/{user['evrythngUser']}", fields)
        assert answer.status == 200, answer.body
    return types.SimpleNamespace(id=user["evrythngUser"], key=user["evrythngApiKey"])


@pytest.fixture
def app(edge):
    return make_app(edge)


def test_a_known_user_is_asked_of_the_application(edge, app):
    short_id = edge.create("https://default.example/")
    user = make_user(edge, app)
    put_rules(edge, {"redirectUrl": "https://account.example/"})
    # No Redirector of the application: the default URL, whatever the account says.
    assert follow(edge, short_id, Authorization=user.key) == "https://default.example/"
    action = last_action(edge)
    assert (action["user"], action["createdByProject"], action["createdByApp"]) == (user.id, app.project, app.id)
    put_rules(edge, {"match": "query.a=1", "redirectUrl": "https://app.example/{application.name}"}, app=app)
    assert follow(edge, short_id, "?a=1", Authorization=user.key) == "https://app.example/Shop"
    reaction = last_action(edge)["reactions"][0]
    assert reaction["redirectionContext"] == {"query.a": "1", "application.name": "Shop"}
    assert follow(edge, short_id, "?a=2", Authorization="Bearer " + user.key) == "https://default.example/"
    assert follow(edge, short_id, "?a=1") == "https://account.example/"
    assert "user" not in last_action(edge)


def test_keys_that_are_no_user_of_the_account_change_nothing(edge, app):
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"redirectUrl": "https://app.example/"}, app=app)
    put_rules(edge, {"redirectUrl": "https://account.example/"})
    gone = make_user(edge, app)
    assert follow(edge, short_id, Authorization=gone.key) == "https://app.example/"
    assert edge.api("POST", "/auth/all/logout", {}, key=gone.key).status == 201
    for key in (gone.key, app.key, "K" * 79 + "1", "x" * 80, "short", "Basic ====", "Bearer " + "a" * 2000):
        assert follow(edge, short_id, Authorization=key) == "https://account.example/", key
        assert "user" not in last_action(edge)


def test_rules_read_the_user(edge, app):
    short_id = edge.create("https://default.example/")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    tomorrow = today + datetime.timedelta(days=1)
    born = lambda day, years: {"day": day.day, "month": day.month, "year": day.year - years}
    user = make_user(edge, app, gender="female", locale="de-CH", customFields={"level": 3}, birthday=born(today, 30))
    put_rules(edge, {"match": "user.age>=40", "redirectUrl": "https://old.example/"},
              {"match": "user.gender=Female&user.customFields.level>2&user.locale=de*",
               "redirectUrl": "https://her.example/{user.age}/{user.customFields.level}"}, app=app)
    assert follow(edge, short_id, Authorization=user.key) == "https://her.example/30/3"
    assert last_action(edge)["reactions"][0]["redirectionContext"] == {
        "user.gender": "female", "user.customFields.level": 3, "user.locale": "de-CH", "user.age": 30}
    edge.api("PUT", f"/users/{user.id}", {"birthday": born(tomorrow, 30)})
    assert follow(edge, short_id, Authorization=user.key) == "https://her.example/29/3"
    edge.api("PUT", f"/users/{user.id}", {"birthday": born(today, 40)})
    assert follow(edge, short_id, Authorization=user.key) == "https://old.example/"
    put_rules(edge, {"match": "query.u=1", "redirectUrl": "https://url.example/{user.gender}"}, app=app)
    assert follow(edge, short_id, "?u=1", Authorization=user.key) == "https://url.example/female"  # for the URL alone
    other = make_user(edge, app)
    assert follow(edge, short_id, Authorization=other.key) == "https://default.example/"


def test_a_delegate_of_the_account_knows_no_user(edge, app):
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"delegates": [{"project": app.project, "app": app.id}]})
    put_rules(edge, {"match": "user.age=*", "redirectUrl": "https://known.example/"},
              {"redirectUrl": "https://app.example/{user.gender}"}, app=app)
    assert follow(edge, short_id) == "https://app.example/"


def test_scans_that_users_post_get_their_reaction(edge, app):
    user = make_user(edge, app, locale="de")
    product = made(edge.api("POST", f"/products?project={app.project}", {"name": "Shoe"}))["id"]
    post = lambda key, **fields: made(edge.api("POST", "/actions/scans", {"product": product, **fields}, key=key))
    assert "reactions" not in post(user.key)
    put_rules(edge, {"match": "action.type=scans", "redirectUrl": "https://account.example/"})
    put_rules(edge, {"match": "action.customFields.shelf=7&user.locale=de", "constants": {"a": "b"},
                     "redirectUrl": "https://shelf.example/{product.name}"},
              {"match": "location.lat>80&dayOfMonth=2", "redirectUrl": "https://north.example/{time}"}, app=app)
    assert "reactions" not in post(user.key)
    action = post(user.key, customFields={"shelf": 7})
    assert action["reactions"] == [{
        "type": "redirection", "redirectUrl": "https://shelf.example/Shoe", "redirectionContext": {
            "constants": {"a": "b"}, "action.customFields.shelf": 7, "user.locale": "de", "product.name": "Shoe"}}]
    assert edge.api("GET", f"/actions/scans/{action['id']}").json()["reactions"] == action["reactions"]
    north = post(user.key, timestamp=1_000_000_000_000 - 7 * 86_400_000, location={"latitude": 81, "longitude": 5})
    assert north["reactions"][0]["redirectUrl"] == f"https://north.example/{north['timestamp']}"
    assert post(KEY)["reactions"] == [{"type": "redirection", "redirectUrl": "https://account.example/"}]
    many = edge.api("POST", "/actions/all", [{"type": kind, "product": product, "customFields": {"shelf": 7}}
                                             for kind in ("scans", "checkins", "scans")], key=user.key)
    assert [len(action.get("reactions", [])) for action in made(many)] == [1, 0, 1]


BERLIN, TOKYO = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def located(start, geoip):
    return start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1")


def make_place(edge, name, latitude, longitude, query="", **fields):
    return made(edge.api("POST", f"/places{query}", {"name": name, "position": {
        "type": "Point", "coordinates": [longitude, latitude]}, **fields}))["id"]


def test_the_closest_place_and_its_distance(located):
    edge = located
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"match": "place.distance<5000&place.tags=shop",
                     "redirectUrl": "https://near.example/{place.id}/{place.customFields.floor}"},
              {"match": "place.id=*", "redirectUrl": "https://far.example/{place.id}"})
    go = lambda address: follow(edge, short_id, X_Forwarded_For=address)
    assert go(BERLIN) == "https://default.example/"
    munich = make_place(edge, "Munich", 48.14, 11.58, tags=["shop"])
    wait_until(lambda: go(BERLIN) == f"https://far.example/{munich}", 1)
    assert go(TOKYO) == f"https://far.example/{munich}"  # few places: however far
    berlin = make_place(edge, "Berlin", 52.51, 13.41, tags=["shop"], customFields={"floor": 2})
    wait_until(lambda: go(BERLIN) == f"https://near.example/{berlin}/2", 0.1, "a new place is seen")
    assert go("192.0.2.1") == "https://default.example/"  # nobody knows where that is
    edge.api("PUT", f"/places/{berlin}", {"tags": ["office"]})
    wait_until(lambda: go(BERLIN) == f"https://far.example/{berlin}", 0.1)  # each thread remembers on its own
    edge.api("DELETE", f"/places/{berlin}")
    wait_until(lambda: go(BERLIN) == f"https://far.example/{munich}", 0.1, "a removed place is not")


def test_an_application_sees_places_of_its_project(located):
    edge = located
    app = make_app(edge)
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"delegates": [{"project": app.project, "app": app.id}]})
    put_rules(edge, {"match": "place.distance=*", "redirectUrl": "https://app.example/{place.id}"}, app=app)
    make_place(edge, "next door", 52.5, 13.4)
    assert follow(edge, short_id, X_Forwarded_For=BERLIN) == "https://default.example/"
    ours = make_place(edge, "ours", 52.6, 13.4, query=f"?project={app.project}")
    wait_until(lambda: follow(edge, short_id, X_Forwarded_For=BERLIN) == f"https://app.example/{ours}", 1)
    context = last_action(edge)["reactions"][0]["redirectionContext"]
    assert context["place.id"] == ours and 11_000 < context["place.distance"] < 11_300


def test_places_are_searched_only_when_a_decision_hangs_on_them(located):
    edge = located
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"match": "query.p=1&place.distance<10", "redirectUrl": "https://p.example/"},
              {"match": "country=DE", "redirectUrl": "https://de.example/"})
    for _ in range(3):
        edge.remember(short_id)
    commands = edge.metric("redis_commands_total")
    for _ in range(10):
        assert follow(edge, short_id, X_Forwarded_For=BERLIN) == "https://de.example/"
    assert edge.metric("place_searches_total") == 0 and edge.metric("redis_commands_total") == commands
    assert follow(edge, short_id, "?p=1", X_Forwarded_For=BERLIN) == "https://de.example/"
    assert edge.metric("place_searches_total") == 1


def test_without_redis_a_rule_on_places_falls_through(start, geoip):
    redis = start.redis()
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1", redis=redis.url)
    short_id = edge.create("https://default.example/")
    place = make_place(edge, "Berlin", 52.5, 13.4)
    put_rules(edge, {"match": "place.distance<5000", "redirectUrl": "https://near.example/"},
              {"match": "country=DE", "redirectUrl": "https://de.example/"})
    assert follow(edge, short_id, X_Forwarded_For=BERLIN) == "https://near.example/"
    assert edge.remember(short_id) > 0 and place
    redis.kill()
    wait_until(lambda: follow(edge, short_id, X_Forwarded_For=BERLIN) == "https://de.example/", 1)


def test_explain_makes_the_context_of_an_action_again(located):
    edge = located
    app = make_app(edge)
    user = make_user(edge, app, locale="de")
    product = made(edge.api("POST", "/products", {"name": "Shoe", "tags": ["red"]}))["id"]
    thng = made(edge.api("POST", "/thngs", {"name": "one", "product": product}))["id"]
    short_id = edge.create("https://default.example/", evrythngId=thng)
    put_rules(edge, {"name": "france", "match": "country=FR", "redirectUrl": "https://fr.example/"},
              {"name": "red", "match": "product.tags=red&device.os=ios", "redirectUrl": "https://red.example/{country}"})
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " \
            "Version/17.4 Mobile/15E148 Safari/604.1"
    assert follow(edge, short_id, X_Forwarded_For=BERLIN, User_Agent=phone) == "https://red.example/DE"
    action = last_action(edge)
    told = edge.api("POST", "/redirector/explain", {"action": action["id"]}).json()
    assert (told["outcome"], told["rule"], told["url"]) == ("redirect", 1, "https://red.example/DE")
    assert told["rules"][0]["predicates"][0]["observation"] == 'country is "de"'
    assert told["context"] == {"country": "DE", "product.tags": ["red"], "device.os": "ios"}
    draft = {"action": action["id"], "rules": [{"match": "timezone=Europe/*&dayOfWeek=*", "redirectUrl": "https://d/{time}"}]}
    told = edge.api("POST", "/redirector/explain", draft).json()
    assert told["url"] == f"https://d/{action['timestamp']}" and told["context"]["timezone"] == "Europe/Berlin"
    # In an application: the user, the closest place of the project, what the client said of the action.
    place = make_place(edge, "ours", 52.6, 13.4, query=f"?project={app.project}")
    put_rules(edge, {"match": "user.locale=de&place.distance<20000&action.customFields.n>1",
                     "redirectUrl": "https://app.example/{place.id}"}, app=app)
    item = made(edge.api("POST", f"/products?project={app.project}", {"name": "Item"}))["id"]
    scan = made(edge.api("POST", "/actions/scans", {"product": item, "customFields": {"n": 2}}, key=user.key,
                         X_Forwarded_For=BERLIN))
    assert scan["reactions"][0]["redirectUrl"] == f"https://app.example/{place}"
    path = f"/projects/{app.project}/applications/{app.id}/redirector/explain"
    told = edge.api("POST", path, {"action": scan["id"]}).json()
    assert told["url"] == f"https://app.example/{place}", told
    for body, status in (({"action": "U" * 24}, 404), ({"action": scan["id"][:-1]}, 400), ({"action": place, "context": {}}, 400),
                         ({"action": scan["id"], "rules": [{"match": "a=="}]}, 422), ({"colour": 1}, 400), ({}, 400)):
        assert edge.api("POST", "/redirector/explain", body).status == status, body


def test_replay_tells_how_many_would_go_elsewhere(located):
    edge = located
    app = make_app(edge)
    user = make_user(edge, app)
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"match": "country=DE", "redirectUrl": "https://de.example/"})
    for address in [BERLIN] * 3 + [TOKYO] * 2:
        follow(edge, short_id, X_Forwarded_For=address)
    follow(edge, short_id, X_Forwarded_For=BERLIN, Authorization=user.key)
    last_action(edge)
    replay = lambda body, path="/redirector/replay": edge.api("POST", path, body).json()
    assert replay({}) == {"scans": 6, "elsewhere": 0, "samples": []}
    same = [{"match": "country=DE", "redirectUrl": "https://de.example/"}]
    assert replay({"rules": same})["elsewhere"] == 0
    told = replay({"rules": same + [{"match": "timezone=Asia/*", "redirectUrl": "https://asia.example/"}]})
    assert (told["scans"], told["elsewhere"], len(told["samples"])) == (6, 2, 2)
    sample = told["samples"][0]
    assert (sample["recorded"], sample["before"], sample["after"]) == ("https://default.example/",) * 2 + ("https://asia.example/",)
    assert sample["shortId"] == short_id and edge.api("GET", f"/actions/implicitScans/{sample['action']}").status == 200
    assert replay({"rules": [], "scans": 6})["elsewhere"] == 3  # Germany, less the known user
    path = f"/projects/{app.project}/applications/{app.id}/redirector/replay"
    assert replay({"rules": [{"match": "country=*", "redirectUrl": "https://app.example/"}]}, path)["elsewhere"] == 1
    # Without a draft: what went elsewhere than it would now.
    put_rules(edge, {"match": "country=JP", "redirectUrl": "https://jp.example/"})
    assert replay({})["elsewhere"] == 5
    assert edge.hits(short_id) == 6 and replay({"scans": 2})["scans"] == 2
    for body in ({"scans": 0}, {"scans": 1001}, {"scans": "x"}, {"colour": 1}):
        assert edge.api("POST", "/redirector/replay", body).status == 400, body
    assert edge.api("POST", "/redirector/replay", {"rules": [{"match": "a=="}]}).status == 422


def test_redis_away_makes_nobody_known_and_still_redirects(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    app = make_app(edge)
    user = make_user(edge, app)
    put_rules(edge, {"redirectUrl": "https://account.example/"})
    short_id = edge.create("https://default.example/")
    edge.remember(short_id)
    redis.kill()
    assert follow(edge, short_id, Authorization=user.key) == "https://account.example/"
