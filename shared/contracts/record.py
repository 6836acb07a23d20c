"""The record: one event as it is stored, hashed, sent to Kafka and exported. The same bytes."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, cast
from uuid import UUID

import msgspec
import orjson

from shared.contracts.base import INTEGER_MAX, instant_text
from shared.contracts.envelope import Actor
from shared.contracts.roles import Role

RECORD_VERSION = 1
LEAF_BYTES_MAX = 65_535
_PLAIN = frozenset({str, int, bool, type(None)})


class UnrecordableError(ValueError):
    """The data cannot stand in a record: too large, a float, NUL, not normalised."""


class Record(NamedTuple):
    """An event with everything around it. A tuple, because one is made for every event.

    Attributes:
        log: Whose log it is, e.g. ``asf/review``.
        schema: Version of the type.
        version: Place in its stream, from 1, without gaps.
        previous: Leaf hash of the stream's previous event, hexadecimal; ``None`` for the first.
        recorded_at: When the log learned it (GEN-5).
        effective_at: When it is true in the world (GEN-5).
        correlation_id: The case: the application's id.
        policy: Version of the rules and constants applied.
        scheme: Version of the criteria applied; ``None`` where no criteria applied.
        data: The event's fields; for each sealed field its commitment.
    """

    log: str
    event_id: UUID
    type: str
    schema: int
    stream: str
    version: int
    previous: str | None
    recorded_at: datetime
    effective_at: datetime
    actor: Actor
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID
    traceparent: str | None
    policy: str
    scheme: str | None
    data: Mapping[str, Any]


def leaf_hash(leaf: bytes) -> str:
    """RFC 6962: return the hash of ``leaf``, hexadecimal."""
    return sha256(b"\x00" + leaf).hexdigest()


def encode(record: Record) -> bytes:
    """RFC 8785: return the canonical bytes of ``record``.

    Raises:
        UnrecordableError: A value that no record may hold, or more than ``LEAF_BYTES_MAX`` bytes.
    """
    actor = record.actor
    recorded_at = instant_text(record.recorded_at)
    same = record.effective_at is record.recorded_at
    body = {
        "v": RECORD_VERSION,
        "log": record.log,
        "event_id": record.event_id,
        "type": record.type,
        "schema": record.schema,
        "stream": record.stream,
        "version": record.version,
        "previous": record.previous,
        "recorded_at": recorded_at,
        "effective_at": recorded_at if same else instant_text(record.effective_at),
        "actor": {
            "person": actor.person,
            "role": str(actor.role),
            "organisation": actor.organisation,
            "on_behalf_of": actor.on_behalf_of,
            "mandate": actor.mandate,
        },
        "command_id": record.command_id,
        "correlation_id": record.correlation_id,
        "causation_id": record.causation_id,
        "traceparent": record.traceparent,
        "policy": record.policy,
        "scheme": record.scheme,
        "data": record.data,
    }
    try:
        leaf = orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except (TypeError, ValueError) as error:
        raise UnrecordableError(str(error)) from error
    if leaf.isascii() and b"\\" not in leaf:
        _check_kinds(record.data)  # its texts are in NFC and hold no NUL, its integers within 2^53
    else:
        _check(record.data)
        for text in (record.log, record.type, record.stream, record.policy):
            _check(text)
        for optional in (record.traceparent, record.scheme, actor.organisation):
            _check(optional)
    if len(leaf) > LEAF_BYTES_MAX:
        raise UnrecordableError(f"{len(leaf)} bytes are more than {LEAF_BYTES_MAX}")
    return leaf


_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class _WrittenActor(msgspec.Struct, gc=False):
    """An actor as it is written."""

    person: UUID
    role: str
    organisation: str | None
    on_behalf_of: UUID | None
    mandate: UUID | None


class _Written(msgspec.Struct, gc=False):
    """A record as it is written: ``Record`` with its version, read in one pass."""

    v: int
    log: str
    event_id: UUID
    type: str
    schema: _Count
    stream: str
    version: _Count
    previous: str | None
    recorded_at: _Instant
    effective_at: _Instant
    actor: _WrittenActor
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID
    traceparent: str | None
    policy: str
    scheme: str | None
    data: dict[str, Any]


_written = msgspec.json.Decoder(_Written).decode
_ROLES: Final[Mapping[str, Role | Literal["policy"]]] = MappingProxyType(
    {"policy": "policy", **{str(role): role for role in Role}}
)


def decode(leaf: bytes) -> Record:
    """Return the record whose bytes are ``leaf``. About 5 us.

    Raises:
        ValueError: These are not the bytes of a record of a version known here.
    """
    try:
        body = _written(leaf)
        if body.v != RECORD_VERSION:
            raise UnrecordableError(f"record version {body.v} is not known")
        actor = body.actor
        return Record(
            log=body.log,
            event_id=body.event_id,
            type=body.type,
            schema=body.schema,
            stream=body.stream,
            version=body.version,
            previous=body.previous,
            recorded_at=body.recorded_at,
            effective_at=body.effective_at,
            actor=Actor(
                person=actor.person,
                role=_ROLES[actor.role],
                organisation=actor.organisation,
                on_behalf_of=actor.on_behalf_of,
                mandate=actor.mandate,
            ),
            command_id=body.command_id,
            correlation_id=body.correlation_id,
            causation_id=body.causation_id,
            traceparent=body.traceparent,
            policy=body.policy,
            scheme=body.scheme,
            data=body.data,
        )
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, RecursionError) as error:
        raise UnrecordableError(f"no record: {error!r}") from error


def _check_kinds(value: object) -> None:
    """Refuse what has no place in a record: floats, instants that are no text yet. Quick."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) is dict:
            waiting.extend(cast("dict[str, object]", each).values())
        elif type(each) is list or type(each) is tuple:
            waiting.extend(cast("list[object]", each))
        elif type(each) not in _PLAIN:
            _check(each)


def _check(value: object) -> None:
    """Refuse what has no single canonical form: floats, large integers, NUL, text not in NFC."""
    if isinstance(value, str):
        if "\x00" in value or not unicodedata.is_normalized("NFC", value):
            raise UnrecordableError("text holds NUL or is not in NFC")
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise UnrecordableError("an integer is larger than 2^53 - 1")
    elif isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            if not (isinstance(key, str) and key.isascii()):
                raise UnrecordableError("a key is not ASCII text")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[object]", value):
            _check(item)
    else:
        raise UnrecordableError(f"{type(value).__name__} cannot stand in a record")
