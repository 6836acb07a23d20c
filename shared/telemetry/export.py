"""Where spans and measurements go: what the standard ``OTEL_*`` variables say, quietly.

``OTEL_TRACES_EXPORTER`` and ``OTEL_METRICS_EXPORTER`` name ``otlp`` (the default), ``console``,
``none`` or another installed exporter; addresses, headers, sampling and queue sizes are read by
the SDK from the variables of the OpenTelemetry specification. A collector that is missing or
slow costs a line in the log and nothing else: the queue is bounded, what does not fit is dropped.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Annotated, Any, TypeVar, cast

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import simulated
from shared.telemetry.logs import configure_logs, get_logger

EXPORT_TIMEOUT_S = 2
"""How long one export may take, where no variable says otherwise."""
PAUSE_FIRST_S = 1.0
"""How long a collector is left alone that did not answer once; then twice as long, and so on."""
PAUSE_S = 30.0
"""How long at most: what is traced in a pause is dropped."""
SHUTDOWN_TIMEOUT_S = 3.0
INSTALLED_AS = {"otlp": "otlp_proto_http", "zipkin": "zipkin_json"}

R = TypeVar("R")
_log = get_logger("telemetry")
_closers: list[Callable[[], object]] = []


def _names(value: object) -> object:
    """Return the exporters named in ``value``; ``none`` and the empty text name none."""
    if not isinstance(value, str):
        return value
    names = (each.strip().lower() for each in value.split(","))
    return tuple(each for each in names if each not in {"", "none"})


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class TelemetrySettings(BaseSettings):
    """What is read here; all other ``OTEL_*`` variables are read by the SDK itself.

    Attributes:
        level: Least weight of the log entries that are kept.
        timeouts: Set where any of the SDK's own variables for it is.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", enable_decoding=False)

    service: str | None = Field(default=None, validation_alias="OTEL_SERVICE_NAME")
    traces: Names = Field(default=("otlp",), validation_alias="OTEL_TRACES_EXPORTER")
    metrics: Names = Field(default=("otlp",), validation_alias="OTEL_METRICS_EXPORTER")
    level: str = Field(default="INFO", validation_alias="SIGILL_LOG_LEVEL")
    otlp_timeout: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_TIMEOUT")
    otlp_traces_timeout: str | None = Field(
        default=None, validation_alias="OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"
    )
    otlp_metrics_timeout: str | None = Field(
        default=None, validation_alias="OTEL_EXPORTER_OTLP_METRICS_TIMEOUT"
    )
    zipkin_timeout: str | None = Field(
        default=None, validation_alias="OTEL_EXPORTER_ZIPKIN_TIMEOUT"
    )

    def own_timeout(self, exporter: str) -> bool:
        """Return whether a variable says how long ``exporter`` may take."""
        if exporter == "zipkin":
            return self.zipkin_timeout is not None
        return any((self.otlp_timeout, self.otlp_traces_timeout, self.otlp_metrics_timeout))


def configure(service: str) -> None:
    """Set up logs, traces and measurements of this process. Later calls change nothing.

    Raises:
        ValueError: A variable names an exporter that is not installed.
    """
    if _closers:
        return
    settings = TelemetrySettings()
    name = settings.service or service
    configure_logs(name, logging.getLevelNamesMapping()[settings.level.upper()])
    resource = Resource.create(
        {"service.name": name, "service.namespace": "sigill", "asf.simulated": simulated()}
    )
    spans = TracerProvider(
        resource=resource,
        sampler=None if settings.traces else ALWAYS_OFF,  # identifiers, but no work
        shutdown_on_exit=False,
    )
    for each in settings.traces:
        made = _exporter("opentelemetry_traces_exporter", each, settings)
        spans.add_span_processor(BatchSpanProcessor(QuietSpans(made)))
    trace.set_tracer_provider(spans)
    _closers.append(spans.shutdown)
    if settings.metrics:
        readers = [
            PeriodicExportingMetricReader(
                QuietMetrics(_exporter("opentelemetry_metrics_exporter", each, settings))
            )
            for each in settings.metrics
        ]
        measures = MeterProvider(resource=resource, metric_readers=readers, shutdown_on_exit=False)
        metrics.set_meter_provider(measures)
        _closers.append(measures.shutdown)


def shutdown() -> None:
    """Send what is still queued, for at most ``SHUTDOWN_TIMEOUT_S``. Safe to repeat."""
    closers = tuple(_closers)
    _closers.clear()
    deadline_s = time.monotonic() + SHUTDOWN_TIMEOUT_S
    threads = [threading.Thread(target=each, daemon=True) for each in closers]
    for each in threads:
        each.start()
    for each in threads:
        each.join(max(0.0, deadline_s - time.monotonic()))


def _exporter(group: str, name: str, settings: TelemetrySettings) -> Any:
    """Return the installed exporter called ``name``, made by the SDK's own rules."""
    found = tuple(entry_points(group=group, name=INSTALLED_AS.get(name, name)))
    if not found:
        raise ValueError(f"{group.replace('_', ' ')} {name!r} is not installed")
    if name in INSTALLED_AS and not settings.own_timeout(name):
        return found[0].load()(timeout=EXPORT_TIMEOUT_S)
    return found[0].load()()


class Patience:
    """Calls a collector, and leaves it alone for a while after it did not answer."""

    def __init__(self, signal: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.signal = signal
        self.monotonic = monotonic
        self.again_s: float | None = None
        """When to try again; ``None`` while the collector answers."""
        self._pause_s = PAUSE_FIRST_S

    def call(self, export: Callable[[], R], *, done: R, failed: R) -> R:
        """Return what ``export`` returns; ``failed`` when it fails, or need not be tried yet."""
        if self.again_s is not None and self.monotonic() < self.again_s:
            return failed
        try:
            result = export()
        except Exception:  # noqa: BLE001 -- an exporter of any make; tracing never stops the work
            result = failed
        if result == done:
            if self.again_s is not None:
                _log.info("telemetry.collector_answers", signal=self.signal)
            self.again_s, self._pause_s = None, PAUSE_FIRST_S
        else:
            if self.again_s is None:
                _log.warning("telemetry.collector_missing", signal=self.signal, retry_s=PAUSE_S)
            self.again_s = self.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, PAUSE_S)
        return result


class QuietSpans(SpanExporter):
    """An exporter of spans that says once, in one line, that nobody answers."""

    def __init__(self, exporter: SpanExporter, patience: Patience | None = None) -> None:
        self._exporter = exporter
        self._patience = patience or Patience("traces")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand ``spans`` on, or drop them."""
        return self._patience.call(
            lambda: self._exporter.export(spans),
            done=SpanExportResult.SUCCESS,
            failed=SpanExportResult.FAILURE,
        )

    def shutdown(self) -> None:
        """Close the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Return whether the exporter has handed on what it keeps."""
        return self._exporter.force_flush(timeout_millis)


class QuietMetrics(MetricExporter):
    """An exporter of measurements that says once, in one line, that nobody answers."""

    def __init__(self, exporter: MetricExporter, patience: Patience | None = None) -> None:
        super().__init__(
            preferred_temporality=exporter._preferred_temporality,  # noqa: SLF001 -- the SDK's reader reads the same field
            preferred_aggregation=exporter._preferred_aggregation,  # noqa: SLF001 -- as above
        )
        self._exporter = exporter
        untyped = cast("Any", exporter)  # the SDK leaves its keyword arguments untyped
        self._export: Callable[..., MetricExportResult] = untyped.export
        self._close: Callable[..., None] = untyped.shutdown
        self._patience = patience or Patience("metrics")

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Hand ``metrics_data`` on, or drop it: the next ones say as much."""
        return self._patience.call(
            lambda: self._export(metrics_data, timeout_millis, **kwargs),
            done=MetricExportResult.SUCCESS,
            failed=MetricExportResult.FAILURE,
        )

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Return whether the exporter has handed on what it keeps."""
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Close the exporter."""
        self._close(timeout_millis, **kwargs)
