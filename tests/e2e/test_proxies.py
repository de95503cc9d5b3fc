"""Who the client is, behind a real HAProxy: PROXY v1 and v2, and X-Forwarded-For over several hops."""
import http.client
import socket
import subprocess

import pytest

import server as servers
from server import wait_until

CONFIG = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend phones
    bind 127.0.0.1:{port}
    {frontend}
    default_backend edge
backend edge
    server edge 127.0.0.1:{edge} {server}
"""


@pytest.fixture
def haproxy(tmp_path):
    """haproxy(edge, server=..., frontend=...) -> the port of an HAProxy before it."""
    started = []

    def start(edge, server="", frontend=""):
        port = servers.free_port()
        config = tmp_path / f"haproxy-{port}.cfg"
        config.write_text(CONFIG.format(port=port, edge=edge.port, server=server, frontend=frontend))
        started.append(subprocess.Popen(["haproxy", "-db", "-f", str(config)], stderr=subprocess.DEVNULL))

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_until(listens, what="HAProxy")
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def scan(port, short_id, source, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5, source_address=(source, 0))
    try:
        connection.request("GET", f"/{short_id}", headers={k.replace("_", "-"): v for k, v in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


def addresses(edge, count):
    """The clients' addresses of `count` scans."""
    def recorded():
        found = edge.api("GET", "/actions/all?context=true").json()
        return found if len(found) == count else None
    return {action["context"]["ipAddress"] for action in wait_until(recorded, what=f"{count} actions")}


@pytest.mark.parametrize("version", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_a_proxy_preamble_tells_the_client(start, haproxy, version):
    edge = start("--proxy-protocol", "on", "--trust-proxy", "127.0.0.1", "--ip-privacy", "full")
    short_id = edge.create()
    port = haproxy(edge, server=version)
    assert scan(port, short_id, "127.0.0.5") == 307
    # What a client writes itself is not believed, though the proxy passes it on.
    assert scan(port, short_id, "127.0.0.6", X_Forwarded_For="203.0.113.1", Forwarded="for=203.0.113.2") == 307
    assert addresses(edge, 2) == {"127.0.0.6", "127.0.0.5"}


def test_a_peer_that_is_not_trusted_is_not_even_answered(start):
    edge = start("--proxy-protocol", "on", "--trust-proxy", "127.0.0.1")
    with socket.create_connection(("127.0.0.1", edge.port), source_address=("127.0.0.9", 0)) as other:
        other.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        other.settimeout(5)
        try:
            assert other.recv(100) == b""
        except ConnectionResetError:
            pass


def test_a_preamble_that_does_not_come_ends_the_connection(start):
    edge = start("--proxy-protocol", "on", "--trust-proxy", "127.0.0.1")
    with socket.create_connection(("127.0.0.1", edge.port)) as silent:
        silent.settimeout(6)
        try:
            assert silent.recv(100) == b""  # after 3 s
        except ConnectionResetError:
            pass
    assert edge.metric("connection_timeouts_total") == 1


def test_each_hop_may_add_a_line_of_its_own(start, haproxy):
    edge = start("--trust-proxy", "127.0.0.1,127.0.0.7", "--ip-privacy", "full")
    short_id = edge.create()
    port = haproxy(edge, frontend="option forwardfor")
    # 127.0.0.7 plays a trusted hop before HAProxy, which adds a second line.
    assert scan(port, short_id, "127.0.0.7", X_Forwarded_For="203.0.113.1, 198.51.100.7") == 307
    assert scan(port, short_id, "127.0.0.8", X_Forwarded_For="203.0.113.1, 198.51.100.7") == 307
    assert addresses(edge, 2) == {"127.0.0.8", "198.51.100.7"}
    assert scan(edge.port, short_id, "127.0.0.9", X_Forwarded_For="198.51.100.7") == 307
    assert addresses(edge, 3) == {"127.0.0.9", "127.0.0.8", "198.51.100.7"}
