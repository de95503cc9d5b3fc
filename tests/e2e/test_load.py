"""Many redirections at once: `redirector load --ndjson FILE`."""
import json
import os
import signal
import subprocess
import time

import pytest

from server import BINARY, THING, wait_until


def line(number, **fields):
    return json.dumps({"type": "thng", "evrythngId": THING, "defaultRedirectUrl": f"https://example.com/{number}", **fields})


def write(path, lines):
    path.write_text("".join(text + "\n" for text in lines))
    return path


@pytest.fixture
def store(start):
    redis = start.redis()
    redis.account = create_account(redis)
    return redis


def create_account(redis):
    done = subprocess.run([BINARY, "account", "create", "--name", "Shop", "--json", "--redis", redis.url], capture_output=True, check=True)
    return json.loads(done.stdout)["account"]


def command(redis, path, *options):
    return [BINARY, "load", "--ndjson", str(path), "--redis", redis.url, *options]


def load(redis, path, *options, expect=0, **run):
    done = subprocess.run(command(redis, path, "--json", *options), capture_output=True, timeout=120, **run)
    assert done.returncode == expect, done.stderr
    return json.loads(done.stdout) if done.stdout else {}, done.stderr.decode()


def count(redis, account):
    """Redirections that the account's lists lead to, and records."""
    members = sum(int(redis.command("ZCARD", f"i:{{{account}:{bucket}}}")[1:]) for bucket in range(16))
    assert members == int(redis.command("ZCARD", f"r:{account}:{THING}")[1:])
    records = subprocess.run(["redis-cli", "-s", str(redis.socket), "--scan", "--pattern", "c:l:*"],
                             capture_output=True, check=True).stdout.split()
    assert len(records) == len(set(records))
    return members, len(records)


def outcomes(path):
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_loads_many_and_a_second_run_finds_nothing_to_do(store, tmp_path):
    path = write(tmp_path / "many", (line(n, **({"shortId": f"CHOSEN{n}"} if n % 2 else {})) for n in range(20_000)))
    began = time.monotonic()
    told, _ = load(store, path, "--output", str(tmp_path / "made"))
    assert time.monotonic() - began < 60
    assert told == {"account": store.account, "lines": 20_000, "created": 20_000, "existing": 0, "duplicates": 0, "refused": 0,
                    "complete": True}
    assert count(store, store.account) == (20_000, 20_000)
    made = outcomes(tmp_path / "made")
    assert [row["line"] for row in made] == list(range(1, 20_001)) and made[1]["shortId"] == "CHOSEN1"
    assert len({row["shortId"] for row in made}) == 20_000
    assert all(len(row["shortId"]) == 10 for row in made[::2])
    assert load(store, path, "--output", str(tmp_path / "made"))[0]["lines"] == 0
    with open(path, "a") as file:
        file.write(line("behind") + "\n")
    assert load(store, path, "--output", str(tmp_path / "made"))[0]["created"] == 1
    assert count(store, store.account)[1] == 20_001 and len(outcomes(tmp_path / "made")) == 20_001


def test_what_was_loaded_redirects(start, tmp_path):
    edge = start()  # the embedded Redis, which the command shares
    path = write(tmp_path / "few", [line("a", shortId="LOADED1"), line("b", shortId="LOADED2", type="product")])
    assert edge.public("GET", "/LOADED1").status == 404
    done = subprocess.run([BINARY, "load", "--ndjson", str(path), *edge.store], capture_output=True)
    assert done.returncode == 0 and b"2 lines, 2 created" in done.stdout, done
    wait_until(lambda: edge.public("GET", "/LOADED1").status == 307, what="known")
    assert edge.public("GET", "/LOADED2").headers["Location"] == "https://example.com/b"
    shown = edge.api("GET", "/redirections").json()
    assert {(row["shortId"], row["type"]) for row in shown} == {("LOADED1", "thng"), ("LOADED2", "product")}


def test_bad_lines_are_told_and_the_rest_goes_on(store, tmp_path):
    bad = {2: ("{", "not JSON"), 4: ("[]", "JSON object"), 5: (line(5, shortId="no"), "shortId"),
           6: (line(6, evrythngId="short"), "evrythngId"), 7: (line(7, defaultRedirectUrl="ftp://x"), "defaultRedirectUrl"),
           8: (line(8, colour="red"), "colour"), 9: (line(9, shortId="healthz"), "route"),
           10: (line(10, defaultRedirectUrl="https://tn.gg/loop"), "leads back"), 11: ("{" + " " * 70_000 + "}", "65536 bytes")}
    lines = [bad[n][0] if n in bad else "" if n == 3 else line(n) for n in range(1, 14)]
    path = write(tmp_path / "lines", lines)
    told, errors = load(store, path, "--short-domain", "tn.gg", "--output", str(tmp_path / "made"), expect=1)
    assert (told["lines"], told["created"], told["refused"]) == (13, 3, len(bad)) and told["complete"]
    for number, (_, why) in bad.items():
        assert any(text.startswith(f"line {number}: ") and why in text for text in errors.splitlines()), (why, errors)
    assert [row["line"] for row in outcomes(tmp_path / "made") if row["status"] == "refused"] == list(bad)
    assert count(store, store.account) == (3, 3)


def test_duplicates_are_told_and_left_alone(store, tmp_path):
    first = write(tmp_path / "first", [line(1, shortId="TWICE1"), line(2, shortId="TWICE2")])
    load(store, first)
    second = write(tmp_path / "second", [line(1, shortId="TWICE1"), line("other", shortId="TWICE2"), line(3, shortId="TWICE3"),
                                         line("again", shortId="TWICE3", evrythngId="UVpfh4EFsBpasUmnVDWdktKt"),
                                         line(3, shortId="TWICE3"), line(4), line(4)])
    told, errors = load(store, second, expect=1)
    assert [told[name] for name in ("created", "existing", "duplicates", "refused")] == [3, 2, 2, 0]
    assert "line 2: shortId: " in errors and "line 4: shortId: " in errors and "other content" in errors
    assert count(store, store.account) == (5, 5)
    assert b"example.com/2" in store.command("GET", "c:l:TWICE2")


def test_short_ids_of_another_account_stay_theirs(store, tmp_path):
    path = write(tmp_path / "lines", [line(1, shortId="THEIRS1")])
    load(store, path)
    other = create_account(store)
    assert "several accounts" in load(store, write(tmp_path / "x", [line(1)]), expect=1)[1]
    mine = write(tmp_path / "mine", [line(1, shortId="THEIRS1"), line(2)])
    told, errors = load(store, mine, "--account", other, expect=1)
    assert (told["created"], told["duplicates"]) == (1, 1) and "in another account" in errors
    assert count(store, store.account)[0] == 1 and count(store, other) == (1, 2)


def test_killed_again_and_again_nothing_is_lost_or_doubled(store, tmp_path):
    number = 60_000
    path = write(tmp_path / "lines", (line(n, **({"shortId": f"CHOSEN{n}"} if n % 3 == 0 else {})) for n in range(number)))
    made, kills = tmp_path / "made", 0
    while True:
        process = subprocess.Popen(command(store, path, "--json", "--output", str(made)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            time.sleep(0.15 + 0.05 * kills)
            if process.poll() is None and kills < 8:
                process.kill()
                kills += 1
                continue
            output, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
            break
        finally:
            process.kill()
            process.wait()
    assert kills >= 3
    assert count(store, store.account) == (number, number)
    rows = outcomes(made)
    assert [row["line"] for row in rows] == list(range(1, number + 1)) and {row["status"] for row in rows} == {"created"}
    assert len({row["shortId"] for row in rows}) == number


def test_ctrl_c_stops_and_the_same_command_goes_on(store, tmp_path):
    path = write(tmp_path / "lines", (line(n) for n in range(40_000)))
    process = subprocess.Popen(command(store, path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: os.path.exists(f"{path}.place"), what="under way")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 1 and b"the same command goes on" in errors, errors
    done = count(store, store.account)[1]
    assert done < 40_000 and f"after line {done};".encode() in errors
    assert load(store, path)[0]["created"] == 40_000 - done
    assert count(store, store.account) == (40_000, 40_000)


def test_standard_input_goes_on_with_a_place(store, tmp_path):
    place = ("--place", str(tmp_path / "place"))
    lines = [line(n) for n in range(10)]
    feed = lambda many: {"input": "\n".join(many).encode()}  # no line feed at the end
    assert load(store, "-", *place, **feed(lines[:4]))[0]["created"] == 4
    assert load(store, "-", *place, **feed(lines))[0]["created"] == 6
    changed, errors = load(store, "-", *place, expect=1, **feed(lines[1:]))
    assert "are not those that were loaded" in errors
    assert count(store, store.account) == (10, 10)
    waiting = subprocess.Popen(command(store, "-"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    time.sleep(0.5)
    waiting.send_signal(signal.SIGTERM)
    assert waiting.wait(10) == 1 and b"stopped" in waiting.stderr.read()
    waiting.communicate()


def test_redis_away_for_a_moment_is_waited_for(store, tmp_path):
    path = write(tmp_path / "lines", (line(n) for n in range(40_000)))
    process = subprocess.Popen(command(store, path, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: os.path.exists(f"{path}.place"), what="under way")
    time.sleep(0.1)
    store.kill()
    store.start()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert json.loads(output)["created"] == 40_000
    assert count(store, store.account) == (40_000, 40_000)


def test_what_cannot_be_loaded_is_said(store, tmp_path):
    path = write(tmp_path / "lines", [line(1)])
    nonsense = write(tmp_path / "nonsense", ["nonsense"])
    for options, why in ((("--account", "UNobody"), "--account"), (("--place", str(nonsense)), "--place"),
                         (("--place", str(tmp_path / "no" / "file")), "--place"),
                         (("--output", str(tmp_path / "no" / "file")), "--output")):
        assert why in load(store, path, *options, expect=1)[1]
    assert "--ndjson" in load(store, tmp_path / "absent", expect=1)[1]
    assert "--ndjson" in load(store, tmp_path, "--place", str(tmp_path / "p"), expect=1)[1]
    assert count(store, store.account) == (0, 0)
