"""Redis behind the edges fails in every way that it is built to survive, while phones scan and an operator edits.

The whole: python3 -m pytest -s test_chaos.py. What a run costs is printed: see redirector/store/README.md for what is promised.
"""
import time

import pytest

import topologies
from conftest import BINARY
from edge import HOST, wait_until
from rig import Load, Rig

HEARTBEAT_BOUND = 5.0  # an entry of memory is served unasked at most so long after Redis was last heard
SLACK = 1.0            # for threads of the test that wait for a processor


@pytest.fixture
def rig(tmp_path, request):
    kind, arguments = request.param
    made = Rig(tmp_path / "edge", BINARY, kind(tmp_path / "redis", **arguments))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def judge(rig, load, what, may_lose=0):
    """`may_lose`: confirmed edits that Redis' own promise gives up, as it replicates after it answers."""
    load.report(what)
    rig.wait_ready()
    rig.wait_shipped()
    assert not load.failures
    assert load.oldest_answer() < HEARTBEAT_BOUND + SLACK
    assert load.lost_edits() <= may_lose
    assert not load.miscounted()


def settled(rig):
    """Both edges hear Redis again, and what came meanwhile has been shipped."""
    rig.wait_ready()
    time.sleep(1)


def time_until_ready(rig, what):
    began = time.monotonic()
    rig.wait_ready()
    print(f"\n{what}: both edges ready {time.monotonic() - began:.1f} s later")


def restart_edges(rig):
    for redirector in rig.redirectors:
        assert redirector.stop() == 0
        redirector.start()
        wait_until(lambda: rig.front.up("edges", redirector.name.replace("-", "")), what="taken back by the balancer")


# ---- Sentinel

sentinels = pytest.mark.parametrize("rig", [(topologies.Sentinels, {})], indirect=True)


def rejoin(rig, node):
    """A server that was away comes back, and the Sentinels make a replica of it."""
    wait_until(lambda: node.info("replication").get("master_link_status") == "up", 30, "replica again")


@sentinels
def test_a_primary_that_dies(rig):
    redis = rig.topology
    with Load(rig) as load:
        time.sleep(1)
        redis.primary.kill()
        wait_until(lambda: redis.named() == redis.replica.port, 20, "failover")
        time_until_ready(rig, "primary killed and replaced")
        redis.primary.start()
        rejoin(rig, redis.primary)
        settled(rig)
    judge(rig, load, "primary killed", may_lose=1)


@sentinels
def test_a_primary_that_stands_still_and_comes_back(rig):
    redis = rig.topology
    with Load(rig) as load:
        time.sleep(1)
        redis.primary.pause()
        wait_until(lambda: redis.named() == redis.replica.port, 20, "failover")
        time_until_ready(rig, "primary stopped and replaced")
        redis.primary.resume()
        rejoin(rig, redis.primary)
        settled(rig)
    judge(rig, load, "primary stopped", may_lose=1)


@sentinels
def test_replica_and_sentinels_one_by_one_and_a_failover_by_hand(rig):
    redis = rig.topology
    with Load(rig) as load:
        redis.replica.kill()
        time.sleep(2)
        redis.replica.start()
        for sentinel in redis.sentinels:
            sentinel.kill()
            time.sleep(1)
            sentinel.start()
        rejoin(rig, redis.replica)
        wait_until(lambda: redis.sentinels[0].cli("SENTINEL", "CKQUORUM", "main").startswith("OK 3"), what="quorum")
        # As runbook.md has it: what the old primary confirmed while Sentinel replaces it would be lost.
        redis.primary.cli("CONFIG", "SET", "min-replicas-to-write", 1)
        wait_until(lambda: redis.sentinels[0].cli("SENTINEL", "FAILOVER", "main") == "OK", 20, "failover begun")
        wait_until(lambda: redis.named() == redis.replica.port, 20, "failover")
        settled(rig)
    judge(rig, load, "replica, Sentinels, failover by hand", may_lose=1)


@sentinels
def test_edges_restart_in_turn_while_the_primary_changes(rig):
    redis = rig.topology
    with Load(rig) as load:
        redis.primary.kill()
        wait_until(lambda: redis.named() == redis.replica.port, 20, "failover")
        restart_edges(rig)
        settled(rig)
    judge(rig, load, "edges restarted", may_lose=1)


# ---- a replica beside the edges

@pytest.mark.parametrize("rig", [(topologies.Replica, {})], indirect=True)
def test_a_replica_that_is_cut_off_from_its_primary(rig):
    redis = rig.topology
    with Load(rig) as load:
        time.sleep(1)
        redis.replica.cli("REPLICAOF", HOST, 1)
        time.sleep(HEARTBEAT_BOUND + 3)
        redis.replica.cli("REPLICAOF", HOST, redis.primary.port)
        rejoin(rig, redis.replica)
        settled(rig)
    judge(rig, load, "replication cut")


# ---- Cluster

cluster = pytest.mark.parametrize("rig", [(topologies.Cluster, {"replicas": 1})], indirect=True)


def master_is(node):
    return node.info("replication").get("role") == "master"


@cluster
def test_a_master_that_dies(rig):
    master, successor = rig.topology.nodes[0], rig.topology.nodes[3]
    with Load(rig) as load:
        time.sleep(1)
        master.kill()
        wait_until(lambda: master_is(successor), 20, "failover")
        time_until_ready(rig, "master killed and replaced")
        master.start()
        rejoin(rig, master)
        settled(rig)
    judge(rig, load, "master killed", may_lose=1)


@cluster
def test_a_master_that_stands_still_and_comes_back(rig):
    master, successor = rig.topology.nodes[1], rig.topology.nodes[4]
    with Load(rig) as load:
        time.sleep(1)
        master.pause()
        wait_until(lambda: master_is(successor), 20, "failover")
        time_until_ready(rig, "master stopped and replaced")
        master.resume()
        rejoin(rig, master)
        settled(rig)
    judge(rig, load, "master stopped", may_lose=1)


@cluster
def test_slots_that_move(rig):
    source, target = rig.topology.nodes[2], rig.topology.nodes[0]
    with Load(rig) as load:
        time.sleep(1)
        held = occupied_slots(source)
        for slot in held:
            rig.topology.move_slot(slot, source, target)
        time.sleep(2)
        for slot in held:
            rig.topology.move_slot(slot, target, source)
        settled(rig)
    print(f"\n{len(held)} slots moved there and back")
    assert held
    judge(rig, load, "slots moved")


def occupied_slots(node):
    keys = node.cli("KEYS", "*").split()
    return sorted({int(node.cli("CLUSTER", "KEYSLOT", key)) for key in keys})


@cluster
def test_edges_restart_in_turn_while_a_master_is_replaced(rig):
    with Load(rig) as load:
        rig.topology.nodes[4].cli("CLUSTER", "FAILOVER")
        wait_until(lambda: master_is(rig.topology.nodes[4]), 20, "failover by hand")
        restart_edges(rig)
        settled(rig)
    judge(rig, load, "edges restarted")
