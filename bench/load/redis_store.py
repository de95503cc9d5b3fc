"""Redirections and keys written straight into a Redis: a million through the API would take minutes.

The record of a redirection is that of redirector/store/redirection.hpp, which describes it byte by byte.
"""
import socket
import struct
import time

ALPHABET = "ABCDEFGHKMNPQRSTUVWXY0123456789"
PRODUCT = 1


def short_ids(count):
    """Distinct IDs of ten characters, the same in every run."""
    size, modulus = len(ALPHABET), len(ALPHABET) ** 10
    for number in range(count):
        left = (number * 0x9E3779B97F4A7C15 + 12345) % modulus
        letters = []
        for _ in range(10):
            left, digit = divmod(left, size)
            letters.append(ALPHABET[digit])
        yield "".join(letters)


def redirection(account, evrythng_id, target):
    now = int(time.time() * 1000)
    url = target.encode()
    return (struct.pack("<BBQQ", 1, PRODUCT, now, now) + account.encode() + evrythng_id.encode()
            + struct.pack("<H", len(url)) + url)


def command(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def send_all(address, commands, batch=1000):
    """Sends commands in batches to a Unix socket's path or a port; every answer must be no error."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as redis:
        redis.connect(address if family == socket.AF_UNIX else ("127.0.0.1", address))
        replies = redis.makefile("rb")
        pending = []

        def flush():
            redis.sendall(b"".join(pending))
            for _ in pending:
                line = replies.readline()
                if not line or line.startswith(b"-"):
                    raise RuntimeError(f"Redis: {line!r}")
            pending.clear()

        for one in commands:
            pending.append(one)
            if len(pending) == batch:
                flush()
        flush()


def fill(address, account, count):
    """Writes `count` redirections and answers their short IDs."""
    ids = list(short_ids(count))
    record = redirection(account, "U" + "b" * 23, "https://example.com/landing/{shortId}")
    send_all(address, (command("SET", "c:l:" + short_id, record) for short_id in ids))
    return ids
