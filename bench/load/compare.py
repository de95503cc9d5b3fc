#!/usr/bin/env python3
"""Compares the redirector with nginx `return 302` on this machine, in interleaved rounds, and writes RESULTS.md.

Usage: bench/load/compare.py [--rounds N] [--seconds S] [--binary FILE]      (needs nginx and wrk; loopback only)

Each server runs on core 0, the generator (wrk, 64 keep-alive connections) on core 1. The figure is the server process's own
user and system time per request, all threads, from /proc: the generator saturates its core first, so requests per second say
less. Medians over the rounds; the ratio is that of the medians.
"""
import argparse
import http.client
import json
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
KEY = "B" * 79 + "1"
PHONE = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                  "Version/17.4 Mobile/15E148 Safari/604.1",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "de-CH,de;q=0.9,en;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
}
PROFILES = {"short head": {}, "phone head": PHONE}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, path="/healthz"):
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit(f"the server on port {port} did not come up")


def cpu_seconds(pid):
    """User and system time of the process so far, in seconds, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Nginx:
    name = "nginx return 302"

    def __init__(self, folder):
        self.port = free_port()
        config = folder / "nginx.conf"
        config.write_text(f"""
            daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}; proxy_temp_path {folder};
                    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
                    server {{ listen 127.0.0.1:{self.port}; location / {{ return 302 https://example.com/landing; }} }} }}
        """)
        self.process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", str(config)], stderr=subprocess.DEVNULL)
        wait_for(self.port, "/")
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout
        self.pids = [int(children.split()[0])]
        self.path = "/ABCDEFGHKM"


class Redirector:
    name = "redirector"

    def __init__(self, folder, binary, rules=()):
        folder.mkdir(exist_ok=True)
        if rules:
            self.name = f"redirector, {len(rules)} rules"
        self.port, self.api_port = free_port(), free_port()
        self.log = open(folder / "redirector.log", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--api-listen",
             f"127.0.0.1:{self.api_port}", "--data-dir", str(folder / "data"), "--threads", "1", "--initial-api-key", KEY],
            stderr=self.log)
        wait_for(self.api_port, "/readyz")
        created = self.call("POST", "/redirections", {"defaultRedirectUrl": "https://example.com/landing",
                                                      "evrythngId": "U" + "b" * 23})
        self.path = "/" + created["shortId"]
        if rules:
            self.call("PUT", "/redirector", {"rules": rules})
        self.pids = [self.process.pid]


    def call(self, method, path, document):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=5)
        connection.request(method, path, json.dumps(document), {
            "Authorization": KEY, "Accept": "application/json", "Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        if response.status >= 300:
            sys.exit(f"{method} {path}: {response.status} {body.decode()}")
        return json.loads(body)


# None matches: each is looked at. They read the device, the language, the local time and the query.
RULES = [{"match": f"device.type=tv&language=xx{number}&timeOfDay>={number}&query.campaign={number}",
          "redirectUrl": f"https://example.com/{number}"} for number in range(10)]


def run_wrk(server, headers, seconds):
    """Requests per second and CPU microseconds per request of one round."""
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    before = sum(cpu_seconds(pid) for pid in server.pids)
    output = subprocess.run([*command, f"http://127.0.0.1:{server.port}{server.path}"], capture_output=True, text=True,
                            check=True).stdout
    used = sum(cpu_seconds(pid) for pid in server.pids) - before
    requests = int(re.search(r"(\d+) requests in", output)[1])
    if "Socket errors" in output:
        sys.exit(f"{server.name}: {output}")
    return {"rate": requests / seconds, "cpu": used / requests * 1e6,
            "p99": re.search(r"99%\s+(\S+)", output)[1]}


def measure(servers, rounds, seconds):
    results = {}
    for number in range(rounds):
        for profile, headers in PROFILES.items():
            for server in servers:
                results.setdefault((profile, server.name), []).append(run_wrk(server, headers, seconds))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return results


def table(results, names):
    lines = ["| request | server | CPU us per request (min-max) | requests/s | ratio of CPU to nginx |", "|---|---|---|---|---|"]
    for profile in PROFILES:
        base = statistics.median(r["cpu"] for r in results[profile, Nginx.name])
        for name in names:
            rows = results[profile, name]
            cpu = sorted(r["cpu"] for r in rows)
            rate = statistics.median(r["rate"] for r in rows)
            median = statistics.median(cpu)
            lines.append(f"| {profile} | {name} | {median:.2f} ({cpu[0]:.2f}-{cpu[-1]:.2f}) | {rate:,.0f} | {median / base:.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--binary", default=str(HERE.parents[1] / "build/release/redirector"))
    options = parser.parse_args()
    servers = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            servers.append(Nginx(folder))
            servers.append(Redirector(folder / "plain", options.binary))
            servers.append(Redirector(folder / "rules", options.binary, RULES))
            text = table(measure(servers, options.rounds, options.seconds), [server.name for server in servers])
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait(15)
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    (HERE / "RESULTS.md").write_text(f"""# Load: measured figures

Written by `bench/load/compare.py --rounds {options.rounds} --seconds {options.seconds}`; its text says how. Commit {commit},
{time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} cores, {cpu}, Linux {platform.release()}, {platform.python_implementation()} {platform.python_version()} as driver.
The redirector resolves the short ID from memory, asks the account's rules (none, or 10 of which none matches), records the scan
at level `process` and ships it to the embedded Redis; its figure is that of the whole process. nginx answers a constant and records nothing.

{text}
""")
    print(text)


if __name__ == "__main__":
    main()
