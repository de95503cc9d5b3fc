#!/usr/bin/env python3
"""What a deployment carries, worked out from measured figures; and a simulation of its caches.

Usage: bench/scale/model.py [--simulate]      README.md explains the figures and holds the output.
"""
import argparse
import collections
import dataclasses
import random


@dataclasses.dataclass(frozen=True)
class Figures:
    """Per redirect, unless said; each with where it was measured, or estimated. Change them here and run again."""
    io_us: float = 11.5           # I/O thread, recording at `process`, 10 rules, 1 M IDs: bench/load/RESULTS.md, million
    rule_us: float = 0.0001       # per further rule, indexed: bench/load, profile rules (1,000 rules: below 5 %)
    ship_us: float = 3.5          # other threads of the process: whole process less I/O threads, same table
    miss_us: float = 20           # estimated: a look-up that has to ask Redis, suspended and resumed
    redis_get_us: float = 1.8     # estimated: Redis' own CPU, batched GET of a missing redirection
    redis_scan_us: float = 10.6   # beside it, same table: stream entry, hits, statistics and indexes; 2.8 with 1,000 IDs
    record_bytes: int = 260       # in the spool; in Redis about 1.1 times that, until trimmed
    wire_bytes: int = 1_000       # request, answer, headers of TCP and IP, both directions
    cached_bytes: int = 150       # of a redirection beyond its URL: bench/near_cache_bench
    url_bytes: int = 60
    stored_bytes: int = 420       # of a redirection in Redis: record, key, two index members
    utilisation: float = 0.7      # of a core, above which waiting times grow


@dataclasses.dataclass(frozen=True)
class Deployment:
    redirections: int
    scans_per_second: float
    nodes: int = 1
    cores: int = 32               # of a node, all of them I/O threads
    rules: int = 10
    shards: int = 6
    cache_bytes: int = 8 << 30    # of a node: --cache-size
    miss_share: float = 0.0       # from the simulation, or measured: near cache misses of look-ups


def per_redirect(d, f):
    """CPU of a node, CPU of Redis (us), Redis commands."""
    node = f.io_us + f.rule_us * d.rules + f.ship_us + d.miss_share * f.miss_us
    redis = f.redis_scan_us + d.miss_share * f.redis_get_us
    commands = 1 / 16 + 1 + d.miss_share       # entry of 16, hit counter, GET
    return node, redis, commands


def ceilings(d, f):
    """Scans per second at which each part is at its bound, the whole deployment's."""
    io = f.io_us + f.rule_us * d.rules + d.miss_share * f.miss_us
    return {
        "I/O threads": d.nodes * d.cores * f.utilisation / io * 1e6,
        "shipper (one thread per node)": d.nodes * f.utilisation / f.ship_us * 1e6,
        "Redis shards": d.shards * f.utilisation / per_redirect(d, f)[1] * 1e6,
        "network, 10 Gbit/s per node": d.nodes * f.utilisation * 10e9 / 8 / f.wire_bytes,
    }


def memory(d, f):
    wanted = d.redirections * (f.cached_bytes + f.url_bytes)
    return min(wanted, d.cache_bytes), wanted, d.redirections * (f.stored_bytes + f.url_bytes)


def simulate(redirections, capacity, requests=2_000_000, seed=1):
    """Share of look-ups that miss, Zipf traffic over an S3-FIFO cache of `capacity` entries, the first half as warm-up."""
    rng = random.Random(seed)
    small, main, ghosts = collections.OrderedDict(), collections.OrderedDict(), collections.OrderedDict()
    misses = 0

    def rank():  # inverse of the continuous Zipf distribution with exponent 1
        return int(redirections ** rng.random())

    for number in range(requests):
        key = rank()
        queue = small if key in small else main if key in main else None
        if queue is not None:
            queue[key] = min(queue[key] + 1, 3)
            continue
        misses += number >= requests / 2
        (main if ghosts.pop(key, None) is not None else small)[key] = 0
        while len(small) + len(main) > capacity:
            if len(small) > capacity / 10 or not main:
                old, hits = small.popitem(last=False)
                if hits > 1:
                    main[old] = 0
                else:
                    ghosts[old] = True
                    if len(ghosts) > capacity:
                        ghosts.popitem(last=False)
            else:
                old, hits = main.popitem(last=False)
                if hits:
                    main[old] = hits - 1
    return misses / (requests / 2)


def number(value):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}"


def table(f):
    lines = ["| redirections | scans/s | nodes x cores | rules | shards | node CPU us | Redis us, commands | node's cores busy "
             "| shards busy | cache per node (for all) | Redis memory | breaks first, at scans/s |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for d in (Deployment(1_000_000, 10_000, cores=2, shards=1), Deployment(10_000_000, 100_000, cores=8, shards=1),
              Deployment(10_000_000, 500_000), Deployment(100_000_000, 1_000_000, nodes=3, cache_bytes=16 << 30, miss_share=0.02),
              Deployment(100_000_000, 1_000_000, nodes=3, rules=1000, cache_bytes=16 << 30, miss_share=0.02),
              Deployment(1_000_000_000, 1_000_000, nodes=6, cache_bytes=32 << 30, miss_share=0.1)):
        node, redis, commands = per_redirect(d, f)
        held, wanted, stored = memory(d, f)
        part, bound = min(ceilings(d, f).items(), key=lambda item: item[1])
        lines.append(
            f"| {number(d.redirections)} | {number(d.scans_per_second)} | {d.nodes} x {d.cores} | {d.rules} | {d.shards} | {node:.2f} "
            f"| {redis:.2f}, {commands:.2f} | {d.scans_per_second * node / 1e6 / d.nodes:.1f} | {d.scans_per_second * redis / 1e6:.1f} "
            f"| {held / 2**30:.1f} GiB ({wanted / 2**30:.1f}) | {stored / 2**30:.1f} GiB | {part}, {number(bound)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--simulate", action="store_true", help="also the caches' misses, some seconds")
    options = parser.parse_args()
    f = Figures()
    print(table(f))
    edge = Deployment(10_000_000, 0)
    print("\nOne node of 32 cores and a cluster of 6 shards, 10 M redirections, 10 rules:")
    for part, bound in sorted(ceilings(edge, f).items(), key=lambda item: item[1]):
        print(f"- {part}: {number(bound)} scans/s")
    if options.simulate:
        print("\n| redirections | kept | look-ups that miss |\n|---|---|---|")
        for redirections, share in ((100_000, 0.5), (100_000, 0.2), (100_000, 0.1), (100_000, 0.01)):
            missed = simulate(redirections, int(redirections * share))
            print(f"| {number(redirections)} | {share:.0%} | {missed:.1%} |")


if __name__ == "__main__":
    main()
