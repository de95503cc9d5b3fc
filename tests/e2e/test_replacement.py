"""Stopping, being replaced, and ceilings: what a balancer and a service manager see."""
import http.client
import json
import signal
import socket
import threading
import time

import pytest

import server as servers
from server import request, wait_until


class Scanners:
    """Threads that scan without end, each over new connections; what failed is kept."""

    def __init__(self, port, short_id, count=4):
        self.port, self.path = port, f"/{short_id}"
        self.failures, self.answered, self.slowest = [], [0] * count, 0.0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.scan, args=(n,)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def scan(self, number):
        while not self.stopping.is_set():
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                for _ in range(5):
                    connection.request("GET", self.path)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status == 307:
                        self.answered[number] += 1
                    else:
                        self.failures.append(answer.status)
                    if answer.headers["Connection"] == "close":
                        break
            except (OSError, http.client.HTTPException) as problem:
                self.failures.append(repr(problem))
            finally:
                connection.close()
            self.slowest = max(self.slowest, time.monotonic() - began)

    def stop(self):
        """Ends the load; returns how many scans were answered."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        assert self.failures == []
        return sum(self.answered)


@pytest.fixture
def sockets():
    held = servers.Sockets()
    yield held
    held.close()


def ready(edge):
    return request(edge.api_port, "GET", "/readyz")


def test_readiness_goes_before_service_and_a_second_signal_hastens(start):
    edge = start("--drain-delay", "30")
    short_id = edge.create()
    edge.process.terminate()
    wait_until(lambda: ready(edge).status == 503, what="not ready")
    assert ready(edge).body.startswith(b"not ready: draining\n") and ready(edge).headers["Retry-After"]
    for _ in range(10):
        assert edge.public("GET", f"/{short_id}").status == 307
    assert edge.process.poll() is None
    began = time.monotonic()
    assert edge.stop() == 0  # the second signal
    assert time.monotonic() - began < 8


def test_a_second_signal_cuts_off_what_drags_on(start):
    edge = start()
    with socket.create_connection(("127.0.0.1", edge.port)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        time.sleep(0.1)
        edge.process.terminate()
        time.sleep(0.5)
        assert edge.process.poll() is None  # the request has its time
        began = time.monotonic()
        assert edge.stop() == 0
        assert time.monotonic() - began < 3


def test_a_restart_behind_held_sockets_fails_no_request(start, sockets):
    edge = start(sockets=sockets)
    short_id = edge.create()
    scanners = Scanners(edge.port, short_id)
    for _ in range(2):
        time.sleep(0.5)
        assert edge.stop() == 0
        edge.start()
    time.sleep(0.5)
    answered = scanners.stop()
    assert answered > 100
    wait_until(lambda: edge.hits(short_id) == answered, what=f"{answered} hits")


def test_where_requests_come_in_is_told_not_where_they_would(start, sockets, tmp_path):
    edge = servers.Server(tmp_path / "edge", sockets=sockets)
    edge.options[edge.options.index("--listen") + 1] = "127.0.0.1:1"
    start.adopt(edge)
    edge.start()
    line = next(json.loads(line) for line in edge.read_log().splitlines() if '"serving"' in line)
    assert (line["listen"], line["api"]) == tuple(f"127.0.0.1:{port}" for port in sockets.ports)


def test_a_successor_beside_its_predecessor_fails_no_request(start, sockets, tmp_path):
    redis = start.redis()
    first = start(name="node", redis=redis.url, sockets=sockets)
    short_id = first.create()
    scanners = Scanners(first.port, short_id)
    time.sleep(0.3)
    for generation in range(2):
        second = servers.Server(tmp_path / "node", redis=redis.url, sockets=sockets)
        second.start(wait=False)
        wait_until(lambda: second.read_log().count('"serving"') == generation + 2, what="both serve")
        time.sleep(0.3)
        assert first.stop() == 0
        first = second
        start.adopt(second)
    time.sleep(0.3)
    answered = scanners.stop()
    assert scanners.slowest < 5
    wait_until(lambda: first.hits(short_id) == answered, what=f"{answered} hits")


def test_a_successor_ships_what_its_predecessor_could_not(start, sockets, tmp_path):
    redis = start.redis()
    first = start(name="node", redis=redis.url, sockets=sockets)
    short_id = first.create()
    scans = first.remember(short_id)
    wait_until(lambda: first.hits(short_id) == scans, what="the first scans")
    second = servers.Server(tmp_path / "node", redis=redis.url, sockets=sockets)
    second.start(wait=False)
    start.adopt(second)
    wait_until(lambda: second.read_log().count('"serving"') == 2, what="both serve")
    redis.process.send_signal(signal.SIGSTOP)
    scanners = Scanners(first.port, short_id, 2)
    time.sleep(0.5)
    first.kill()
    scanners.stopping.set()
    for thread in scanners.threads:
        thread.join()
    redis.process.send_signal(signal.SIGCONT)
    # A scan whose answer was on its way when its server was killed may be recorded or not.
    scans += sum(scanners.answered)
    wait_until(lambda: scans <= (second.hits(short_id) or 0) <= scans + 2 * 2, 15, what=f"{scans} hits")
    wait_until(lambda: "spool taken over" in second.read_log(), what="the spool taken over")


def test_sockets_that_make_no_sense_are_refused(start, sockets):
    edge = start()
    edge.stop()
    edge.sockets = sockets
    with socket.socket(socket.AF_UNIX) as other:
        edge.sockets.api = other
        edge.start(wait=False)
        assert edge.process.wait(10) == 1
    assert "LISTEN_FDS: descriptor 4 is not a listening TCP socket" in edge.read_log()


def cpu_seconds(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_running_out_of_descriptors_neither_stops_nor_spins(start):
    edge = start(command=["prlimit", "--nofile=80:80"])
    short_id = edge.create()
    crowd = []
    for _ in range(150):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", edge.port))
        crowd.append(connection)
    time.sleep(0.5)
    before = cpu_seconds(edge.process)
    time.sleep(1)
    assert cpu_seconds(edge.process) - before < 0.3
    for connection in crowd:
        connection.close()
    wait_until(lambda: edge.public("GET", f"/{short_id}").status == 307, what="service again")
    assert edge.metric("accept_failures_total") > 0
    assert edge.metric("descriptor_limit") == 80


def test_connections_above_the_ceiling_are_told_so(start):
    edge = start("--max-connections", "20")
    crowd = [socket.create_connection(("127.0.0.1", edge.port)) for _ in range(20)]
    wait_until(lambda: edge.metric("connections") >= 20, what="20 connections")
    told = edge.public("GET", "/healthz")
    assert told.status == 503 and told.headers["Retry-After"] and told.headers["Connection"] == "close"
    assert ready(edge).status == 200  # the other listener has a ceiling of its own
    assert edge.metric("connections_refused_total") == 1
    assert edge.metric("connections_limit") == 20
    for connection in crowd:
        connection.close()
    wait_until(lambda: edge.public("GET", "/healthz").status == 200, what="room again")
