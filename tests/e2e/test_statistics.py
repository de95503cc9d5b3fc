"""Hits by hour, day, country, device and rule, which add up to the hits whatever happens."""
import time

from server import wait_until
from test_recording import BERLIN, CRAWLER, PHONE, TOKYO, scan, set_account

DAY = 86_400_000
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def stats(server, path, **expected):
    answer = server.api("GET", path)
    assert answer.status == 200, answer.body
    return answer.json()


def shipped(server, short_id, hits):
    wait_until(lambda: server.hits(short_id) == hits, 30, f"{hits} hits")


def test_hits_are_told_by_time_country_device_and_rule(start, geoip):
    edge = start("--geoip", str(geoip), "--trust-proxy", "127.0.0.1")
    edge.api("PUT", "/redirector", {"rules": [{"match": "country=JP", "redirectUrl": "https://jp.example/"}]})
    one, two = edge.create(), edge.create()
    for agent, place in ((PHONE, BERLIN), (PHONE, TOKYO), (LAPTOP, BERLIN), (CRAWLER, "192.0.2.1")):
        scan(edge, one, agent, X_Forwarded_For=place)
    scan(edge, two, LAPTOP, X_Forwarded_For=TOKYO)
    shipped(edge, one, 4)
    shipped(edge, two, 1)
    document = stats(edge, f"/redirections/{one}/stats")
    assert document["shortId"] == one and document["by"] == "day" and document["hits"] == 4
    assert document["countries"] == {"DE": 2, "JP": 1}
    assert document["devices"] == {"mobile": 2, "desktop": 1, "bot": 1}
    assert document["rules"] == {"default": 3, "1": 1}
    assert len(document["series"]) == 30 and sum(point["hits"] for point in document["series"]) == 4
    assert document["series"][0]["timestamp"] == document["from"] and document["to"] - document["from"] == 30 * DAY - 1

    whole = stats(edge, "/stats?by=hour")
    assert whole["hits"] == 5 and "shortId" not in whole and whole["devices"] == {"mobile": 2, "desktop": 2, "bot": 1}
    assert len(whole["series"]) == 7 * 24
    now = time.time() * 1000
    assert all(abs(p["timestamp"] - now) < 2 * 3_600_000 for p in whole["series"] if p["hits"])
    past = stats(edge, f"/stats?from={int(now) - 9 * DAY}&to={int(now) - 2 * DAY}")
    assert past["hits"] == 0 and len(past["series"]) == 8


def test_statistics_leave_out_what_hits_leave_out(edge):
    set_account(edge, countBots=False)
    short_id = edge.create()
    scan(edge, short_id, CRAWLER)
    scan(edge, short_id, PHONE)
    shipped(edge, short_id, 1)
    assert stats(edge, f"/redirections/{short_id}/stats")["devices"] == {"mobile": 1}
    assert stats(edge, "/stats")["hits"] == 1


def test_statistics_survive_what_hits_survive(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    short_id = edge.create()
    scans = edge.remember(short_id)
    redis.kill()
    for _ in range(20):
        scan(edge, short_id)
    redis.start()
    shipped(edge, short_id, scans + 20)
    assert stats(edge, f"/redirections/{short_id}/stats")["hits"] == scans + 20
    edge.kill()
    edge.start()
    assert stats(edge, "/stats")["hits"] == scans + 20


def test_what_cannot_be_told_is_said(start):
    edge = start("--stats-days", "0")
    short_id = edge.create()
    scan(edge, short_id)
    shipped(edge, short_id, 1)
    assert stats(edge, f"/redirections/{short_id}/stats")["hits"] == 0  # none are kept
    for query, field in (("by=week", "by"), ("from=x", "from"), ("to=-5", "to"), ("from=2000&to=1", None),
                         (f"from=0&to={500 * DAY}", "from"), (f"by=hour&from=0&to={32 * DAY}", "from")):
        answer = edge.api("GET", f"/stats?{query}")
        assert answer.status == (200 if field is None else 400), query
        if field:
            assert answer.json()["details"][0]["field"] == field
    assert edge.api("GET", "/redirections/ABSENT0000/stats").status == 404
