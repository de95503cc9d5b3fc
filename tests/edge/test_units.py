"""The systemd units: understood by systemd, hardened, and naming only what exists."""
import re
import subprocess

import pytest

from conftest import BINARY, ROOT

UNITS = ROOT / "deploy/systemd"
SERVICES = sorted(UNITS.glob("*.service"))


@pytest.fixture
def installed(tmp_path):
    """The units with the programs where they are here."""
    for unit in [*SERVICES, *UNITS.glob("*.socket")]:
        text = unit.read_text().replace("/usr/local/bin/redirector", str(BINARY))
        (tmp_path / unit.name).write_text(text.replace("/etc/redirector/redis", str(ROOT / "deploy/redis")))
    return tmp_path


def test_systemd_understands_every_unit(installed):
    checked = subprocess.run(["systemd-analyze", "verify", *sorted(installed.iterdir())], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.stem)
def test_services_expose_little(service):
    # In tenths of systemd's 0 (tight) to 10 (open).
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", service],
                            capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout[-1000:]


def test_the_environment_file_holds_settings_of_the_program():
    known = set(re.findall(r"^\| `--([a-z-]+)", subprocess.run([BINARY, "settings", "--markdown"], capture_output=True,
                                                               text=True, check=True).stdout, re.MULTILINE))
    named = re.findall(r"^REDIRECTOR_(\w+)=", (UNITS / "redirector.env").read_text(), re.MULTILINE)
    assert named
    for name in named:
        assert name.lower().replace("_", "-") in known, name


def test_the_kernel_knows_its_settings():
    for name in re.findall(r"^([\w.]+) =", (UNITS / "sysctl.conf").read_text(), re.MULTILINE):
        subprocess.run(["cat", "/proc/sys/" + name.replace(".", "/")], check=True, capture_output=True)
