"""A consumer of the scan streams, written from redirector/scan/README.md ("Reading the streams") alone."""
import socket

from server import wait_until

ALPHABET = "abcdefghkmnpqrstwxyABCDEFGHKMNPQRSTUVWXY0123456789"
ENUMS, INTEGERS = {5, 19}, {1, 18, 20}
NAMES = {1: "time", 2: "account", 3: "shortId", 4: "evrythngId", 9: "userAgent", 21: "redirectUrl"}


class Resp:
    """One connection; bytes in, bytes out."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.reply()

    def reply(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        assert kind != b"-", rest
        return int(rest) if kind == b":" else rest


def length(data, at):
    size = shift = 0
    while True:
        byte = data[at]
        at += 1
        size |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return size, at


def records(value):
    at = 0
    while at < len(value):
        size, at = length(value, at)
        yield value[at:at + size]
        at += size


def decode(record):
    fields, at = {}, 0
    while at < len(record):
        number = record[at]
        size, at = length(record, at + 1)
        value = record[at:at + size]
        at += size
        if number in NAMES:  # others are skipped, those of later versions too
            fields[NAMES[number]] = int.from_bytes(value, "little") if number in ENUMS | INTEGERS else value.decode()
    return fields


def action_id(bucket, entry, index):
    ms, seq = map(int, entry.split(b"-"))
    number = ((ms << 4 | bucket) << 64 | seq) << 10 | index
    digits = ""
    for _ in range(23):
        number, digit = divmod(number, 50)
        digits = ALPHABET[digit] + digits
    return "U" + digits


class Consumer:
    def __init__(self, redis, account, name):
        self.ask, self.name = Resp(redis.socket), name
        self.streams = [b"s:{%s:%d}" % (account.encode(), bucket) for bucket in range(16)]

    def create_groups(self):
        for stream in self.streams:
            self.ask("XGROUP", "CREATE", stream, "billing", "0", "MKSTREAM")

    def read(self, count):
        return self.ask("XREADGROUP", "GROUP", "billing", self.name, "COUNT", count, "STREAMS", *self.streams,
                        *[">"] * 16) or []

    def take_over(self, stream):
        return self.ask("XAUTOCLAIM", stream, "billing", self.name, "0", "0")[1]

    def work(self, stream, entries, done):
        """What is done for each action must bear being done twice: `done` is keyed by the action's id."""
        bucket = self.streams.index(stream)
        for entry, (field, value) in entries:
            assert field == b"r"
            for index, record in enumerate(records(value)):
                done[action_id(bucket, entry, index)] = decode(record)
            self.ask("XACK", stream, "billing", entry)


def test_a_group_gets_every_action_although_a_consumer_dies(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    account = edge.api("GET", "/accounts").json()[0]["id"]
    ids = [edge.create() for _ in range(5)]
    one, two = (Consumer(redis, account, name) for name in ("one", "two"))
    one.create_groups()
    for number in range(50):
        assert edge.public("GET", f"/{ids[number % 5]}", User_Agent=f"agent {number}").status == 307
    wait_until(lambda: len(edge.api("GET", "/actions/all?perPage=100").json()) == 50, what="50 actions")

    assert one.read(3)  # and dies: it never says XACK
    done = {}
    while batch := two.read(10):
        for stream, entries in batch:
            two.work(stream, entries, done)
    assert len(done) < 50
    for stream in two.streams:
        two.work(stream, two.take_over(stream), done)
    actions = edge.api("GET", "/actions/all?perPage=100").json()
    assert {action["id"] for action in actions} == set(done)
    for action in actions:
        fields = done[action["id"]]
        assert fields["time"] == action["timestamp"] and fields["account"] == account
        assert fields["redirectUrl"] == action["reactions"][0]["redirectUrl"]
    assert sorted(fields["userAgent"] for fields in done.values()) == sorted(f"agent {n}" for n in range(50))
    assert all(two.ask("XPENDING", stream, "billing")[0] == 0 for stream in two.streams)
    # What comes later is read by the same group, behind what it has.
    assert edge.public("GET", f"/{ids[0]}").status == 307
    wait_until(lambda: two.read(10), what="a later action")
