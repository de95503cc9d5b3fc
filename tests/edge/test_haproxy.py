"""What HAProxy does besides (test_fronts.py has what both balancers do)."""
import time

import pytest

from edge import wait_until
from load import Load, remember

BACKENDS = ("edges", "edges_alive", "api", "api_alive")


@pytest.fixture
def edge(start_edge):
    return start_edge(watched=False)


def state(edge, number, wanted):
    """As an operator takes edge `number` out ("drain") and back ("ready"); runbook.md, "A rolling upgrade"."""
    for backend in BACKENDS:
        edge.front.admin(f"set server {backend}/edge{number} state {wanted}")


def redirects(redirector):
    return redirector.metric('requests_total{outcome="redirect"}')


def test_an_edge_that_is_drained_by_hand_gets_nothing_until_it_is_back(edge):
    short_id = edge.create()
    first = edge.redirectors[0]
    with Load(edge.front, short_id) as load:
        wait_until(lambda: redirects(first) > 20, 10, "scans on the first edge")
        state(edge, 1, "drain")
        time.sleep(0.5)
        before = redirects(first)
        wait_until(lambda: load.seen[307] > 400, 10, "scans")
        assert redirects(first) == before
        state(edge, 1, "ready")
        wait_until(lambda: redirects(first) > before + 20, 15, "scans on the first edge again")
    assert set(load.seen) == {307}, load.seen


def test_an_id_that_one_edge_knows_is_asked_of_it_while_redis_is_away(edge):
    short_id = edge.create()
    first, second = edge.redirectors
    state(edge, 2, "drain")
    remember(edge, first, short_id)
    state(edge, 2, "ready")
    assert redirects(second) == 0
    edge.primary.kill()
    # While only the edge that knows is out, there is nobody to ask: haproxy.cfg says so.
    wait_until(lambda: not edge.front.up("edges", "edge1") and not edge.front.up("edges", "edge2"), 10, "both edges out")
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert edge.front.ask("GET", f"/{short_id}").status == 307
    assert second.metric('requests_total{outcome="unavailable"}') > 0


def test_one_address_that_asks_without_end_is_stopped_others_go_on(edge):
    short_id = edge.create()
    with Load(edge.front, short_id, clients=1, pause=0) as load:
        # 5,000 within 10 s are the limit: told to HAProxy as if they had been.
        edge.front.admin("set table public key ::ffff:127.0.1.1 data.http_req_rate 6000")
        wait_until(lambda: load.seen[429] > 10, 10, "refusals")
        assert edge.front.ask("GET", f"/{short_id}").status == 307


def test_what_is_logged_tells_no_scan_no_query_and_no_whole_address(edge):
    short_id = edge.create()
    assert edge.front.ask("GET", f"/{short_id}?secret=1", source="127.0.2.77").status == 307
    for redirector in edge.redirectors:
        redirector.kill()
    assert edge.front.ask("GET", f"/{short_id}?secret=2", source="127.0.2.78").status == 503
    log = wait_until(lambda: edge.front.read_log() if short_id in edge.front.read_log() else "", 5, "a failure logged")
    assert '"client":"127.0.2.0"' in log and "secret" not in log
    assert "127.0.2.77" not in log and "127.0.2.78" not in log
    assert edge.key not in log
