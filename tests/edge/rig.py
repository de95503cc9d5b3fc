"""Two redirectors behind HAProxy on a Redis of more than one server, under load: what phones and operators saw, to be held
against what the store says in the end."""
import collections
import http.client
import secrets
import socket
import threading
import time

import edge as edges
from edge import wait_until
from load import Crowd

KEY = secrets.token_hex(40)


class Rig:
    def __init__(self, folder, binary, topology):
        self.topology = topology
        url = topology.options[1]
        self.redirectors = [edges.Redirector(f"edge-{number}", folder, binary, url, *topology.options[2:], key=KEY)
                            for number in (1, 2)]
        self.front = edges.HAProxy(folder, self.redirectors)
        for redirector in self.redirectors:
            redirector.options += ["--api-url", f"https://{edges.API_HOST}:{self.front.https_port}"]

    def start(self):
        for process in (*self.redirectors, self.front):
            process.start()

    def stop(self):
        for process in (self.front, *self.redirectors):
            if process.running():
                process.kill()
        self.topology.kill()

    def create(self, target):
        document = {"defaultRedirectUrl": target, "evrythngId": edges.THING, "type": "thng"}
        return self.front.api("POST", "/redirections", KEY, document).json()["shortId"]

    def edit(self, short_id, target):
        return self.front.api("PUT", f"/redirections/{short_id}", KEY, {"defaultRedirectUrl": target}, seconds=5).status

    def document(self, short_id):
        return self.front.api("GET", f"/redirections/{short_id}", KEY).json()

    def scan_at(self, redirector, short_id):
        """The status of a scan at one edge, past the balancer."""
        with socket.create_connection((edges.HOST, redirector.port), 10) as connection:
            connection.sendall(f"PROXY TCP4 127.0.1.200 {edges.HOST} 1024 {redirector.port}\r\n"
                               f"GET /{short_id} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n".encode())
            with connection.makefile("rb") as answer:
                return int(answer.read().split(b" ", 2)[1])

    def wait_ready(self, seconds=30):
        wait_until(lambda: all(redirector.ready() for redirector in self.redirectors), seconds, "both edges ready")

    def wait_shipped(self, seconds=30):
        wait_until(lambda: all(redirector.metric("scans_spooled") == 0 for redirector in self.redirectors), seconds,
                   "every scan in Redis")


class Load(Crowd):
    """Scans of `count` redirections by `clients` phones, and edits of one after the other, until the block ends.

    The target of a redirection ends in the number of its last edit, so that every answer tells how old it is.
    """

    def __init__(self, rig, count=12, clients=6):
        self.rig = rig
        self.short_ids = [rig.create("https://example.com/0") for _ in range(count)]
        self.scans = {short_id: [] for short_id in self.short_ids}  # (when sent, number)
        self.edits = {short_id: [] for short_id in self.short_ids}  # (when answered, number)
        self.failures, self.refused_edits = [], 0  # (when sent, what came, short ID, who answered)
        self.worst = 0.0  # seconds that a redirect took
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.scan, args=(f"127.0.1.{i + 1}",)) for i in range(clients)]
        self.threads.append(threading.Thread(target=self.edit))
        for redirector in rig.redirectors:  # both know all before anything happens
            for short_id in self.short_ids * 2:
                assert rig.scan_at(redirector, short_id) == 307
                self.scans[short_id].append((time.monotonic(), 0))

    def connection(self, address):
        return http.client.HTTPSConnection(edges.HOST, self.rig.front.https_port, context=self.rig.front.tls, timeout=10,
                                           source_address=(address, 0))

    def scan(self, address):
        turn = int(address.rsplit(".", 1)[1])
        while not self.ending.is_set():
            connection = self.connection(address)
            try:
                for _ in range(20):
                    turn += 1
                    self.one(connection, self.short_ids[turn % len(self.short_ids)])
                    if self.ending.wait(0.01):
                        break
            finally:
                connection.close()

    def one(self, connection, short_id):
        sent = time.monotonic()
        try:
            connection.request("GET", f"/{short_id}")
            answer = connection.getresponse()
            answer.read()
            failure = None if answer.status == 307 else answer.status
            who = answer.headers.get("Server", "the balancer")
        except (OSError, http.client.HTTPException) as problem:
            failure, who = repr(problem), "nobody"
            connection.close()
        with self.lock:
            self.worst = max(self.worst, time.monotonic() - sent)
            if failure:
                self.failures.append((sent, failure, short_id, who))
            else:
                self.scans[short_id].append((sent, int(answer.headers["Location"].rsplit("/", 1)[1])))

    def edit(self):
        number = 0
        while not self.ending.wait(0.05):
            number += 1
            short_id = self.short_ids[number % len(self.short_ids)]
            try:
                status = self.rig.edit(short_id, f"https://example.com/{number}")
            except (OSError, http.client.HTTPException) as problem:
                status = repr(problem)
            if status == 200:
                self.edits[short_id].append((time.monotonic(), number))
            else:
                self.refused_edits += 1

    # ---- what came of it

    def oldest_answer(self):
        """Longest time after an edit's confirmation at which a phone still got what was before it."""
        oldest = 0.0
        for short_id in self.short_ids:
            for answered, number in self.edits[short_id]:
                late = [sent - answered for sent, seen in self.scans[short_id] if sent > answered and seen < number]
                oldest = max([oldest, *late])
        return oldest

    def lost_edits(self):
        """Confirmed edits that the store does not have in the end: Redis replicates after it answers."""
        lost = 0
        for short_id in self.short_ids:
            now = int(self.rig.document(short_id)["defaultRedirectUrl"].rsplit("/", 1)[1])
            lost += bool(self.edits[short_id]) and self.edits[short_id][-1][1] > now
        return lost

    def miscounted(self):
        """{short ID: (scans that phones saw, hits)} where they differ."""
        counts = {short_id: (len(seen), self.rig.document(short_id)["hits"]) for short_id, seen in self.scans.items()}
        return {short_id: both for short_id, both in counts.items() if both[0] != both[1]}

    def report(self, what):
        kinds = collections.Counter((failure, who) for _, failure, _, who in self.failures)
        scans, edits = (sum(len(seen) for seen in kind.values()) for kind in (self.scans, self.edits))
        print(f"\n{what}: {scans} scans, failed {dict(kinds)}, slowest {self.worst:.2f} s; {edits} edits, "
              f"{self.refused_edits} refused, oldest answer {self.oldest_answer():.2f} s after one")
