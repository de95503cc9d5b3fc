"""Servers of a test end with it, whatever it did to them."""
import pytest

import server as servers


@pytest.fixture
def start(tmp_path):
    """start(*options, name=...) -> Server; start.redis(*options, name=...) -> Redis."""
    started = []

    def start_server(*options, name="edge", **arguments):
        started.append(servers.Server(tmp_path / name, *options, **arguments))
        started[-1].start()  # known before it starts, so that it ends even if it never gets ready
        return started[-1]

    def start_redis(*options, name="redis"):
        started.append(servers.Redis(tmp_path / name, *options))
        started[-1].start()
        return started[-1]

    start_server.redis = start_redis
    yield start_server
    for process in reversed(started):
        if process.process is not None and process.process.poll() is None:
            process.kill()


@pytest.fixture
def edge(start):
    """One server with the embedded Redis."""
    return start()
