"""From events to what is stored: records, their bytes, their chain, and what is sealed of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID, uuid5

from shared.contracts.base import Event, sealed_fields
from shared.contracts.envelope import Cause
from shared.contracts.policy import POLICY_V1
from shared.contracts.record import Record, UnrecordableError, encode, leaf_hash
from shared.eventlog import STREAMS_MAX, RecordRefused, Write
from shared.vault import SealedValue, UnsealableError, Vault

EVENTS_MAX = 100
"""Of one command."""

COMMAND_BYTES_MAX = 1_048_576
"""Leaves and sealed values of one command together."""

STREAM_NAME_MAX = 200

_CASE = "application_id"
_EFFECTIVE = "effective_at"


class Entry(NamedTuple):
    """One event as it is stored, but for its position, which the log chooses."""

    stream: str
    version: int
    leaf: bytes


class Command(NamedTuple):
    """All that one command stores: the whole of it, or nothing.

    Attributes:
        entries: Stream by stream, oldest first; those of the command's own stream last.
        values: What is sealed of them.
    """

    id: UUID
    digest: UUID | None
    entries: tuple[Entry, ...]
    values: tuple[SealedValue, ...] = ()

    @property
    def size(self) -> int:
        """Return the number of bytes that it stores."""
        size = 0
        for entry in self.entries:
            size += len(entry.leaf)
        for value in self.values:
            size += len(value.sealed)
        return size


class Composed(NamedTuple):
    """A command, ready for the log, and what its caller will be answered.

    Attributes:
        events: Of the command's own stream, as they will be read back.
    """

    command: Command
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes the records of one log.

    Attributes:
        log: Name of the log, e.g. ``asf/review``.
        now: When a record is made (GEN-5).
    """

    log: str
    vault: Vault
    now: Callable[[], datetime]

    async def compose(
        self, writes: Sequence[Write], cause: Cause, previous: Sequence[str | None]
    ) -> Composed:
        """Return ``writes`` as records.

        ``previous`` holds, for each of ``writes``, the leaf hash of the event at the version that
        it expects; ``None`` for a stream without events.

        Raises:
            RecordRefused: Too many, too large, or not what a record may hold.
        """
        _check(writes)
        stamp = Stamp(self.log, cause, self.now())
        entries: list[Entry] = []
        values: list[SealedValue] = []
        events: tuple[Event, ...] = ()
        try:
            for write, before in zip(writes, previous, strict=True):
                events = await self._sealed(write, values)
                entries.extend(entries_of(stamp, write, events, before))
        except (UnrecordableError, UnsealableError) as error:
            raise RecordRefused(str(error)) from error
        command = Command(cause.command_id, cause.digest, tuple(entries), tuple(values))
        if command.size > COMMAND_BYTES_MAX:
            raise RecordRefused(f"{command.size} bytes are more than {COMMAND_BYTES_MAX}")
        return Composed(command, events)

    async def _sealed(self, write: Write, values: list[SealedValue]) -> tuple[Event, ...]:
        """Return the events as the log may hold them; add to ``values`` what is sealed of them."""
        events: list[Event] = []
        for version, event in enumerate(write.events, write.expected_version + 1):
            if event.sealed_subject:
                sealing = await self.vault.seal(write.stream, version, event)
                events.append(sealing.event)
                values.extend(sealing.values)
            else:
                assert not _sealed_fields(type(event)), "sealed, but nobody knows whose"
                events.append(event)
        return tuple(events)


class Stamp(NamedTuple):
    """What all records of one command have in common."""

    log: str
    cause: Cause
    recorded_at: datetime


_sealed_fields = cache(sealed_fields)


@cache
def _fields(event: type[Event]) -> frozenset[str]:
    """Return the names of the fields of ``event``; asking an event for one it lacks is slow."""
    return frozenset(event.model_fields)


def entries_of(
    stamp: Stamp, write: Write, events: Sequence[Event], previous: str | None
) -> Iterator[Entry]:
    """Yield the entries of one stream, each with the leaf hash of the one before it."""
    cause, case = stamp.cause, write.case
    for index, event in enumerate(events):
        has = _fields(type(event))
        own: UUID | None = getattr(event, _CASE) if _CASE in has else None
        true_at: datetime | None = getattr(event, _EFFECTIVE) if _EFFECTIVE in has else None
        belongs_to = own or case or cause.correlation_id
        case = case or belongs_to
        version = write.expected_version + 1 + index
        record = Record(
            log=stamp.log,
            event_id=uuid5(cause.command_id, f"{write.stream}:{index}"),
            type=type(event).__name__,
            schema=event.schema_version,
            stream=write.stream,
            version=version,
            previous=previous,
            recorded_at=stamp.recorded_at,
            effective_at=true_at or stamp.recorded_at,
            actor=cause.actor,
            command_id=cause.command_id,
            correlation_id=belongs_to,
            causation_id=cause.causation_id,
            traceparent=cause.traceparent,
            policy=POLICY_V1.version,
            scheme=write.scheme,
            data=event.model_dump(mode="json"),
        )
        leaf = encode(record)
        previous = leaf_hash(leaf)
        yield Entry(write.stream, version, leaf)


def _check(writes: Sequence[Write]) -> None:
    """Refuse what is too much; a call that makes no sense is our own mistake.

    Raises:
        RecordRefused: Too many events, or a name too long.
        ValueError: No stream or too many, one named twice, or one without events.
    """
    streams = {write.stream for write in writes}
    if not 1 <= len(writes) <= STREAMS_MAX or len(streams) < len(writes):
        raise ValueError(f"a command names 1 to {STREAMS_MAX} streams, each once (L10)")
    events = 0
    for write in writes:
        if not write.events:
            raise ValueError("a stream is named without events")
        if not 1 <= len(write.stream) <= STREAM_NAME_MAX:
            raise RecordRefused(f"the name of a stream has 1 to {STREAM_NAME_MAX} characters")
        events += len(write.events)
    if events > EVENTS_MAX:
        raise RecordRefused(f"more than {EVENTS_MAX} events")
