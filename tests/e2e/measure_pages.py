#!/usr/bin/env python3
"""What a page of a list costs when the account is small, and when it is large.

Fills a Redis of its own with thngs, written as redirector/store/documents.hpp lays them out, then asks a server for
pages and prints milliseconds, the median of 50. Usage: REDIRECTOR=build/release/redirector measure_pages.py [COUNT...]
"""
import binascii
import pathlib
import random
import socket
import statistics
import sys
import tempfile
import time
from urllib.parse import unquote

import server as servers

LETTERS = "abcdefghkmnpqrstwxyABCDEFGHKMNPQRSTUVWXY0123456789"
FIRST = 1_700_000_000_000


def command(*words):
    out = b"*%d\r\n" % len(words)
    for word in words:
        data = word.encode()
        out += b"$%d\r\n%s\r\n" % (len(data), data)
    return out


def thng(account, number):
    identifier = "U" + "".join(random.choices(LETTERS, k=23))
    created = FIRST + number
    partition = "{%s:%d}" % (account, binascii.crc_hqx(identifier.encode(), 0) % 16)
    member = "%012x%s" % (created, identifier)
    tag = f"t{number % 1000}"
    record = (f'thng {{"name":"thng {number}","tags":["{tag}"],"customFields":{{"size":{number % 7}}},'
              f'"scopes":{{"users":["all"],"projects":[]}},"id":"{identifier}","createdAt":{created},"updatedAt":{created}}}')
    data = command("SET", f"c:d:{partition}:{identifier}", record)
    for index in ("thng", f"thng.tags={tag}", f"thng.name=thng {number}"):
        data += command("ZADD", f"d:{partition}:{index}", "0", member)
    return data, 4


def fill(redis, account, numbers):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(redis.socket))
        chunk, expected = bytearray(), 0
        for number in numbers:
            data, commands = thng(account, number)
            chunk += data
            expected += commands
            if len(chunk) > 200_000 or number == numbers[-1]:
                connection.sendall(chunk)
                answered = 0
                while answered < expected:
                    answered += connection.recv(1 << 20).count(b"\r\n")
                chunk, expected = bytearray(), 0


def median_ms(edge, path):
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        answer = edge.api("GET", path)
        times.append((time.perf_counter() - begin) * 1000)
        assert answer.status == 200 and len(answer.json()) == 30, answer.body
    return statistics.median(times), answer


def main(counts):
    with tempfile.TemporaryDirectory() as folder:
        redis = servers.Redis(pathlib.Path(folder) / "redis")
        redis.start()
        edge = servers.Server(pathlib.Path(folder) / "edge", redis=redis.url)
        edge.start()
        try:
            account = edge.api("GET", "/access").json()["account"]
            done = 0
            for count in counts:
                fill(redis, account, range(done, count))
                done = count
                first, answer = median_ms(edge, "/thngs?perPage=30")
                assert answer.headers["x-result-count"] == str(count)
                link = answer.headers["Link"]
                path = unquote(link[1:link.index(">")]).split(str(edge.api_port), 1)[1]
                middle = "%012x" % (FIRST + count // 2)
                print(f"{count:>9} thngs: first page {first:.2f} ms, second {median_ms(edge, path)[0]:.2f} ms, "
                      f"in the middle {median_ms(edge, '/thngs?perPage=30&nextPageToken=' + middle + 'U')[0]:.2f} ms"
                      + (f", of one tag {median_ms(edge, '/thngs?perPage=30&filter=tags%3Dt7')[0]:.2f} ms"
                         if count >= 30_000 else ""), flush=True)
        finally:
            edge.kill()
            redis.kill()


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
