"""What is measured: a closed set, each with its kind and unit."""

import re
from functools import cache
from pathlib import Path

import pytest
from opentelemetry.metrics import CallbackOptions
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)

from shared.telemetry import Metric, measure
from shared.telemetry.attributes import NAMES, Attributes, named
from shared.telemetry.metrics import DECLARED, LAG_HOLDS_S, Level
from tests.telemetry.recorded import points

ROOT = Path(__file__).parents[2]
UNITS = {"histogram": HistogramDataPoint, "gauge": NumberDataPoint, "counter": NumberDataPoint}


def test_every_metric_is_declared_once() -> None:
    """Style 4: a metric has its unit declared; ours stand under ``asf.``."""
    assert {*DECLARED} == {*Metric}
    assert all(said.unit and said.description for said in DECLARED.values())
    assert all(bool(said.buckets) is (said.kind == "histogram") for said in DECLARED.values())
    assert all(metric.startswith(("asf.", "http.", "messaging.")) for metric in Metric)


def test_every_attribute_has_its_name_on_the_wire() -> None:
    """Conventions 4: our short words are translated in one place."""
    assert NAMES.keys() == Attributes.__annotations__.keys()
    assert len({*NAMES.values()}) == len(NAMES)


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_is_recorded_with_its_kind(
    recorded_metrics: InMemoryMetricReader, metric: Metric
) -> None:
    """Conventions 4: all of them reach a reader."""
    measure(metric, 2, log="asf/test")
    (found,) = points(recorded_metrics, metric.value, {"asf.log": "asf/test"})
    assert isinstance(found, UNITS[DECLARED[metric].kind])


def test_a_gauge_says_the_last_value(recorded_metrics: InMemoryMetricReader) -> None:
    """House: a lag is a level, and a level has no sum."""
    for lag in (9, 4):
        measure(Metric.RELAY_LAG_EVENTS, lag, log="asf/gauge")
    (found,) = points(recorded_metrics, "asf.relay.lag_events", {"asf.log": "asf/gauge"})
    assert isinstance(found, NumberDataPoint)
    assert found.value == 4


def test_a_lag_that_nobody_measures_any_more_is_said_no_more() -> None:
    """House: whoever cannot reach the database does not go on saying that all is calm."""
    now_s = 0.0
    level = Level(LAG_HOLDS_S, lambda: now_s)
    level.keep(0, {"asf.log": "asf/one"})
    level.keep(7, {"asf.log": "asf/other"})
    now_s = LAG_HOLDS_S
    level.keep(8, {"asf.log": "asf/other"})
    assert said(level) == {"asf/one": 0, "asf/other": 8}
    now_s += 1
    assert said(level) == {"asf/other": 8}
    level.keep(0, {"asf.log": "asf/one"})
    assert said(level) == {"asf/one": 0, "asf/other": 8}


def said(level: Level) -> dict[str, float]:
    """Return what a level says of each log."""
    seen = level.observed(CallbackOptions())
    return {str((each.attributes or {})["asf.log"]): each.value for each in seen}


def test_only_what_is_on_the_list_tells_measurements_apart() -> None:
    """Conventions 4: no personal data in any of them."""
    with pytest.raises(ValueError, match="person"):
        named({"person": "A. Person"})


@cache
def named_elsewhere() -> frozenset[str]:
    """Return the metrics that the code names, beside where they are declared; read once."""
    texts = [
        path.read_text()
        for folder in ("shared", "services")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "metrics.py"
    ]
    return frozenset(re.findall(r"\bMetric\.([A-Z_]+)\b", "\n".join(texts)))


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_is_measured_somewhere(metric: Metric) -> None:
    """Conventions 4: what is promised to be measured is; a name alone shows nothing."""
    assert metric.name in named_elsewhere()
