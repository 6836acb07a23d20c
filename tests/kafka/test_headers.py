"""A record's headers, and how a message is read back. No network."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from shared.contracts.catalogue import NewerVersionError
from shared.contracts.record import Record, encode
from shared.kafka import Unreadable, command_id, headers_of
from shared.kafka.headers import Headers
from shared.kafka.producer import partition_of
from shared.kafka.received import REASON_MAX, reason_of, received, stream_of
from tests.kafka.example import CLERK, BoxFilled, box

EVENT = UUID("00000000-0000-4000-8000-000000000001")
CASE = UUID("00000000-0000-4000-8000-000000000002")
CAUSE = UUID("00000000-0000-4000-8000-000000000003")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
RECORD = Record(
    log="asf/review",
    event_id=EVENT,
    type="BoxFilled",
    schema=2,
    stream=box("a"),
    version=7,
    previous="ab" * 32,
    recorded_at=MONDAY,
    effective_at=MONDAY,
    actor=CLERK,
    command_id=EVENT,
    correlation_id=CASE,
    causation_id=CAUSE,
    traceparent=TRACE,
    policy="1",
    scheme=None,
    data={"number": 1},
)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the library would hand it over."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    topic: str = "asf.review.events.v1"
    partition: int = 3
    offset: int = 11


def sent(record: Record = RECORD, position: int = 4711) -> Arrived:
    """Return ``record`` as it arrives."""
    leaf = encode(record)
    return Arrived(record.stream.encode(), leaf, headers_of(orjson.loads(leaf), position))


def test_headers_are_cloudevents_in_binary_mode_and_tell_the_place() -> None:
    """CloudEvents 1.0: all text, and the position that only the log around the record knows."""
    assert {name: value.decode() for name, value in sent().headers} == {
        "ce_specversion": "1.0",
        "ce_id": str(EVENT),
        "ce_source": "asf/review",
        "ce_type": "BoxFilled",
        "ce_time": "2026-03-02T09:00:00.000000Z",
        "ce_subject": box("a"),
        "ce_dataschema": "urn:asf:schema:BoxFilled:2",
        "content-type": "application/json",
        "ce_position": "4711",
        "ce_sequence": "7",
        "ce_correlationid": str(CASE),
        "ce_causationid": str(CAUSE),
        "traceparent": TRACE,
    }


def test_a_record_without_a_trace_gets_no_trace_of_the_relay() -> None:
    """Conventions 4: the trace is the record's, not a new one."""
    headers = dict(sent(RECORD._replace(traceparent=None)).headers)
    assert "traceparent" not in headers


def test_what_was_sent_is_read_back_byte_for_byte() -> None:
    """L7: the record's exact bytes are what travels."""
    back = received(sent())
    assert back.leaf == encode(RECORD)
    assert back.record == RECORD
    assert (back.stream, back.version, back.position) == (box("a"), 7, 4711)
    assert (back.topic, back.partition, back.offset) == ("asf.review.events.v1", 3, 11)


@pytest.mark.parametrize(
    "broken",
    [
        replace(sent(), value=None),
        replace(sent(), value=b"{}"),
        replace(sent(), value=b'"text"'),
        replace(sent(), value=b"\xff"),
        replace(sent(), headers=[]),
        replace(sent(), headers=[*sent().headers, ("ce_position", b"many")]),
        replace(sent(), headers=[*sent().headers, ("ce_position", b"3")]),
        replace(sent(), headers=[*sent().headers, ("ce_sequence", b"8")]),
        replace(sent(), headers=[*sent().headers, ("extra", b"\xff")]),
        replace(sent(), key=None),
        replace(sent(), key=b"box-another"),
    ],
    ids=range(11),
)
def test_what_contradicts_itself_is_unreadable(broken: Arrived) -> None:
    """House: the value, its key and its headers agree, or an operator looks at it."""
    with pytest.raises(Unreadable):
        received(broken)


@pytest.mark.parametrize(
    ("key", "stream"),
    [(b"box-1", "box-1"), (None, "?3"), (b"a\x00b", "a\\x00b"), (b"\xff", "\\xff")],
)
def test_every_message_belongs_to_a_stream_that_a_table_can_hold(
    key: bytes | None, stream: str
) -> None:
    """House: what no relay writes parks nobody else's stream."""
    assert stream_of(replace(sent(), key=key)) == stream


def test_the_same_event_asks_with_the_same_command_ids() -> None:
    """L4: derived from consumer and event, so that the log can know a repeat."""
    ids = {command_id(group, EVENT, index) for group in ("a", "b") for index in (0, 1)}
    assert len(ids) == 4
    assert command_id("a", EVENT, 0) == command_id("a", EVENT, 0)


def test_reasons_quote_no_data() -> None:
    """Conventions 4: the text of an error about data quotes the data."""
    with pytest.raises(ValidationError) as caught:
        BoxFilled.model_validate({"number": "a name"})
    assert reason_of(caught.value) == "ValidationError: number int_parsing"
    assert reason_of(ValueError("a name")) == "ValueError"
    newer = NewerVersionError("ReviewOpened version 9 is not known here")
    assert reason_of(newer) == "NewerVersionError: ReviewOpened version 9 is not known here"
    assert reason_of(KeyError("field")) == "KeyError: 'field'"
    assert len(reason_of(AssertionError("long" * 1_000))) == REASON_MAX


def test_a_stream_goes_where_every_kafka_client_would_put_it() -> None:
    """House: murmur2 over the key, as the Java client does; known values of its own tests."""
    # Apache Kafka, UtilsTest.testMurmur2: "21" -> -973932308, "foobar" -> -790332482.
    assert partition_of(b"21", 6) == (-973932308 & 0x7FFFFFFF) % 6
    assert partition_of(b"foobar", 6) == (-790332482 & 0x7FFFFFFF) % 6
