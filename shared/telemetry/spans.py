"""The spans of the house: one trace from the HTTP request to the last consumer.

A failed span carries the class of the error and nothing of its text, which may be about a person.
"""

import asyncio
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypedDict, Unpack

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.decider import Refusal
from shared.telemetry.attributes import Attributes, Dimensions, named
from shared.telemetry.logs import bound_case
from shared.telemetry.metrics import Metric, measure

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
TRACED = frozenset({b"traceparent", b"tracestate"})
"""The headers that carry a trace (W3C Trace Context)."""
NOTHING: Mapping[str, str | int] = {}
SERVER_ERROR = 500
"""RFC 9110: from here on, the server failed; below, the caller did."""
SYSTEM = {"messaging.system": "kafka"}
CONVERSATION = "messaging.message.conversation_id"

_tracer = trace.get_tracer("sigill")
_propagator = TraceContextTextMapPropagator()


@dataclass(slots=True)
class Exchange:
    """One HTTP request and its answer, as far as they are known.

    Attributes:
        route: Template of the route; ``None`` while, or because, none has matched.
        status_code: ``None`` when nothing was answered.
        error_type: Name of the exception's class behind a 5xx.
    """

    route: str | None = None
    status_code: int | None = None
    error_type: str | None = None


class Message(TypedDict):
    """What is known of a message that is being processed.

    Attributes:
        message_id: The event's id.
        conversation_id: The case.
        traceparent: Of the record; ``None`` where it has none.
    """

    message_id: str
    conversation_id: str
    traceparent: str | None
    partition: int
    offset: int


@contextmanager
def http_span(
    method: str, *, scheme: str, headers: Iterable[tuple[bytes, bytes]]
) -> Generator[Exchange, None, None]:
    """Span one request at the edge, and measure it. The caller fills in the exchange.

    The span takes part in the caller's trace when the headers carry one. Path, query, address and
    agent of the caller are left out on purpose: people put names and numbers there.
    """
    known = method if method in METHODS else "_OTHER"
    exchange = Exchange()
    carrier = {name.decode(): value.decode("latin-1") for name, value in headers if name in TRACED}
    parent = _propagator.extract(carrier, context=Context()) if carrier else Context()
    started_s = time.perf_counter()
    with _opened(known, SpanKind.SERVER, NOTHING, context=parent) as opened, bound_case(None):
        try:
            yield exchange
        except Exception as error:
            exchange.error_type = exchange.error_type or type(error).__name__
            raise
        finally:
            _finish(opened, known, scheme, exchange)
            found = _dimensions(known, scheme, exchange)
            measure(Metric.HTTP_SERVER_REQUEST_DURATION, time.perf_counter() - started_s, **found)


def _finish(opened: Span, method: str, scheme: str, exchange: Exchange) -> None:
    """Name the span by its route, and record how the exchange ended."""
    if not opened.is_recording():
        return
    found = _dimensions(method, scheme, exchange)
    if "error_type" in found:
        opened.set_status(StatusCode.ERROR)
    word = "HTTP" if method == "_OTHER" else method
    opened.update_name(f"{word} {exchange.route}" if exchange.route else word)
    opened.set_attributes(named(found))


def _dimensions(method: str, scheme: str, exchange: Exchange) -> Dimensions:
    """Return what is known of the exchange; nothing of the address as called."""
    found: Dimensions = {"method": method, "scheme": scheme}
    status_code = exchange.status_code
    if exchange.route is not None:
        found["route"] = exchange.route
    if status_code is not None:
        found["status_code"] = status_code
    if exchange.error_type is not None or (status_code or 0) >= SERVER_ERROR:
        found["error_type"] = exchange.error_type or str(status_code)
    return found


@contextmanager
def send_span(
    topic: str, *, record_headers: Iterable[tuple[str, bytes]]
) -> Generator[None, None, None]:
    """Span one record on its way to ``topic``, as a child of the request that made it.

    The headers are those of the Kafka record: ``traceparent``, ``ce_id``, ``ce_correlationid``.
    Await the acknowledgement inside the block.
    """
    headers = {name: value.decode() for name, value in record_headers}
    attributes = {**SYSTEM, **named({"topic": topic, "operation": "send"})}
    attributes["messaging.operation.name"] = "send"
    if (message_id := headers.get("ce_id")) is not None:
        attributes["messaging.message.id"] = message_id
    if (case := headers.get("ce_correlationid")) is not None:
        attributes[CONVERSATION] = case
    parent = context_of(headers.get("traceparent"))
    with _opened(f"send {topic}", SpanKind.PRODUCER, attributes, context=parent):
        yield


@contextmanager
def sending(topic: str) -> Generator[None, None, None]:
    """Measure one send to ``topic``, of a record or of a page: await its acknowledgement inside.

    Measured whether or not anybody keeps the traces of what is sent.
    """
    found: Dimensions = {"topic": topic, "operation": "send"}
    with _timed(Metric.MESSAGING_CLIENT_OPERATION_DURATION, found):
        yield


@contextmanager
def process_span(topic: str, group: str, **message: Unpack[Message]) -> Generator[None, None, None]:
    """Span the processing of one message, and measure it, its effect included.

    The creating context is parent *and* link: one command is one trace from HTTP to the last
    consumer. Inside, log entries say the case.
    """
    case = message["conversation_id"]
    attributes: dict[str, str | int] = {
        **SYSTEM,
        "messaging.operation.name": "process",
        CONVERSATION: case,
    }
    attributes |= named(
        {
            "topic": topic,
            "group": group,
            "operation": "process",
            "message_id": message["message_id"],
            "partition": message["partition"],
            "offset": message["offset"],
        }
    )
    parent = context_of(message["traceparent"])
    created = trace.get_current_span(parent).get_span_context()
    links = (Link(created),) if created.is_valid else ()
    found: Dimensions = {"topic": topic, "group": group, "operation": "process"}
    with (
        _opened(f"process {topic}", SpanKind.CONSUMER, attributes, context=parent, links=links),
        _timed(Metric.MESSAGING_PROCESS_DURATION, found),
        bound_case(case),
    ):
        yield


@contextmanager
def joined(traceparent: str | None) -> Generator[None, None, None]:
    """Let the spans inside belong to the trace that ``traceparent`` names; ``None``: to a new one.

    For work that a record leads to later, outside of its request and of its message.
    """
    token = attach(context_of(traceparent))
    try:
        yield
    finally:
        detach(token)


@contextmanager
def span(name: str, **attributes: Unpack[Attributes]) -> Generator[None, None, None]:
    """Span a part of our own work: ``<service>.<verb>``, e.g. ``review.decide``."""
    with _opened(name, SpanKind.INTERNAL, named(attributes)):
        yield


def note(**attributes: Unpack[Attributes]) -> None:
    """Put ``attributes`` on the span that is open now; nothing happens when none is."""
    open_now = trace.get_current_span()
    found = named(attributes)
    if open_now.is_recording():
        open_now.set_attributes(found)


def current_traceparent() -> str | None:
    """Return the W3C trace context to hand on; ``None`` outside every span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """Return the trace's id, 32 hexadecimal digits; ``None`` outside every span."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def context_of(traceparent: str | None) -> Context:
    """Return the context that ``traceparent`` names; an empty one when it is none or malformed."""
    carrier: Mapping[str, str] = {} if traceparent is None else {"traceparent": traceparent}
    return _propagator.extract(carrier, context=Context())


@contextmanager
def _opened(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, str | int],
    context: Context | None = None,
    links: tuple[Link, ...] = (),
) -> Generator[Span, None, None]:
    """Open a span, and close it with the class of what went wrong, if anything did."""
    opened = _tracer.start_span(
        name, context=context, kind=kind, attributes=attributes, links=links
    )
    token = attach(trace.set_span_in_context(opened))
    try:
        yield opened
    except Refusal as no:
        opened.set_attributes(named({"code": no.code}))
        raise
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as error:
        opened.set_attributes(named({"error_type": type(error).__name__}))
        opened.set_status(StatusCode.ERROR)
        raise
    finally:
        detach(token)
        opened.end()


@contextmanager
def _timed(metric: Metric, found: Dimensions) -> Generator[None, None, None]:
    """Measure how long the block takes, and whether it failed."""
    started_s = time.perf_counter()
    try:
        yield
    except Exception as error:
        found["error_type"] = type(error).__name__
        raise
    finally:
        measure(metric, time.perf_counter() - started_s, **found)
