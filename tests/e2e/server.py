"""Runs the real `redirector` with a real Redis, for the end-to-end tests: starts, stops, kills, asks.

Every server listens on loopback ports that the kernel chose, with data in a folder of its own. Processes are ended by the
process ID that started them.
"""
import fcntl
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

BINARY = os.environ.get("REDIRECTOR", "build/dev/redirector")
KEY = "K" * 79 + "1"
THING = "UVpfh4EFsBpasUmnVDWdktKs"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_addresses():
    """Options that give both listeners a port of their own."""
    return ["--listen", f"127.0.0.1:{free_port()}", "--api-listen", f"127.0.0.1:{free_port()}"]


def wait_until(passes, seconds=10.0, what="condition"):
    """Returns passes()'s first true answer; fails the test when there was none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = passes()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)


def request(port, method, path, body=None, headers=None, tls=None):
    connection = (http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=tls) if tls else
                  http.client.HTTPConnection("127.0.0.1", port, timeout=10))
    try:
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response, response.read())
    finally:
        connection.close()


class Redis:
    """A redis-server of the test's own, on a Unix socket."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket = self.folder / "redis.sock"
        self.options = options
        self.process = None

    @property
    def url(self):
        return f"unix:{self.socket}"

    def start(self):
        command = ["redis-server", "--bind", "127.0.0.1", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder),
                   "--appendonly", "yes", "--save", "", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(lambda: self.command("PING").startswith((b"+PONG", b"-NOAUTH")), what="redis-server")

    def command(self, *words):
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self.socket))
                connection.sendall((" ".join(words) + "\r\n").encode())
                return connection.recv(65536)
        except OSError:
            return b""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(10)


class Sockets:
    """Listening sockets that outlive the servers that take connections from them, as systemd holds them."""

    def __init__(self):
        self.public, self.api = (socket.create_server(("127.0.0.1", 0), backlog=4096) for _ in range(2))

    @property
    def ports(self):
        return self.public.getsockname()[1], self.api.getsockname()[1]

    def close(self):
        self.public.close()
        self.api.close()


class Server:
    def __init__(self, folder, *options, redis=None, environment=None, sockets=None, command=(), context=None):
        self.context = context  # of TLS, where the server speaks it
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sockets, self.command = sockets, list(command)
        self.port, self.api_port = sockets.ports if sockets else (free_port(), free_port())
        self.options = ["serve", "--listen", f"127.0.0.1:{self.port}", "--api-listen", f"127.0.0.1:{self.api_port}",
                        "--data-dir", str(self.folder / "data"), "--threads", "2", "--initial-api-key", KEY]
        self.store = ["--data-dir", str(self.folder / "data")]  # how other commands are told of the same Redis
        if redis is not None:
            self.store = ["--redis", redis]
            self.options += self.store
        self.options += options
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self, wait=True):
        self.log = open(self.folder / "log", "ab")
        command, passed = [*self.command, BINARY, *self.options], ()
        if self.sockets:
            # sd_listen_fds(3): descriptors from 3 on, meant for the process of this number.
            passed = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in (self.sockets.public, self.sockets.api)]
            script = f'export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=public:api; exec "$@" 3<&{passed[0]} 4<&{passed[1]}'
            command = ["bash", "-c", script, "bash", *command]
        self.process = subprocess.Popen(command, stderr=self.log, env=self.environment, pass_fds=passed)
        for descriptor in passed:
            os.close(descriptor)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, self.read_log()
            try:
                return request(self.api_port, "GET", "/readyz", tls=self.context).status == 200
            except OSError:
                return False
        wait_until(ready, 20, "server ready")

    def read_log(self):
        return (self.folder / "log").read_text()

    def public(self, method, path, body=None, **headers):
        return request(self.port, method, path, body, {k.replace("_", "-"): v for k, v in headers.items()}, self.context)

    def api(self, method, path, body=None, key=KEY, **headers):
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        if key:
            fields["Authorization"] = key
        answer = request(self.api_port, method, path, body, {"Accept": "application/json", **fields}, self.context)
        if method == "POST":
            time.sleep(0.002)  # what is created within one millisecond has no order
        return answer

    def create(self, target="https://example.com/{shortId}", **fields):
        document = {"defaultRedirectUrl": target, "evrythngId": THING, "type": "thng", **fields}
        answer = self.api("POST", "/redirections", document)
        assert answer.status == 201, answer.body
        return answer.json()["shortId"]

    def remember(self, short_id):
        """Scans until memory alone answers; returns how many scans that took.

        What was fetched while the news of its creation was still on its way is not kept.
        """
        scans = 0
        while True:
            misses = self.metric("cache_misses_total")
            assert self.public("GET", f"/{short_id}").status == 307
            scans += 1
            if self.metric("cache_misses_total") == misses:
                return scans

    def drained(self):
        """Waits until every recorded scan is in Redis."""
        wait_until(lambda: self.metric("scans_spooled") == 0, what="scans shipped")

    def hits(self, short_id):
        """Hits of a redirection; None while the store does not answer."""
        return self.api("GET", f"/redirections/{short_id}").json().get("hits")

    def metric(self, name):
        for line in request(self.api_port, "GET", "/metrics", tls=self.context).body.decode().splitlines():
            if line.startswith(f"redirector_{name} "):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no metric {name}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the server in order; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(12)
