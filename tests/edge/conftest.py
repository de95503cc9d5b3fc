"""The edge of deploy/edge.py for the tests of this folder; what a test started ends with it."""
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy"), str(ROOT / "tests/e2e")]

import edge as edges  # noqa: E402  (from deploy/)

BINARY = pathlib.Path(os.environ.get("REDIRECTOR", ROOT / "build/dev/redirector")).resolve()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    item.failed = getattr(item, "failed", False) or outcome.get_result().failed


@pytest.fixture
def start_edge(tmp_path, request):
    """start_edge(front, **options) -> a started edges.Edge. What its servers said is printed when the test fails."""
    started = []

    def start(front="haproxy", **options):
        started.append(edges.Edge(tmp_path, BINARY, front, **options))
        started[-1].start()
        return started[-1]

    yield start
    for edge in started:
        for process in reversed(edge.processes()):
            if request.node.failed and process.process is not None:
                print(f"--- {process.name}, status {process.process.poll()}:\n{process.read_log()[-4000:]}")
            if process.running():
                process.kill()
