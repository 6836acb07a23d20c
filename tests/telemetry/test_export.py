"""Where spans and measurements go, and that a missing collector is borne quietly."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    MetricExportResult,
    MetricsData,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from shared.telemetry.export import (
    PAUSE_FIRST_S,
    PAUSE_S,
    Patience,
    QuietMetrics,
    QuietSpans,
)

PROGRAM = """
from shared.telemetry import *
configure({service!r})
configure("twice")
with span("review.decide"):
    log("review.said", traceparent=current_traceparent())
    measure(Metric.REFUSALS, 1, code="x")
shutdown()
shutdown()
"""


class Fickle(SpanExporter):
    """An exporter that does as it is told: answer, fail, or raise."""

    def __init__(self) -> None:
        self.does: SpanExportResult | Exception = SpanExportResult.SUCCESS
        self.calls = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Do as told."""
        assert spans == ()
        self.calls += 1
        if isinstance(self.does, Exception):
            raise self.does
        return self.does


@pytest.mark.parametrize("failure", [SpanExportResult.FAILURE, ConnectionError("no")])
def test_a_missing_collector_is_said_once_and_left_alone_for_a_while(
    failure: SpanExportResult | Exception,
) -> None:
    """Issue 3: quiet when no collector is there: one line, no stack trace, no hammering."""
    clock = [0.0]
    fickle = Fickle()
    quiet = QuietSpans(fickle, Patience("traces", lambda: clock[0]))
    with capture_logs() as entries:
        assert quiet.export(()) is SpanExportResult.SUCCESS
        fickle.does = failure
        results = [quiet.export(()) for _ in range(5)]
        assert (set(results), fickle.calls) == ({SpanExportResult.FAILURE}, 2)
        clock[0] += PAUSE_FIRST_S
        quiet.export(())
        assert fickle.calls == 3
        clock[0] += PAUSE_S
        fickle.does = SpanExportResult.SUCCESS
        assert quiet.export(()) is SpanExportResult.SUCCESS
    assert [entry["event"] for entry in entries] == [
        "telemetry.collector_missing",
        "telemetry.collector_answers",
    ]
    assert "exc_info" not in entries[0]


def test_a_collector_that_was_late_once_costs_a_second_and_one_that_is_away_half_a_minute() -> None:
    """House: what is traced in a pause is dropped, so that one slow answer must not cost much."""
    clock = [0.0]
    patience, asked = Patience("traces", lambda: clock[0]), list[float]()

    def unanswered() -> bool:
        asked.append(clock[0])
        return False

    while clock[0] < 150:
        patience.call(unanswered, done=True, failed=False)
        clock[0] += PAUSE_FIRST_S
    assert asked == [0, 1, 3, 7, 15, 31, 61, 91, 121]


def test_measurements_are_handed_on_with_the_exporters_own_preferences() -> None:
    """OpenTelemetry: the reader asks the exporter how it wants to be told."""

    class Picky(ConsoleMetricExporter):
        """Wants differences, and breaks."""

        def __init__(self) -> None:
            super().__init__(preferred_temporality={int: AggregationTemporality.DELTA})

        def export(self, *_: Any, **__: Any) -> MetricExportResult:
            """Break."""
            raise OSError

    quiet = QuietMetrics(Picky())
    assert quiet._preferred_temporality == {int: AggregationTemporality.DELTA}
    with capture_logs() as entries:
        assert quiet.export(MetricsData(())) is MetricExportResult.FAILURE
    assert entries[0]["signal"] == "metrics"
    assert quiet.force_flush()
    quiet.shutdown()


def run(environment: dict[str, str], service: str = "review") -> subprocess.CompletedProcess[str]:
    """Run a small program that traces, measures and logs, in a process of its own."""
    bare = {"OTEL_METRICS_EXPORTER": "none", "PATH": "", **environment}
    return subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", PROGRAM.format(service=service)],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def entries(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return what was logged; nothing else may be on stdout, and nothing at all on stderr."""
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.integration
def test_with_no_exporter_there_are_trace_ids_and_no_work() -> None:
    """House: records keep a traceparent even where nobody collects; it says not sampled."""
    (entry,) = entries(run({"OTEL_TRACES_EXPORTER": "none"}))
    assert entry["traceparent"].startswith(f"00-{entry['trace_id']}-")
    assert entry["traceparent"][-2:] in {"00", "02"}
    assert entry["service"] == "review"


@pytest.mark.integration
def test_the_service_may_be_named_by_the_standard_variable() -> None:
    """OpenTelemetry: OTEL_SERVICE_NAME wins over the program."""
    found = {"OTEL_TRACES_EXPORTER": "none", "OTEL_SERVICE_NAME": "review-2"}
    (entry,) = entries(run(found))
    assert entry["service"] == "review-2"


@pytest.mark.integration
def test_the_sdk_can_be_switched_off_by_the_standard_variable() -> None:
    """OpenTelemetry: OTEL_SDK_DISABLED."""
    (entry,) = entries(run({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}))
    assert entry["traceparent"] is None


@pytest.mark.integration
def test_the_console_shows_spans_and_measurements() -> None:
    """OpenTelemetry: console is one of the standard exporters."""
    done = run({"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "console"})
    assert (done.returncode, done.stderr) == (0, "")
    assert '"name": "review.decide"' in done.stdout
    assert '"name": "asf.refusals"' in done.stdout


@pytest.mark.integration
def test_an_exporter_that_is_not_installed_is_named_at_once() -> None:
    """House: configuration is validated at start."""
    done = run({"OTEL_TRACES_EXPORTER": "jaeger"})
    assert done.returncode == 1
    assert "'jaeger' is not installed" in done.stderr


@pytest.mark.integration
def test_under_a_moved_clock_every_entry_says_so(tmp_path: Path) -> None:
    """Event log 3: simulated records can never pass for real ones."""
    clock = tmp_path / "clock"
    clock.write_text("frozen 2019-06-18T09:00:00+00:00")
    (entry,) = entries(run({"OTEL_TRACES_EXPORTER": "none", "SIGILL_CLOCK": str(clock)}))
    assert entry["simulated"] is True
    assert entry["at"] == "2019-06-18T09:00:00.000000Z"


@pytest.mark.integration
@pytest.mark.parametrize("exporter", ["otlp", "zipkin"])
def test_without_a_collector_a_process_ends_soon_and_says_one_line(exporter: str) -> None:
    """Issue 3: quiet when no collector is there; shutdown never waits for one."""
    nobody = "http://127.0.0.1:9"
    started_s = time.monotonic()
    found = entries(
        run(
            {
                "OTEL_TRACES_EXPORTER": exporter,
                "OTEL_METRICS_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_ENDPOINT": nobody,
                "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"{nobody}/api/v2/spans",
            }
        )
    )
    assert time.monotonic() - started_s < 15
    assert found[0]["event"] == "review.said"
    assert {entry["event"] for entry in found[1:]} <= {"telemetry.collector_missing"}
    assert len(found) <= 3


class Collector(BaseHTTPRequestHandler):
    """Takes whatever is sent, and keeps where it was sent to."""

    def do_POST(self) -> None:
        """Take one export."""
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Collecting)
        self.server.taken.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Collecting(ThreadingHTTPServer):
    """A collector on a free port."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Collector)
        self.taken: list[tuple[str, bytes]] = []


@pytest.mark.integration
def test_spans_reach_the_collector_that_the_standard_variables_name() -> None:
    """Issue 3: OTLP by the standard settings; Zipkin in the local stack."""
    with Collecting() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        otlp = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_METRICS_EXPORTER": "otlp"}
        assert len(entries(run({"OTEL_TRACES_EXPORTER": "otlp", **otlp}))) == 1
        zipkin = {"OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"{url}/api/v2/spans"}
        assert len(entries(run({"OTEL_TRACES_EXPORTER": "zipkin", **zipkin}))) == 1
        server.shutdown()
    assert sorted(path for path, _ in server.taken) == [
        "/api/v2/spans",
        "/v1/metrics",
        "/v1/traces",
    ]
    zipkin_body = next(body for path, body in server.taken if path == "/api/v2/spans")
    assert json.loads(zipkin_body)[0]["localEndpoint"]["serviceName"] == "review"
