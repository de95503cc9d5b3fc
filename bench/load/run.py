#!/usr/bin/env python3
"""Measures the redirector beside its peers on this machine, in interleaved rounds, and writes RESULTS.md.

Usage: bench/load/run.py [--quick] [--profile NAME]... [--rounds N] [--seconds S] [--binary FILE] [--pgo FILE]

Installs the peers where they are missing (Debian packages; as root). Loopback only. README.md says what is measured.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import machine
import profiles
import report

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [profile.name for profile in profiles.PROFILES]
    parser.add_argument("--profile", action="append", choices=names, help="only these; may be repeated")
    parser.add_argument("--quick", action="store_true", help=f"three rounds of a second of {', '.join(profiles.QUICK)}")
    parser.add_argument("--smoke", action="store_true", help="tries the harness itself, in seconds, with what is installed")
    parser.add_argument("--train", action="store_true", help="exercises --binary for bench/pgo.sh, measures nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--binary", type=pathlib.Path, default=TOP / "build/release/redirector")
    parser.add_argument("--pgo", type=pathlib.Path, help="what bench/pgo.sh built, measured besides where it is most at stake")
    parser.add_argument("--tools", type=pathlib.Path, help="folder with load_generator and load_floor; made when not given")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "RESULTS.md")
    options = parser.parse_args()
    options.build = options.tools or TOP / "build/load"
    return options


def install(wanted):
    query = ["dpkg-query", "-W", "-f", "${Status}\\n"]
    missing = [package for package in sorted(wanted)
               if "installed" not in subprocess.run([*query, package], capture_output=True, text=True).stdout.split()]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=True)


def build(folder):
    """The generator and the floor; made anew when their sources are newer."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = sorted((HERE / "generator").glob("*"))
    for name, sources in (("load_generator", generator), ("load_floor", [HERE / "floor.cpp"])):
        program = folder / name
        if program.exists() and all(source.stat().st_mtime < program.stat().st_mtime for source in sources):
            continue
        subprocess.run(["c++", "-std=c++20", "-O2", "-I", TOP, "-o", program,
                        *(source for source in sources if source.suffix == ".cpp")], check=True)


class Load:
    """The generator, with one profile's requests for one server."""

    def __init__(self, options, profile, server, work):
        self.options, self.profile, self.server = options, profile, server
        self.asked = 0  # so many IDs of a cold profile are known by now
        self.head = work / "head"
        self.head.write_bytes(profile.head.encode())
        self.paths = work / "paths"
        paths = [f"/{short_id}" for short_id in server.ids or ["ABCDEFGHKM"]]
        if profile.suffix:
            paths = [path + profile.suffix if at % profile.every == 0 else path for at, path in enumerate(paths)]
        self.paths.write_text("\n".join(paths))
        self.side = {}
        if profile.side and "with" in server.name:
            side = work / "side"
            side.write_text("\n".join(f"/{short_id}{profile.side}" for short_id in server.ids))
            self.side = {"side": side, "side_rate": profile.side_rate}

    def run(self, seconds, **changes):
        profile = self.profile
        settings = {"port": self.server.port, "head": self.head, "paths": self.paths, "order": profile.order,
                    "seconds": seconds, "connections": profile.connections, "pipeline": profile.pipeline,
                    "one": profile.one, "rate": profile.rate, "warm": 0} | changes
        command = ["taskset", "-c", str(machine.GENERATOR_CORE), self.options.build / "load_generator"]
        for name, value in settings.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def warm_up(self):
        """Asks for every ID, on kept connections, until memory holds them."""
        head = self.head.with_name("warm_head")
        head.write_bytes(profiles.PHONE.encode())
        known, seconds = len(self.server.ids or []), 0.5
        while self.run(seconds, order="in_turn", rate=0, pipeline=16, one=0, head=head)["requests"] < known:
            seconds *= 2  # each run begins with the first ID
            if seconds > 300:
                sys.exit(f"{self.server.name} does not come to the end of {known} IDs")


def measure(options, load):
    server, profile = load.server, load.profile
    server.settle()
    before, redis = server.cpu(), server.redis_cpu() if hasattr(server, "redis_cpu") else None
    result = load.run(options.seconds, first=load.asked, **load.side)
    load.asked += result["requests"]
    server.settle()
    after = server.cpu()
    requests = max(result["requests"], 1)
    wrong = result["broken"] + sum(result["status"][at] for at in (0, 3, 4))
    side = result.get("side", [])
    if wrong > requests / 100 or sum(side) != sum(side[1:2]):
        sys.exit(f"{profile.name}, {server.name}: {result}")
    row = {"rate": requests / result["seconds"], "all": (after[0] - before[0]) / requests * 1e6,
           "io": (after[1] - before[1]) / requests * 1e6, "rss": server.resident(),
           **{key: result[key] for key in ("p50", "p99", "p999")}}
    if load.side:
        row["side"] = sum(side) / result["seconds"]
    row["sustained"] = row["rate"]
    if redis is not None:
        row["redis"] = (server.redis_cpu() - redis) / requests * 1e6
        row["sustained"] = min(row["rate"], 1e6 / (row["all"] + row["redis"]))
    return row


def run_profile(options, profile, folder):
    servers = [kind(folder / f"{profile.name}-{at}", options, **settings)
               for at, (kind, settings) in enumerate(profile.servers)]
    results = {server.name: [] for server in servers}
    try:
        loads = []
        for server in servers:
            print(f"{profile.name}: starting {server.name} ({server.note})", file=sys.stderr)
            server.begin()
            loads.append(Load(options, profile, server, server.folder))
            if profile.warm:
                loads[-1].warm_up()
        for number in range(options.rounds):
            for load in loads:
                results[load.server.name].append(measure(options, load))
            print(f"{profile.name}: round {number + 1} of {options.rounds}", file=sys.stderr)
    finally:
        for server in servers:
            if server.process is not None:
                server.end()
            shutil.rmtree(server.folder, ignore_errors=True)
    return results


def chosen(options):
    if options.smoke:
        options.rounds, options.seconds = 1, 0.5
        return [profiles.SMOKE_PROFILE]
    if options.train:
        options.rounds, options.seconds = 1, 3
        return profiles.training()
    if options.quick:
        options.rounds, options.seconds = 3, 1
    names = options.profile or (profiles.QUICK if options.quick else [profile.name for profile in profiles.PROFILES])
    wanted = [profile for profile in profiles.PROFILES if profile.name in names]
    return [profiles.with_pgo(profile, options.pgo) for profile in wanted] if options.pgo else wanted


def main():
    options = arguments()
    if not options.binary.exists():
        sys.exit(f"{options.binary}: build it first (cmake --preset release && cmake --build build/release)")
    if options.pgo and not options.pgo.exists():
        sys.exit(f"{options.pgo}: build it first (bench/pgo.sh)")
    machine.stop_at_end()
    todo = chosen(options)
    if not options.smoke:
        install({package for profile in todo for kind, _ in profile.servers for package in kind.packages})
    if not options.tools:
        build(options.build)
    results = {}
    with tempfile.TemporaryDirectory(prefix="load") as name:
        options.work = pathlib.Path(name)
        subprocess.run(["perl", HERE / "make_geo.pl", options.work / "geo.mmdb", "500" if options.smoke else "20000"], check=True)
        for profile in todo:
            results[profile.name] = run_profile(options, profile, options.work)
            print(report.table(profile, results[profile.name]), "\n", flush=True)
    if not (options.smoke or options.train):
        command = "bench/load/run.py " + " ".join(sys.argv[1:])
        report.write(options.output, command.strip(), todo, results)
        print(report.targets(results))


if __name__ == "__main__":
    main()
