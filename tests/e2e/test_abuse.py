"""What somebody gets who tries to make trouble: trying IDs out."""
import random

from server import request


def guess():
    return "".join(random.choices("ABCDEFGHKMNPQRSTUVWXY0123456789", k=10))


def test_whoever_tries_ids_out_is_told_to_wait_and_known_ids_go_on(start):
    edge = start("--unknown-id-limit", "20", "--trust-proxy", "127.0.0.1")
    short_id = edge.create()
    answers = [edge.public("GET", f"/{guess()}", X_Forwarded_For="203.0.113.9") for _ in range(25)]
    assert [a.status for a in answers[:20]] == [404] * 20
    assert {a.status for a in answers[21:]} == {429}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    for path, accept in ((f"/{guess()}.svg", "*/*"), (f"/{guess()}", "application/json")):
        told = edge.public("GET", path, X_Forwarded_For="203.0.113.9", Accept=accept)
        assert told.status == 429 and told.headers["Retry-After"], path
    assert told.json()["code"] == "rate_limited"
    for _ in range(30):
        assert edge.public("GET", f"/{short_id}", X_Forwarded_For="203.0.113.9").status == 307
    assert edge.public("GET", f"/{guess()}", X_Forwarded_For="203.0.113.10").status == 404
    page = request(edge.api_port, "GET", "/metrics").body.decode()
    assert 'redirector_requests_total{outcome="limited"}' in page


def test_zero_is_no_limit(start):
    edge = start("--unknown-id-limit", "0")
    assert {edge.public("GET", f"/{guess()}").status for _ in range(200)} == {404}
