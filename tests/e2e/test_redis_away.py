"""Redirects of known IDs go on while Redis is away; edits reach every node while it is there."""
import signal
import time

from server import request, wait_until


def test_known_redirections_go_on_while_redis_is_stopped(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    short_id = edge.create("https://known.example/")
    scans = edge.remember(short_id) + 20
    redis.kill()
    for _ in range(20):
        answer = edge.public("GET", f"/{short_id}")
        assert (answer.status, answer.headers["Location"]) == (307, "https://known.example/")
    unknown = edge.public("GET", "/NEVERSEEN9")
    assert unknown.status == 503 and unknown.headers["Retry-After"]
    assert edge.api("GET", f"/redirections/{short_id}").status == 503
    assert request(edge.api_port, "GET", "/readyz").status == 503
    assert request(edge.api_port, "GET", "/healthz").status == 200
    redis.start()
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    wait_until(lambda: edge.hits(short_id) == scans, 15, f"{scans} hits")


def test_an_id_that_was_edited_when_redis_died_leads_where_it_led_before(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    short_id = edge.create("https://old.example/")
    rules = {"rules": [{"match": "query.old=1", "redirectUrl": "https://rule.example/"}]}
    assert edge.api("PUT", "/redirector", rules).status == 200
    scans = edge.remember(short_id)
    assert edge.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://new.example/"}).status == 200
    assert edge.api("PUT", "/redirector", {"rules": []}).status == 200
    redis.kill()
    # Nobody has read what came of the edits, and now nobody can.
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://old.example/"
    assert edge.public("GET", f"/{short_id}?old=1").headers["Location"] == "https://rule.example/"
    assert edge.metric("cache_stale_served_total") >= 2
    redis.start()
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    assert edge.public("GET", f"/{short_id}?old=1").headers["Location"] == "https://new.example/"
    wait_until(lambda: edge.hits(short_id) == scans + 3, 15, f"{scans + 3} hits")


def test_a_frozen_redis_delays_but_does_not_stop_redirects(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    short_id = edge.create("https://known.example/")
    scans = edge.remember(short_id)
    redis.process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + 8  # past the bound within which memory may be trusted unasked
    while time.monotonic() < deadline:
        began = time.monotonic()
        assert edge.public("GET", f"/{short_id}").status == 307
        assert time.monotonic() - began < 2
        scans += 1
        time.sleep(0.05)
    assert edge.metric("cache_stale_served_total") > 0
    redis.process.send_signal(signal.SIGCONT)
    wait_until(lambda: edge.hits(short_id) == scans, 15, f"{scans} hits")


def test_an_edit_on_one_node_is_seen_on_another(start):
    redis = start.redis()
    here, there = start(redis=redis.url, name="here"), start(redis=redis.url, name="there")
    short_id = here.create("https://0.example/")
    assert there.public("GET", f"/{short_id}").headers["Location"] == "https://0.example/"
    slowest = 0
    for i in range(1, 30):
        target = f"https://{i}.example/"
        assert here.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": target}).status == 200
        edited = time.monotonic()
        while there.public("GET", f"/{short_id}").headers["Location"] != target:
            assert time.monotonic() - edited < 1
        slowest = max(slowest, time.monotonic() - edited)
    assert slowest < 0.1, f"{slowest * 1000:.1f} ms"
    assert here.api("DELETE", f"/redirections/{short_id}").status == 200
    wait_until(lambda: there.public("GET", f"/{short_id}").status == 404, 1, "404 on the other node")


def test_a_short_id_that_was_unknown_works_as_soon_as_it_exists(start):
    redis = start.redis()
    here, there = start(redis=redis.url, name="here"), start(redis=redis.url, name="there")
    assert there.public("GET", "/TOBECREATED").status == 404
    here.create("https://now.example/", shortId="TOBECREATED")
    wait_until(lambda: there.public("GET", "/TOBECREATED").status == 307, 1, "307 on the other node")
