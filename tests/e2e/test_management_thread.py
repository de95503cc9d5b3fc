"""No call of the management API, however large, takes time of a thread that redirects."""
import os

from server import KEY, request


def processor_ms(server, name):
    """Processor time so far of the threads of that name (proc(5), schedstat)."""
    total = 0
    for thread in os.listdir(f"/proc/{server.process.pid}/task"):
        folder = f"/proc/{server.process.pid}/task/{thread}"
        with open(folder + "/comm") as comm, open(folder + "/schedstat") as schedstat:
            if comm.read().strip() == name:
                total += int(schedstat.read().split()[0]) / 1e6
    return total


def test_large_bodies_are_read_beside_the_redirects(edge):
    thng = edge.api("POST", "/thngs", {"name": "a"}).json()["id"]
    redirecting, managing = processor_ms(edge, "io"), processor_ms(edge, "management")
    body = '{"customFields":{"a":[' + ",".join(['{"a":1}'] * 8000) + "]}}"
    for _ in range(20):
        assert edge.api("PUT", f"/thngs/{thng}", body, Content_Type="application/json").status == 200
    assert processor_ms(edge, "management") - managing > 50
    assert processor_ms(edge, "io") - redirecting < 25


def test_what_the_public_listener_reads_is_small(edge):
    fields = {"Authorization": KEY, "Content-Type": "application/json"}
    body = '{"defaultRedirectUrl":"https://a.example/' + "x" * 16_400 + '"}'
    for method, path in (("POST", "/redirections"), ("PUT", "/redirections/ABSENT0000")):
        assert request(edge.port, method, path, body, fields).status == 413
