"""Actions out of the store: `redirector actions export` and `tail`, `retentionDays`, and the figures that must agree."""
import csv
import io
import json
import os
import signal
import subprocess
import threading
import time

from server import BINARY, request, wait_until
from test_recording import PHONE, account_of, scan, set_account


def run(redis, *words, expect=0):
    done = subprocess.run([BINARY, "actions", *words, "--redis", redis.url], capture_output=True, timeout=60)
    assert done.returncode == expect, done.stderr
    return done


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def scanned(start, count):
    redis = start.redis()
    edge = start(redis=redis.url)
    ids = [edge.create() for _ in range(3)]
    for number in range(count):
        scan(edge, ids[number % 3], PHONE, Referer=f'https://r.example/{number}?a="b",c')
    wait_until(lambda: sum(edge.hits(short_id) for short_id in ids) == count, what="all shipped")
    return redis, edge, ids


def test_export_writes_what_the_api_shows(start):
    redis, edge, _ = scanned(start, 60)
    actions = lines(run(redis, "export"))
    shown = edge.api("GET", "/actions/all?perPage=100&context=true&withScopes=true").json()
    assert sorted(actions, key=lambda a: a["id"]) == sorted(shown, key=lambda a: a["id"])
    assert [a["createdAt"] for a in actions] == sorted(a["createdAt"] for a in actions)
    assert lines(run(redis, "export", "--type", "scans")) == []
    table = list(csv.DictReader(io.StringIO(run(redis, "export", "--format", "csv").stdout.decode(), newline="")))
    assert [row["id"] for row in table] == [a["id"] for a in actions]
    assert [row["referer"] for row in table] == [a["context"]["referer"] for a in actions]
    assert {row["deviceType"] for row in table} == {"mobile"} and {row["ipAddress"] for row in table} == {"127.0.0.0"}


def test_export_goes_on_where_it_stopped(start, tmp_path):
    redis, edge, ids = scanned(start, 30)
    place, output = str(tmp_path / "place"), tmp_path / "actions"
    options = ("export", "--place", place, "--output", str(output))
    run(redis, *options)
    first = output.read_text()
    assert len(first.splitlines()) == 30
    with open(output, "a") as file:
        file.write('{"half a li')  # as if it had been killed behind its last place
    for _ in range(5):
        scan(edge, ids[0])
    wait_until(lambda: sum(edge.hits(short_id) for short_id in ids) == 35, what="five more")
    run(redis, *options)
    whole = output.read_text()
    assert whole.startswith(first)
    assert len({json.loads(line)["id"] for line in whole.splitlines()}) == 35
    run(redis, *options)
    assert output.read_text() == whole


def test_tail_writes_actions_as_they_come(start):
    redis, edge, ids = scanned(start, 10)
    tail = subprocess.Popen([BINARY, "actions", "tail", "--redis", redis.url], stdout=subprocess.PIPE)
    try:
        os.set_blocking(tail.stdout.fileno(), False)
        got = b""

        def sees(count):
            nonlocal got
            scan(edge, ids[0])
            time.sleep(0.4)
            got += tail.stdout.read() or b""
            return got.count(b"\n") >= count
        wait_until(lambda: sees(1), 20, "the first action")
        wait_until(lambda: sees(4), 20, "more actions")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(10) == 0
    finally:
        tail.kill()
    scans = edge.hits(ids[0])
    assert len(got.splitlines()) < scans + 6  # none of before


def test_what_cannot_be_exported_is_said(start, tmp_path):
    redis, edge, _ = scanned(start, 1)
    place = tmp_path / "place"
    place.write_text("nonsense\n")
    for words, why in ((("export", "--format", "xml"), b"--format"), (("export", "--account", "UNobody"), b"--account"),
                       (("export", "--place", str(place)), b"--place"),
                       (("export", "--output", str(tmp_path / "no" / "file")), b"--output")):
        assert why in run(redis, *words, expect=1).stderr
    subprocess.run([BINARY, "account", "create", "--name", "other", "--redis", redis.url], check=True, capture_output=True)
    assert b"several accounts" in run(redis, "export", expect=1).stderr
    assert len(lines(run(redis, "export", "--account", account_of(edge)))) == 1


def test_actions_go_after_their_account_s_days_and_hits_stay(start):
    redis, edge, ids = scanned(start, 9)
    account = account_of(edge)
    # Actions of 40 days ago: as many entries as make whole nodes of a stream go, and some more.
    old = int(time.time() * 1000) - 40 * 86_400_000
    [action] = [json.loads(line) for line in run(redis, "export").stdout.splitlines()[:1]]
    key = f"s:{{{account}:15}}"
    redis.command("DEL", key)
    for number in range(250):
        assert redis.command("XADD", key, f"{old + number}-0", "r", "x" * 100).startswith(b"$")
    young = int(redis.command("XLEN", key)[1:])
    assert young == 250
    for days in (0, 36501, 1.5, "30"):
        answer = edge.api("PUT", f"/accounts/{account}", {"retentionDays": days})
        assert answer.status == 400 and "retentionDays" in answer.json()["errors"][0], answer.body
    assert set_account(edge, retentionDays=30)["retentionDays"] == 30
    redis.command("DEL", "x:retention")  # as if a minute had passed
    edge.stop()
    edge.start()
    wait_until(lambda: redis.command("XLEN", key) == b":0\r\n", 10, "trimmed")
    assert edge.metric("entries_trimmed_total") >= 250
    kept = sum(int(redis.command("XLEN", f"s:{{{account}:{n}}}")[1:]) for n in range(15))
    assert kept > 0 and sum(edge.hits(short_id) for short_id in ids) == 9
    assert action["id"]


def test_served_is_recorded_and_spooled(start):
    redis, edge, ids = scanned(start, 20)
    assert edge.metric("scans_unaccounted") == 0
    redis.kill()
    for _ in range(15):
        scan(edge, ids[0])
    assert edge.metric("scans_unaccounted") == 0 and edge.metric("scans_spooled") == 15
    ready = request(edge.api_port, "GET", "/readyz")
    figures = dict(line.rsplit(" ", 1) for line in ready.body.decode().splitlines() if line.startswith("scan"))
    assert figures["scans_spooled"] == "15" and figures["scans_unaccounted"] == "0" and figures["scans_refused"] == "0"
    assert int(figures["scan_spool_age_ms"]) > 0 and figures["scans_shipped"] == "20"
    redis.start()
    wait_until(lambda: edge.metric("scans_spooled") == 0, 15, "shipped")
    assert edge.metric("scans_unaccounted") == 0 and edge.metric("scans_shipped_total") == 35


def test_served_is_recorded_and_spooled_while_redis_is_killed(start):
    """kill -9 of Redis again and again under load: each answer is in one of the figures, and in the end all are recorded."""
    redis, edge, ids = scanned(start, 20)
    served, ended = [20 + edge.remember(ids[0])], threading.Event()

    def serve():
        count = 0
        while not ended.is_set():
            scan(edge, ids[0])
            count += 1
        served.append(count)
    clients = [threading.Thread(target=serve) for _ in range(2)]
    for client in clients:
        client.start()
    for _ in range(4):
        time.sleep(0.3)
        redis.kill()
        time.sleep(0.2)
        # Read while scans go on, the figures of a page may be apart by those of that instant; they never stay apart.
        wait_until(lambda: edge.metric("scans_unaccounted") == 0, 2, "accounted for while Redis is away")
        redis.start()
    ended.set()
    for client in clients:
        client.join()
    assert edge.metric("scans_unaccounted") == 0
    wait_until(lambda: edge.metric("scans_spooled") == 0, 15, "shipped")
    assert edge.metric("scans_unaccounted") == 0
    assert sum(edge.hits(short_id) for short_id in ids) == sum(served) and sum(served) > 100
    wait_until(lambda: edge.metric("scans_shipped_total") == sum(served), 2, "each shipped once")
