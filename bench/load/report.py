"""Rounds -> tables, and the targets of the project held against them."""
import os
import pathlib
import platform
import re
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def ratio(rows, base, key):
    """The median of the rounds' ratios: neighbours in time, so that a slow minute hits both."""
    return statistics.median(a[key] / b[key] for a, b in zip(rows, base) if b[key])


def spread(rows, key):
    values = [row[key] for row in rows]
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def table(profile, results):
    base = next(iter(results.values()))
    lines = [f"### {profile.name}: {profile.what}", "",
             "| server | requests/s | sustained | CPU us, all (min-max) | ratio | CPU us, I/O threads (min-max) | ratio "
             "| p50 us | p99 us | p99.9 us | RSS MB |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for name, rows in results.items():
        lines.append(
            f"| {name} | {median(rows, 'rate'):,.0f} | {median(rows, 'sustained'):,.0f} | {spread(rows, 'all')} | {ratio(rows, base, 'all'):.2f} "
            f"| {spread(rows, 'io')} | {ratio(rows, base, 'io'):.2f} | {median(rows, 'p50'):,.0f} "
            f"| {median(rows, 'p99'):,.0f} | {median(rows, 'p999'):,.0f} | {median(rows, 'rss') / 1e6:,.0f} |")
    redis = [rows for rows in results.values() if "redis" in rows[0]]
    if redis:
        lines += ["", "Embedded Redis beside it, us per request: "
                  + ", ".join(f"{median(rows, 'redis'):.2f}" for rows in redis) + "."]
    for name, rows in results.items():
        if "side" in rows[0]:
            lines += ["", f"Beside the redirects of {name}: {median(rows, 'side'):,.0f} requests/s for {profile.side}."]
    return "\n".join(lines)


# Profile, server, server compared with, figure, bound, what it says.
TARGETS = (
    ("million", "redirector", "nginx return 302", "io", "<=", 0.80, "I/O threads' CPU, 1M IDs and 10 rules, of nginx's"),
    ("million", "redirector", "nginx return 302", "all", "<=", 1.15, "CPU of the whole process, shipping included, of nginx's"),
    ("million", "redirector PGO", "nginx return 302", "io", "<=", 0.80, "I/O threads' CPU, built by bench/pgo.sh"),
    ("million", "redirector PGO", "nginx return 302", "all", "<=", 1.15, "whole process' CPU, built by bench/pgo.sh"),
    ("phone", "redirector", "nginx + Lua + Redis", "sustained", ">=", 4.0, "throughput, of nginx+Lua+Redis's, sustained"),
    ("pipelined", "redirector", "nginx return 302", "sustained", ">=", 4.0, "throughput with 16 in flight, of nginx's, sustained"),
    ("pipelined", "redirector", "nginx return 302", "rate", ">=", 4.0, "the same as clients see it in a burst"),
    ("open", "redirector", "nginx + Lua + Redis", "p99", "<=", 0.5, "p99 at the same rate, of nginx+Lua+Redis's"),
    ("rules", "redirector 1,000 rules", "redirector 10 rules", "io", "<=", 1.05, "1,000 rules' CPU, of 10 rules'"),
    ("hot", "redirector one ID", "redirector 1,000 IDs", "io", "<=", 1.05, "one hot ID's CPU, of spread ones'"),
    ("qrload", "redirector with QR", "redirector alone", "p99", "<=", 1.20, "redirects' p99 under QR load, of that without"),
)


def targets(results):
    lines = ["| target | bound | measured | |", "|---|---|---|---|"]
    for profile, server, base, key, sign, bound, text in TARGETS:
        if profile not in results or not {base, server} <= set(results[profile]):
            continue
        measured = ratio(results[profile][server], results[profile][base], key)
        met = measured <= bound if sign == "<=" else measured >= bound
        lines.append(f"| {text} | {sign} {bound:.2f} | {measured:.2f} | {'met' if met else '**missed**'} |")
    return "\n".join(lines)


def write(path, command, profiles, results):
    run = lambda *words: subprocess.run(words, capture_output=True, text=True).stdout.strip()
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    tables = "\n\n".join(table(profile, results[profile.name]) for profile in profiles if profile.name in results)
    path.write_text(f"""# Load: measured figures

Written by `{command}`. Commit {run('git', '-C', str(HERE), 'rev-parse', '--short', 'HEAD')},
{time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} cores, {cpu}, Linux {platform.release()}; load average at the end
{os.getloadavg()[0]:.1f} (2 is this program's own). README.md says how it is measured.

{targets(results)}

Ratios are to the first server of each table, medians of the rounds' ratios. CPU is the server's own account, per request.

{tables}
""")
