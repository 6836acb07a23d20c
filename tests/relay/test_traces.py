"""One command is one trace: through the relay, to the consumer, and on to what that asks for."""

from dataclasses import replace
from uuid import uuid5

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.contracts.record import decode
from tests.kafka.example import NAMES, FillBox, box, caused, note_of
from tests.kafka.house import House, running, until
from tests.telemetry.recorded import points, recorded_metrics, recorded_spans

__all__ = ["recorded_metrics", "recorded_spans"]

pytestmark = pytest.mark.integration

TRACE = 0x0AF7651916CD43DD8448EB211C80319C
SPAN = 0xB7AD6B7169203331


async def test_a_record_is_sent_and_processed_in_the_trace_of_its_request(
    house: House, recorded_spans: InMemorySpanExporter
) -> None:
    """Conventions 4: the creating context is parent of both spans, and link of the second."""
    cause = replace(caused("traced"), traceparent=f"00-{TRACE:032x}-{SPAN:016x}-01")
    await house.handler.put(box("a"), FillBox(20), cause)
    async with running(house.relay(), house.consumer()):
        await until(lambda: house.all_noted([20]))
    spans = [each for each in recorded_spans.get_finished_spans() if each.context.trace_id == TRACE]
    (sent, processed) = (
        next(each for each in spans if each.name == f"{what} {house.topic}")
        for what in ("send", "process")
    )
    assert (sent.kind, processed.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    assert sent.parent is not None
    assert processed.parent is not None
    assert (sent.parent.span_id, processed.parent.span_id) == (SPAN, SPAN)
    assert [each.context.span_id for each in processed.links] == [SPAN]
    attributes = processed.attributes or {}
    assert attributes["messaging.consumer.group.name"] == house.group
    assert attributes["messaging.message.conversation_id"] == str(uuid5(NAMES, "traced"))
    filled, note = (decode(each.leaf) for each in await house.log.tail(0, limit=2))
    assert filled.traceparent == cause.traceparent
    assert note.stream == note_of(20)
    assert note.traceparent == f"00-{TRACE:032x}-{processed.context.span_id:016x}-01"
    assert note.causation_id == filled.event_id
    assert note.correlation_id == filled.correlation_id
    assert note.actor.role == "policy"


async def test_a_record_whose_trace_nobody_keeps_costs_no_span_and_is_measured_all_the_same(
    house: House, recorded_spans: InMemorySpanExporter, recorded_metrics: InMemoryMetricReader
) -> None:
    """Conventions 4: a span only where the record has a sampled trace; a measurement always."""
    cause = replace(caused("unsampled"), traceparent=f"00-{TRACE:032x}-{SPAN:016x}-00")
    await house.handler.put(box("a"), FillBox(20), cause)
    await house.fill("b", [21])
    relay = house.relay()
    async with running(relay):
        await until(lambda: relay.health.position == 2)
    names = [each.name for each in recorded_spans.get_finished_spans()]
    assert f"send {house.topic}" not in names
    having = {"messaging.destination.name": house.topic, "messaging.operation.type": "send"}
    (sends,) = points(recorded_metrics, "messaging.client.operation.duration", having)
    assert isinstance(sends, HistogramDataPoint)
    assert 1 <= sends.count <= 2
