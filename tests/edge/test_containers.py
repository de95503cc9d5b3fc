"""Dockerfile and compose.yaml against what they stand on: files, packages, addresses, settings. No container is run here."""
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from conftest import BINARY, ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def address(service):
    return SERVICES[service]["networks"]["inside"]["ipv4_address"]


def test_compose_reads_it(tmp_path):
    # Debian 12's Compose knows the Compose Specification but for the project's name.
    path = tmp_path / "compose.yaml"
    path.write_text((DEPLOY / "compose.yaml").read_text().replace("\nname: redirector\n", "\n"))
    said = subprocess.run(["docker-compose", "--project-directory", DEPLOY, "-f", path, "config"], capture_output=True, text=True,
                          env={**os.environ, "API_KEY": "K" * 80})
    assert said.returncode == 0, said.stderr
    read = yaml.safe_load(said.stdout)
    assert set(read["services"]) == set(SERVICES)
    assert read["services"]["edge1"]["build"]["context"] == str(ROOT)
    unset = subprocess.run(["docker-compose", "--project-directory", DEPLOY, "-f", path, "config"], capture_output=True, text=True)
    assert unset.returncode != 0 and "the first Operator API key" in unset.stderr


def test_every_file_that_an_image_takes_is_there():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert len(copied) == 5
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source


def test_the_edge_has_the_libraries_that_the_program_loads():
    """Those of runtime-packages.txt and what every Debian image has."""
    packages = {line.strip() for line in (DEPLOY / "runtime-packages.txt").read_text().splitlines() if line[:1] not in ("#", "")}
    loaded = re.findall(r"=> (/\S+)", subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout)
    assert loaded
    owners = {}
    for library in {str(pathlib.Path(path).resolve()) for path in loaded}:
        # Debian's own file list may name the path before /lib became a link to /usr/lib.
        for path in (library, library.removeprefix("/usr")):
            found = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True).stdout
            if found:
                owners[library] = found.split(":")[0]
        assert library in owners, library
    needed = set(owners.values()) - {"libc6", "libgcc-s1", "libstdc++6"}
    assert not needed - with_dependencies(packages)
    assert "ca-certificates" in packages  # loaded by name: whom webhooks over https trust


def with_dependencies(packages):
    """The packages, and those that come with them."""
    found, asked = set(), set(packages)
    while asked:
        found |= asked
        said = subprocess.run(["dpkg-query", "-W", "-f", "${Depends}, ${Pre-Depends}, ", *asked], capture_output=True, text=True).stdout
        asked = {re.split(r"[ :(]", name.strip())[0] for name in re.split("[,|]", said)} - found - {""}
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little(name):
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    target = service.get("build", {}).get("target", "edge")
    stage = re.search(rf"^FROM \S+ AS {target}$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)[1]
    assert re.search(r"^USER (?!root)\w+$", stage, re.MULTILINE)


def test_the_addresses_are_those_of_the_configurations():
    haproxy = (DEPLOY / "haproxy.cfg").read_text()
    for number in (1, 2):
        assert f"presetenv EDGE_{number}       {address(f'edge{number}')}:8080" in haproxy
        assert f"presetenv EDGE_{number}_API   {address(f'edge{number}')}:8081" in haproxy
        settings = SERVICES[f"edge{number}"]["environment"]
        assert settings["REDIRECTOR_TRUST_PROXY"] == f"{address('balancer')}/32"
        assert settings["REDIRECTOR_REDIS"] == "redis-sentinel://" + ",".join(
            f"{address(f'sentinel{sentinel}')}:26379" for sentinel in (1, 2, 3)) + "/redirector"
    assert f"monitor redirector {address('primary')} 6379 2" in (DEPLOY / "redis/sentinel.conf").read_text()
    assert SERVICES["replica"]["environment"]["REPLICA_OF"] == f"{address('primary')} 6379"
    addresses = [address(name) for name in SERVICES]
    assert len(set(addresses)) == len(addresses)


def test_edges_are_given_settings_of_the_program():
    settings = subprocess.run([BINARY, "settings", "--markdown"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^\| `--([a-z-]+)", settings, re.MULTILINE))
    named = set(SERVICES["edge1"]["environment"]) | set(re.findall(r"\b(REDIRECTOR_\w+)=", DOCKERFILE))
    for name in named:
        assert name.removeprefix("REDIRECTOR_").lower().replace("_", "-") in known, name
