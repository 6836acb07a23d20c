"""The SDK's own in-memory exporter and reader, as fixtures: what was really recorded.

A process has one provider of each kind for good, so they are made once and emptied for each test.
"""

from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@cache
def _spans() -> InMemorySpanExporter:
    """Return the exporter of this process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@cache
def _reader() -> InMemoryMetricReader:
    """Return the reader of this process."""
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider(metric_readers=[reader], shutdown_on_exit=False))
    return reader


@pytest.fixture
def recorded_spans() -> Iterator[InMemorySpanExporter]:
    """Yield the spans that have ended since the test began; parents end after their children."""
    exporter = _spans()
    exporter.clear()
    yield exporter
    exporter.clear()


@pytest.fixture
def recorded_metrics() -> InMemoryMetricReader:
    """Return the reader of everything measured in this process so far."""
    return _reader()


def points(
    reader: InMemoryMetricReader, name: str, having: Mapping[str, str] | None = None
) -> list[HistogramDataPoint | NumberDataPoint]:
    """Return the data points of the metric called ``name`` whose dimensions include ``having``."""
    data = reader.get_metrics_data()
    return [
        point
        for resource in (data.resource_metrics if data else [])
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
        if isinstance(point, HistogramDataPoint | NumberDataPoint)
        and (having or {}).items() <= (point.attributes or {}).items()
    ]
