"""Starting and stopping, and what is said when something is in the way."""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import server as servers
from server import BINARY, KEY, request, wait_until


def run(*arguments, environment=None, seconds=20):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=seconds,
                          env={**os.environ, **(environment or {})})


def one_line(result):
    lines = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_help_names_every_command_and_option():
    overview = run("--help")
    assert overview.returncode == 0
    for name in ("serve", "account create", "qr"):
        assert name in overview.stdout
        assert run(*name.split(), "--help").returncode == 0
    assert "--redirect-status" in run("serve", "--help").stdout
    assert run("serv").returncode == 2
    wrong = run("serve", "--redirect-status", "200")
    assert wrong.returncode == 2
    assert '--redirect-status: "200" is not allowed; expected one of 301' in wrong.stderr


def test_an_address_that_no_phone_could_open_is_not_put_on_codes(tmp_path):
    for options, named in ((["--listen", "0.0.0.0:8080"], "--short-domain"), (["--listen", "[::]:8080"], "--short-domain"),
                           (["--api-listen", "0.0.0.0:8081"], "--api-url")):
        refused = run("serve", "--data-dir", str(tmp_path), *options)
        assert refused.returncode == 2 and named in refused.stderr and "Traceback" not in refused.stderr, refused.stderr


def test_a_busy_port_is_one_clear_line(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        result = run("serve", "--listen", f"127.0.0.1:{port}", "--data-dir", str(tmp_path))
    assert result.returncode == 1
    assert f"127.0.0.1:{port}" in one_line(result) and "in use" in one_line(result)


def test_a_wrong_redis_password_is_one_clear_line(start, tmp_path):
    port = servers.free_port()
    start.redis("--requirepass", "right", "--port", str(port))
    result = run("serve", "--redis", f"redis://:wr0ng@127.0.0.1:{port}", "--data-dir", str(tmp_path / "d"),
                 *servers.free_addresses())
    assert result.returncode == 1
    assert "WRONGPASS" in one_line(result) and "wr0ng" not in result.stderr


def test_a_data_dir_in_use_is_one_clear_line(edge):
    result = run("serve", "--data-dir", str(edge.folder / "data"), *servers.free_addresses())
    assert result.returncode == 1
    assert str(edge.folder / "data") in one_line(result)


def test_accounts_are_made_while_the_server_runs_and_while_it_does_not(start):
    edge = start()
    data = str(edge.folder / "data")
    made = run("account", "create", "--name", "Shop", "--data-dir", data, "--json")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)["apiKey"]
    assert edge.api("GET", "/access", key=key).json()["account"] == json.loads(made.stdout)["account"]
    short_id = edge.create()
    assert edge.api("GET", f"/redirections/{short_id}", key=key).status == 404
    assert edge.stop() == 0
    later = json.loads(run("account", "create", "--name", "Later", "--data-dir", data, "--json").stdout)["apiKey"]
    edge.start()
    assert edge.api("GET", "/access", key=later).status == 200
    assert run("account", "create", "--data-dir", data).returncode == 1


def test_a_restart_keeps_everything(start):
    edge = start()
    short_id = edge.create("https://kept.example/")
    for _ in range(20):
        assert edge.public("GET", f"/{short_id}").status == 307
    began = time.monotonic()
    assert edge.stop() == 0
    assert time.monotonic() - began < 10
    edge.start()
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://kept.example/"
    wait_until(lambda: edge.hits(short_id) == 21, what="21 hits")


def test_kill_minus_nine_loses_no_scan(start):
    edge = start()
    short_id = edge.create()
    answered = 0
    for _ in range(200):
        answered += edge.public("GET", f"/{short_id}").status == 307
    edge.kill()
    edge.start()
    wait_until(lambda: edge.hits(short_id) == answered, what=f"{answered} hits")


def test_terminate_under_load_fails_no_request(start):
    edge = start()
    short_id = edge.create()
    failures, answered, stopping = [], [], threading.Event()

    def scan():
        # As a balancer does: one connection, kept until the server says that it closes it.
        connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=10)
        while not stopping.is_set():
            try:
                connection.request("GET", f"/{short_id}")
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as problem:
                failures.append(repr(problem))
                return
            if answer.status != 307:
                failures.append(answer.status)
            answered.append(short_id)
            if answer.headers["Connection"] == "close":
                return

    threads = [threading.Thread(target=scan) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert edge.stop() == 0
    stopping.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(answered) > 100
    edge.start()
    wait_until(lambda: edge.hits(short_id) == len(answered), what=f"{len(answered)} hits")


def test_the_embedded_redis_comes_back_when_it_dies(edge):
    short_id = edge.create()
    scans = edge.remember(short_id) + 10
    children = subprocess.run(["pgrep", "-P", str(edge.process.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 1
    os.kill(int(children[0]), signal.SIGKILL)
    for _ in range(10):
        assert edge.public("GET", f"/{short_id}").status == 307
    wait_until(lambda: request(edge.api_port, "GET", "/readyz").status == 200, 15, "ready again")
    wait_until(lambda: edge.hits(short_id) == scans, 15, f"{scans} hits")
    assert edge.metric("redis_restarts_total") == 1


def test_what_runs_behind_the_answers_stands_back(edge):
    def niceness(stat):
        return int(stat.read_text().rpartition(")")[2].split()[16])  # proc(5): field 19

    tasks = pathlib.Path(f"/proc/{edge.process.pid}/task")
    listeners = [task for task in tasks.iterdir() if (task / "comm").read_text().startswith("io")]
    redis = [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    assert listeners and len(redis) == 1
    assert {niceness(task / "stat") for task in listeners} == {0}
    assert niceness(pathlib.Path(f"/proc/{redis[0]}/stat")) == 0  # or it could not keep up on a busy core
    others = [niceness(task / "stat") for task in tasks.iterdir() if task not in listeners]
    assert others.count(5) >= 3, others  # shipping, retention, webhooks


def test_the_readme_tells_the_settings_as_the_program_does():
    table = run("settings", "--markdown").stdout
    readme = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
    assert f"<!-- settings -->\n{table}<!-- /settings -->" in readme


def test_qr_codes_are_drawn_without_a_server(tmp_path):
    path = tmp_path / "code.png"
    drawn = run("qr", "https://TN.GG/ABCDEFGHKM", "-w", "300", "-o", str(path))
    assert drawn.returncode == 0, drawn.stderr
    assert int.from_bytes(path.read_bytes()[16:20], "big") == 300  # width in the PNG's IHDR
    assert run("qr", "X", "--format", "gif").returncode == 1
    assert "801" not in run("qr", "X", "-w", "801").stdout and run("qr", "X", "-w", "801").returncode == 1
    # Another command's settings in the environment are none of its business.
    assert run("qr", "X", "-o", str(path), environment={"REDIRECTOR_THREADS": "many"}).returncode == 0
