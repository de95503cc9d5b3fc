"""Redis as it is run by more than one server, on loopback: behind Sentinels, as a Cluster, with a replica, with a second one
for scans.

REDIRECTOR_TOPOLOGY=sentinel, cluster, replica or split runs any suite of this folder on one of them instead of the embedded
Redis: `REDIRECTOR_TOPOLOGY=cluster python3 -m pytest test_resources.py`. Tests that bring their own Redis keep it.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import server as servers

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "deploy"))
from edge import free_port  # noqa: E402  (deploy/edge.py)

HOST = "127.0.0.1"


class Node:
    """A redis-server on a port. It dies with the process that started it."""

    def __init__(self, folder, *options, configuration=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.options = [str(option) for option in options]
        self.configuration = configuration
        self.process = None

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}"

    def start(self):
        if self.configuration:
            command = [str(self.configuration), "--sentinel"]
        else:
            command = ["--port", str(self.port), "--bind", HOST, "--dir", str(self.folder), "--save", "", "--appendonly", "yes",
                       "--repl-diskless-sync-delay", "0", "--logfile", "redis.log", *self.options]
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "redis-server", *command],
                                        stdout=subprocess.DEVNULL, cwd=self.folder)
        servers.wait_until(lambda: self.cli("PING") == "PONG", what="redis-server")

    def cli(self, *words, seconds=5):
        """What redis-cli prints; empty when the server does not answer."""
        try:
            return subprocess.run(["redis-cli", "-h", HOST, "-p", str(self.port), *map(str, words)], capture_output=True,
                                  text=True, timeout=seconds).stdout.strip()
        except subprocess.TimeoutExpired:
            return ""

    def info(self, section):
        return dict(line.split(":", 1) for line in self.cli("INFO", section).splitlines() if ":" in line)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


class Topology:
    """`options`: how a redirector is told of it. `nodes`: all processes; those of `data` hold data as masters."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.nodes, self.data, self.options = [], [], []

    def add(self, name, *options, **arguments):
        self.nodes.append(Node(self.folder / name, *options, **arguments))
        return self.nodes[-1]

    def add_started(self, name, *options):
        node = self.add(name, *options)
        node.start()
        return node

    def flush(self):
        for node in self.data:
            node.cli("FLUSHALL")

    def kill(self):
        for node in self.nodes:
            if node.running():
                node.kill()


class Replicated(Topology):
    """A primary and a replica of it, both started."""

    def __init__(self, folder):
        super().__init__(folder)
        self.primary = self.add_started("primary")
        self.replica = self.add_started("replica", "--replicaof", f"{HOST} {self.primary.port}")
        servers.wait_until(lambda: self.replica.info("replication").get("master_link_status") == "up", what="replica")
        # Redis streams nothing to a replica before its first acknowledgement, up to a second behind that.
        self.primary.cli("SET", "x:first", 1)
        servers.wait_until(lambda: self.replica.cli("GET", "x:first") == "1", what="replica that hears of writes")
        self.data = [self.primary]


class Replica(Replicated):
    def __init__(self, folder):
        super().__init__(folder)
        self.options = ["--redis", self.primary.url, "--redis-replica", self.replica.url]


class Sentinels(Replicated):
    """Three Sentinels that give a silent primary half a second; they know each other from the start."""

    def __init__(self, folder):
        super().__init__(folder)
        self.sentinels = [self.add(f"sentinel-{name}") for name in "abc"]
        for name, own in zip("abc", self.sentinels):
            lines = [f"port {own.port}", f"bind {HOST}", f"dir {own.folder}", f"sentinel myid {name * 40}",
                     f"sentinel monitor main {HOST} {self.primary.port} 2", "sentinel down-after-milliseconds main 500",
                     "sentinel failover-timeout main 1000", f"sentinel known-replica main {HOST} {self.replica.port}"]
            lines += [f"sentinel known-sentinel main {HOST} {other.port} {other_name * 40}"
                      for other_name, other in zip("abc", self.sentinels) if other is not own]
            own.configuration = own.folder / "sentinel.conf"
            own.configuration.write_text("\n".join(lines) + "\n")
        for own in self.sentinels:
            own.start()
        for own in self.sentinels:
            servers.wait_until(lambda: own.cli("SENTINEL", "CKQUORUM", "main").startswith("OK 3"), what="Sentinels")
        hosts = ",".join(f"{HOST}:{sentinel.port}" for sentinel in self.sentinels)
        self.options = ["--redis", f"redis-sentinel://{hosts}/main"]

    def named(self):
        """Port of the primary, as the Sentinels agree; None while they do not."""
        said = {sentinel.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main") for sentinel in self.sentinels if sentinel.running()}
        return int(said.pop().split()[1]) if len(said) == 1 else None


class Cluster(Topology):
    """Masters with equal shares of the slots, `replicas` of each; a silent master is given up after a second."""

    def __init__(self, folder, masters=3, replicas=0):
        super().__init__(folder)
        for number in range(masters * (1 + replicas)):
            node = self.add_started(f"node-{number}", "--cluster-enabled", "yes", "--cluster-node-timeout", 1000,
                                    "--cluster-replica-validity-factor", 0)
            node.cli("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < masters:
                node.cli("CLUSTER", "ADDSLOTSRANGE", 16384 * number // masters, 16384 * (number + 1) // masters - 1)
        for node in self.nodes[1:]:
            self.nodes[0].cli("CLUSTER", "MEET", HOST, node.port)
        self.wait_until_well()
        self.data = self.nodes[:masters]
        for number, node in enumerate(self.nodes[masters:]):
            master = self.identity(self.nodes[number % masters])
            servers.wait_until(lambda: node.cli("CLUSTER", "REPLICATE", master) == "OK", what="replica of a master")
        for node in self.nodes[masters:]:
            servers.wait_until(lambda: node.info("replication").get("master_link_status") == "up", what="replica")
        self.wait_until_well()
        hosts = ",".join(f"{HOST}:{node.port}" for node in self.nodes[:2])
        self.options = ["--redis", f"redis-cluster://{hosts}"]

    def wait_until_well(self):
        def well(node):
            said = node.cli("CLUSTER", "INFO")
            return "cluster_state:ok" in said and f"cluster_known_nodes:{len(self.nodes)}" in said
        servers.wait_until(lambda: all(well(node) for node in self.nodes if node.running()), 20, "cluster")

    @staticmethod
    def identity(node):
        return node.cli("CLUSTER", "MYID")

    def move_slot(self, slot, source, target):
        """With all its keys, as redis-cli's reshard does it."""
        target.cli("CLUSTER", "SETSLOT", slot, "IMPORTING", self.identity(source))
        source.cli("CLUSTER", "SETSLOT", slot, "MIGRATING", self.identity(target))
        while keys := source.cli("CLUSTER", "GETKEYSINSLOT", slot, 100).split():
            source.cli("MIGRATE", HOST, target.port, "", 0, 5000, "KEYS", *keys)
        for node in (target, source):
            node.cli("CLUSTER", "SETSLOT", slot, "NODE", self.identity(target))


class Split(Topology):
    def __init__(self, folder):
        super().__init__(folder)
        self.data = [self.add_started("documents"), self.add_started("scans")]
        self.options = ["--redis", self.data[0].url, "--scan-redis", self.data[1].url]


KINDS = {"sentinel": Sentinels, "cluster": Cluster, "replica": Replica, "split": Split}


class Chosen:
    """What REDIRECTOR_TOPOLOGY names, for a whole run; emptied before each test."""

    def __init__(self):
        name = os.environ.get("REDIRECTOR_TOPOLOGY")
        self.folder = tempfile.TemporaryDirectory() if name else None
        self.topology = KINDS[name](self.folder.name) if name else None

    def fresh_options(self):
        if not self.topology:
            return []
        self.topology.flush()
        return self.topology.options

    def end(self):
        if self.topology:
            self.topology.kill()
            self.folder.cleanup()
