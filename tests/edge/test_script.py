"""deploy/edge.py as a newcomer runs it: it comes up, what it prints works, and Ctrl-C leaves nothing behind."""
import os
import re
import signal
import subprocess

import pytest

from conftest import BINARY, ROOT
from edge import free_port


@pytest.fixture
def run(tmp_path):
    """run(*options) -> the process and the text that it printed when all was up."""
    started = []

    def start(*options):
        process = subprocess.Popen([str(ROOT / "deploy/edge.py"), "--binary", str(BINARY), "--folder", str(tmp_path),
                                    "--https-port", str(free_port()), "--http-port", str(free_port()), *options],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        started.append(process)
        printed = ""
        for line in process.stdout:
            printed += line
            if printed.endswith("Ctrl-C stops everything.\n\n"):
                break
        return process, printed

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()  # it stops what it started
            process.wait(60)


def test_what_is_printed_works_and_ctrl_c_leaves_nothing(run):
    process, printed = run()
    commands = [line.split("  #")[0].strip() for line in printed.splitlines() if line.startswith(("  curl", "  redis-cli"))]
    assert len(commands) == 4, printed
    for command in commands:
        done = subprocess.run(command.replace("-o code.png", "-o /dev/null"), shell=True, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        if command.startswith("curl -i"):
            assert " 307" in done.stdout and "location: https://example.com/" in done.stdout
    pids = [int(pid) for pid in re.findall(r"process (\d+)", printed)]
    assert len(pids) == 8
    for typed, told in (("kill edge-1", "edge-1: kill done"), ("kill edge-1", "edge-1 does not run"), ("start edge-1", "edge-1: start done"),
                        ("restart edge-2", "edge-2: restart done"), ("stop sentinel-3", "sentinel-3: stop done, status 0"),
                        ("break redis-1", "expected start, stop, restart, kill, pause or resume, and one of redis-1, ")):
        process.stdin.write(typed + "\n")
        assert process.stdout.readline().startswith(told), typed
    assert subprocess.run(commands[0], shell=True, capture_output=True).returncode == 0
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0 and "stopped" in process.stdout.read()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_is_missing_is_told_in_one_line(tmp_path):
    said = subprocess.run([str(ROOT / "deploy/edge.py"), "--binary", "/nonexistent", "--folder", str(tmp_path)],
                          capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert "did not come up" in said.stderr and "/nonexistent" in said.stderr and "Traceback" not in said.stderr
