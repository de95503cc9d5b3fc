"""Servers of a test end with it, whatever it did to them."""
import subprocess

import pytest

import server as servers
import topologies


@pytest.fixture(scope="session")
def chosen_topology():
    chosen = topologies.Chosen()
    yield chosen
    chosen.end()


@pytest.fixture
def start(tmp_path, chosen_topology):
    """start(*options, name=...) -> Server; start.redis(*options, name=...) -> Redis."""
    started = []
    chosen = chosen_topology.fresh_options()

    def start_server(*options, name="edge", **arguments):
        if not arguments.get("redis"):
            options = (*chosen, *options)
        started.append(servers.Server(tmp_path / name, *options, **arguments))
        if chosen and not arguments.get("redis"):
            started[-1].store = chosen[:2]  # --redis URL
        started[-1].start()  # known before it starts, so that it ends even if it never gets ready
        return started[-1]

    def start_redis(*options, name="redis"):
        started.append(servers.Redis(tmp_path / name, *options))
        started[-1].start()
        return started[-1]

    start_server.redis = start_redis
    start_server.adopt = started.append  # a process that the test started itself ends with it too
    yield start_server
    for process in reversed(started):
        if process.process is not None and process.process.poll() is None:
            process.kill()


@pytest.fixture
def on(tmp_path, start):
    """on(kind, *options, name=...) -> a Server on a topology of its own; on.topology is that."""
    def begin(kind, *options, name="edge", **arguments):
        if begin.topology is None:
            begin.topology = topologies.KINDS[kind](tmp_path / "redis", **arguments)
        edge = servers.Server(tmp_path / name, *begin.topology.options, *options)
        start.adopt(edge)
        edge.start()
        return edge
    begin.topology = None
    yield begin
    if begin.topology:
        begin.topology.kill()


@pytest.fixture
def edge(start):
    """One server with the embedded Redis."""
    return start()


@pytest.fixture
def geoip(tmp_path):
    """A MaxMind DB in the City layout: 198.51.100.0/24 is Berlin, 203.0.113.0/24 Tokyo."""
    path = tmp_path / "city.mmdb"
    script = r"""
        use MaxMind::DB::Writer::Tree;
        my %types = (country => 'map', iso_code => 'utf8_string', location => 'map', latitude => 'double',
                     longitude => 'double', time_zone => 'utf8_string', city => 'map', names => 'map',
                     en => 'utf8_string');
        my $tree = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24, database_type => 'GeoLite2-City',
            languages => ['en'], description => { en => 'test' }, remove_reserved_networks => 0,
            map_key_type_callback => sub { $types{$_[0]} });
        my @rows = (['198.51.100.0/24', 'DE', 'Europe/Berlin', 52.5, 13.4, 'Berlin'],
                    ['203.0.113.0/24', 'JP', 'Asia/Tokyo', 35.7, 139.7, 'Tokyo']);
        $tree->insert_network($_->[0], { country => { iso_code => $_->[1] }, city => { names => { en => $_->[5] } },
            location => { time_zone => $_->[2], latitude => $_->[3], longitude => $_->[4] } }) for @rows;
        open my $file, '>:raw', $ARGV[0]; $tree->write_tree($file);
    """
    subprocess.run(["perl", "-e", script, str(path)], check=True)
    return path
