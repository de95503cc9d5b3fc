"""Processes on a core of their own, their CPU time and memory, and free ports. Linux only."""
import atexit
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

_cores = sorted(os.sched_getaffinity(0))
SERVER_CORE, GENERATOR_CORE = _cores[0], _cores[1 % len(_cores)]
_running = []
_ports = set()


def start(command, log, core=SERVER_CORE):
    """Starts a process in a group of its own; it and its children end with this program."""
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], stdin=subprocess.DEVNULL,
                               stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    _running.append(process)
    return process


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process in _running:
        _running.remove(process)


def stop_all():
    for process in list(_running):
        stop(process)


def stop_at_end():
    """Whatever ends this program, Ctrl-C and SIGTERM included, its servers end before it."""
    atexit.register(stop_all)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell had it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_port():
    """Below the ports that the kernel gives to clients, so that no connection takes it meanwhile."""
    while True:
        port = random.randint(12_000, 31_000)
        if port in _ports:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _ports.add(port)
        return port


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what}: not there after {seconds} s")
        time.sleep(0.05)


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children")
            for child in task.read_text().split()]


def cpu_seconds(pid):
    """CPU time so far of each thread, in seconds (the scheduler's own account, in nanoseconds)."""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            times[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            pass  # it ended
    return times


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
