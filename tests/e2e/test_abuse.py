"""What somebody gets who tries to make trouble, and what is left behind for those who look into it."""
import json
import os
import random
import subprocess
import threading
import time

import pytest

import server as servers
from server import KEY, request, wait_until


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


def made(answer, status=201):
    assert answer.status == status, answer.body
    return answer.json()


def keys_of_every_type(edge):
    """Name -> key; each has made a call."""
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    path = f"/projects/{project}/applications"
    application = made(edge.api("POST", path, {"name": "a"}))
    item = made(edge.api("POST", f"/thngs?project={project}", {"name": "t"}))["id"]
    user = made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=application["appApiKey"]))
    keys = {"operator": KEY, "application": application["appApiKey"], "user": user["evrythngApiKey"],
            "trusted": made(edge.api("GET", f"{path}/{application['id']}/secretKey"), 200)["secretApiKey"],
            "device": made(edge.api("POST", "/auth/evrythng/thngs", {"thngId": item}))["thngApiKey"]}
    for key in keys.values():
        assert edge.api("GET", "/access", key=key).status == 200
    return keys


def test_no_key_and_no_full_address_is_on_disk_or_in_a_log(start):
    edge = start("--trust-proxy", "127.0.0.1")
    keys = keys_of_every_type(edge)
    short_id = edge.create()
    address = "198.51.100.77"
    assert edge.public("GET", f"/{short_id}", X_Forwarded_For=address).status == 307
    edge.public("GET", f"/{guess()}", X_Forwarded_For=address)
    edge.api("GET", "/thngs", X_Forwarded_For=address)
    mistyped = keys["user"][:-1] + "!"
    assert edge.api("GET", "/thngs", key=mistyped).status == 401
    wait_until(lambda: edge.hits(short_id) == 1, what="the scan in Redis")
    assert edge.stop() == 0
    files = {path: path.read_bytes() for path in edge.folder.rglob("*") if path.is_file()}
    assert any("appendonly" in path.name for path in files) and any(path.suffix == ".seg" for path in files)
    logs = {path: content for path, content in files.items() if path.name.endswith("log")}
    assert logs
    # The API lets these be read again, so their documents hold them (redirector/api/README.md).
    readable_again = {"application", "trusted", "device"}
    for name, key in keys.items():
        for path, content in (logs if name in readable_again else files).items():
            assert key.encode() not in content, (name, path)
    for path, content in files.items():
        assert address.encode() not in content and bytes([198, 51, 100, 77]) not in content, path
        assert mistyped.encode() not in content, path


def test_who_changed_what_is_in_the_log(edge):
    def changes(what):
        lines = [json.loads(line) for line in edge.read_log().splitlines() if '"event":"change"' in line]
        return [line for line in lines if line["what"] == what]

    created = edge.api("POST", "/thngs", {"name": "t"})
    item = made(created)["id"]
    made(edge.api("PUT", f"/thngs/{item}", {"name": "u"}), 200)
    assert edge.api("DELETE", f"/thngs/{item}").status == 200
    first, second, third = wait_until(lambda: changes("thng") if len(changes("thng")) == 3 else None, what="three changes")
    assert first["guid"] == created.headers["X-Request-Id"] and first["as"] == "operator" and first["id"] == item
    assert first["actor"] == edge.api("GET", "/access").json()["actor"]["id"]
    assert first["before"] == "" and len(first["after"]) == 64
    assert second["before"] == first["after"] and third["before"] == second["after"] and third["after"] == ""
    short_id = edge.create()
    made(edge.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://b.example/"}), 200)
    assert edge.api("DELETE", f"/redirections/{short_id}").status == 200
    one, two, three = wait_until(lambda: changes("redirection") if len(changes("redirection")) == 3 else None, what="changes")
    assert one["after"] == two["before"] != two["after"] == three["before"] and three["after"] == ""
    for n in range(2):
        made(edge.api("PUT", "/redirector", {"rules": [{"match": "device.type=mobile", "redirectUrl": f"https://r.example/{n}"}]}), 200)
    rules = wait_until(lambda: changes("redirector") if len(changes("redirector")) == 2 else None, what="rules")
    assert rules[0]["after"] == rules[1]["before"] != ""
    assert edge.api("PUT", f"/thngs/{item}", {"name": "v"}).status == 404
    assert len(changes("thng")) == 3  # what was refused changed nothing


def trail(edge, *options):
    said = subprocess.run([servers.BINARY, "audit", "--data-dir", edge.folder / "data", *options], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


@pytest.mark.skipif("REDIRECTOR_TOPOLOGY" in os.environ, reason="asks the embedded Redis")
def test_who_changed_what_is_kept_in_the_account(edge):
    began = time.time() * 1000
    created = edge.api("POST", "/thngs", {"name": "t"})
    item = made(created)["id"]
    made(edge.api("PUT", f"/thngs/{item}", {"name": "u"}), 200)
    assert edge.api("PUT", "/thngs/UVpfh4EFsBpasUmnVDWdktKs", {"name": "v"}).status == 404
    short_id = edge.create()
    made(edge.api("PUT", "/redirector", {"rules": [{"match": "device.type=mobile", "redirectUrl": "https://r.example/"}]}), 200)
    first, second, third, fourth = trail(edge)
    assert first["guid"] == created.headers["X-Request-Id"] and (first["what"], first["id"]) == ("thng", item)
    assert first["actor"] == edge.api("GET", "/access").json()["actor"]["id"] and first["as"] == "operator"
    assert (first["before"], len(first["after"])) == ("", 64) and second["before"] == first["after"]
    assert (third["what"], third["id"], fourth["what"]) == ("redirection", short_id, "redirector")
    assert began - 1000 < first["time"] <= fourth["time"]
    assert trail(edge, "--last", "1") == [fourth]
    edge.kill()  # what was answered is in the account, whatever becomes of the edge
    assert trail(edge, "--last", "2") == [third, fourth]
    for value in ("0", "x", "100001"):
        said = subprocess.run([servers.BINARY, "audit", "--data-dir", edge.folder / "data", "--last", value], capture_output=True, text=True)
        assert said.returncode == 1 and "--last: expected a whole number from 1 to 100000" in said.stderr


@pytest.mark.parametrize("option, status, why", [
    ("--max-account-calls", 429, "too many calls of this account are being answered; try again"),
    ("--max-calls", 503, "too many calls are being answered; try again")])
def test_calls_beyond_those_being_answered_are_refused(start, option, status, why):
    edge = start(option, "2")
    answers = []

    def call():
        for _ in range(40):
            answers.append(edge.api("GET", "/thngs"))

    crowd = [threading.Thread(target=call) for _ in range(12)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    refused = [answer for answer in answers if answer.status == status]
    assert refused and {answer.status for answer in answers} == {200, status}
    for answer in refused:
        assert answer.headers["Retry-After"] == "1" and answer.json()["errors"] == [why]
    assert edge.metric("calls_refused_total") == len(refused)
    assert edge.metric("calls_open") == 0
    assert edge.api("GET", "/thngs").status == 200


def test_a_log_that_nobody_reads_holds_up_no_request(start, tmp_path):
    edge = servers.Server(tmp_path / "edge")
    start.adopt(edge)
    read, write = os.pipe()
    edge.process = subprocess.Popen([servers.BINARY, *edge.options], stderr=write)
    os.close(write)
    edge.wait_ready()
    began = time.monotonic()
    for n in range(1500):  # more than the pipe and the queue hold, with the paths that these lines carry
        assert edge.api("GET", "/nothing/" + "x" * 1500).status == 404
        if n > 1000 and edge.metric("log_lines_dropped_total") > 0:
            break
    assert edge.metric("log_lines_dropped_total") > 0
    assert time.monotonic() - began < 60
    edge.kill()
    os.close(read)


def test_pages_of_the_api_listener_are_read_only(edge):
    for page in ("/healthz", "/readyz", "/metrics"):
        refused = edge.api("POST", page, {})
        assert refused.status == 405 and refused.headers["Allow"] == "GET, HEAD, OPTIONS", page


def test_rules_are_json_alone(edge):
    rules = '{"rules": []}'
    for method, path in (("PUT", "/redirector"), ("POST", "/redirector/explain")):
        assert edge.api(method, path, rules, Content_Type="text/plain").status == 415, path
    assert edge.api("PUT", "/redirector", rules, Content_Type="application/json; charset=utf-8").status == 200
