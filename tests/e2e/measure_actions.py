#!/usr/bin/env python3
"""What actions cost in Redis, and what a page of them costs at the start, in the middle and at the end.

Fills a Redis of its own with the scans of redirects, written as redirector/scan/record.hpp, stream.hpp and index.hpp lay
them out, then asks a server for pages and prints milliseconds, the median of 50. At last it posts actions and prints what
these take. Usage: REDIRECTOR=build/release/redirector measure_actions.py [--per-entry N] [COUNT...]
"""
import argparse
import binascii
import pathlib
import socket
import statistics
import tempfile
import time
from urllib.parse import unquote

import server as servers
from measure_pages import command

LETTERS = "abcdefghkmnpqrstwxyABCDEFGHKMNPQRSTUVWXY0123456789"
FIRST = 1_700_000_000_000
LINKS = 100_000
AGENT = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.1 Mobile/15E148 Safari/604.1")


def raw(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    return bytes([number]) + varint(len(value)) + value


def integer(number, value):
    return field(number, value.to_bytes((value.bit_length() + 7) // 8, "little"))


def action_id(milliseconds, bucket, sequence=0, index=0):
    number = ((milliseconds << 4 | bucket) << 64 | sequence) << 10 | index
    digits = ""
    for _ in range(23):
        number, digit = divmod(number, 50)
        digits = LETTERS[digit] + digits
    return "U" + digits


class Filling:
    """Writes scans: of each partition, entries of some records, and the index of the thngs."""

    def __init__(self, redis, account, per_entry):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(str(redis.socket))
        self.account, self.per_entry = account, per_entry
        self.open = {bucket: [] for bucket in range(16)}
        self.chunk, self.expected = bytearray(), 0
        self.before = field(2, account.encode())
        self.after = (field(5, b"\x01") + field(8, bytes([192, 0, 2, 0])) + field(9, AGENT.encode()) +
                      field(11, b"de-CH,de;q=0.9") + field(12, b"CH") + field(13, b"Zurich") + field(14, b"Zurich") +
                      field(15, b"Europe/Zurich") + field(19, b"\x01") + field(20, b"\x01") +
                      field(21, b"https://example.com/landing"))

    def scan(self, number):
        link = number * 7919 % LINKS
        short_id, thng = b"LINK%06d" % link, b"UThng%019d" % link
        record = (integer(1, FIRST + number) + self.before + field(3, short_id) + field(4, thng) + self.after)
        bucket = binascii.crc_hqx(short_id, 0) % 16
        records = self.open[bucket]
        records.append((record, thng))
        if len(records) == self.per_entry:
            self.write(bucket, number)

    def write(self, bucket, number):
        records, self.open[bucket] = self.open[bucket], []
        partition = "{%s:%d}" % (self.account, bucket)
        value = b"".join(varint(len(record)) + record for record, _ in records)
        self.chunk += raw(b"XADD", f"s:{partition}".encode(), b"%d-0" % (FIRST + number), b"r", value)
        for thng in {thng for _, thng in records}:
            self.chunk += command("ZADD", f"f:{partition}:thng={thng.decode()}", "0", "%012x%08x" % (FIRST + number, 0))
            self.expected += 1
        self.expected += 1
        if len(self.chunk) > 400_000:
            self.flush()

    def flush(self):
        self.connection.sendall(self.chunk)
        lines, rest = 0, b""
        # An ID is answered in two lines, a number in one; the last byte of all is a line's end.
        while self.expected > 0:
            data = rest + self.connection.recv(1 << 20)
            *whole, rest = data.split(b"\r\n")
            for line in whole:
                lines += 1
                if not line.startswith(b"$"):
                    self.expected -= 1
        self.chunk = bytearray()

    def close(self, number):
        for bucket, records in self.open.items():
            if records:
                self.write(bucket, number)
        self.flush()


def memory(redis):
    line = next(x for x in redis.command("INFO", "memory").split(b"\r\n") if x.startswith(b"used_memory:"))
    return int(line.split(b":")[1])


def median_ms(edge, path):
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        answer = edge.api("GET", path)
        times.append((time.perf_counter() - begin) * 1000)
        assert answer.status == 200 and answer.json(), answer.body
    return statistics.median(times), answer


def post(edge, count):
    target = edge.api("POST", "/thngs", {"name": "t"}).json()["id"]
    for _ in range(count // 500):
        answer = edge.api("POST", "/actions/all", [{"type": "scans", "thng": target, "customFields": {"size": n}}
                                                   for n in range(500)])
        assert answer.status == 201, answer.body


def measure(redis, edge, count, before):
    print(f"{count:>9} actions: {(memory(redis) - before) / count:.0f} bytes each", end="", flush=True)
    first, answer = median_ms(edge, "/actions/all?perPage=30")
    link = answer.headers["Link"]
    places = {"second": unquote(link[1:link.index(">")]).split(str(edge.api_port), 1)[1]}
    for name, number in (("middle", count // 2), ("end", 2_000)):
        places[name] = f"/actions/all?perPage=30&nextPageToken={action_id(FIRST + number, 15)}"
    places["of one thng"] = f"/actions/all?perPage=30&filter=thng%3DUThng{7919 % LINKS:019d}"
    print(f"; first page {first:.2f} ms" + "".join(
        f", {name} {median_ms(edge, path)[0]:.2f} ms" for name, path in places.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--per-entry", type=int, default=16, help="records of an entry (16; 1 at low rates)")
    parser.add_argument("--posted", type=int, default=20_000, help="actions that are posted")
    parser.add_argument("counts", type=int, nargs="*", default=[10_000_000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        redis = servers.Redis(pathlib.Path(folder) / "redis")
        redis.start()
        redis.command("CONFIG", "SET", "appendonly", "no")
        edge = servers.Server(pathlib.Path(folder) / "edge", redis=redis.url)
        edge.start()
        try:
            account = edge.api("GET", "/access").json()["account"]
            before, done = memory(redis), 0
            for count in arguments.counts:
                filling = Filling(redis, account, arguments.per_entry)
                for number in range(done, count):
                    filling.scan(number)
                filling.close(count)
                done = count
                measure(redis, edge, count, before)
            before = memory(redis)
            begin = time.perf_counter()
            post(edge, arguments.posted)
            took = time.perf_counter() - begin
            print(f"posted, 500 at once: {(memory(redis) - before) / arguments.posted:.0f} bytes each, "
                  f"{arguments.posted / took:.0f}/s")
        finally:
            edge.kill()
            redis.kill()


if __name__ == "__main__":
    main()
