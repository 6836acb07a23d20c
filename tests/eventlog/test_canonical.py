"""Section 4: a record's bytes are RFC 8785, and another program agrees on every one of them."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import INTEGER_MAX, instant_text
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, UnrecordableError, decode, encode
from shared.contracts.roles import Role
from shared.vault.commitment import canonical

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
NFC = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
TEXT = NFC.map(lambda text: unicodedata.normalize("NFC", text))
KEYS = st.text(st.characters(max_codepoint=127, exclude_characters="\x00"))
INTEGERS = st.integers(-INTEGER_MAX, INTEGER_MAX)
DATA = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
INSTANTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours))),
)


def record(data: dict[str, object], stream: str = "box-1", at: datetime = MONDAY) -> Record:
    """Return a record with ``data``."""
    return Record(
        log="asf/test",
        event_id=UUID(int=1),
        type="Opened",
        schema=1,
        stream=stream,
        version=1,
        previous=None,
        recorded_at=at,
        effective_at=at,
        actor=Actor(UUID(int=2), Role.REVIEWER, organisation="Bolaget", mandate=UUID(int=3)),
        command_id=UUID(int=4),
        correlation_id=UUID(int=5),
        causation_id=UUID(int=6),
        traceparent=None,
        policy="1",
        scheme="v1",
        data=data,
    )


@given(st.dictionaries(KEYS, DATA, max_size=6), TEXT, INSTANTS)
def test_a_record_is_canonical_and_comes_back_whole(
    data: dict[str, object], stream: str, at: datetime
) -> None:
    """RFC 8785: the pure-Python implementation is the oracle; nothing is lost on the way."""
    written = record(data, stream, at)
    leaf = encode(written)
    assert leaf == rfc8785.dumps(orjson.loads(leaf))
    read = decode(leaf)
    assert read == written._replace(data=read.data)
    assert encode(read) == leaf


@given(TEXT)
def test_a_sealed_text_is_canonical(text: str) -> None:
    """RFC 8785, section 8: whoever has the text and the salt can make the commitment anywhere."""
    assert canonical(text) == rfc8785.dumps(text)


@given(INSTANTS)
def test_an_instant_has_one_text(at: datetime) -> None:
    """RFC 3339: UTC, four digits of year, six of fraction, whatever the zone it came in."""
    text = instant_text(at)
    assert len(text) == len("2027-03-01T09:00:00.000000Z")
    assert datetime.fromisoformat(text) == at


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), 2**53, -(2**53), "NUL \x00", "a\u030a", "\ud800", {"å": 1}, MONDAY, b"x"],
    ids=repr,
)
def test_what_has_no_single_form_is_no_data(value: object) -> None:
    """House: whatever two programs could write in two ways does not get into a record."""
    shallow: dict[str, object] = {"value": value}
    deep: dict[str, object] = {"deep": [shallow]}
    for data in (shallow, deep):
        with pytest.raises(UnrecordableError):
            encode(record(data))


@pytest.mark.parametrize("stream", ["NUL \x00", "a\u030a", "\ud800"], ids=repr)
def test_what_stands_around_the_data_is_held_to_the_same(stream: str) -> None:
    """House: also the names in a record have one form only."""
    with pytest.raises(UnrecordableError):
        encode(record({}, stream))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"recorded_at":"2027-03-01T09:00:00.000000Z"', b'"recorded_at":"2027-03-01T09:00:00"'),
        (b'00.000000Z","schema"', b'00.0000\\u000000Z","schema"'),
        (b'00.000000Z","schema"', b'00.0000\x0000Z","schema"'),
        (b'"version":1', b'"version":0'),
        (b'"version":1', b'"version":1.0'),
        (b'"schema":1', b'"schema":"1"'),
        (b'"role":"reviewer"', b'"role":"emperor"'),
        (b'"v":1', b'"v":2'),
        (b'"data":{}', b'"data":[]'),
        (b'"data":{}', b'"data":' + b"[" * 30_000 + b"]" * 30_000),
        (b'"data":{}', b'"data":{"a":"\xff"}'),
        (b'"scheme":"v1",', b""),
        (b"}", b""),
    ],
    ids=range(13),
)
def test_bytes_that_are_no_record_are_refused(was: bytes, now: bytes) -> None:
    """L7: an instant without its zone, a NUL within, a depth without an end: an answer, no crash."""
    leaf = encode(record({}))
    assert was in leaf
    with pytest.raises(UnrecordableError):
        decode(leaf.replace(was, now))
