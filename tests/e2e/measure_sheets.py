#!/usr/bin/env python3
"""What a file of labels costs over HTTP and from the command line.

Makes redirections in a Redis of its own, then draws them again and again, and prints the best and the median of the times
on the clock and of CPU, and how much the server grew. Usage: REDIRECTOR=build/bench/redirector measure_sheets.py
[LABELS [REPEATS]]
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import server as servers
from test_qr_logo import png


def process_figures(pid):
    """CPU seconds so far, resident MB."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    resident = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return (int(fields[11]) + int(fields[12])) / ticks, resident * os.sysconf("SC_PAGE_SIZE") / 1e6


def over_http(edge, body, labels):
    before, _ = process_figures(edge.process.pid)
    begin = time.perf_counter()
    answer = servers.request(edge.api_port, "POST", "/qr/sheets", body, {"Authorization": servers.KEY})
    seconds = time.perf_counter() - begin
    assert answer.status == 200 and answer.headers["x-result-count"] == str(labels), answer.body[:500]
    return seconds, process_figures(edge.process.pid)[0] - before, len(answer.body)


def by_command(ids, output):
    before = os.times()
    begin = time.perf_counter()
    subprocess.run([servers.BINARY, "qr", "sheet", "--domain", "tn.gg", "--preset", "L7651", "-i", ids, "-o", output],
                   check=True)
    seconds = time.perf_counter() - begin
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, cpu, output.stat().st_size


def account_of(edge):
    return edge.api("GET", "/access").json()["account"]


def tell(what, runs):
    seconds, cpu, sizes = zip(*runs)
    print(f"{what}: best {min(seconds):.2f} s, median {statistics.median(seconds):.2f} s; "
          f"CPU {min(cpu):.2f} s, median {statistics.median(cpu):.2f} s; {sizes[0] / 1e6:.1f} MB", flush=True)


def main(labels=10_000, repeats=10):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        edge = servers.Server(folder / "edge", "--short-domain", "tn.gg")
        edge.start()
        try:
            ids = [f"COPY{number:06}" for number in range(labels)]
            (folder / "ids").write_text("\n".join(ids))
            (folder / "made").write_text("".join(json.dumps(
                {"shortId": i, "defaultRedirectUrl": "https://example.com/", "evrythngId": servers.THING}) + "\n" for i in ids))
            subprocess.run([servers.BINARY, "load", "--ndjson", folder / "made", "--json", *edge.store], check=True,
                           stdout=subprocess.DEVNULL)
            body = {"shortIds": ids, "preset": "L7651"}
            rest = process_figures(edge.process.pid)[1]
            tell(f"{labels} labels over HTTP", [over_http(edge, body, labels) for _ in range(repeats)])
            print(f"server: {rest:.0f} MB before, {process_figures(edge.process.pid)[1]:.0f} MB after", flush=True)
            tell("all of the account", [over_http(edge, {"all": True, "preset": "L7651"}, labels) for _ in range(repeats)])
            logo = servers.request(edge.api_port, "PUT", f"/accounts/{account_of(edge)}/logo", png(128, 128),
                                   {"Authorization": servers.KEY, "Content-Type": "image/png"})
            assert logo.status == 200, logo.body
            tell("with a logo, read back", [over_http(edge, {**body, "logo": True}, labels) for _ in range(min(repeats, 3))])
            tell("by the command", [by_command(folder / "ids", folder / "labels.pdf") for _ in range(repeats)])
        finally:
            edge.kill()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
