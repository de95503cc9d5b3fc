"""What the settings --redis, --redis-replica and --scan-redis lead to: which Redis is asked for what."""
import signal
import subprocess
import time

import pytest

import server as servers
import topologies
from server import request, wait_until


@pytest.mark.parametrize("kind", topologies.KINDS)
def test_a_redirection_is_made_followed_edited_counted_and_listed(on, kind):
    here, there = on(kind, name="here"), on(kind, name="there")
    short_ids = [here.create("https://0.example/") for _ in range(8)]
    for short_id in short_ids:
        assert there.public("GET", f"/{short_id}").headers["Location"] == "https://0.example/"
        assert here.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://1.example/"}).status == 200
        wait_until(lambda: there.public("GET", f"/{short_id}").headers["Location"] == "https://1.example/", 1, "edit seen")
    listed = {document["shortId"] for document in here.api("GET", "/redirections").json()}
    assert listed == set(short_ids)
    wait_until(lambda: all((here.hits(short_id) or 0) >= 2 for short_id in short_ids), 5, "hits")
    hits = sum(here.hits(short_id) for short_id in short_ids)
    actions = here.api("GET", "/actions/implicitScans?perPage=100").json()
    assert len(actions) == hits
    assert here.api("DELETE", f"/redirections/{short_ids[0]}").status == 200
    wait_until(lambda: there.public("GET", f"/{short_ids[0]}").status == 404, 1, "404 on the other node")


def test_scans_live_in_their_own_redis_alone(on):
    edge = on("split")
    documents, scans = on.topology.data
    short_id = edge.create()
    edge.remember(short_id)
    wait_until(lambda: edge.metric("scans_spooled") == 0, 5, "shipped")
    assert {key[0] for key in scans.cli("KEYS", "*").split()} <= set("shmnaefk")
    assert not {key[0] for key in documents.cli("KEYS", "*").split()} & set("shmnefk")
    before = edge.hits(short_id)
    scans.pause()
    assert edge.public("GET", f"/{short_id}").status == 307
    scans.resume()
    wait_until(lambda: edge.hits(short_id) == before + 1, 15, "hits")


def test_look_ups_are_read_from_the_replica(on):
    edge = on("replica")
    gets = lambda node: int(dict(part.split("=") for part in node.info("commandstats").get(
        "cmdstat_get", "calls=0").split(",")).get("calls", 0))
    short_ids = [edge.create() for _ in range(20)]
    primary, replica = on.topology.primary, on.topology.replica
    before = gets(primary), gets(replica)
    for short_id in short_ids:
        assert edge.public("GET", f"/{short_id}").status == 307
    assert gets(replica) - before[1] >= 20
    assert gets(primary) - before[0] < 10  # what housekeeping reads meanwhile


def test_a_replica_that_is_cut_off_is_not_believed_for_longer_than_its_heartbeat(on):
    edge = on("replica")
    short_id = edge.create("https://0.example/")
    edge.remember(short_id)
    # The replica answers on, but hears nothing of its primary any more.
    on.topology.replica.cli("REPLICAOF", "127.0.0.1", "1")
    edge.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://1.example/"})
    began = time.monotonic()
    wait_until(lambda: edge.public("GET", f"/{short_id}").headers["Location"] == "https://1.example/", 7, "edit seen")
    print(f"edit seen {time.monotonic() - began:.1f} s after the replica was cut off")
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://1.example/"


def test_a_replica_or_primary_that_dies_fails_no_redirect(on):
    edge = on("replica")
    known, unseen = edge.create(), edge.create()
    edge.remember(known)
    wait_until(lambda: on.topology.replica.cli("EXISTS", f"c:l:{unseen}") == "1", what="replicated")
    on.topology.primary.process.send_signal(signal.SIGSTOP)
    assert edge.public("GET", f"/{known}").status == 307
    assert edge.public("GET", f"/{unseen}").status == 307  # the replica knows it
    on.topology.primary.resume()
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    on.topology.replica.kill()
    third = edge.create()
    assert edge.public("GET", f"/{third}").status == 307  # the primary knows it
    assert edge.public("GET", f"/{known}").status == 307


@pytest.mark.parametrize("options, said", [
    (["--redis-replica", "redis-cluster://127.0.0.1:1"], "--redis-replica: expected redis:// or unix:"),
    (["--redis-replica", "gopher://x"], "--redis-replica: Redis URL: scheme must be"),
    (["--scan-redis", "redis://:secret@h:x"], "--scan-redis: Redis URL: port must be"),
])
def test_addresses_that_cannot_be_are_named(tmp_path, options, said):
    ended = subprocess.run([servers.BINARY, "serve", "--data-dir", str(tmp_path), *options], capture_output=True, text=True, timeout=20)
    assert ended.returncode != 0
    assert said in ended.stderr and "secret" not in ended.stderr
