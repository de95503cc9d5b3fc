"""What is measured: servers, the load on them, and the first server as the one to compare with."""
import dataclasses

from servers import Floor, HaproxyMap, Nginx, NginxLua, NginxMap, Node, Redirector

PHONE = """GET {path} HTTP/1.1\r
Host: tn.gg\r
User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
Version/17.4 Mobile/15E148 Safari/604.1\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r
Accept-Language: de-CH,de;q=0.9,en;q=0.8\r
Accept-Encoding: gzip, deflate, br\r
Sec-Fetch-Dest: document\r
Sec-Fetch-Mode: navigate\r
Sec-Fetch-Site: none\r
X-Forwarded-For: {ip}\r
\r
"""
SHORT = "GET {path} HTTP/1.1\r\nHost: tn.gg\r\n\r\n"
CLOSING = PHONE.replace("X-Forwarded-For", "Connection: close\r\nX-Forwarded-For")
MILLION = 1_000_000


@dataclasses.dataclass
class Profile:
    name: str
    what: str
    servers: list            # each (class, settings)
    head: str = PHONE
    order: str = "uniform"
    connections: int = 64
    pipeline: int = 1
    one: int = 0             # 1: a connection per request
    rate: int = 0            # requests per second; 0: a closed loop
    warm: bool = True        # every ID is asked for once before the first round
    suffix: str = ""         # of some paths, ".png": one in `every`
    every: int = 20
    side: str = ""           # of paths that are asked for at the same time, of servers named "with"
    side_rate: int = 0       # requests per second


def redirector(label="", **settings):
    return Redirector, {"label": label, **settings}


ALL = [(Nginx, {}), (Floor, {}), (NginxMap, {}), (HaproxyMap, {}), (NginxLua, {}), (Node, {}), redirector()]

PROFILES = [
    Profile("plain", "keep-alive, a head of two lines", ALL, head=SHORT),
    Profile("phone", "keep-alive, a phone's head behind a balancer (10 fields, random client addresses)", ALL),
    Profile("million", "1,000,000 IDs, each as likely", [(Nginx, {}), (Floor, {}), redirector(links=MILLION)]),
    Profile("zipf", "1,000,000 IDs by Zipf's law", [(Nginx, {}), redirector(links=MILLION)], order="zipf"),
    Profile("hot", "one ID, against 1,000 as likely", [redirector(" 1,000 IDs"), redirector(" one ID", links=1)]),
    Profile("cold", "every request asks for an ID that memory does not hold", [redirector(links=MILLION)],
            order="in_turn", warm=False),
    Profile("connections", "a connection per request", [(Nginx, {}), (Floor, {"closing": True}), (HaproxyMap, {}), redirector()],
            head=CLOSING, one=1),
    Profile("pipelined", "16 requests in flight per connection",
            [(Nginx, {}), (HaproxyMap, {}), (NginxLua, {}), redirector()], pipeline=16),
    Profile("rules", "10, none and 1,000 rules", [redirector(" 10 rules"), redirector(" no rules", rules=0),
                                                  redirector(" 1,000 rules", rules=1000)]),
    Profile("levels", "what a scan survives", [redirector(f" {level}", level=level)
                                               for level in ("process", "memory", "interval", "batch")]),
    Profile("qr", "one request in 20 is for a QR code of its own", [redirector()], suffix=".png?w=400"),
    Profile("open", "open loop, 20,000 requests per second, latency from the intended time",
            [(Nginx, {}), (HaproxyMap, {}), (NginxLua, {}), redirector()], rate=20_000),
    Profile("qrload", "open loop, 10,000 redirects per second, alone and with QR codes for half a core",
            [redirector(" alone"), redirector(" with QR")], rate=10_000, side=".png?w=400", side_rate=20_000),
]
QUICK = ("phone", "pipelined", "open")
SMOKE_PROFILE = Profile("smoke", "the harness itself", [(Floor, {}), redirector(links=100)])


def with_pgo(profile, binary):
    """The profile with the redirector that bench/pgo.sh built as one more server, where the processor is at stake."""
    if profile.name not in ("phone", "million", "pipelined"):
        return profile
    kind, settings = profile.servers[-1]
    return dataclasses.replace(profile, servers=[*profile.servers, (kind, settings | {"label": " PGO", "binary": binary})])


def training():
    """What bench/pgo.sh shows the compiler: redirects in the main, and a little of all else."""
    shown = []
    for profile in PROFILES:
        if profile.name in ("plain", "phone", "connections", "pipelined", "cold", "qr"):
            kind, settings = profile.servers[-1]
            shown.append(dataclasses.replace(profile, servers=[(kind, settings | {"links": 20_000})]))
    return shown
