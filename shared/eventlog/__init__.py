"""The append-only log, and the one way a command reaches it.

``Log`` is the door (memory log and PostgreSQL behind it, held to one contract suite);
``Handler`` is the stair: load, fold, decide, append. Promises L1-L11 stand in docs/event-log.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID, uuid5

from shared.contracts.base import Event
from shared.contracts.envelope import Actor, Cause
from shared.decider import Asked, Decider, Refusal, RefusalKind

ATTEMPTS_MAX = 3
STREAMS_MAX = 4


class StreamMoved(Exception):  # noqa: N818 -- normal under concurrency
    """Someone else appended first. Load again, decide again."""


class CommandReused(Exception):  # noqa: N818 -- an answer to the caller
    """The command id is known, and belongs to another request body (L4)."""


class LogBusy(Exception):  # noqa: N818 -- an answer to the caller
    """The queue in front of the log is full (L9). Nothing was queued; ask again later."""


class OutcomeUnknown(Exception):  # noqa: N818 -- an answer to the caller
    """The connection was lost while appending (L5). Repeat the same command id to learn it."""


class RecordRefused(Exception):  # noqa: N818 -- an answer to the caller
    """The log itself turned the append down, e.g. back-dated or too large (L6, L8)."""


@dataclass(frozen=True, slots=True)
class Write:
    """Events for one stream.

    Attributes:
        events: Oldest first; at least one.
        expected_version: Version of the stream that they were decided on.
        case: What the records' ``correlation_id`` is for events without an ``application_id``;
            ``None`` takes the cause's.
        scheme: Version of the criteria that they were decided under.
    """

    stream: str
    events: tuple[Event, ...]
    expected_version: int
    case: UUID | None = None
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command.

    Attributes:
        events: What happened in ``stream``, oldest first; ``()`` when it was already so.
        stream: The command's stream; of several, the last one named.
        version: Version of the stream after the command; 0 for a stream without events.
        position: Place of the command's last event in the whole log; 0 likewise.
    """

    events: tuple[Event, ...]
    stream: str
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class History:
    """A stream as loaded.

    Attributes:
        events: All of the stream, oldest first; sealed fields hold their commitments.
        position: Place of the last of them in the whole log; 0 when there is none.
        case: The case of its first event; ``None`` for a stream without events.
        recorded: When each event was recorded, in the order of ``events``.
    """

    events: tuple[Event, ...]
    position: int
    case: UUID | None
    recorded: tuple[datetime, ...]

    @property
    def version(self) -> int:
        """Return the version of the stream; 0 when it has no events."""
        return len(self.events)


class Stored(NamedTuple):
    """A record's exact bytes and their place in the log (L7). A tuple: one is made for each record read."""

    position: int
    leaf: bytes


class Log(Protocol):
    """What a service may do with the log. There is no update and no delete."""

    async def load(self, stream: str) -> History:
        """Return ``stream`` as it is now."""
        ...

    async def begin(self, stream: str, command_id: UUID) -> History | None:
        """Return ``stream`` as it is now; ``None`` when ``command_id`` is known: recall it.

        What a handler asks first of all, in one round trip.
        """
        ...

    async def recall(self, command_id: UUID, *, digest: UUID | None) -> Answer | None:
        """Return what ``command_id`` led to; ``None`` when it is not known.

        Raises:
            CommandReused: It is known, with another digest.
        """
        ...

    async def append(self, writes: Sequence[Write], *, cause: Cause) -> Answer:
        """Append all of ``writes`` or none (L10): 1 to ``STREAMS_MAX``, the command's own last.

        Safe to repeat: a known ``cause.command_id`` gets its first answer again (L4).

        Raises:
            StreamMoved: A stream is not at its expected version any more.
            CommandReused: The command id is known, with another digest.
            LogBusy: The queue is full.
            OutcomeUnknown: The connection was lost; repeat the same command id.
            RecordRefused: The log turns these records down, whoever asks.
        """
        ...

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records with ``position > after``, in order, dense (L3)."""
        ...

    async def head(self) -> int:
        """Return the last position; 0 for an empty log."""
        ...


ACCESS_ENTRIES_MAX: Final = 500
"""Of one page of the access log."""


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """Who was told no on grounds of role or duty, when, and to what (GEN-8). Pseudonyms only.

    Attributes:
        command_id: One entry per id: asking again adds none. Made from the command's own id and
            what it asked of which stream, since a refused command leaves no trace by itself.
        command: Its name, e.g. ``AssignReviewer``; none of its content.
        code: The refusal's code, or ``read`` where reading itself is remembered.
        case: The case that the stream belongs to, where it is known.
    """

    command_id: UUID
    actor: Actor
    command: str
    stream: str
    code: str
    at: datetime
    case: UUID | None = None


@dataclass(frozen=True, slots=True)
class AccessPlaced:
    """An entry and its place in the access log."""

    position: int
    entry: AccessEntry


class AccessLog(Protocol):
    """The service's second log: what is remembered without being an event of the process."""

    async def record(self, entry: AccessEntry) -> None:
        """Keep ``entry``. Safe to repeat: a known command id changes nothing."""
        ...

    async def entries(
        self, *, case: UUID | None = None, after: int = 0, limit: int = ACCESS_ENTRIES_MAX
    ) -> tuple[AccessPlaced, ...]:
        """Return at most ``limit`` entries beyond position ``after``, oldest first.

        With ``case``, only those of this case.
        """
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """The state of a stream, for a single resource or for a rule that spans streams.

    Attributes:
        state: Folded by the stream's decider.
        case: See ``History.case``.
    """

    state: Any
    version: int
    position: int
    case: UUID | None


@dataclass(frozen=True, slots=True)
class Handler:
    """Takes commands through load, fold, decide, append. One for each service.

    Attributes:
        deciders: By aggregate: the part of a stream's name before its id, e.g. ``review``.
        access: Where refusals on grounds of role or duty are kept before the caller hears.
    """

    log: Log
    deciders: Mapping[str, Decider[Any, Any, Any]]
    access: AccessLog
    now: Callable[[], datetime]

    async def look(self, stream: str) -> Look:
        """Return the state of ``stream``: always current, O(number of its events)."""
        history = await self.log.load(stream)
        state = self._decider(stream).fold(history.events)
        return Look(state, history.version, history.position, history.case)

    async def case_of(self, stream: str) -> UUID | None:
        """Return the case that ``stream`` belongs to; ``None``: no such stream, or none."""
        return (await self.log.load(stream)).case

    async def put(
        self, stream: str, command: Any, cause: Cause, *, expected_version: int | None = None
    ) -> Answer:
        """Return what became of ``command``, put to ``stream``. See ``put_all``."""
        return await self.put_all((Asked(stream, command),), cause, expected_version)

    async def put_all(
        self, asked: Sequence[Asked[Any]], cause: Cause, expected_version: int | None = None
    ) -> Answer:
        """Return what became of a command over several streams: all of it happened, or nothing.

        A refusal on grounds of role or duty is on record before the caller hears of it (GEN-8).
        A concurrent writer makes it decide again on the new history, ``ATTEMPTS_MAX`` times in
        all. A caller who names ``expected_version`` of the last stream saw that version and
        wants no other: then the first difference is final.

        Raises:
            Refusal: A rule says no; nothing was appended.
            StreamMoved: See above; also what ``Log.append`` raises.
        """
        for attempt in range(1, ATTEMPTS_MAX + 1):
            begun = await self.log.begin(asked[0].stream, cause.command_id)
            if begun is None:
                known = await self.log.recall(cause.command_id, digest=cause.digest)
                assert known is not None, "a command is never forgotten"
                return known
            try:
                return await self._attempt(asked, cause, begun, expected_version)
            except (Refusal, StreamMoved) as no:
                known = await self.log.recall(cause.command_id, digest=cause.digest)
                if known is not None:  # its twin, sent at the same moment, was quicker (L4)
                    return known
                final = isinstance(no, Refusal) or expected_version is not None
                if final or attempt == ATTEMPTS_MAX:
                    raise
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        asked: Sequence[Asked[Any]],
        cause: Cause,
        begun: History,
        expected_version: int | None,
    ) -> Answer:
        """Decide on the streams as they are now, of which the first is loaded, and append."""
        last = asked[-1].stream
        writes: list[Write] = []
        nothing = Answer((), last, 0, 0)
        for place, each in enumerate(asked):
            history = await self.log.load(each.stream) if place else begun
            if each.stream == last:
                nothing = Answer((), last, history.version, history.position)
                if expected_version not in (None, history.version):
                    raise StreamMoved(last)
            decider = self._decider(each.stream)
            state = decider.fold(history.events)
            events = await self._decide(each, cause, decider, state, history)
            if events:
                scheme = decider.scheme(decider.fold((*history.events, *events)))
                writes.append(Write(each.stream, events, history.version, history.case, scheme))
        return await self.log.append(writes, cause=cause) if writes else nothing

    async def _decide(
        self,
        asked: Asked[Any],
        cause: Cause,
        decider: Decider[Any, Any, Any],
        state: Any,
        history: History,
    ) -> tuple[Event, ...]:
        """Return what the rules say; keep a refusal on grounds of role or duty first."""
        try:
            return decider.decide(asked.command, state)
        except Refusal as no:
            if no.kind is RefusalKind.NOT_PERMITTED:
                wish = type(asked.command).__name__
                entry = AccessEntry(
                    command_id=uuid5(cause.command_id, f"{asked.stream}:{wish}"),
                    actor=cause.actor,
                    command=wish,
                    stream=asked.stream,
                    code=no.code,
                    at=self.now(),
                    case=history.case,
                )
                await self.access.record(entry)
            raise

    def _decider(self, stream: str) -> Decider[Any, Any, Any]:
        """Return the rules for ``stream``, by the aggregate in its name."""
        return self.deciders[stream.partition("-")[0]]
