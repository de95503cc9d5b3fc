"""The configurations of deploy/redis, each loaded by a real Redis through start.sh."""
import subprocess

import pytest

from edge import HOST, MASTER, RedisNode, Sentinel, wait_until


@pytest.fixture
def node(tmp_path):
    """node(name, configuration, **options) -> a started RedisNode."""
    started = []

    def start(name, *arguments, **options):
        kind = Sentinel if name.startswith("sentinel") else RedisNode
        started.append(kind(name, tmp_path, *arguments, **options))
        started[-1].start()
        return started[-1]

    yield start
    for one in reversed(started):
        if one.running():
            one.kill()


def setting(node, name):
    return (node.cli("CONFIG", "GET", name).splitlines() + [""])[1]


@pytest.mark.parametrize("configuration", ["data.conf", "cluster.conf", "edge-replica.conf"])
def test_every_configuration_keeps_what_it_is_given(node, configuration):
    redis = node("redis", configuration)
    assert setting(redis, "maxmemory-policy") == "noeviction" and int(setting(redis, "maxmemory")) > 0
    assert setting(redis, "protected-mode") == "yes"
    assert setting(redis, "save") == ""
    if configuration == "edge-replica.conf":
        assert (setting(redis, "appendonly"), setting(redis, "replica-priority")) == ("no", "0")
    else:
        assert (setting(redis, "appendonly"), setting(redis, "appendfsync")) == ("yes", "everysec")
    assert redis.info("cluster")["cluster_enabled"] == ("1" if configuration == "cluster.conf" else "0")


def test_what_the_site_says_wins_and_a_full_redis_refuses_instead_of_forgetting(node, tmp_path):
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis/local.conf").write_text("maxmemory 3mb\n")
    redis = node("redis", "data.conf")
    assert setting(redis, "maxmemory") == str(3 << 20)
    assert redis.cli("SET", "kept", "1") == "OK"
    for i in range(40):
        answer = redis.cli("SET", f"k{i}", "x" * 100_000)
        if "OOM" in answer:
            break
    assert "OOM" in answer
    assert redis.cli("GET", "kept") == "1"


def test_a_transaction_that_a_power_cut_tore_is_cut_whole(node):
    redis = node("redis", "data.conf")
    assert redis.cli("SET", "before", "1") == "OK"
    redis.kill()
    log, = (redis.folder / "appendonlydir").glob("*.incr.aof")
    with open(log, "ab") as file:
        file.write(b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$4\r\nha")
    redis.start()
    assert redis.cli("SET", "after", "1") == "OK"
    redis.kill()
    redis.start()
    assert [redis.cli("GET", key) for key in ("before", "half", "after")] == ["1", "", "1"]


def test_a_damaged_file_is_not_started_with(node):
    redis = node("redis", "data.conf")
    for i in range(20):
        redis.cli("SET", f"k{i}", "v" * 100)
    redis.kill()
    (redis.folder / "appendonlydir/appendonly.aof.manifest").write_text("nonsense\n")
    redis.start(wait=False)
    assert redis.process.wait(10) != 0


def test_sentinels_change_the_primary_and_everyone_remembers(node):
    primary = node("redis-1")
    replica = node("redis-2", replica_of=primary)
    sentinels = [node(f"sentinel-{number}", primary) for number in (1, 2, 3)]
    edge_replica = node("edge-replica", "edge-replica.conf", replica_of=primary)
    wait_until(lambda: all(s.complete(3, 1) for s in sentinels), 30, "Sentinels know each other, and no edge's replica")
    wait_until(lambda: all(one.info("replication")["master_link_status"] == "up" for one in (replica, edge_replica)), 10, "replicas")
    # Seen without this: a key that a replica confirmed while it wrote its first append-only file was not in that file later.
    wait_until(lambda: replica.info("persistence")["aof_rewrite_in_progress"] == "0", 10, "replica's own file")
    assert primary.cli("SET", "kept", "1") == "OK" and primary.cli("WAIT", "2", "1000") == "2"
    primary.kill()
    wait_until(lambda: sentinels[0].cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER).split() == [HOST, str(replica.port)],
               20, "another primary")
    wait_until(lambda: replica.info("replication")["role"] == "master", 5, "promoted")
    # Both come back as what they have become, although they are started as they always were.
    primary.start()
    wait_until(lambda: primary.info("replication").get("role") == "slave", 20, "old primary follows")
    replica.stop()
    replica.start()
    assert replica.info("replication")["role"] == "master" and replica.cli("GET", "kept") == "1"


def test_a_cluster_is_made_of_its_nodes(node):
    nodes = [node(f"redis-{number}", "cluster.conf") for number in (1, 2, 3)]
    subprocess.run(["redis-cli", "--cluster", "create", *[f"{HOST}:{one.port}" for one in nodes], "--cluster-yes"],
                   check=True, capture_output=True, timeout=60)
    wait_until(lambda: all("cluster_state:ok" in one.cli("CLUSTER", "INFO") for one in nodes), 20, "cluster ok")
    assert nodes[0].cli("-c", "SET", "x", "1") == "OK"
