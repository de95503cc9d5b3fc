"""As an operator would: write rules, with a typo first, and see scans follow them."""
import datetime
import json
import subprocess
import threading
import time
import urllib.parse

import pytest

from server import BINARY, THING, request, wait_until

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " \
        "Version/17.4 Mobile/15E148 Safari/604.1"


def follow(server, short_id, path="", **headers):
    answer = server.public("GET", f"/{short_id}{path}", **headers)
    assert answer.status == 307
    return answer.headers["Location"]


def put_rules(server, *rules, path="/redirector", **headers):
    return server.api("PUT", path, {"rules": list(rules)}, **headers)


def test_a_rule_sends_phones_elsewhere_and_back(edge):
    short_id = edge.create("https://default.example/")
    assert follow(edge, short_id, User_Agent=PHONE) == "https://default.example/"
    stored = put_rules(edge, {"name": "phones", "match": "device.type=mobile",
                              "redirectUrl": "https://m.example/{thng.id}?l={language}"})
    assert stored.status == 200 and stored.json()["version"] == 1
    assert follow(edge, short_id, User_Agent=PHONE, Accept_Language="de-CH,en;q=0.5") == \
        f"https://m.example/{THING}?l=de"
    assert follow(edge, short_id, User_Agent="curl/8") == "https://default.example/"
    assert edge.api("DELETE", "/redirector").status == 200
    assert follow(edge, short_id, User_Agent=PHONE) == "https://default.example/"


def test_what_decides_is_counted(edge):
    def decided(by):
        return edge.metric(f'decisions_total{{by="{by}"}}')

    short_id = edge.create("https://default.example/")
    follow(edge, short_id)
    assert (decided("no_rules"), decided("no_match"), decided("account_rule")) == (1, 0, 0)
    assert put_rules(edge, {"match": "device.type=mobile", "redirectUrl": "https://m.example/"}).status == 200
    follow(edge, short_id, User_Agent="curl/8")
    follow(edge, short_id, User_Agent=PHONE)
    follow(edge, short_id, User_Agent=PHONE)
    assert (decided("no_rules"), decided("no_match"), decided("account_rule")) == (1, 1, 2)
    assert edge.public("GET", "/NEVERSEEN9").status == 404
    assert sum(decided(by) for by in ("account_rule", "application_rule", "no_match", "no_rules", "broken", "unreachable")) == 4


def test_a_typo_is_explained_and_changes_nothing(edge):
    short_id = edge.create("https://default.example/")
    assert put_rules(edge, {"redirectUrl": "https://good.example/"}).status == 200
    refused = put_rules(edge, {"redirectUrl": "https://x.example/"},
                        {"match": "country=DE&dayOfWeek=someday", "redirectUrl": "https://x.example/"})
    assert refused.status == 422
    detail = refused.json()["details"][0]
    assert (detail["code"], detail["field"], detail["offset"]) == ("unprocessable", "rules[1].match", 21), detail
    assert refused.json()["code"] == "unprocessable"
    misspelt = put_rules(edge, {"redirectUrl": "https://x/"}, {"redirectUrl": "https://x/", "deletgates": []})
    assert (misspelt.status, misspelt.json()["details"][0]["field"]) == (422, "rules[1]")
    assert misspelt.json()["errors"][0].startswith('rule 1: unknown member "deletgates"')
    assert put_rules(edge, {"redirectUrl": "javascript:x"}).status == 422
    assert put_rules(edge, {"redirectUrl": f"http://127.0.0.1:{edge.port}/x"}).status == 422
    assert put_rules(edge, *[1] * 10001).status == 422
    many = put_rules(edge, *[1] * 9000)
    assert many.status == 422 and len(many.json()["errors"]) <= 100
    assert edge.api("PUT", "/redirector", {}).json()["missing"] == ["rules"]
    assert edge.api("PUT", "/redirector", {"rules": [], "colour": 1}).json()["code"] == "unknown_field"
    assert follow(edge, short_id) == "https://good.example/"
    unknown = put_rules(edge, {"match": "thng.tag=x", "redirectUrl": "https://x/"})
    assert unknown.status == 200 and "thng.tags" in unknown.json()["warnings"][0]["hint"]
    assert unknown.json()["warnings"][0]["effect"] == "a scan that reaches this rule goes to its default URL"
    assert follow(edge, short_id) == "https://default.example/"  # a rule with an unknown field ends the walk


def make_project(edge, *applications):
    """IDs of a new project and of new applications in it."""
    project = edge.api("POST", "/projects", {"name": "p"}).json()["id"]
    path = f"/projects/{project}/applications"
    return [project] + [edge.api("POST", path, {"name": name}).json()["id"] for name in applications]


def test_delegates_decide_in_order(edge):
    short_id = edge.create("https://default.example/")
    project, shop, museum = make_project(edge, "shop", "museum")
    delegates = [{"project": project, "app": shop}, {"project": project, "app": museum}]
    assert put_rules(edge, {"match": "query.m=1", "delegates": delegates}).status == 200
    assert follow(edge, short_id, "?m=1") == "https://default.example/"
    path = f"/projects/{project}/applications/{museum}/redirector"
    assert put_rules(edge, {"constants": {"room": "12"}, "redirectUrl": "https://museum.example/{room}"},
                     path=path).status == 200
    assert follow(edge, short_id, "?m=1") == "https://museum.example/12"
    assert follow(edge, short_id, "?m=2") == "https://default.example/"
    path = f"/projects/{project}/applications/{shop}/redirector"
    assert put_rules(edge, {"match": "referer=*", "redirectUrl": "https://shop.example/"}, path=path).status == 200
    assert follow(edge, short_id, "?m=1") == "https://museum.example/12"
    assert follow(edge, short_id, "?m=1", Referer="https://r.example/") == "https://shop.example/"
    assert put_rules(edge, {"delegates": delegates}, path=path).status == 422  # only an account delegates


def last_action(server):
    server.drained()
    actions = server.api("GET", "/actions/implicitScans?perPage=50").json()
    return max(actions, key=lambda action: action["timestamp"])  # what threads ship has no order among them


def test_the_action_keeps_what_an_application_knew(edge):
    product = edge.api("POST", "/products", {"name": "Shoe", "tags": ["Offer"]}).json()["id"]
    thng = edge.api("POST", "/thngs", {"name": "one", "product": product}).json()["id"]
    short_id = edge.create("https://default.example/", evrythngId=thng)
    project, app = make_project(edge, "app")
    put_rules(edge, {"match": "query.m=*", "delegates": [{"project": project, "app": app}]},
              {"match": "product.tags=Offer", "redirectUrl": "https://account.example/"})
    path = f"/projects/{project}/applications/{app}/redirector"
    put_rules(edge, {"match": "product.tags=Offer", "constants": {"some": "value"},
                     "redirectUrl": "https://app.example/{query.m}"}, path=path)
    assert follow(edge, short_id, "?m=%22%FF") == "https://app.example/%22%FF"
    action = last_action(edge)
    assert action["reactions"] == [{
        "type": "redirection", "redirectUrl": "https://app.example/%22%FF",
        "redirectionContext": {"constants": {"some": "value"}, "product.tags": ["Offer"], "query.m": '"\ufffd'}}]
    assert (action["createdByProject"], action["createdByApp"]) == (project, app)
    assert (action["thng"], action["product"]) == (thng, product)
    assert follow(edge, short_id) == "https://account.example/"
    assert last_action(edge)["reactions"] == [{"type": "redirection", "redirectUrl": "https://account.example/"}]


def test_versions_are_kept_guarded_and_put_in_force_again(edge):
    short_id = edge.create("https://default.example/")
    for i in (1, 2, 3):
        assert put_rules(edge, {"redirectUrl": f"https://{i}.example/"}).status == 200
    read = edge.api("GET", "/redirector")
    assert read.headers["ETag"] == '"3"' and read.json()["version"] == 3
    assert edge.api("GET", "/redirector", If_None_Match='"3"').status == 304
    stale = put_rules(edge, {"redirectUrl": "https://lost.example/"}, If_Match='"2"')
    assert (stale.status, stale.json()["code"]) == (412, "precondition_failed")
    assert [v["version"] for v in edge.api("GET", "/redirector/versions").json()] == [3, 2, 1]
    assert edge.api("POST", "/redirector/versions/1/activate").json()["version"] == 4
    assert follow(edge, short_id) == "https://1.example/"
    assert edge.api("POST", "/redirector/versions/9/activate").status == 404


def test_versions_come_in_pages(edge):
    for i in range(11):
        put_rules(edge, {"redirectUrl": f"https://{i}.example/"})
    path, seen = "/redirector/versions?perPage=5", []
    while path:
        page = edge.api("GET", path)
        assert page.status == 200 and len(page.json()) <= 5
        seen += [version["version"] for version in page.json()]
        link = page.headers.get("Link")
        path = link and urllib.parse.unquote(link.split(">")[0][1:]).split(str(edge.api_port))[1]
    assert seen == list(range(11, 0, -1))
    assert edge.api("POST", "/redirector/versions/2/activate").json()["version"] == 12
    for query in ("perPage=0", "nextPageToken=x", "nextPageToken=-1", "nextPageToken=51", "sortOrder=ASCENDING"):
        assert edge.api("GET", f"/redirector/versions?{query}").status == 400, query
    # Large versions: a page ends early rather than holding more than a few MiB.
    large = [{"match": "thng.name=" + "x" * 4000, "redirectUrl": "https://x.example/"}] * 240
    for _ in range(8):
        assert put_rules(edge, *large).status == 200
    page = edge.api("GET", "/redirector/versions")
    assert page.headers["Link"] and len(page.json()) == 8 and len(page.body) < 9 << 20


def test_an_application_that_is_not_there_has_no_redirector(edge):
    project, app = make_project(edge, "app")
    other, = make_project(edge)
    rule = {"rules": [{"redirectUrl": "https://x.example/"}]}
    for path in (f"/projects/{other}/applications/{app}", f"/projects/{project}/applications/U{'a' * 23}",
                 f"/projects/{project}/applications/{project}"):
        for method, end, body in (("GET", "", None), ("PUT", "", rule), ("DELETE", "", None), ("GET", "/versions", None),
                                  ("POST", "/versions/1/activate", None), ("POST", "/explain", {"context": {}}),
                                  ("POST", "/replay", {})):
            answer = edge.api(method, f"{path}/redirector{end}", body)
            assert (answer.status, answer.json()["code"]) == (404, "not_found"), (method, path + end)
    assert put_rules(edge, rule["rules"][0], path=f"/projects/{project}/applications/{app}/redirector").status == 200


def test_rules_that_cannot_be_read_are_told_of_once_and_fall_through(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    account = edge.api("GET", "/accounts").json()[0]["id"]
    for i, broken in enumerate(("nonsense", '{"rules":1}', '{"rules":[{"match":"a==","redirectUrl":"https://x/"}]}'), 1):
        short_id = edge.create("https://default.example/")
        redis.command("SET", f"c:r:{{{account}}}", "'" + broken + "'")
        time.sleep(0.3)  # what is loaded while the news is on its way is not kept
        for _ in range(5):
            assert follow(edge, short_id) == "https://default.example/"
        edge.remember(short_id)
        told = edge.metric("broken_rules_total")
        for _ in range(5):
            follow(edge, short_id)
        assert edge.metric("broken_rules_total") == told >= i
        assert "broken rules" in edge.read_log()
    assert put_rules(edge, {"redirectUrl": "https://good.example/"}).status == 200
    assert follow(edge, short_id) == "https://good.example/"


def test_broken_documents_and_places_unknown_make_a_rule_fall_through(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    thng = edge.api("POST", "/thngs", {"name": "one"}).json()["id"]
    short_id = edge.create("https://default.example/", evrythngId=thng)
    # No --geoip: where the scan is, is not known.
    put_rules(edge, {"match": "country=*|location.lat>0|place.id=*", "redirectUrl": "https://wrong.example/"},
              {"match": "thng.name=*", "redirectUrl": "https://named.example/"},
              {"match": "timezone=*", "redirectUrl": "https://all.example/"})
    assert follow(edge, short_id) == "https://named.example/"
    keys = redis.command("KEYS", f"c:d:*:{thng}").split(b"\r\n")
    redis.command("SET", keys[2].decode(), "nonsense")
    wait_until(lambda: follow(edge, short_id) == "https://all.example/", 1)
    redis.command("DEL", keys[2].decode())
    wait_until(lambda: follow(edge, short_id) == "https://all.example/", 1)
    redis.command("HSET", keys[2].decode(), "a", "b")
    assert follow(edge, short_id) == "https://all.example/"


@pytest.mark.parametrize("name", ["", "compiled on a thread of its own" * 8], ids=["short", "long"])
def test_no_scan_sees_half_of_a_rule_set(edge, name):
    """Every rule of a set leads to its own number; whatever a scan sees, it is all of one set, and never an older one."""
    short_id = edge.create("https://default.example/")

    def rules(number):
        page = {"name": name, "redirectUrl": f"https://x.example/{number}"}
        return [{"match": f"query.q={i}", **page} for i in range(100)] + [page]
    assert put_rules(edge, *rules(0)).status == 200
    seen, ended = [], threading.Event()

    def scan(number):
        own = []
        while not ended.is_set():
            own.append(int(follow(edge, short_id, f"?q={(len(own) * 7 + number) % 120}").rsplit("/", 1)[1]))
        seen.append(own)
    scanners = [threading.Thread(target=scan, args=(number,)) for number in range(2)]
    for scanner in scanners:
        scanner.start()
    for number in range(1, 30):
        assert put_rules(edge, *rules(number)).status == 200
    ended.set()
    for scanner in scanners:
        scanner.join()
    for own in seen:
        assert own == sorted(own) and len(set(own)) > 3


def test_long_drafts_are_compiled_explained_and_refused_like_short_ones(edge):
    rules = [{"match": f"query.q={i}", "redirectUrl": f"https://x.example/{i}"} for i in range(1000)]
    broken = rules + [{"match": "query.q==", "redirectUrl": "https://x.example/"}]
    refusal = put_rules(edge, *broken)
    assert (refusal.status, refusal.json()["details"][0]["field"]) == (422, "rules[1000].match")
    explained = edge.api("POST", "/redirector/explain", {"context": {"query.q": "7"}, "rules": rules}).json()
    assert [rule["verdict"] for rule in explained["rules"]][6:9] == ["missed", "matched", "not reached"]
    assert edge.api("POST", "/redirector/explain", {"context": {}, "rules": broken}).status == 422
    assert put_rules(edge, *rules).status == 200
    assert follow(edge, edge.create("https://default.example/"), "?q=999") == "https://x.example/999"


def test_explain_tells_why(edge):
    put_rules(edge, {"name": "german", "match": "country=DE", "redirectUrl": "https://de.example/"},
              {"name": "all", "redirectUrl": "https://all.example/"})
    told = edge.api("POST", "/redirector/explain", {"context": {"country": "FR"}}).json()
    assert (told["outcome"], told["rule"], told["url"]) == ("redirect", 1, "https://all.example/")
    assert told["rules"][0]["verdict"] == "missed"
    assert "fr" in told["rules"][0]["predicates"][0]["observation"]
    draft = {"context": {"country": "FR"}, "rules": [{"match": "country=FR", "redirectUrl": "https://fr.example/"}]}
    assert edge.api("POST", "/redirector/explain", draft).json()["url"] == "https://fr.example/"
    assert edge.api("POST", "/redirector/explain", {}).json()["missing"] == ["context"]
    assert "warnings" not in told
    misspelt = edge.api("POST", "/redirector/explain", {"context": {"contry": "FR"}}).json()["warnings"]
    assert [(warning["field"], warning["hint"]) for warning in misspelt] == [("contry", "did you mean country?")]


def test_a_rule_change_is_in_force_on_another_node(start):
    redis = start.redis()
    here, there = start(redis=redis.url, name="here"), start(redis=redis.url, name="there")
    short_id = here.create("https://default.example/")
    assert follow(there, short_id) == "https://default.example/"
    slowest = 0
    for i in range(20):
        assert put_rules(here, {"redirectUrl": f"https://{i}.example/"}).status == 200
        changed = time.monotonic()
        while follow(there, short_id) != f"https://{i}.example/":
            assert time.monotonic() - changed < 1
        slowest = max(slowest, time.monotonic() - changed)
    assert slowest < 0.1, f"{slowest * 1000:.1f} ms"


def test_what_no_rule_reads_is_not_worked_out(edge):
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"match": "query.x=1", "redirectUrl": "https://x.example/"})
    for _ in range(5):
        follow(edge, short_id)
    assert edge.metric("fact_local_times_total") == 0
    put_rules(edge, {"match": "dayOfWeek=mon,tue,wed,thu,fri,sat,sun", "redirectUrl": "https://day.example/"})
    assert follow(edge, short_id) == "https://day.example/"
    assert edge.metric("fact_local_times_total") == 1


def test_germany_goes_one_way_and_tokyo_another(start, geoip):
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1")
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"match": "country=de", "redirectUrl": "https://de.example/{timezone}"},
              {"match": "timezone=Asia/*&location.lat>35", "redirectUrl": "https://asia.example/{country}"})
    assert follow(edge, short_id, X_Forwarded_For="198.51.100.7") == "https://de.example/Europe/Berlin"
    assert follow(edge, short_id, X_Forwarded_For="203.0.113.9, 127.0.0.1") == "https://asia.example/JP"
    assert follow(edge, short_id, X_Forwarded_For="192.0.2.1") == "https://default.example/"


def test_a_geoip_file_that_is_missing_is_waited_for(start, geoip, tmp_path):
    path = tmp_path / "later.mmdb"
    edge = start("--geoip", str(path), "--trust-proxy", "127.0.0.1")
    short_id = edge.create("https://default.example/")
    put_rules(edge, {"match": "country=de", "redirectUrl": "https://de.example/"})
    assert follow(edge, short_id, X_Forwarded_For="198.51.100.7") == "https://default.example/"
    assert "No such file" in edge.read_log()
    geoip.rename(path)
    wait_until(lambda: follow(edge, short_id, X_Forwarded_For="198.51.100.7") == "https://de.example/", what="the file in force")
    path.write_text("half a fi")
    wait_until(lambda: "changed file is not in force" in edge.read_log(), what="the broken file refused")
    assert follow(edge, short_id, X_Forwarded_For="198.51.100.7") == "https://de.example/"


def test_weekends_in_tokyo(start, geoip):
    """What a scan would have been answered at another time is asked by a scan that a client posts."""
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1")
    product = edge.api("POST", "/products", {"name": "Tea"}).json()["id"]
    put_rules(edge, {"name": "tokyo", "match": "timezone=Asia/Tokyo&dayOfWeek=sat,sun", "redirectUrl": "https://tokyo.example/{dayOfWeek}"},
              {"name": "germany", "match": "country=DE", "redirectUrl": "https://de.example/{timeOfDay}"},
              {"redirectUrl": "https://all.example/"})

    def page(address, when):
        body = {"product": product, "timestamp": int(when.timestamp() * 1000)}
        scan = edge.api("POST", "/actions/scans", body, X_Forwarded_For=address).json()
        return scan, scan["reactions"][0]["redirectUrl"]
    friday = datetime.datetime(2024, 3, 1, 14, 59, 59, tzinfo=datetime.timezone.utc)  # 23:59:59 in Tokyo
    second = datetime.timedelta(seconds=1)
    assert page("203.0.113.9", friday)[1] == "https://all.example/"
    saturday, url = page("203.0.113.9", friday + second)
    assert url == "https://tokyo.example/sat"
    assert page("203.0.113.9", friday + datetime.timedelta(days=2))[1] == "https://tokyo.example/sun"
    assert page("203.0.113.9", friday + datetime.timedelta(days=2) + second)[1] == "https://all.example/"
    assert page("198.51.100.7", friday + second)[1] == f"https://de.example/{16 * 3_600_000}"
    told = edge.api("POST", "/redirector/explain", {"action": saturday["id"]}).json()
    assert told["rules"][0]["name"] == "tokyo" and told["rules"][0]["verdict"] == "matched"
    assert [p["observation"] for p in told["rules"][0]["predicates"]] == ['timezone is "Asia/Tokyo"', 'dayOfWeek is "sat"']


def test_eval_answers_line_by_line():
    questions = [
        {"match": "country=DE,FR", "context": {"country": "fr"}},
        {"match": "thng.tag=x", "context": {}},
        {"match": "a=", "context": {}},
        {"template": "https://x/{thng.name}", "context": {"thng.name": "a b/c"}},
        {"template": "ftp://x/", "context": {}},
        {"rules": [{"match": "country=DE", "redirectUrl": "https://de/"}, {"redirectUrl": "https://all/"}],
         "level": "account", "context": {"country": "US"}},
        {"rules": [{"match": "nope=1", "redirectUrl": "https://de/"}], "context": {}},
        {"rules": [{"match": "country==", "redirectUrl": "https://de/"}], "context": {}},
    ]
    text = "\n".join(json.dumps(question) for question in questions) + "\nnot json\n"
    result = subprocess.run([BINARY, "rules", "eval"], input=text, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert answers[0] == {"result": True}
    assert (answers[1]["error"], answers[1]["hint"]) == ("unknown-field", "did you mean thng.tags?")
    assert answers[2]["error"] == "syntax" and answers[2]["offset"] == 2
    assert answers[3] == {"url": "https://x/a%20b/c"}
    assert answers[4]["error"] == "scheme"
    assert answers[5] == {"outcome": "redirect", "rule": 1, "url": "https://all/"}
    assert answers[6] == {"outcome": "none", "stoppedAt": 0}
    assert (answers[7]["outcome"], answers[7]["error"]) == ("rejected", "syntax")
    assert answers[8]["error"] == "request"


def test_rules_read_the_thng_and_its_product(edge):
    product = edge.api("POST", "/products", {"name": "Shoe", "tags": ["sale", "red"], "identifiers": {"upc": "012345"}})
    assert product.status == 201, product.body
    thng = edge.api("POST", "/thngs", {"name": "example one", "product": product.json()["id"],
                                       "customFields": {"size": 42}})
    assert thng.status == 201, thng.body
    short_id = edge.create("https://default.example/", evrythngId=thng.json()["id"])
    put_rules(edge, {"match": "product.identifiers.upc=12345", "redirectUrl": "https://wrong.example/"},
              {"match": "product.identifiers.upc=012345&thng.name=examp*&product.tags=sale",
               "redirectUrl": "https://shoe.example/{thng.customFields.size}/{product.tags}"})
    assert follow(edge, short_id) == "https://shoe.example/42/sale%2Cred"
    changed = edge.api("PUT", f"/thngs/{thng.json()['id']}", {"customFields": {"size": 43}})
    assert changed.status == 200
    assert follow(edge, short_id) == "https://shoe.example/43/sale%2Cred"
    assert edge.api("PUT", f"/products/{product.json()['id']}", {"tags": []}).status == 200
    assert follow(edge, short_id) == "https://default.example/"
