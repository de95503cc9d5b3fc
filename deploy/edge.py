#!/usr/bin/env python3
"""The whole edge on loopback, for trying: a balancer that ends TLS, two redirectors, Redis primary and replica under
three Sentinels, each with the configuration of this folder.

Usage: deploy/edge.py [--cluster] [--front haproxy|nginx] [--binary FILE] [--folder DIR] [--https-port N] [--http-port N]
With --cluster it stands on a Redis Cluster instead, of three masters with a replica each.
Ends with Ctrl-C, which stops everything in order. With --folder the data stay there and are found again. Lines typed in the
meantime do to a process by its name what runbook.md does with systemctl: start, stop, restart, kill, pause, resume.

Its classes are what tests/edge kills, freezes and restarts. Every process is ended by the process ID that started it.
"""
import argparse
import http.client
import json
import os
import pathlib
import secrets
import signal
import socket
import ssl
import string
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
HOST = "127.0.0.1"
API_HOST = "api.example.com"  # as in haproxy.cfg and nginx.conf
MASTER = "redirector"  # as in redis/sentinel.conf
THING = "UVpfh4EFsBpasUmnVDWdktKs"


def free_port():
    """A port that nobody has now, nor the one 10,000 above, which a node of a Redis Cluster takes as well; both below
    those that the kernel gives to outgoing connections."""
    for _ in range(1000):
        port = 10_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, socket.socket() as bus:
            try:
                probe.bind((HOST, port))
                bus.bind((HOST, port + 10_000))
                return port
            except OSError:
                continue
    raise OSError("no free port")


def wait_until(passes, seconds=20.0, what="condition"):
    """Returns passes()'s first true answer; TimeoutError when there was none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = passes()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


def ask(port, method, path, body=None, headers=None, tls=None, source=HOST, seconds=10):
    """One request on a connection of its own. `source`: the loopback address that it comes from."""
    options = {"timeout": seconds, "source_address": (source, 0)}
    connection = (http.client.HTTPSConnection(HOST, port, context=tls, **options) if tls else
                  http.client.HTTPConnection(HOST, port, **options))
    fields = dict(headers or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
        fields["Content-Type"] = "application/json"
    try:
        connection.request(method, path, body, fields)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Process:
    """A server of the edge. `command` is what starts it, each time anew; its output goes to <folder>/log."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {}
        self.process = None

    def own_port(self, what):
        """A free port; the same one whenever this folder is used again, since others' configurations name it."""
        path = self.folder / f"port.{what}"
        if not path.exists():
            path.write_text(str(free_port()))
        return int(path.read_text())

    def start(self, wait=True):
        with open(self.folder / "log", "ab") as log:
            # In a session of its own, so that Ctrl-C reaches this script alone, which knows the order.
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self.environment}, start_new_session=True)
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=30):
        def ready():
            if self.process.poll() is not None:
                said = self.read_log()[-2000:]
                raise RuntimeError(f"{self.name} ended with status {self.process.returncode}:\n{said}")
            return self.ready()
        wait_until(ready, seconds, f"{self.name} ready")

    def read_log(self):
        return (self.folder / "log").read_text(errors="replace")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # workers too, which nginx leaves running when its master is killed
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, seconds=20):
        """Ends it in order; returns its exit status."""
        if self.running():
            self.resume()
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class RedisNode(Process):
    """A redis-server with one of the configurations in deploy/redis."""

    def __init__(self, name, folder, configuration="data.conf", *options, replica_of=None):
        super().__init__(name, folder)
        self.configuration, self.options = configuration, options
        self.environment = {"REPLICA_OF": f"{HOST} {replica_of.port}"} if replica_of else {}
        self.port = self.own_port("redis")

    def command(self):
        return [str(HERE / "redis/start.sh"), self.configuration, str(self.folder), "--port", str(self.port),
                "--bind", HOST, *self.options]

    def ready(self):
        return self.cli("PING") == "PONG"

    def cli(self, *words, seconds=5):
        """What redis-cli prints; empty when the server does not answer."""
        try:
            done = subprocess.run(["redis-cli", "-h", HOST, "-p", str(self.port), *map(str, words)],
                                  capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.strip()

    def info(self, section):
        """A section of INFO as a dictionary."""
        return dict(line.split(":", 1) for line in self.cli("INFO", section).splitlines() if ":" in line)


class Sentinel(RedisNode):
    def __init__(self, name, folder, primary):
        super().__init__(name, folder, "sentinel.conf")
        text = (HERE / "redis/sentinel.conf").read_text()
        example = f"monitor {MASTER} 10.0.0.21 6379 2"
        assert example in text
        if not (self.folder / "redis.conf").exists():
            text = text.replace(example, f"monitor {MASTER} {HOST} {primary.port} 2")
            (self.folder / "redis.conf").write_text(text)

    def master(self):
        """What it says of the primary, as a dictionary."""
        lines = self.cli("SENTINEL", "MASTER", MASTER).splitlines()
        return dict(zip(lines[::2], lines[1::2]))

    def complete(self, sentinels, replicas):
        """Whether it has found the others: without them there is no failover."""
        said = self.master()
        return int(said.get("num-other-sentinels", 0)) == sentinels - 1 and int(said.get("num-slaves", 0)) == replicas


class Redirector(Process):
    def __init__(self, name, folder, binary, redis_url, *options, proxy_protocol=True, key=""):
        super().__init__(name, folder)
        self.port, self.api_port = self.own_port("public"), self.own_port("api")
        self.binary, self.redis_url, self.key = binary, redis_url, key
        self.options = ["--proxy-protocol", "on", *options] if proxy_protocol else list(options)
        self.environment = {"REDIRECTOR_INITIAL_API_KEY": key} if key else {}

    def command(self):
        return [str(self.binary), "serve", "--listen", f"{HOST}:{self.port}", "--api-listen", f"{HOST}:{self.api_port}",
                "--redis", self.redis_url, "--data-dir", str(self.folder / "data"), "--threads", "2",
                "--trust-proxy", f"{HOST}/32", "--drain-delay", "3", *self.options]

    def ready(self):
        try:
            return ask(self.api_port, "GET", "/readyz").status == 200
        except OSError:
            return False

    def api(self, method, path, body=None):
        return ask(self.api_port, method, path, body, {"Authorization": self.key, "Accept": "application/json"})

    def metric(self, name):
        """A figure of /metrics, by the name (and labels) that it has there, without "redirector_"."""
        for line in ask(self.api_port, "GET", "/metrics").body.decode().splitlines():
            if line.startswith(f"redirector_{name} "):
                return float(line.rsplit(" ", 1)[1])
        raise KeyError(name)


class Front(Process):
    """What ends TLS: its ports, and the certificate that clients of this edge trust."""

    def __init__(self, name, folder, https_port=None, http_port=None):
        super().__init__(name, folder)
        self.https_port, self.http_port = https_port or self.own_port("https"), http_port or self.own_port("http")
        self.certificate, self.private_key = self.folder / "certificate.pem", self.folder / "key.pem"
        self.make_certificate()
        self.tls = ssl.create_default_context(cafile=self.certificate)

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "30", "-subj", "/CN=edge", "-addext", f"subjectAltName=IP:{HOST},DNS:{API_HOST}",
                        "-keyout", str(self.private_key), "-out", str(self.certificate)],
                       check=True, capture_output=True)

    def ready(self):
        try:
            return self.ask("GET", "/healthz", seconds=2).status == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, headers=None, source=HOST, seconds=10):
        return ask(self.https_port, method, path, body, headers, self.tls, source, seconds)

    def api(self, method, path, key, body=None, **options):
        fields = {"Host": API_HOST, "Authorization": key, "Accept": "application/json"}
        return self.ask(method, path, body, fields, **options)


class HAProxy(Front):
    def __init__(self, folder, edges, **ports):
        super().__init__("haproxy", folder, **ports)
        pair = self.folder / "pair.pem"
        pair.write_text(self.certificate.read_text() + self.private_key.read_text())
        pair.chmod(0o600)
        self.admin_socket, self.metrics_port = self.folder / "admin.sock", self.own_port("metrics")
        self.environment = {"UNPRIVILEGED": "1", "MAXCONN": "4000", "HTTP_BIND": f"{HOST}:{self.http_port}",
                            "HTTPS_BIND": f"{HOST}:{self.https_port}", "CERTIFICATE": str(pair),
                            "ADMIN_SOCKET": str(self.admin_socket), "METRICS_BIND": f"{HOST}:{self.metrics_port}"}
        for number, edge in enumerate(edges, 1):
            self.environment[f"EDGE_{number}"] = f"{HOST}:{edge.port}"
            self.environment[f"EDGE_{number}_API"] = f"{HOST}:{edge.api_port}"

    def command(self):
        return ["haproxy", "-db", "-f", str(HERE / "haproxy.cfg")]

    def admin(self, command):
        """What the admin socket answers, such as to "disable server edges/edge1"."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.admin_socket))
            connection.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    def up(self, backend, server):
        """Whether the server takes requests there."""
        for line in self.admin("show stat").splitlines():
            fields = line.split(",")
            if fields[:2] == [backend, server]:
                return fields[17].startswith("UP")
        raise KeyError(f"{backend}/{server}")


class Nginx(Front):
    def __init__(self, folder, edges, **ports):
        super().__init__("nginx", folder, **ports)
        text = (HERE / "nginx.conf").read_text()
        site = {"user www-data;\n": "", "/run/nginx.pid": "nginx.pid", "/var/log/nginx/error.log crit": "stderr warn",
                "worker_rlimit_nofile 65536;\n": "", "worker_connections 20000": "worker_connections 4000",
                "/etc/nginx/certs/certificate.pem": str(self.certificate),
                "/etc/nginx/certs/key.pem": str(self.private_key),
                "listen 80": f"listen {HOST}:{self.http_port}", "listen 443": f"listen {HOST}:{self.https_port}",
                "http {\n": "http {\n" + "".join(f"    {kind}_temp_path temp;\n" for kind in
                                                 ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
        for number, edge in enumerate(edges, 11):
            site[f"10.0.0.{number}:8080"] = f"{HOST}:{edge.port}"
            site[f"10.0.0.{number}:8081"] = f"{HOST}:{edge.api_port}"
        for there, here in site.items():
            if there not in text:
                raise RuntimeError(f'nginx.conf says no "{there}" any more')
            text = text.replace(there, here)
        (self.folder / "nginx.conf").write_text(text)

    def command(self):
        return ["nginx", "-p", str(self.folder), "-e", "stderr", "-c", "nginx.conf", "-g", "daemon off;"]


FRONTS = {"haproxy": HAProxy, "nginx": Nginx}


class Edge:
    """All of it. `folder`: where every process has a folder of its own; the key is in its file api-key.

    watched=False leaves out the replica and the Sentinels. `options` go to both redirectors.
    """

    def __init__(self, folder, binary, front="haproxy", watched=True, options=(), **ports):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = self.api_key()
        self.make_redis(watched)
        self.redirectors = [
            Redirector(f"edge-{number}", folder, binary, self.redis_url(), "--short-url-scheme", "https",
                       *options, proxy_protocol=front == "haproxy", key=self.key)
            for number in (1, 2)]
        self.front = FRONTS[front](folder, self.redirectors, **ports)
        for redirector in self.redirectors:
            redirector.options += ["--short-domain", f"{HOST}:{self.front.https_port}",
                                   "--api-url", f"https://{API_HOST}:{self.front.https_port}"]

    def make_redis(self, watched):
        self.primary = RedisNode("redis-1", self.folder)
        self.replicas = [RedisNode("redis-2", self.folder, replica_of=self.primary)] if watched else []
        self.sentinels = [Sentinel(f"sentinel-{number}", self.folder, self.primary) for number in (1, 2, 3) if watched]

    def redis_url(self):
        if not self.sentinels:
            return f"redis://{HOST}:{self.primary.port}"
        return f"redis-sentinel://{','.join(f'{HOST}:{sentinel.port}' for sentinel in self.sentinels)}/{MASTER}"

    def api_key(self):
        path = self.folder / "api-key"
        if not path.exists():
            path.touch(0o600)
            path.write_text("".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(80)))
        return path.read_text()

    def processes(self):
        """In the order in which they start; the reverse is the order in which they stop."""
        return [self.primary, *self.replicas, *self.sentinels, *self.redirectors, self.front]

    def start(self):
        for process in self.processes():
            if process is self.redirectors[0]:
                self.join_redis()
            process.start()

    def join_redis(self):
        """Waits until the servers of Redis, which have started, have found each other."""
        wait_until(lambda: all(s.complete(3, len(self.replicas)) for s in self.sentinels), 30,
                   "Sentinels know each other")

    def stop(self):
        for process in reversed(self.processes()):
            if process.process is not None:
                process.stop()

    def create(self, target="https://example.com/{shortId}", **fields):
        """A redirection made through the front; returns its short ID."""
        document = {"defaultRedirectUrl": target, "evrythngId": THING, "type": "thng", **fields}
        answer = self.front.api("POST", "/redirections", self.key, document)
        if answer.status != 201:
            raise RuntimeError(f"POST /redirections: {answer.status} {answer.body.decode()}")
        return answer.json()["shortId"]

    def hits(self, short_id):
        return self.front.api("GET", f"/redirections/{short_id}", self.key).json().get("hits")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


class ClusterEdge(Edge):
    """The same on a Redis Cluster. `primary` is one of its masters, `replicas` are all other nodes."""

    def make_redis(self, watched):
        nodes = [RedisNode(f"redis-{number}", self.folder, "cluster.conf") for number in range(1, 7 if watched else 4)]
        self.primary, self.replicas, self.sentinels = nodes[0], nodes[1:], []

    def redis_url(self):
        return "redis-cluster://" + ",".join(f"{HOST}:{node.port}" for node in (self.primary, *self.replicas))

    def join_redis(self):
        nodes = [self.primary, *self.replicas]
        if "cluster_slots_assigned:16384" not in self.primary.cli("CLUSTER", "INFO"):
            subprocess.run(["redis-cli", "--cluster", "create", *[f"{HOST}:{node.port}" for node in nodes],
                            "--cluster-replicas", str(len(nodes) // 3 - 1), "--cluster-yes"],
                           check=True, capture_output=True, timeout=60)
        wait_until(lambda: all("cluster_state:ok" in node.cli("CLUSTER", "INFO") for node in nodes), 30, "cluster ok")


def what_to_try(edge):
    front, short_id = edge.front, edge.create()
    trust, url = f"--cacert {front.certificate}", f"https://{HOST}:{front.https_port}"
    pids = "\n".join(f"  {p.name:<12} process {p.process.pid:<8} {p.folder}" for p in edge.processes())
    ask_redis = (f"redis-cli -p {edge.sentinels[0].port} sentinel get-master-addr-by-name {MASTER}" if edge.sentinels else
                 f"redis-cli -p {edge.replicas[0].port} cluster nodes")
    metrics = " ".join(f"http://{HOST}:{r.api_port}/metrics" for r in edge.redirectors)
    return f"""
  short URL   {url}/{short_id}
  API key     {edge.key}
  metrics     {metrics}

{pids}

Try it in another terminal:

  curl -i {trust} {url}/{short_id}
  curl {trust} -o code.png '{url}/{short_id}.png?w=300'
  curl {trust} -H 'Host: {API_HOST}' -H 'Authorization: {edge.key}' {url}/redirections/{short_id}
  {ask_redis}

Or type here, and see that the first curl goes on working:

  kill {edge.redirectors[0].name}        # start, stop, restart, kill, pause or resume, of any of the above
  kill {edge.primary.name}       # another takes over
  start {edge.primary.name}      # it comes back as a replica

Ctrl-C stops everything.
"""


def obey(edge, line):
    """Does what an operator typed; answers what came of it."""
    words = line.split()
    known = {process.name: process for process in edge.processes()}
    if len(words) != 2 or words[0] not in ("start", "stop", "restart", "kill", "pause", "resume") or words[1] not in known:
        return f"expected start, stop, restart, kill, pause or resume, and one of {', '.join(known)}"
    action, process = words[0], known[words[1]]
    if process.running() == (action == "start"):
        return f"{process.name} {'runs' if action == 'start' else 'does not run'}"
    try:
        if action == "restart":
            process.stop()
        status = getattr(process, "start" if action == "restart" else action)()
    except (RuntimeError, TimeoutError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return f"{process.name}: {action} done" + (f", status {status}" if action == "stop" else "")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    built = [HERE.parent / "build" / preset / "redirector" for preset in ("release", "dev")]
    options.add_argument("--binary", default=next((b for b in built if b.exists()), None), help="the redirector")
    options.add_argument("--folder", help="for data and logs; default: one that is removed at the end")
    options.add_argument("--cluster", action="store_true", help="Redis Cluster instead of Sentinels")
    options.add_argument("--front", choices=FRONTS, default="haproxy")
    options.add_argument("--https-port", type=int, default=8443)
    options.add_argument("--http-port", type=int, default=8088)
    chosen = options.parse_args()
    if chosen.binary is None:
        sys.exit("there is no build/release/redirector: cmake --preset release && cmake --build --preset release")

    def interrupt(*_):
        raise KeyboardInterrupt
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, interrupt)
    with tempfile.TemporaryDirectory(prefix="edge-") as temporary:
        try:
            kind = ClusterEdge if chosen.cluster else Edge
            with kind(chosen.folder or temporary, chosen.binary, chosen.front, https_port=chosen.https_port,
                      http_port=chosen.http_port) as edge:
                print(what_to_try(edge), flush=True)
                for line in sys.stdin:
                    print(obey(edge, line), flush=True)
                signal.pause()
        except KeyboardInterrupt:
            print("stopped")
        except (FileNotFoundError, RuntimeError, TimeoutError) as problem:
            sys.exit(f"the edge did not come up: {problem}")


if __name__ == "__main__":
    main()
