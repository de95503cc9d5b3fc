"""What rules know beside the request itself: the user who scans, the closest place."""
import datetime
import types

import pytest


def made(answer):
    assert answer.status == 201, answer.body
    return answer.json()


def follow(server, short_id, path="", **headers):
    answer = server.public("GET", f"/{short_id}{path}", **headers)
    assert answer.status == 307
    return answer.headers["Location"]


def last_action(server):
    server.drained()
    return server.api("GET", "/actions/implicitScans?perPage=1").json()[0]


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
    other = make_user(edge, app)
    assert follow(edge, short_id, Authorization=other.key) == "https://default.example/"


def test_a_delegate_of_the_account_knows_no_user(edge, app):
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"delegates": [{"project": app.project, "app": app.id}]})
    put_rules(edge, {"match": "user.age=*", "redirectUrl": "https://known.example/"},
              {"redirectUrl": "https://app.example/{user.gender}"}, app=app)
    assert follow(edge, short_id) == "https://app.example/"


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
