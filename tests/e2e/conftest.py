"""Servers of a test end with it, whatever it did to them."""
import pytest

import server as servers


@pytest.fixture
def start(tmp_path):
    """start(name, *options, ...) -> Server; start.redis(name) -> Redis."""
    started = []

    def start_server(*options, name="edge", **arguments):
        started.append(servers.Server(tmp_path / name, *options, **arguments))
        return started[-1]

    def start_redis(*options, name="redis"):
        started.append(servers.Redis(tmp_path / name, *options))
        return started[-1]

    start_server.redis = start_redis
    yield start_server
    for process in reversed(started):
        if process.process.poll() is None:
            process.kill()


@pytest.fixture
def edge(start):
    """One server with the embedded Redis."""
    return start()
