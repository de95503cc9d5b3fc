"""HAProxy and nginx with the configurations of deploy/, in front of two edges: what a phone sees, whatever happens behind."""
import socket
import subprocess
import time

import pytest

from edge import API_HOST, HOST, ask, wait_until
from load import Load, remember

pytestmark = pytest.mark.parametrize("front", ["haproxy", "nginx"])


@pytest.fixture
def edge(start_edge, front):
    return start_edge(front, watched=False, options=("--ip-privacy", "full"))


def addresses(edge, count):
    """The client addresses of the last scans, newest first."""
    def recorded():
        actions = edge.redirectors[0].api("GET", "/actions/implicitScans?context=true").json()
        return len(actions) >= count and [action["context"]["ipAddress"] for action in actions]
    return wait_until(recorded, 10, f"{count} actions")


def test_scans_over_tls_come_with_the_clients_address(edge):
    short_id = edge.create("https://example.com/{shortId}")
    lie = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.10"}
    for source in ("127.0.0.7", "127.0.0.8"):
        answer = edge.front.ask("GET", f"/{short_id}", headers=lie, source=source)
        assert (answer.status, answer.headers["Location"]) == (307, f"https://example.com/{short_id}")
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert sorted(addresses(edge, 2)) == ["127.0.0.7", "127.0.0.8"]
    # Codes that were printed with http stay good; nobody but the edges' own network hears more than that.
    assert ask(edge.front.http_port, "GET", f"/{short_id}", source="127.0.0.9").status == 307
    assert addresses(edge, 3)[0] == "127.0.0.9"
    document = edge.front.ask("GET", f"/{short_id}", headers={"Accept": "application/json"}).json()
    assert document["shortDomain"] == f"{HOST}:{edge.front.https_port}"


def test_what_a_browser_speaks_is_spoken(edge):
    url = f"https://{HOST}:{edge.front.https_port}/healthz"
    for option, expected in (("--http2", "2"), ("--http1.1", "1.1"), ("--tlsv1.3", "2")):
        said = subprocess.run(["curl", "-sS", "--cacert", edge.front.certificate, option, "-o", "/dev/null", "-w",
                               "%{http_version} %{http_code}", url], capture_output=True, text=True)
        assert said.stdout == f"{expected} 200", said.stderr
    old = subprocess.run(["curl", "-sS", "--cacert", edge.front.certificate, "--tls-max", "1.1", url], capture_output=True)
    assert old.returncode == 35


def test_keys_in_clear_text_and_inner_pages_are_refused(edge):
    key = {"Authorization": edge.key}
    plain = edge.front.http_port
    assert ask(plain, "GET", "/redirections", headers=key).status == 403
    assert ask(plain, "GET", "/access", headers={"Host": API_HOST, **key}).status == 403
    moved = ask(plain, "GET", "/access?x=1", headers={"Host": API_HOST})
    assert (moved.status, moved.headers["Location"]) == (308, f"https://{API_HOST}/access?x=1")
    assert edge.front.api("GET", "/access", edge.key).json()["actor"]["type"] == "operator"
    for path in ("/metrics", "/readyz"):
        assert edge.front.api("GET", path, edge.key).status == 404
        assert edge.front.ask("GET", path).status == 404


def test_a_silent_or_oversize_client_is_shut_out(edge):
    assert edge.front.ask("GET", "/" + "A" * 20_000).status in (400, 414)
    with socket.create_connection((HOST, edge.front.http_port)) as connection:
        connection.settimeout(15)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        began = time.monotonic()
        while connection.recv(4096):
            pass
        assert 8 < time.monotonic() - began < 13


def test_an_edge_that_dies_fails_no_request(edge):
    short_id = edge.create()
    first, second = edge.redirectors
    with Load(edge.front, short_id) as load:
        wait_until(lambda: load.seen[307] > 300, 20, "load")
        first.kill()
        before = load.seen[307]
        wait_until(lambda: load.seen[307] > before + 300, 20, "load after the kill")
        first.start()
        time.sleep(1)
    assert set(load.seen) == {307}, load.seen
    # What the dead edge had recorded is in its spool, and so is what it had recorded but not yet answered: the client
    # was answered by the other edge then.
    answered = load.seen[307]
    wait_until(lambda: edge.hits(short_id) >= answered, 15, f"{answered} hits")
    time.sleep(1)
    assert edge.hits(short_id) <= answered + len(load.threads)


def test_restarting_one_edge_after_the_other_fails_no_request_and_loses_no_scan(edge):
    short_id = edge.create()
    with Load(edge.front, short_id) as load:
        for redirector in edge.redirectors:
            before = load.seen[307]
            wait_until(lambda: load.seen[307] > before + 300, 20, "load")
            assert redirector.stop() == 0
            redirector.start()
            time.sleep(2.5)  # until the balancer has seen it again
    assert set(load.seen) == {307}, load.seen
    wait_until(lambda: edge.hits(short_id) == load.seen[307], 15, f"{load.seen[307]} hits, not {edge.hits(short_id)}")


def test_redirects_go_on_while_no_edge_is_ready(edge):
    short_id = edge.create()
    scans = 0
    for redirector in edge.redirectors:
        scans += remember(edge, redirector, short_id)
    edge.primary.kill()
    wait_until(lambda: not any(r.ready() for r in edge.redirectors), 15, "no edge ready")
    deadline = time.monotonic() + 4  # while the balancer takes every edge out
    while time.monotonic() < deadline:
        assert edge.front.ask("GET", f"/{short_id}").status == 307
        scans += 1
    unknown = edge.front.ask("GET", "/NEVERSEEN9")
    assert unknown.status == 503 and unknown.headers["Retry-After"]
    # An edge that does not know is no reason to take out edges that do.
    assert edge.front.ask("GET", f"/{short_id}").status == 307
    edge.primary.start()
    wait_until(lambda: all(r.ready() for r in edge.redirectors), 15, "ready again")
    wait_until(lambda: edge.hits(short_id) == scans + 1, 15, f"{scans + 1} hits")
