"""Webhooks: signed, at least once, tried again, given up, sent again; nowhere that is not public."""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import subprocess
import threading
import time

import pytest

import server as servers
from server import wait_until

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Receiver:
    """A real HTTP server that keeps what it got and answers what the test says: 200 when it says nothing."""

    def __init__(self, certificate=None):
        self.scheme = "https" if certificate else "http"
        self.posts, self.answers, self.stalled = [], [], threading.Event()
        self.stalled.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((self.path, dict(self.headers), body))
                receiver.stalled.wait(20)
                status = receiver.answers.pop(0) if receiver.answers else 200
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    if status == 302:
                        self.send_header("Location", f"{receiver.url}/elsewhere")
                    self.end_headers()
                except OSError:
                    pass  # who asked is dead

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def ids(self, of=None):
        return [action["id"] for _, _, body in (self.posts if of is None else of) for action in json.loads(body)]


def received():
    made = Receiver()
    yield made
    made.stalled.set()
    made.server.shutdown()
    made.server.server_close()


receiver, other = pytest.fixture(received, name="receiver"), pytest.fixture(received, name="other")


class Tenant(servers.Server):
    """A new account of a server that other tests use too: its own key, and figures and log from now on."""

    def __init__(self, server):
        self.__dict__.update(server.__dict__)
        created = subprocess.run([servers.BINARY, "account", "create", "--name", "t", "--json", "--redis", self.redis.url],
                                 capture_output=True, check=True, text=True)
        self.key = json.loads(created.stdout)["apiKey"]
        self.figures = {name: super(Tenant, self).metric(name) for name in (
            "webhook_actions_total", "webhook_failures_total", "webhook_dead_letters_total")}
        self.logged = len(server.read_log())

    def api(self, *arguments, key=None, **fields):
        return super().api(*arguments, key=key or self.key, **fields)

    def metric(self, name):
        return super().metric(name) - self.figures.get(name, 0)

    def read_log(self):
        return super().read_log()[self.logged:]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    redis = servers.Redis(folder / "redis")
    redis.start()
    server = servers.Server(folder / "edge", "--webhook-private-targets", "on", redis=redis.url)
    server.redis = redis
    try:
        server.start()
        yield server
    finally:
        server.kill()
        redis.kill()


@pytest.fixture
def edge(shared):
    tenant = Tenant(shared)
    yield tenant
    for webhook in tenant.api("GET", "/webhooks?perPage=100").json():
        assert tenant.api("DELETE", f"/webhooks/{webhook['id']}").status == 200


def hook(edge, receiver, **fields):
    answer = edge.api("POST", "/webhooks", {"url": receiver.url + "/in?k=1", **fields})
    assert answer.status == 201, answer.body
    return answer.json()


def scan(edge, short_id, count):
    for _ in range(count):
        assert edge.public("GET", f"/{short_id}", User_Agent="a").status == 307


def recorded(edge):
    edge.drained()
    found, path = [], "/actions/implicitScans?perPage=100"
    return [action["id"] for action in edge.api("GET", path).json()]


def check_signature(post, secret):
    _, headers, body = post
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == expected
    assert abs(time.time() - int(headers["Webhook-Timestamp"])) < 10


def test_new_actions_arrive_signed_once_each(edge, receiver):
    short_id = edge.create()
    made = hook(edge, receiver, secret=SECRET, types=["implicitScans"])
    assert made["secret"] == SECRET and made["enabled"]
    assert edge.api("POST", "/actions/checkins", {}).status in (201, 400)
    scan(edge, short_id, 30)
    wait_until(lambda: len(receiver.ids()) >= 30, what="delivered")
    assert sorted(receiver.ids()) == sorted(recorded(edge)) and len(set(receiver.ids())) == 30
    for post in receiver.posts:
        check_signature(post, SECRET)
        assert post[0] == "/in?k=1" and post[1]["Content-Type"] == "application/json"
    assert {action["type"] for post in receiver.posts for action in json.loads(post[2])} == {"implicitScans"}
    wait_until(lambda: edge.metric("webhook_actions_total") == 30, what="counted")
    assert edge.metric("webhook_lag_seconds") == 0


def test_the_secret_is_shown_once_and_logged_never(edge, receiver):
    made = hook(edge, receiver)
    assert made["secret"].startswith("whsec_")
    path = f"/webhooks/{made['id']}"
    assert "secret" not in edge.api("GET", path).json()
    assert "secret" not in edge.api("PUT", path, {"description": "d"}).json()
    assert ["secret" in one for one in edge.api("GET", "/webhooks").json()] == [False]
    receiver.answers = [500]
    scan(edge, edge.create(), 1)
    wait_until(lambda: len(receiver.posts) == 2, what="tried again")
    check_signature(receiver.posts[1], made["secret"])
    log = edge.read_log()
    assert "answered 500" in log and made["secret"] not in log and "k=1" not in log


def test_a_batch_that_failed_comes_again_the_same(edge, receiver, other):
    receiver.answers, other.answers = [500, 302], [404]
    short_id = edge.create()
    for one in (receiver, other):
        hook(edge, one, secret=SECRET)
    scan(edge, short_id, 3)
    wait_until(lambda: receiver.posts and other.posts, what="a try")
    scan(edge, short_id, 5)
    wait_until(lambda: len(set(receiver.ids())) == len(set(other.ids())) == 8, 20, what="all delivered")
    assert other.posts[0][2] == other.posts[1][2]
    tries = receiver.posts[:3]
    assert len({post[1]["Webhook-Id"] for post in tries}) == 1 and len({post[2] for post in tries}) == 1
    assert {post[0] for post in receiver.posts} == {"/in?k=1"}  # no redirect was followed
    for post in receiver.posts:
        check_signature(post, SECRET)
    wait_until(lambda: edge.metric("webhook_failures_total") == 3, what="counted")
    assert len(receiver.ids(receiver.posts[2:])) == 8


def test_a_killed_server_loses_none(start, receiver):
    redis = start.redis()
    edge = start("--webhook-private-targets", "on", redis=redis.url)
    short_id = edge.create()
    made = hook(edge, receiver)
    scan(edge, short_id, 10)
    wait_until(lambda: len(receiver.ids()) == 10, what="the first")
    receiver.stalled.clear()
    scan(edge, short_id, 20)
    wait_until(lambda: len(receiver.ids()) > 10, what="a batch on its way")
    edge.kill()
    under_way = receiver.posts[-1]
    receiver.stalled.set()
    # The dead server's lease ends by itself within 15 s: the test ends it now.
    lease = f"w:{{{made['id']}}}:lease"
    assert 0 < int(redis.command("PTTL", lease)[1:]) <= 15_000 and redis.command("DEL", lease) == b":1\r\n"
    edge.start()

    def again():
        return [post for post in receiver.posts if post[1]["Webhook-Id"] == under_way[1]["Webhook-Id"]]
    wait_until(lambda: len(again()) == 2, 30, what="the batch that was under way")
    assert again()[0][2] == again()[1][2]
    wait_until(lambda: len(set(receiver.ids())) == 30, what="the rest")
    assert set(receiver.ids()) == set(recorded(edge))


@pytest.mark.parametrize("kind", ["one redis", "cluster"])
def test_two_nodes_deliver_each_action_once(start, on, receiver, kind):
    """Both look at the webhook; whoever has its lease delivers what both recorded."""
    options = ("--webhook-private-targets", "on")
    if kind == "cluster":
        nodes = [on("cluster", *options, name=name) for name in ("here", "there")]
    else:
        redis = start.redis()
        nodes = [start(*options, redis=redis.url, name=name) for name in ("here", "there")]
    short_ids = [nodes[0].create() for _ in range(4)]
    hook(nodes[0], receiver, secret=SECRET)
    for short_id in short_ids:
        for node in nodes:
            scan(node, short_id, 10)
    for node in nodes:
        node.drained()
    wait_until(lambda: len(receiver.ids()) >= 80, 20, what="delivered")
    time.sleep(1.5)  # longer than a node waits before it looks again
    found = receiver.ids()
    assert len(found) == len(set(found)) == 80 and set(found) == set(recorded(nodes[1]))
    for post in receiver.posts:
        check_signature(post, SECRET)
    assert sum(node.metric("webhook_actions_total") for node in nodes) == 80


def test_what_is_gone_is_given_up_and_sent_again_on_demand(edge, receiver):
    receiver.answers = [410]
    short_id = edge.create()
    made = hook(edge, receiver)
    path = f"/webhooks/{made['id']}/deadLetters"
    assert edge.api("GET", path).json() == []
    scan(edge, short_id, 1)
    letters = wait_until(lambda: edge.api("GET", path).json(), what="a dead letter")
    assert letters[0]["reason"] == "answered 410" and letters[0]["actions"] == 1 and letters[0]["tries"] == 1
    assert letters[0]["id"] == receiver.posts[0][1]["Webhook-Id"] and set(letters[0]) == {
        "id", "actions", "since", "tries", "reason", "givenUpAt"}
    scan(edge, short_id, 1)
    wait_until(lambda: len(receiver.posts) == 2, what="delivery goes on")
    answer = edge.api("POST", path + "/redrive")
    assert answer.status == 202 and answer.json() == {"redriven": 1}
    wait_until(lambda: len(receiver.posts) == 3, what="sent again")
    assert receiver.posts[2][2] == receiver.posts[0][2]
    assert receiver.posts[2][1]["Webhook-Id"] == receiver.posts[0][1]["Webhook-Id"]
    assert edge.api("GET", path).json() == []
    time.sleep(1.5)  # longer than a node waits before it looks again
    assert len(receiver.posts) == 3
    assert edge.metric("webhook_dead_letters_total") == 1


def test_large_backlogs_come_in_batches_of_100(edge, receiver):
    short_id = edge.create()
    made = hook(edge, receiver, enabled=False)
    scan(edge, short_id, 250)
    edge.drained()
    time.sleep(1.5)
    assert receiver.posts == []
    assert edge.api("PUT", f"/webhooks/{made['id']}", {"enabled": True}).status == 200
    wait_until(lambda: len(receiver.ids()) >= 250, what="all of them")
    sizes = [len(json.loads(post[2])) for post in receiver.posts]
    assert max(sizes) == 100 and sum(sizes) == 250 and len(set(receiver.ids())) == 250


def test_addresses_that_are_not_public_are_refused(start, receiver):
    edge = start()
    port = receiver.url.rsplit(":", 1)[1]
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"):
        answer = edge.api("POST", "/webhooks", {"url": f"http://{host}:{port}/"})
        assert answer.status == 201, answer.body
    scan(edge, edge.create(), 1)
    wait_until(lambda: edge.metric("webhook_failures_total") >= 6, what="refused")
    assert edge.read_log().count("no public address") >= 6 and receiver.posts == []


def test_bad_webhooks_are_refused(edge):
    for body, name in (({}, "url"), ({"url": "ftp://a/"}, "url"), ({"url": "http://u:p@a/"}, "url"),
                       ({"url": "http://a/{shortId}"}, "url"), ({"url": "http://a/", "secret": "x"}, "secret"),
                       ({"url": "http://a/", "secret": "whsec_AAAA"}, "secret"), ({"url": "http://a/", "types": "x"}, "types"),
                       ({"url": "http://a/", "enabled": 1}, "enabled"), ({"url": "http://a/", "other": 1}, "other")):
        answer = edge.api("POST", "/webhooks", body)
        assert answer.status == 400 and name in answer.body.decode(), (body, answer.body)
    for _ in range(20):
        assert edge.api("POST", "/webhooks", {"url": "http://192.0.2.1/", "enabled": False}).status == 201
    assert edge.api("POST", "/webhooks", {"url": "http://192.0.2.1/"}).status == 409


def test_a_removed_webhook_leaves_nothing(edge, receiver):
    redis, made = edge.redis, hook(edge, receiver)
    keys = f"w:{{{made['id']}}}:*"
    scan(edge, edge.create(), 1)
    wait_until(lambda: receiver.posts, what="delivered")
    assert b"w:{" in redis.command("KEYS", keys)
    assert redis.command("SCARD", "x:webhooks") == b":1\r\n"
    assert edge.api("DELETE", f"/webhooks/{made['id']}").status == 200
    wait_until(lambda: redis.command("KEYS", keys) == b"*0\r\n", what="its keys gone")
    assert redis.command("SCARD", "x:webhooks") == b":0\r\n"
    assert edge.api("GET", f"/webhooks/{made['id']}").status == 404


@pytest.fixture
def certificate(tmp_path):
    """One that is its own authority, for 127.0.0.1."""
    path = tmp_path / "receiver.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path,
                    "-out", tmp_path / "certificate", "-days", "2", "-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "certificate").read_text())
    return path


def test_certificates_are_verified(start, edge, certificate):
    refusing = edge
    receiver = Receiver(certificate)
    edge = start("--webhook-private-targets", "on", environment={"SSL_CERT_FILE": str(certificate)})
    hook(refusing, receiver, secret=SECRET)
    scan(refusing, refusing.create(), 1)
    wait_until(lambda: "certificate verify failed" in refusing.read_log(), what="refused")
    assert receiver.posts == []
    hook(edge, receiver, secret=SECRET)
    scan(edge, edge.create(), 1)
    wait_until(lambda: receiver.posts, what="delivered")
    check_signature(receiver.posts[0], SECRET)
    assert len(receiver.posts) == 1
    receiver.server.shutdown()
    receiver.server.server_close()
