"""The spans of the house, asserted on what the SDK really recorded."""

import asyncio

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared.decider import Refusal, RefusalKind
from shared.telemetry import (
    current_trace_id,
    current_traceparent,
    http_span,
    note,
    process_span,
    send_span,
    sending,
    span,
)
from tests.telemetry.recorded import points

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
TOPIC = "asf.review.events.v1"
CASE = "0190a3c2-7a10-4c00-8000-0000000000cc"


def trace_of(found: ReadableSpan) -> str:
    """Return the id of the trace that ``found`` is in."""
    assert found.context is not None
    return f"{found.context.trace_id:032x}"


def parent_of(found: ReadableSpan) -> int | None:
    """Return the id of the span above ``found``."""
    return found.parent.span_id if found.parent else None


def test_a_request_is_named_by_its_template_and_joins_the_callers_trace(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Conventions 4: SERVER, ``<METHOD> <template>``, the current HTTP attributes."""
    headers = [(b"traceparent", PARENT.encode())]
    with http_span("POST", scheme="https", headers=headers) as exchange:
        exchange.route, exchange.status_code = "/v1/reviews/{review_id}", 201
    (found,) = recorded_spans.get_finished_spans()
    assert (found.name, found.kind) == ("POST /v1/reviews/{review_id}", SpanKind.SERVER)
    assert trace_of(found) == TRACE
    assert dict(found.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/reviews/{review_id}",
        "http.response.status_code": 201,
        "url.scheme": "https",
    }
    assert found.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("method", "status", "name", "error"),
    [("GET", 404, "GET", None), ("GET", 503, "GET", "503"), ("BREW", 405, "HTTP", None)],
)
def test_a_request_without_a_route_is_named_by_its_method_alone(
    recorded_spans: InMemorySpanExporter, method: str, status: int, name: str, error: str | None
) -> None:
    """HTTP conventions: no path as called in a name; 4xx is not the server's failure, 5xx is."""
    with http_span(method, scheme="http", headers=()) as exchange:
        exchange.status_code = status
    (found,) = recorded_spans.get_finished_spans()
    assert found.name == name
    assert (found.attributes or {}).get("error.type") == error
    assert (found.status.status_code is StatusCode.ERROR) is (error is not None)


def test_a_failed_request_tells_the_class_of_the_error_and_not_its_text(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Architecture 3.6: an exception's text may be about a person; it stays out of the trace."""
    with pytest.raises(ValueError, match="private"), http_span("GET", scheme="http", headers=()):
        raise ValueError("private")
    (found,) = recorded_spans.get_finished_spans()
    assert (found.attributes or {})["error.type"] == "ValueError"
    assert (found.events, found.status.description) == ((), None)


def test_one_command_is_one_trace_from_the_request_to_the_last_consumer(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Conventions 4: the process span has the creating context as parent *and* link."""
    with http_span("POST", scheme="http", headers=()), span("review.append", stream="review-1"):
        made = current_traceparent()
        trace_id = current_trace_id()
    assert made is not None
    headers = [
        ("traceparent", made.encode()),
        ("ce_id", b"e1"),
        ("ce_correlationid", CASE.encode()),
    ]
    with send_span(TOPIC, record_headers=headers):
        pass
    with process_span(
        TOPIC,
        "certificates.when_review",
        message_id="e1",
        conversation_id=CASE,
        traceparent=made,
        partition=4,
        offset=17,
    ):
        pass
    append, request, send, process = recorded_spans.get_finished_spans()
    assert {trace_of(each) for each in (append, request, send, process)} == {trace_id}
    assert append.context is not None
    assert parent_of(send) == parent_of(process) == append.context.span_id
    assert [link.context.span_id for link in process.links] == [append.context.span_id]
    assert (send.name, send.kind) == (f"send {TOPIC}", SpanKind.PRODUCER)
    assert (process.name, process.kind) == (f"process {TOPIC}", SpanKind.CONSUMER)
    common = {
        "messaging.system": "kafka",
        "messaging.destination.name": TOPIC,
        "messaging.message.id": "e1",
        "messaging.message.conversation_id": CASE,
    }
    assert dict(send.attributes or {}) == {
        **common,
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
    }
    assert dict(process.attributes or {}) == {
        **common,
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.consumer.group.name": "certificates.when_review",
        "messaging.destination.partition.id": "4",
        "messaging.kafka.offset": 17,
    }


@pytest.mark.parametrize("traceparent", [None, "", "garbage", "00-0-0-01", f"ff{PARENT[2:]}"])
def test_a_message_without_a_good_trace_begins_one(
    recorded_spans: InMemorySpanExporter, traceparent: str | None
) -> None:
    """W3C Trace Context: what is malformed counts for nothing, and does no harm."""
    with process_span(
        TOPIC,
        "g",
        message_id="e1",
        conversation_id=CASE,
        traceparent=traceparent,
        partition=0,
        offset=0,
    ):
        pass
    (found,) = recorded_spans.get_finished_spans()
    assert (found.parent, found.links) == (None, ())


def test_a_send_begins_no_part_of_the_relays_own_trace(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Event log 6: the trace is the record's, not one made at relay time."""
    with span("relay.page"), send_span(TOPIC, record_headers=[("traceparent", PARENT.encode())]):
        pass
    send, page = recorded_spans.get_finished_spans()
    assert trace_of(send) == TRACE != trace_of(page)


def test_a_refusal_is_on_the_span_and_is_no_error(recorded_spans: InMemorySpanExporter) -> None:
    """Style 7: a rule's no is an answer: its code is an attribute, the span has not failed."""
    no = Refusal(RefusalKind.CONFLICT, "review_decided", "It is decided.")
    with pytest.raises(Refusal), span("review.decide", command="ReviewCriterion"):
        raise no
    (found,) = recorded_spans.get_finished_spans()
    assert (found.attributes or {})["asf.refusal"] == "review_decided"
    assert found.status.status_code is StatusCode.UNSET


def test_a_cancelled_span_has_not_failed(recorded_spans: InMemorySpanExporter) -> None:
    """House: a caller who leaves, or a stop at SIGTERM, is nobody's error."""
    with (
        pytest.raises(asyncio.CancelledError),
        http_span("GET", scheme="http", headers=()),
        span("review.decide"),
    ):
        raise asyncio.CancelledError
    for found in recorded_spans.get_finished_spans():
        assert found.status.status_code is StatusCode.UNSET
        assert "error.type" not in (found.attributes or {})


def test_only_what_is_on_the_list_gets_on_a_span(recorded_spans: InMemorySpanExporter) -> None:
    """Conventions 4: no personal data: attributes are a closed list."""
    with span("review.decide"):
        note(role="reviewer", count=2)
        with pytest.raises(ValueError, match="name"):
            note(name="A. Person")  # type: ignore[call-arg]
    (found,) = recorded_spans.get_finished_spans()
    assert dict(found.attributes or {}) == {"asf.role": "reviewer", "asf.count": 2}


def test_outside_every_span_there_is_no_trace() -> None:
    """House: ``None`` says that there is nothing to hand on."""
    assert (current_traceparent(), current_trace_id()) == (None, None)
    note(count=1)


def test_processing_is_measured_and_a_failure_is_told_apart(
    recorded_metrics: InMemoryMetricReader,
) -> None:
    """Conventions 4: ``messaging.process.duration``, in seconds, by topic, group and error."""
    with (
        pytest.raises(LookupError),
        process_span(
            "t.measured",
            "g",
            message_id="e",
            conversation_id=CASE,
            traceparent=None,
            partition=0,
            offset=0,
        ),
    ):
        raise LookupError
    having = {"messaging.destination.name": "t.measured"}
    (point,) = points(recorded_metrics, "messaging.process.duration", having)
    assert isinstance(point, HistogramDataPoint)
    assert (point.attributes or {})["error.type"] == "LookupError"


def test_a_send_is_measured_once_for_all_that_travels_together(
    recorded_metrics: InMemoryMetricReader,
) -> None:
    """Conventions 4: ``messaging.client.operation.duration``: of the send, not of each record."""
    one, other = (send_span("t.sent", record_headers=()) for _ in range(2))
    with sending("t.sent"), one, other:
        pass
    with pytest.raises(ConnectionError), sending("t.sent"):
        raise ConnectionError
    having = {"messaging.destination.name": "t.sent", "messaging.operation.type": "send"}
    counted = {
        (point.attributes or {}).get("error.type"): point.count
        for point in points(recorded_metrics, "messaging.client.operation.duration", having)
        if isinstance(point, HistogramDataPoint)
    }
    assert counted == {None: 1, "ConnectionError": 1}
