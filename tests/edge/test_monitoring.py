"""Alerts, dashboard and runbook against what is really there: a live edge, scraped by a real Prometheus."""
import json
import re
import subprocess
import urllib.parse

import pytest
import yaml

from edge import HOST, Edge, Process, ask, wait_until
from conftest import BINARY, ROOT

DEPLOY = ROOT / "deploy"
ALERTS = [rule for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((DEPLOY / "grafana/redirector.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


class Prometheus(Process):
    def __init__(self, folder, edge):
        super().__init__("prometheus", folder)
        self.port = self.own_port("http")
        text = (DEPLOY / "prometheus/prometheus.yml").read_text()
        first, second = edge.redirectors
        for there, here in ((": 10s", ": 1s"), ("10.0.0.11:8081", f"{HOST}:{first.api_port}"),
                            ("10.0.0.12:8081", f"{HOST}:{second.api_port}"),
                            ("127.0.0.1:8405", f"{HOST}:{edge.front.metrics_port}")):
            assert there in text
            text = text.replace(there, here)
        (self.folder / "prometheus.yml").write_text(text)
        (self.folder / "alerts.yml").write_text((DEPLOY / "prometheus/alerts.yml").read_text())

    def command(self):
        return ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address={HOST}:{self.port}"]

    def ready(self):
        try:
            return ask(self.port, "GET", "/-/ready").status == 200
        except OSError:
            return False

    def query(self, expression):
        answer = ask(self.port, "GET", "/api/v1/query?query=" + urllib.parse.quote(expression)).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        return answer["data"]["result"]

    def alerts(self):
        """Names of the alerts that fire or are about to."""
        found = ask(self.port, "GET", "/api/v1/alerts").json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in found}


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    edge = Edge(tmp_path_factory.mktemp("edge"), BINARY, watched=False)
    try:
        edge.start()
        yield edge
    finally:
        for process in reversed(edge.processes()):
            if process.running():
                process.kill()


@pytest.fixture(scope="module")
def prometheus(edge, tmp_path_factory):
    prometheus = Prometheus(tmp_path_factory.mktemp("watch"), edge)
    try:
        prometheus.start()
        short_id = edge.create()
        for _ in range(10):
            assert edge.front.ask("GET", f"/{short_id}").status == 307
        # A rate takes two samples.
        wait_until(lambda: len(prometheus.query("sum_over_time(up[1m]) >= 3")) == 3, 20, "three targets scraped")
        yield prometheus
    finally:
        if prometheus.running():
            prometheus.kill()


def selectors(expression):
    """Each series that an expression reads, with its labels but without a range."""
    return re.findall(r'\b(?:redirector_\w+|haproxy_\w+|up)\b(?:\{[^}]*\})?', expression)


def drawn(expression):
    return expression.replace("$__rate_interval", "1m").replace("$instance", ".*")


def test_the_rules_and_the_configuration_are_ones_that_prometheus_takes():
    for what, file in (("rules", "alerts.yml"), ("config", "prometheus.yml")):
        subprocess.run(["promtool", "check", what, str(DEPLOY / "prometheus" / file)], check=True, capture_output=True)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_reads_what_is_there_and_is_silent_on_a_sound_edge(alert, prometheus):
    read = selectors(alert["expr"])
    assert read
    for selector in read:
        assert prometheus.query(selector), f"nobody exports {selector}"
    assert prometheus.query(alert["expr"]) == []
    assert alert["labels"]["severity"] in ("page", "ticket")
    for label in re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]):
        named = {name for selector in read for series in prometheus.query(selector) for name in series["metric"]}
        assert label in named, label


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_what_is_there(panel, prometheus):
    assert panel["description"] and panel["targets"]
    for target in panel["targets"]:
        expression = drawn(target["expr"])
        for selector in selectors(expression):
            assert prometheus.query(selector), f"nobody exports {selector}"
        shown = prometheus.query(expression)
        assert shown, expression
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert all(label in series["metric"] for series in shown), f"{label} of {expression}"


def test_panels_do_not_overlap():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken = set()
    for place in (panel["gridPos"] for panel in DASHBOARD["panels"]):
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24
        taken |= cells


def test_every_alert_has_its_page_in_the_runbook():
    runbook = (DEPLOY / "runbook.md").read_text()
    headings = re.findall(r"^### (\w+)$", runbook, re.MULTILINE)
    assert headings == [alert["alert"] for alert in ALERTS]


def test_every_figure_that_the_runbook_names_is_there(prometheus):
    runbook = (DEPLOY / "runbook.md").read_text()
    named = set(re.findall(r"\b(redirector_\w+|haproxy_\w+)\b", runbook))
    for name in named:
        assert prometheus.query(name), f"nobody exports {name}"


def test_a_dead_redis_is_told(edge, prometheus):
    edge.primary.kill()
    wait_until(lambda: {"RedisUnreachable", "NoEdgeReady"} <= prometheus.alerts(), 20, "alerts of a dead Redis")
    edge.primary.start()
    wait_until(lambda: all(r.ready() for r in edge.redirectors), 20, "ready again")
    wait_until(lambda: not {"RedisUnreachable", "NoEdgeReady"} & prometheus.alerts(), 20, "alerts over")
    edge.redirectors[0].kill()
    wait_until(lambda: {"EdgeDown", "EdgeOutOfBalance"} <= prometheus.alerts(), 20, "alerts of a dead edge")
