"""TLS on the binary itself: what clients get, what a changed certificate does, what is refused."""
import http.client
import pathlib
import socket
import ssl
import subprocess
import threading
import time

import pytest

import server as servers
from server import BINARY, KEY, wait_until


def make_certificate(folder, name="edge", algorithm=("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")):
    """A self-signed certificate for localhost; returns its files."""
    certificate, key = pathlib.Path(folder) / f"{name}.pem", pathlib.Path(folder) / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", *algorithm, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)],
                   check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def files(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
def edge(start, files):
    certificate, key = files
    return start_tls(start, certificate, key)


def start_tls(start, certificate, key, *options):
    return start("--tls-certificate", str(certificate), "--tls-key", str(key), *options,
                     context=ssl.create_default_context(cafile=str(certificate)))


def subject(edge):
    with socket.create_connection(("127.0.0.1", edge.port)) as plain:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(plain) as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(True))


def handshake(edge, **settings):
    """The (version, cipher, protocol) agreed on, with a client of these settings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = settings.get("highest", ssl.TLSVersion.TLSv1_3)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if "alpn" in settings:
        context.set_alpn_protocols(settings["alpn"])
    context.set_ciphers(settings.get("ciphers", "ALL:@SECLEVEL=0"))
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as plain:
        with context.wrap_socket(plain) as secure:
            return secure.version(), secure.cipher()[0], secure.selected_alpn_protocol()


def test_both_listeners_speak_https(edge):
    short_id = edge.create()
    answer = edge.public("GET", f"/{short_id}")
    assert answer.status == 307 and answer.headers["Location"] == f"https://example.com/{short_id}"
    document = edge.api("GET", f"/redirections/{short_id}").json()
    assert document["shortDomain"] == f"127.0.0.1:{edge.port}"
    created = edge.api("POST", "/redirections", {"defaultRedirectUrl": "https://a.example/", "evrythngId": servers.THING,
                                                 "type": "thng"})
    assert created.headers["Location"] == f"https://127.0.0.1:{edge.port}/{created.json()['shortId']}"
    wait_until(lambda: edge.hits(short_id) == 1, what="one hit")


def test_a_large_body_and_many_requests_of_one_connection(edge):
    connection = http.client.HTTPSConnection("127.0.0.1", edge.api_port, timeout=10, context=edge.context)
    tags = ["t" * 50 + str(n) for n in range(200)]
    for _ in range(20):
        connection.request("POST", "/thngs", servers.json.dumps({"name": "x", "description": "y" * 40_000, "tags": tags}),
                           {"Authorization": KEY, "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (201, 400)
        connection.request("GET", "/openapi.json")
        body = connection.getresponse().read()
        assert len(body) > 50_000 and servers.json.loads(body)
    connection.close()


def test_only_sound_versions_ciphers_and_protocols(edge):
    assert handshake(edge)[0] == "TLSv1.3"
    version, cipher, _ = handshake(edge, highest=ssl.TLSVersion.TLSv1_2)
    assert version == "TLSv1.2" and cipher.startswith("ECDHE-") and ("GCM" in cipher or "CHACHA20" in cipher)
    assert handshake(edge, alpn=["h2", "http/1.1"])[2] == "http/1.1"
    for refused in ({"highest": ssl.TLSVersion.TLSv1_1}, {"alpn": ["h2"]},
                    {"highest": ssl.TLSVersion.TLSv1_2, "ciphers": "AES128-SHA:@SECLEVEL=0"}):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            handshake(edge, **refused)
    assert edge.metric("tls_handshake_failures_total") == 3


def test_openssl_and_curl_agree(edge, files):
    short_id = edge.create()
    told = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{edge.port}", "-CAfile", str(files[0]),
                           "-alpn", "http/1.1", "-verify_return_error"], input=b"", capture_output=True, timeout=20)
    assert b"Verification: OK" in told.stdout and b"ALPN protocol: http/1.1" in told.stdout
    told = subprocess.run(["curl", "-sS", "-i", "--cacert", str(files[0]), f"https://127.0.0.1:{edge.port}/{short_id}"],
                          capture_output=True, timeout=20)
    assert told.returncode == 0 and told.stderr == b"" and told.stdout.startswith(b"HTTP/1.1 307")


def test_plain_http_and_silence_end(edge):
    with socket.create_connection(("127.0.0.1", edge.port), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while plain.recv(1000):
            pass
    silent = [socket.create_connection(("127.0.0.1", edge.port), timeout=15) for _ in range(20)]
    short_id = edge.create()
    assert edge.public("GET", f"/{short_id}").status == 307  # nobody waits for them
    for connection in silent:
        try:
            assert connection.recv(10) == b""  # after 10 s
        except ConnectionResetError:
            pass
    assert edge.metric("connection_timeouts_total") >= 20


def test_a_changed_certificate_serves_new_connections_and_drops_none(edge, files, tmp_path):
    short_id = edge.create()
    kept = http.client.HTTPSConnection("127.0.0.1", edge.port, timeout=10, context=edge.context)
    failures, stopping = [], threading.Event()

    def scan():
        while not stopping.is_set():
            try:
                kept.request("GET", f"/{short_id}")
                kept.getresponse().read()
            except (OSError, http.client.HTTPException) as problem:
                failures.append(repr(problem))

    thread = threading.Thread(target=scan)
    thread.start()
    before = subject(edge)
    files[0].write_text("no certificate")
    wait_until(lambda: "the changed file is not in force" in edge.read_log(), what="a refusal")
    assert subject(edge) == before
    other = make_certificate(tmp_path, "other")
    for new, old in zip(reversed(other), reversed(files)):
        new.rename(old)  # the key first, as renewal tools do
    wait_until(lambda: subject(edge) != before, what="the new certificate")
    stopping.set()
    thread.join()
    assert failures == []


def test_stopping_ends_connections_in_order(edge):
    short_id = edge.create()
    connection = http.client.HTTPSConnection("127.0.0.1", edge.port, timeout=10, context=edge.context)
    connection.request("GET", f"/{short_id}")
    connection.getresponse().read()
    began = time.monotonic()
    assert edge.stop() == 0
    assert time.monotonic() - began < 8
    assert connection.sock.recv(10) == b""  # close_notify, no reset
    connection.close()


def test_a_preamble_comes_before_the_handshake(start, files):
    edge = start_tls(start, *files, "--proxy-protocol", "on", "--trust-proxy", "127.0.0.1", "--ip-privacy", "full")
    short_id = edge.create()
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as plain:
        plain.sendall(b"PROXY TCP4 198.51.100.7 192.0.2.1 1000 443\r\n")
        with edge.context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall(f"GET /{short_id} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert secure.recv(1000).startswith(b"HTTP/1.1 307")
    found = wait_until(lambda: edge.api("GET", "/actions/all?context=true").json(), what="an action")
    assert found[0]["context"]["ipAddress"] == "198.51.100.7"


def test_files_that_are_wrong_are_one_clear_line(tmp_path, files):
    certificate, key = files
    other = make_certificate(tmp_path, "other")

    def refusal(*options):
        told = subprocess.run([BINARY, "serve", "--data-dir", str(tmp_path / "d"), *servers.free_addresses(),
                               *options], capture_output=True, text=True, timeout=20)
        assert told.returncode in (1, 2), told.stderr
        return told.stderr

    assert f'--tls-certificate: cannot use certificate "{key}.no"' in refusal("--tls-certificate", f"{key}.no", "--tls-key", str(key))
    assert f'cannot use key "{certificate}"' in refusal("--tls-certificate", str(certificate), "--tls-key", str(certificate))
    assert "key values mismatch" in refusal("--tls-certificate", str(certificate), "--tls-key", str(other[1]))
    rsa = make_certificate(tmp_path, "rsa", ("-newkey", "rsa:2048"))
    assert "is not that of certificate" in refusal("--tls-certificate", str(certificate), "--tls-key", str(rsa[1]))
    assert "--tls-key" in refusal("--tls-certificate", str(certificate))
    assert "--tls-certificate" in refusal("--tls-key", str(key))
