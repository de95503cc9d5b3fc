"""What is recorded of a scan besides the redirect: place, bots, people who object."""
import collections
import pathlib
import re
import socket
import time

import pytest

from server import request, wait_until

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PREVIEW = "WhatsApp/2.23.20.0 A"
BERLIN, TOKYO = "198.51.100.77", "203.0.113.9"


def scan(server, short_id, agent=PHONE, **headers):
    assert server.public("GET", f"/{short_id}", User_Agent=agent, **headers).status == 307


def contexts(server, count):
    """The contexts of the newest scans, once there are `count`."""
    def there():
        actions = server.api("GET", "/actions/all?context=true&perPage=100").json()
        return len(actions) == count and actions
    return [action["context"] for action in wait_until(there, what=f"{count} actions")]


def account_of(server):
    return server.api("GET", "/accounts").json()[0]["id"]


def set_account(server, **fields):
    answer = server.api("PUT", f"/accounts/{account_of(server)}", fields)
    assert answer.status == 200, answer.body
    return answer.json()


def test_place_and_bots_are_found_out_behind_the_answer(start, geoip):
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1")
    short_id = edge.create()
    scan(edge, short_id, X_Forwarded_For=BERLIN)
    context = contexts(edge, 1)[0]
    assert (context["city"], context["countryCode"], context["timeZone"]) == ("Berlin", "DE", "Europe/Berlin")
    assert context["bot"] is False and context["ipAddress"] == "198.51.100.0"
    action = edge.api("GET", "/actions/all").json()[0]
    assert action["locationSource"] == "geoIp" and action["location"]["latitude"] == 52.5
    for agent in (CRAWLER, PREVIEW):
        scan(edge, short_id, agent, X_Forwarded_For=TOKYO)
    newest = contexts(edge, 3)[:2]
    assert [(c["bot"], c["city"]) for c in newest] == [(True, "Tokyo")] * 2
    assert edge.metric("fact_geo_lookups_total") == edge.metric("fact_agents_total") == 0


def test_bots_are_hits_unless_the_account_says_no(edge):
    short_id = edge.create()
    scan(edge, short_id, CRAWLER)
    wait_until(lambda: edge.hits(short_id) == 1, what="a bot's hit")
    assert set_account(edge, countBots=False)["countBots"] is False

    def not_counted():
        before = edge.hits(short_id)
        scan(edge, short_id, CRAWLER)
        time.sleep(0.5)
        assert edge.metric("scans_spooled") == 0
        return edge.hits(short_id) == before
    wait_until(not_counted, 15, "bots left out")  # what was decided before is remembered for 3 s
    recorded = len(edge.api("GET", "/actions/all?perPage=100").json())
    scan(edge, short_id, PREVIEW)
    assert contexts(edge, recorded + 1)[0]["bot"] is True
    assert edge.api("PUT", f"/accounts/{account_of(edge)}", {"countBots": "no"}).status == 400


def test_without_an_address_there_is_no_place(start, geoip):
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1", "--ip-privacy", "none")
    edge.api("PUT", "/redirector", {"rules": [{"match": "country=DE", "redirectUrl": "https://de.example/"}]})
    short_id = edge.create()
    answer = edge.public("GET", f"/{short_id}", X_Forwarded_For=BERLIN)
    assert answer.headers["Location"] == "https://de.example/"  # rules may ask; nothing of it is kept
    context = contexts(edge, 1)[0]
    assert not {"ipAddress", "city", "countryCode", "timeZone", "region"} & context.keys()
    assert "location" not in edge.api("GET", "/actions/all").json()[0]


def test_who_objects_leaves_nothing_but_the_count(start, geoip):
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1", "--honour-dnt", "on")
    short_id = edge.create()
    for headers in ({"DNT": "1"}, {"Sec_GPC": "1"}, {"DNT": "0"}):
        scan(edge, short_id, X_Forwarded_For=BERLIN, Referer="https://r.example/", Accept_Language="de", **headers)
    wait_until(lambda: edge.hits(short_id) == 3, what="three hits")
    asked, *objected = sorted(contexts(edge, 3), key=lambda context: "userAgent" not in context)
    assert asked["city"] == "Berlin" and asked["userAgent"] == PHONE and asked["referer"] == "https://r.example/"
    for context in objected:
        personal = {"ipAddress", "city", "countryCode", "timeZone", "userAgent", "referer", "language"}
        assert not personal & context.keys(), context
    assert edge.stop() == 0
    spooled = b"".join(p.read_bytes() for p in pathlib.Path(edge.folder, "data", "spool").rglob("*") if p.is_file())
    assert spooled.count(b"(iPhone;") == 1 and spooled.count(b"https://r.example/") == 1


def test_a_scan_carries_the_product_of_its_thng(edge):
    """No rule reads it: it is found out behind the answer, and the product's lists find the scan."""
    product = edge.api("POST", "/products", {"name": "p"}).json()["id"]
    one = edge.api("POST", "/thngs", {"name": "one", "product": product}).json()["id"]
    other = edge.api("POST", "/thngs", {"name": "other"}).json()["id"]
    for thng in (one, other, "U" + "a" * 23):
        scan(edge, edge.create(evrythngId=thng))
    edge.drained()
    actions = edge.api("GET", "/actions/implicitScans").json()
    assert {action["thng"]: action.get("product") for action in actions} == {one: product, other: None, "U" + "a" * 23: None}
    assert [a["thng"] for a in edge.api("GET", f"/products/{product}/actions/implicitScans").json()] == [one]


def test_head_never_counts(edge):
    short_id = edge.create()
    for _ in range(3):
        assert edge.public("HEAD", f"/{short_id}").status == 307
    scan(edge, short_id)
    wait_until(lambda: edge.hits(short_id) == 1, what="a hit")
    assert len(contexts(edge, 1)) == 1


def scan_many(edge, short_id, count):
    """{status: number} of scans with long fields, 3 kB each in the spool, sent without waiting for answers."""
    head = (f"GET /{short_id} HTTP/1.1\r\nHost: a\r\nUser-Agent: {'u' * 500}\r\nReferer: http://a/{'r' * 500}\r\n"
            f"Accept-Language: {'l' * 120}\r\n\r\n").encode()
    received = b""
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as connection:
        connection.sendall(head * count)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(1 << 20):
            received += piece
    statuses = collections.Counter(int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", received))
    assert statuses.total() == count
    return statuses


@pytest.mark.parametrize("policy", ["answer", "refuse"])
def test_a_full_spool_does_as_it_was_told(start, policy):
    redis = start.redis()
    edge = start("--spool-size", "96", "--spool-full", policy, redis=redis.url)
    short_id = edge.create("https://example.com/" + "x" * 2000)
    scans = edge.remember(short_id)
    redis.kill()
    for _ in range(800):
        statuses = scan_many(edge, short_id, 100)
        scans += statuses[307]
        dropped, refused = edge.metric("scans_dropped_total"), edge.metric("scans_refused_total")
        if dropped or refused:
            break
    assert (dropped > 0, refused > 0) == (policy == "answer", policy == "refuse")
    assert (statuses[503] > 0) == (policy == "refuse") and set(statuses) <= {307, 503}
    redis.start()
    wait_until(lambda: edge.hits(short_id) == scans - dropped, 20, f"{scans - dropped} hits")
    # By itself: a balancer sends nothing to a server that is not ready.
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 10, "ready again")
    assert edge.public("GET", f"/{short_id}").status == 307
    wait_until(lambda: edge.metric("scans_unaccounted") == 0, 5, "everything accounted for")
