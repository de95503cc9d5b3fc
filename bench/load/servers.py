"""The servers that are compared: each answers a redirect on its own port, on the servers' core."""
import http.client
import json
import os
import pathlib
import re
import socket

import machine
import redis_store

KEY = "B" * 79 + "1"
TARGET = "https://example.com/landing"
MODULES = "/usr/lib/nginx/modules"


def answers(port, path="/ABCDEFGHKM"):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False


class Server:
    """`ids`: short IDs that it knows; None where it answers any path alike."""
    name = note = ""
    packages = ()
    ids = None

    def __init__(self, folder, options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.options = options
        self.port = machine.free_port()
        self.log = open(self.folder / "log", "wb")
        self.process = None

    def begin(self):
        self.process = self.run(self.command())
        machine.wait_until(lambda: answers(self.port), self.name)

    def run(self, command):
        return machine.start(command, self.log)

    def end(self):
        machine.stop(self.process)

    def settle(self):
        """Waits until nothing of the requests answered is left to do."""

    def pids(self):
        """All processes whose CPU time the answers cost."""
        return [self.process.pid]

    def cpu(self):
        """CPU seconds so far: of everything, and of the threads that serve connections."""
        total = sum(sum(machine.cpu_seconds(pid).values()) for pid in self.pids())
        return total, total

    def resident(self):
        return sum(machine.resident_bytes(pid) for pid in self.pids())


class Floor(Server):
    name, note = "epoll floor", "constant bytes, reads nothing: what the kernel takes"

    def __init__(self, folder, options, closing=False):
        super().__init__(folder, options)
        self.closing = ["close"] if closing else []

    def command(self):
        return [self.options.build / "load_floor", self.port, *self.closing]


class Nginx(Server):
    name, note = "nginx return 302", "a constant"
    packages = ("nginx",)
    modules = ()
    http = ""
    location = f"return 302 {TARGET};"

    def command(self):
        folder = self.folder
        loads = "".join(f"load_module {MODULES}/{module}.so; " for module in self.modules)
        temporary = "".join(f"{kind}_temp_path {folder}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(f"""{loads}
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000; {temporary}
    {self.http}
    server {{ listen 127.0.0.1:{self.port}; location / {{ {self.location} }} }}
}}
""")
        return ["nginx", "-c", folder / "nginx.conf"]


class NginxMap(Nginx):
    name, note = "nginx map", "looks up 100,000 IDs"

    def command(self):
        self.ids = list(redis_store.short_ids(100_000))
        (self.folder / "ids").write_text("".join(f"/{short_id} {TARGET}/{short_id};\n" for short_id in self.ids))
        self.http = (f"map_hash_max_size 262144; map_hash_bucket_size 128; "
                     f"map $uri $target {{ default ''; include {self.folder}/ids; }}")
        self.location = "if ($target = '') { return 404; } return 302 $target;"
        return super().command()


class NginxLua(Nginx):
    """Debian has no resty-redis by that name; lua-nginx-redis is the same driver, as nginx.redis."""
    name, note = "nginx + Lua + Redis", "looks up in Redis (lua-nginx-redis, kept connections)"
    packages = ("nginx", "libnginx-mod-http-lua", "lua-nginx-redis", "redis-server")
    modules = ("ndk_http_module", "ngx_http_lua_module")

    def command(self):
        path = str(self.folder / "redis.sock")
        self.redis = self.run(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", self.folder])
        machine.wait_until(lambda: os.path.exists(path), "redis-server")
        self.ids = list(redis_store.short_ids(100_000))
        redis_store.send_all(path, (redis_store.command("SET", i, f"{TARGET}/{i}") for i in self.ids))
        self.http = 'lua_package_path "/usr/share/lua/5.1/?.lua;;";'
        self.location = f"""content_by_lua_block {{
            local redis = require("nginx.redis"):new()
            if not redis:connect("unix:{path}") then return ngx.exit(503) end
            local url = redis:get(ngx.var.uri:sub(2))
            redis:set_keepalive(10000, 256)
            if not url or url == ngx.null then return ngx.exit(404) end
            return ngx.redirect(url, 302)
        }}"""
        return super().command()

    def pids(self):
        return [self.process.pid, self.redis.pid]

    def cpu(self):
        return super().cpu()[0], sum(machine.cpu_seconds(self.process.pid).values())

    def end(self):
        super().end()
        machine.stop(self.redis)


class HaproxyMap(Server):
    name, note = "HAProxy map", "looks up 100,000 IDs"
    packages = ("haproxy",)

    def command(self):
        self.ids = list(redis_store.short_ids(100_000))
        (self.folder / "ids").write_text("".join(f"/{i} {TARGET}/{i}\n" for i in self.ids))
        (self.folder / "haproxy.cfg").write_text(f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
frontend all
    bind 127.0.0.1:{self.port}
    http-request redirect code 302 location %[path,map({self.folder}/ids)] if {{ path,map({self.folder}/ids) -m found }}
    http-request return status 404
""")
        return ["haproxy", "-db", "-f", self.folder / "haproxy.cfg"]


class Node(Server):
    name, note = "Node http", "a constant"
    packages = ("nodejs",)

    def command(self):
        return ["node", "-e", f"""require('http').createServer((request, reply) => {{
            reply.writeHead(302, {{Location: '{TARGET}', 'Content-Length': 0}}); reply.end();
        }}).listen({self.port}, '127.0.0.1')"""]


class Redirector(Server):
    """Settings of a variant: `links`, `rules`, `level` and more of serve's options."""
    name = "redirector"
    packages = ("redis-server", "libmaxmind-db-writer-perl")

    def __init__(self, folder, options, links=1000, rules=10, level="process", binary=None, label="", more=()):
        super().__init__(folder, options)
        self.links, self.rules, self.level, self.more = links, rules, level, more
        self.binary = binary or options.binary
        self.name = f"redirector{label}"
        self.note = f"{links:,} IDs, {rules:,} rules, records at {level}"

    def command(self):
        self.api = machine.free_port()
        geo = self.options.work / "geo.mmdb"
        return [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--api-listen", f"127.0.0.1:{self.api}",
                "--data-dir", self.folder / "data", "--threads", "1", "--initial-api-key", KEY, "--geoip", geo,
                "--trust-proxy", "127.0.0.0/8", "--scan-durability", self.level, "--cache-size", "4096", *self.more]

    def begin(self):
        self.process = self.run(self.command())
        machine.wait_until(lambda: answers(self.api, "/readyz"), self.name)
        account = self.call("POST", "/redirections", {"defaultRedirectUrl": TARGET, "evrythngId": "U" + "b" * 23,
                                                      "type": "product"})
        path = str(next((self.folder / "data").rglob("*.sock")))
        self.ids = redis_store.fill(path, self.account_of(path, account["shortId"]), self.links)
        if self.rules:
            self.call("PUT", "/redirector", {"rules": rules(self.rules)})

    def account_of(self, path, short_id):
        with socket.socket(socket.AF_UNIX) as redis:
            redis.connect(path)
            redis.sendall(redis_store.command("GET", "c:l:" + short_id))
            reply = redis.makefile("rb")
            reply.readline()
            return reply.read(42)[18:].decode()

    def call(self, method, path, document):
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=30)
        connection.request(method, path, json.dumps(document), {
            "Authorization": KEY, "Accept": "application/json", "Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {body.decode()}")
        return json.loads(body)

    def settle(self):
        machine.wait_until(lambda: self.spooled() == 0, f"{self.name}: shipping", seconds=300)

    def spooled(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=30)
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
        return int(re.search(r"^redirector_scans_spooled (\d+)", page, re.MULTILINE)[1])

    def cpu(self):
        threads = machine.cpu_seconds(self.process.pid)
        return sum(threads.values()), sum(time for thread, time in threads.items() if self.is_io(thread))

    def is_io(self, thread):
        name = pathlib.Path(f"/proc/{self.process.pid}/task/{thread}/comm").read_text()
        return name.startswith("io")

    def redis_cpu(self):
        """Without what Redis forks to rewrite its file."""
        return sum(sum(machine.cpu_seconds(pid).values()) for pid in machine.children(self.process.pid))


def rules(count):
    """None matches; each reads country, time zone and device, as campaigns by place and phone do."""
    return [{"match": f"country=CH&timezone=Europe/Zurich&device.type=tv&timeOfDay>={n % 1440}",
             "redirectUrl": f"https://example.com/{n}"} for n in range(count)]


PEERS = (Nginx, Floor, NginxMap, HaproxyMap, NginxLua, Node)
