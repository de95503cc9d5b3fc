#!/usr/bin/env python3
"""CPU per request of the listener beside nginx `return 302`, in interleaved rounds.

Usage: measure.py <http_constant_server> [rounds] [seconds]
Prints, for each load, the median of user+system time per request of either server process and the
median of the rounds' ratios. One worker each, loopback, wrk with 64 connections on the other core.
"""
import os, re, statistics, subprocess, sys, tempfile, time

TICK = os.sysconf("SC_CLK_TCK")
PHONE = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "de-CH,de;q=0.9,en-GB;q=0.8,en;q=0.7",
    "Accept-Encoding": "gzip, deflate, br",
    "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none",
    "Upgrade-Insecure-Requests": "1", "X-Forwarded-For": "203.0.113.77",
}
PIPELINE = """
init = function(args)
  local one = wrk.format("GET", "/ABCDEF1234")
  batch = string.rep(one, 16)
end
request = function() return batch end
"""
NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{ listen 127.0.0.1:{port}; add_header Cache-Control "private, no-store" always;
    location / {{ return 302 https://example.com/products/4711?campaign=autumn; }} }} }}
"""

def cpu(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK, int(fields[11]) / TICK

def load(port, seconds, script, headers):
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s",
               f"http://127.0.0.1:{port}/ABCDEF1234"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", script]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(re.search(r"(\d+) requests in", out)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])

def measure(pid, port, seconds, script, headers):
    before = cpu(pid)
    requests, rate = load(port, seconds, script, headers)
    after = cpu(pid)
    return (after[0] - before[0]) / requests * 1e6, (after[1] - before[1]) / requests * 1e6, rate

def main():
    ours_path, rounds, seconds = sys.argv[1], int((sys.argv[2:] or ["5"])[0]), int((sys.argv[3:] or ["3"])[0])
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/nginx.conf", "w").write(NGINX.format(dir=folder, port=18402))
        open(f"{folder}/pipeline.lua", "w").write(PIPELINE)
        ours = subprocess.Popen(["taskset", "-c", "0", ours_path, "18401"] + sys.argv[4:])
        nginx = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", f"{folder}/nginx.conf"])
        try:
            time.sleep(1)
            worker = int(open(f"/proc/{nginx.pid}/task/{nginx.pid}/children").read().split()[0])
            report(ours.pid, worker, rounds, seconds, f"{folder}/pipeline.lua")
        finally:
            ours.terminate(), nginx.terminate()
            ours.wait(), nginx.wait()

def report(ours, nginx, rounds, seconds, pipeline):
    closing = {"Connection": "close"}
    loads = [("short head", None, {}), ("phone head", None, PHONE), ("16 in flight", pipeline, {}),
             ("connection per request", None, closing)]
    for name, script, headers in loads:
        figures = [(measure(ours, 18401, seconds, script, headers),
                    measure(nginx, 18402, seconds, script, headers)) for _ in range(rounds)]
        mine = [statistics.median(f[0][i] for f in figures) for i in range(3)]
        theirs = [statistics.median(f[1][i] for f in figures) for i in range(3)]
        ratio = statistics.median(f[0][0] / f[1][0] for f in figures)
        print(f"{name}: {mine[0]:.2f} us ({mine[1]:.2f} user) {mine[2]:.0f}/s | nginx {theirs[0]:.2f} us "
              f"({theirs[1]:.2f} user) {theirs[2]:.0f}/s | ratio {ratio:.2f}", flush=True)

main()
