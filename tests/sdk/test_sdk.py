"""Runs sdk_test.js (the official SDK, from npm) against a server of its own."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import server as servers  # noqa: E402


def test_sdk(tmp_path):
    if not (HERE / "node_modules" / "evrythng").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    edge = servers.Server(tmp_path / "edge")
    edge.start()
    try:
        environment = {**os.environ, "API_KEY": servers.KEY,
                       "API_URL": f"http://127.0.0.1:{edge.api_port}", "SHORT_URL": f"http://127.0.0.1:{edge.port}"}
        run = subprocess.run(["node", "--test", "sdk_test.js"], cwd=HERE, env=environment,
                             capture_output=True, text=True, timeout=240)
        assert run.returncode == 0, run.stdout + run.stderr
    finally:
        edge.kill()
