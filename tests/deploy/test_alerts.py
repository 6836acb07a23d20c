"""Issue 4, section 4: every alert fires where there is trouble, and none in a house that works.

``alerts_test.yml`` says on which series, and Prometheus' own engine of rules judges (``promtool test rules``).
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.local.settings import CHECKOUT, SERVICES
from tests.deploy.foreign import prometheus
from tests.deploy.measured import always_of, bounds_of, labels_of, named, rules
from tests.deploy.reading import yaml, yaml_file

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

TESTS = Path(__file__).parent / "alerts_test.yml"
ALERTS = CHECKOUT / "deploy" / "observability" / "prometheus" / "alerts.yml"
HEALTHY = "a house that works"
OF_EACH = {"job", "instance"}


def groups() -> Sequence[Mapping[str, Any]]:
    """Return every play of series with what the alerts must say to it."""
    (document,) = yaml(TESTS.read_text())
    assert document["rule_files"] == ["../../" + str(ALERTS.relative_to(CHECKOUT))]
    return list(document["tests"])


def healthy() -> Sequence[Mapping[str, Any]]:
    """Return the plays of a house that works."""
    return [group for group in groups() if group["name"].startswith(HEALTHY)]


def series_of(group: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and the labels of each series in a play."""
    for each in group["input_series"]:
        name, _, labels = each["series"].rstrip("}").partition("{")
        yield name, dict(re.findall(r'(\w+)="([^"]*)"', labels))


def names() -> set[str]:
    """Return the name of every alert."""
    return {rule["alert"] for rule in rules()}


def test_prometheus_finds_each_alert_as_its_test_says() -> None:
    """Section 4: labels, values, texts and times, by the engine that will evaluate them."""
    code, words = prometheus("rules", TESTS)
    assert code == 0, words


def test_every_alert_is_seen_to_fire() -> None:
    """Section 4: and, just before, to wait, unless it waits for nothing."""
    asked = [each for group in groups() for each in group["alert_rule_test"]]
    assert {each["alertname"] for each in asked if each.get("exp_alerts")} == names()
    in_trouble = [g for g in groups() if g not in healthy()]
    waited = {
        e["alertname"] for g in in_trouble for e in g["alert_rule_test"] if not e.get("exp_alerts")
    }
    assert waited == names()


def test_every_alert_is_silent_in_a_house_that_works() -> None:
    """Section 4: at night and with all hands full, for half an hour, on every metric that it asks for."""
    assert len(healthy()) > 1
    for group in healthy():
        there = {name for name, _ in series_of(group)}
        assert {each["alertname"] for each in group["alert_rule_test"]} == names()
        assert not any(each.get("exp_alerts") for each in group["alert_rule_test"])
        assert named([rule["expr"] for rule in rules()])[0] <= there
        (never,) = group["promql_expr_test"]
        assert never == {
            "eval_time": "30m",
            "expr": 'count_over_time(ALERTS{alertstate="firing"}[30m])',
        }
        values = [each["values"] for each in group["input_series"]]
        assert len(values) == len({each["series"] for each in group["input_series"]})


@pytest.mark.parametrize("alert", ["RelaySilent", "WorkerSilent"])
def test_the_silence_of_each_service_is_heard(alert: str) -> None:
    """House: what no process says has no labels, so a service that is not named here would not be missed."""
    (expression,) = (rule["expr"] for rule in rules() if rule["alert"] == alert)
    assert sorted(re.findall(r"sigill/(\w+)", expression)) == sorted(SERVICES)


def test_every_series_is_one_that_a_process_exports() -> None:
    """House: an alert on a name or label of nobody's would be tested, and never fire."""
    for group in groups():
        for name, labels in series_of(group):
            assert not wrong_with(name, labels), (group["name"], name, labels)


def wrong_with(name: str, labels: Mapping[str, str]) -> str:
    """Return what of a series no process exports; empty when all of it can be."""
    if name == "up":
        return "" if (labels["job"], labels["instance"]) in scraped() else "not scraped"
    if name not in labels_of():
        return "no metric"
    of_it = OF_EACH | ({"le"} if name.endswith("_bucket") else set())
    if not of_it | always_of(name) <= set(labels) <= of_it | labels_of()[name]:
        return "other labels"
    if labels["job"].removeprefix("sigill/") not in SERVICES:
        return "no service"
    return "" if "le" not in labels or labels["le"] in bounds_of(name) else "no bound"


def scraped() -> set[tuple[str, str]]:
    """Return the job and the address of everything that Prometheus asks."""
    jobs = yaml_file("observability", "prometheus", "prometheus.yml")["scrape_configs"]
    return {(j["job_name"], t) for j in jobs for s in j["static_configs"] for t in s["targets"]}


def test_a_series_of_nobodys_is_seen() -> None:
    """House: a check that cannot fail checks nothing."""
    mine = {"job": "sigill/review", "instance": "1"}
    lag, bucket = "asf_relay_lag_seconds", "asf_append_duration_seconds_bucket"
    topic, log = {"messaging_destination_name": "t"}, {"asf_log": "asf/review"}
    assert wrong_with(lag, mine | topic) == ""
    assert wrong_with("asf_relay_lag", mine | topic) == "no metric"
    assert wrong_with(lag, mine) == "other labels"
    assert wrong_with(lag, mine | topic | log) == "other labels"
    assert wrong_with(lag, topic | {"job": "sigill/portal", "instance": "1"}) == "no service"
    assert wrong_with(bucket, mine | log | {"le": "0.128"}) == ""
    assert wrong_with(bucket, mine | log | {"le": "0.25"}) == "no bound"
    assert wrong_with("up", {"job": "sigill", "instance": "collector:8888"}) == "not scraped"


@pytest.mark.parametrize(
    ("expression", "where"),
    [("vector(0) > 1", "trouble"), ("vector(1)", "health")],
    ids=["an alert that never fires", "an alert that always fires"],
)
def test_a_spoilt_alert_is_found(tmp_path: Path, expression: str, where: str) -> None:
    """House: of every alert, that it never fires is found in its trouble, and that it always does in health."""
    place = tmp_path / ALERTS.relative_to(CHECKOUT)
    tests = tmp_path / TESTS.relative_to(CHECKOUT)
    for each in (place, tests):
        each.parent.mkdir(parents=True)
    shutil.copy(TESTS, tests)
    spoilt = [{**rule, "expr": expression, "annotations": {}} for rule in rules()]
    place.write_text(json.dumps({"groups": [{"name": "spoilt", "rules": spoilt}]}))
    code, words = prometheus("rules", tests)
    assert code == 1
    found = re.findall(r"name: (.+),\n\s+alertname: (\w+), time", words)
    for alert in names():
        wrong = {play.startswith(HEALTHY) for play, name in found if name == alert}
        assert (where == "health") in wrong, alert
