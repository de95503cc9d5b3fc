"""Scans under load, as phones behind a balancer make them: what each client saw, to be compared with what was counted."""
import collections
import http.client
import threading


def remember(edge, redirector, short_id):
    """Scans through the front until `redirector` answered one from memory alone; returns how many scans that took."""
    scans = 0
    while True:
        redirects, misses = (redirector.metric(name) for name in ('requests_total{outcome="redirect"}', "cache_misses_total"))
        assert edge.front.ask("GET", f"/{short_id}").status == 307
        scans += 1
        if redirector.metric('requests_total{outcome="redirect"}') > redirects and redirector.metric("cache_misses_total") == misses:
            return scans


class Crowd:
    """`threads` run from where the block begins until it ends and sets `ending`."""

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class Load(Crowd):
    """`clients` threads scan `short_id` through the front until the block ends, each connection for `turns` requests.

    Each has an address of its own and pauses between requests, as the fronts' limits per address ask for. `seen` counts
    by status, or by the name of the exception where the client got no answer.
    """

    def __init__(self, front, short_id, clients=8, turns=20, pause=0.01):
        self.front, self.short_id, self.turns, self.pause = front, short_id, turns, pause
        self.seen, self.lock, self.ending = collections.Counter(), threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.scan, args=(f"127.0.1.{i + 1}",)) for i in range(clients)]

    def scan(self, address):
        while not self.ending.is_set():
            connection = http.client.HTTPSConnection("127.0.0.1", self.front.https_port, context=self.front.tls, timeout=10,
                                                     source_address=(address, 0))
            try:
                for _ in range(self.turns):
                    self.count(self.one(connection))
                    if self.ending.wait(self.pause):
                        break
            except (OSError, http.client.HTTPException) as problem:
                self.count(type(problem).__name__)
            finally:
                connection.close()

    def one(self, connection):
        connection.request("GET", f"/{self.short_id}")
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def count(self, what):
        with self.lock:
            self.seen[what] += 1
