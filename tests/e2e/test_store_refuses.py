"""A Redis that answers and refuses to write: who edits is told why, redirects go on, the operator hears of it."""
import json

import pytest

from server import request, wait_until


def events(edge, name):
    return [json.loads(line) for line in edge.read_log().splitlines() if f'"event":"{name}"' in line]


def answers(edge):
    try:
        return request(edge.port, "GET", "/healthz").status == 200
    except OSError:
        return False


def fill_memory(redis):
    assert redis.command("CONFIG", "SET", "maxmemory", "1") == b"+OK\r\n"
    return lambda: redis.command("CONFIG", "SET", "maxmemory", "0")


def break_disk(redis):
    (redis.folder / "dump.rdb").mkdir()  # no snapshot can take its place
    assert redis.command("CONFIG", "SET", "save", '"3600 1"') == b"+OK\r\n"
    redis.command("BGSAVE")
    wait_until(lambda: b"rdb_last_bgsave_status:err" in redis.command("INFO", "persistence"), what="a snapshot that fails")
    return lambda: redis.command("CONFIG", "SET", "save", '""')


def demote(redis):
    redis.command("REPLICAOF", "127.0.0.1", "1")
    return lambda: redis.command("REPLICAOF", "NO", "ONE")


@pytest.mark.parametrize("refuse, code, why", [(fill_memory, "OOM", "its memory is full"),
                                               (break_disk, "MISCONF", "its disk is full or fails"),
                                               (demote, "READONLY", "it is a replica")])
def test_a_redis_that_refuses_to_write_is_told_apart_from_one_that_is_away(start, refuse, code, why):
    redis = start.redis()
    edge = start(redis=redis.url)
    short_id = edge.create("https://known.example/")
    scans = edge.remember(short_id)
    mend = refuse(redis)
    for method, path, body in (("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://new.example/"}),
                               ("POST", "/thngs", {"name": "t"}), ("PUT", "/redirector", {"rules": []})):
        refused = edge.api(method, path, body)
        assert refused.status == 503 and refused.headers["Retry-After"], refused.body
        assert refused.json()["errors"] == [f"the store refuses to write: {why}"]
    assert edge.api("GET", f"/redirections/{short_id}").status == 200
    wait_until(lambda: edge.metric("redis_refusing") == 1, what="the figure")
    not_ready = request(edge.api_port, "GET", "/readyz")
    assert not_ready.status == 503 and b"not ready: Redis refuses to write\n" in not_ready.body
    for _ in range(20):
        assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://known.example/"
    edge.kill()  # one that starts now has no memory: it reads from Redis
    edge.start(wait=False)
    wait_until(lambda: answers(edge), 20, "the restarted edge")
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://known.example/"
    wait_until(lambda: edge.metric("redis_refusing") == 1, what="the figure of the restarted edge")
    mend()
    wait_until(lambda: edge.metric("redis_refusing") == 0, what="the figure back at 0")
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    wait_until(lambda: edge.hits(short_id) == scans + 21, 15, f"{scans + 21} hits")
    # Once for each process when it begins, and once when it ends, however long it takes.
    assert [line["what"].split()[0] for line in events(edge, "Redis refuses to write")] == [code] * 2
    assert len(events(edge, "Redis writes again")) == 1
    assert edge.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://new.example/"}).status == 200
