"""The edge of deploy/edge.py for the tests of this folder; what a test started ends with it."""
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy"), str(ROOT / "tests/e2e")]

import edge as edges  # noqa: E402  (from deploy/)

BINARY = pathlib.Path(os.environ.get("REDIRECTOR", ROOT / "build/dev/redirector")).resolve()


@pytest.fixture
def start_edge(tmp_path):
    """start_edge(front, **options) -> a started edges.Edge."""
    started = []

    def start(front="haproxy", **options):
        started.append(edges.Edge(tmp_path, BINARY, front, **options))
        started[-1].start()
        return started[-1]

    yield start
    for edge in started:
        for process in reversed(edge.processes()):
            if process.running():
                process.kill()
