"""Documents when the store dies in the middle of a change, and when another node changes them."""
import signal
import threading
import time

import pytest

from server import request, wait_until
from test_resources import made, pages


def all_thngs(edge, query=""):
    return [d for page in pages(edge, "/thngs?perPage=100" + query) for d in page]


@pytest.mark.parametrize("round_", range(3))
def test_a_change_is_whole_or_absent_when_redis_is_killed(start, round_):
    # With `everysec` Redis holds back what it has confirmed while the disk is slow to sync.
    redis = start.redis("--appendfsync", "always")
    edge = start(redis=redis.url)
    answers, stop = [], threading.Event()

    def create():
        while not stop.is_set():
            try:
                answers.append(edge.api("POST", "/thngs", {"name": "n", "tags": ["marked"]}))
            except OSError:  # of the client's own time limit
                pass

    clients = [threading.Thread(target=create) for _ in range(4)]
    for client in clients:
        client.start()
    time.sleep(0.3 + round_ / 10)
    redis.kill()
    time.sleep(0.3)
    stop.set()
    for client in clients:
        client.join()
    assert {answer.status for answer in answers} == {201, 503}
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status == 503)
    redis.start()
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    stored = {d["id"] for d in all_thngs(edge)}
    assert {answer.json()["id"] for answer in answers if answer.status == 201} <= stored
    assert {d["id"] for d in all_thngs(edge, "&filter=tags%3Dmarked")} == stored  # indexes agree
    for thng in stored:
        assert edge.api("GET", f"/thngs/{thng}").status == 200


def test_a_stopped_redis_is_said_in_time_and_named(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    thng = made(edge.api("POST", "/thngs", {"name": "a"}))
    redis.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        answer = edge.api("PUT", f"/thngs/{thng['id']}", {"name": "b"})
        assert answer.status == 503 and answer.json()["code"] == "unavailable" and answer.headers["Retry-After"]
        assert time.monotonic() - began < 8
    finally:
        redis.process.send_signal(signal.SIGCONT)
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    assert edge.api("GET", f"/thngs/{thng['id']}").json()["name"] in ("a", "b")


def test_a_document_that_rules_read_is_seen_changed_by_every_node(start):
    redis = start.redis()
    here, there = start(redis=redis.url, name="here"), start(redis=redis.url, name="there")
    thng = made(here.api("POST", "/thngs", {"name": "a", "tags": ["0"]}))["id"]
    short_id = here.create("https://default.example/", evrythngId=thng)
    rules = [{"match": f"thng.tags={i}", "redirectUrl": f"https://{i}.example/"} for i in range(20)]
    assert here.api("PUT", "/redirector", {"rules": rules}).status == 200

    def location():
        return there.public("GET", f"/{short_id}").headers["Location"]

    wait_until(lambda: location() == "https://0.example/", 2, "rules in force")
    slowest = 0
    for i in range(1, 20):
        assert here.api("PUT", f"/thngs/{thng}", {"tags": [str(i)]}).status == 200
        changed = time.monotonic()
        while location() != f"https://{i}.example/":
            assert time.monotonic() - changed < 1
        slowest = max(slowest, time.monotonic() - changed)
    assert slowest < 0.1, f"{slowest * 1000:.1f} ms"
    assert here.api("DELETE", f"/thngs/{thng}").status == 200
    wait_until(lambda: location() == "https://default.example/", 1, "default of a thng that is gone")
