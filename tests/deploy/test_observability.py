"""Issue 4, section 4: what is drawn and what alarms is what the code measures."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.local.settings import CHECKOUT
from tests.deploy.measured import MEASURED, OF_PROMETHEUS, named, rules, strange
from tests.deploy.reading import containers, yaml_file

pytestmark = pytest.mark.integration

DASHBOARD: Mapping[str, Any] = json.loads(
    (CHECKOUT / "deploy" / "observability" / "grafana" / "dashboards" / "house.json").read_text()
)
ASKED_FOR = {
    "relay lag": "asf_relay_lag_seconds",
    "view lag": "asf_view_lag_events",
    "parked streams": "asf_parked_cases",
    "append latency": "asf_append_duration_seconds_bucket",
    "refusals by code": "asf_refusals_total",
    "overdue timers": "asf_timers_overdue",
}
"""Section 4: what dashboards and alerts must be about."""


def drawn() -> list[str]:
    """Return every question of the dashboard, its own variables included."""
    found = [each["expr"] for panel in DASHBOARD["panels"] for each in panel.get("targets", ())]
    found += [each["expr"] for each in DASHBOARD["annotations"]["list"]]
    for variable in DASHBOARD["templating"]["list"]:
        asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"])
        assert asked is not None
        found.append(f"count by ({asked[2]}) ({asked[1]})")
    return found


def test_the_parser_finds_what_is_not_measured() -> None:
    """The checks below can fail: a metric and a label of nobody's are seen."""
    metrics, labels = named(["max by (nobody) (rate(asf_invented_total{job='x'}[5m])) > 0.5"])
    assert metrics == {"asf_invented_total"}
    assert labels == {"nobody", "job"}
    assert strange("max by (asf_view) (asf_view_lag_events)") == set()
    assert strange("max by (asf_view) (asf_relay_lag_seconds{asf_timer='x'})") == {
        "asf_view",
        "asf_timer",
    }


def test_everything_drawn_is_measured_and_everything_measured_is_drawn() -> None:
    """Section 4: every metric of the dashboard exists in the code."""
    metrics, _ = named(drawn())
    known = {each for names in MEASURED.values() for each in names}
    assert metrics - OF_PROMETHEUS <= known
    assert {query: strange(query) for query in drawn() if strange(query)} == {}
    assert {name for name, names in MEASURED.items() if not names & metrics} == set()


def test_every_alert_is_about_what_is_measured() -> None:
    """Section 4: every metric of an alert exists in the code, and its text names only its labels."""
    for rule in rules():
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "where"}
        assert rule["labels"]["severity"] in {"page", "warn"}
        metrics, labels = named([rule["expr"]])
        known = {each for names in MEASURED.values() for each in names}
        assert metrics - OF_PROMETHEUS <= known, rule["alert"]
        assert strange(rule["expr"]) == set(), rule["alert"]
        texts = " ".join(rule["annotations"].values())
        told = set(re.findall(r"\$labels\.(\w+)", texts))
        assert told <= labels | ({"instance"} if rule["expr"].startswith("up{") else set())
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", ASKED_FOR.values(), ids=ASKED_FOR)
def test_what_was_asked_for_is_drawn_and_alarms(metric: str) -> None:
    """Section 4: relay lag, view lag, parked streams, append latency, refusals, overdue timers."""
    assert metric in named(drawn())[0]
    assert metric in named([rule["expr"] for rule in rules()])[0]


def test_a_panel_names_alerts_that_exist() -> None:
    """Who looks at a panel is told which alert it belongs to."""
    named_there = re.findall(r"Alerts?: ([\w, ]+)", json.dumps(DASHBOARD))
    told = {name for each in named_there for name in each.split(", ")}
    assert told <= {rule["alert"] for rule in rules()}
    assert len(told) >= len(ASKED_FOR)


def test_what_is_said_finds_its_way() -> None:
    """Section 4: services to collector to Prometheus and Jaeger to Grafana, by names that exist."""
    collector = yaml_file("observability", "collector.yaml")
    prometheus = yaml_file("observability", "prometheus", "prometheus.yml")
    sources = yaml_file("observability", "grafana", "provisioning", "datasources", "house.yaml")
    for name in ("traces", "metrics"):
        pipeline = collector["service"]["pipelines"][name]
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= set(collector[part])
    listening = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    told = containers()["audit-api"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert told == f"http://collector:{listening.rpartition(':')[2]}"
    scraped = {t for job in prometheus["scrape_configs"] for s in job["static_configs"] for t in s["targets"]}  # fmt: skip
    own = collector["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]
    ports = {collector["exporters"]["prometheus"]["endpoint"].rpartition(":")[2], str(own["prometheus"]["port"])}  # fmt: skip
    assert scraped == {f"collector:{port}" for port in ports}
    assert prometheus["rule_files"] == ["alerts.yml"]
    assert collector["exporters"]["otlp_grpc"]["endpoint"] == "jaeger:4317"
    found = {each["uid"]: each["url"] for each in sources["datasources"]}
    assert found == {"prometheus": "http://prometheus:9090", "jaeger": "http://jaeger:16686"}
    used = {panel["datasource"]["uid"] for panel in DASHBOARD["panels"] if "datasource" in panel}
    assert used <= set(found)
    provider = yaml_file("observability", "grafana", "provisioning", "dashboards", "house.yaml")
    path = provider["providers"][0]["options"]["path"]
    assert path in {each["target"] for each in containers()["grafana"]["volumes"]}
