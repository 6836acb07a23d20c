"""The event log on PostgreSQL: the door that ``Log`` describes, with its SQL behind it."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from shared.contracts.base import Event
from shared.contracts.catalogue import NewerVersionError, event_heard
from shared.contracts.envelope import Cause
from shared.contracts.record import Record, decode, leaf_hash
from shared.eventlog import (
    Answer,
    CommandReused,
    History,
    RecordRefused,
    Stored,
    StreamMoved,
    Write,
)
from shared.eventlog.background import running
from shared.eventlog.committer import Committer
from shared.eventlog.composing import EVENTS_MAX, Composed, Composer
from shared.eventlog.connection import Pool, connect, require_safe
from shared.eventlog.migrate import LOG_SCHEMA_VERSION, schema_version
from shared.eventlog.reader import LogReader
from shared.vault import Vault

STREAMS_REMEMBERED_MAX = 10_000

EventOf = Callable[[Record], Event | None]


class WrongSchema(Exception):  # noqa: N818 -- a state of the world, told at start
    """The database is not what this program was written for. Run ``migrate``."""


class _TooLate(RecordRefused):
    """The record bears another time than the database's: it waited too long, or a clock is off."""


@dataclass(slots=True)
class _Chain:
    """The last leaf hash of each stream that was loaded lately, and is likely written next."""

    _last: OrderedDict[str, tuple[int, str]] = field(default_factory=OrderedDict)

    def get(self, stream: str, version: int) -> str | None:
        """Return the leaf hash of that event; ``None`` when it is not remembered."""
        seen = self._last.get(stream)
        return seen[1] if seen is not None and seen[0] == version else None

    def put(self, stream: str, version: int, leaf_hash: str) -> None:
        """Remember an event that is in the log; forget the stream that was loaded longest ago."""
        self._last[stream] = (version, leaf_hash)
        self._last.move_to_end(stream)
        if len(self._last) > STREAMS_REMEMBERED_MAX:
            self._last.popitem(last=False)


@dataclass(slots=True)
class PostgresLog:
    """One service's event log. Made by ``open_log``.

    Attributes:
        name: Of the log, e.g. ``asf/review``.
        simulated: Whether its records may bear any time; such a log never passes for a real one.
    """

    name: str
    simulated: bool
    _pool: Pool
    _composer: Composer
    _committer: Committer
    _reader: LogReader
    _event_of: EventOf
    _chain: _Chain = field(default_factory=_Chain)

    @property
    def waiting(self) -> int:
        """Return how many commands of this process are queued in front of the log (L9)."""
        return self._committer.waiting

    async def load(self, stream: str) -> History:
        """Return ``stream`` as it is now. One round trip."""
        return self._history(
            stream,
            await self._pool.fetch(
                "SELECT version, pos, leaf FROM log.event WHERE stream = $1 ORDER BY version",
                stream,
            ),
        )

    async def begin(self, stream: str, command_id: UUID) -> History | None:
        """Return ``stream`` as it is now; ``None`` when ``command_id`` is known. One round trip."""
        rows = await self._pool.fetch(
            """
            SELECT 0 AS version, pos, NULL AS leaf FROM log.command WHERE id = $2
            UNION ALL
            SELECT version, pos, leaf FROM log.event WHERE stream = $1 ORDER BY version
            """,
            *(stream, command_id),
        )
        return None if rows and rows[0]["leaf"] is None else self._history(stream, rows)

    def _history(self, stream: str, rows: Sequence[asyncpg.Record]) -> History:
        """Return the history that ``rows`` are, oldest first; remember its last link."""
        if not rows:
            return History((), 0, None, ())
        records = [decode(row["leaf"]) for row in rows]
        self._chain.put(stream, rows[-1]["version"], leaf_hash(rows[-1]["leaf"]))
        return History(
            events=tuple(self._event(record) for record in records),
            position=rows[-1]["pos"],
            case=records[0].correlation_id,
            recorded=tuple(record.recorded_at for record in records),
        )

    async def recall(self, command_id: UUID, *, digest: UUID | None) -> Answer | None:
        """Return what ``command_id`` led to; ``None`` when it is not known.

        Raises:
            CommandReused: It is known, with another digest.
        """
        row = await self._pool.fetchrow(
            """
            SELECT c.digest, e.pos, e.stream, e.version
              FROM log.command c JOIN log.event e ON e.pos = c.pos
             WHERE c.id = $1
            """,
            command_id,
        )
        if row is None:
            return None
        if row["digest"] != digest:
            raise CommandReused(str(command_id))
        leaves = await self._pool.fetch(
            """
            SELECT leaf FROM log.event
             WHERE stream = $1 AND version <= $2 AND version > $2 - $3 ORDER BY version
            """,
            *(row["stream"], row["version"], EVENTS_MAX),
        )
        records = [decode(leaf["leaf"]) for leaf in leaves]
        events = tuple(self._event(each) for each in records if each.command_id == command_id)
        return Answer(events, row["stream"], row["version"], row["pos"])

    async def append(self, writes: Sequence[Write], *, cause: Cause) -> Answer:
        """Append all of ``writes`` or none (L10). See ``Log.append``."""
        previous = [await self._previous(write) for write in writes]
        composed = await self._composer.compose(writes, cause, previous)
        try:
            return await self._submit(composed, writes[-1].stream)
        except _TooLate:  # or our clock is wrong, which the second try says
            pass
        except RecordRefused as refused:
            if not isinstance(refused.__cause__, asyncpg.ForeignKeyViolationError):
                raise
            # A key was erased since it was remembered: seal again, under a new one (section 8).
            for value in composed.command.values:
                self._composer.vault.forget(value.key.subject)
        composed = await self._composer.compose(writes, cause, previous)
        return await self._submit(composed, writes[-1].stream)

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records with ``position > after``, in order, dense (L3)."""
        return await self._reader.tail(after, limit=limit)

    async def head(self) -> int:
        """Return the last position; 0 for an empty log."""
        return await self._reader.head()

    async def wait(self, after: int, *, timeout_s: float) -> int:
        """Return the head as soon as it is beyond ``after``, or as it is when time is up."""
        return await self._reader.wait(after, timeout_s=timeout_s)

    async def _submit(self, composed: Composed, own: str) -> Answer:
        """Queue a command and return its answer, or raise what the log said instead."""
        command = composed.command
        outcome = await self._committer.submit(command)
        match outcome.verdict:
            case "accepted":
                assert outcome.version is not None
                assert outcome.position is not None
                return Answer(composed.events, own, outcome.version, outcome.position)
            case "repeated" | "reused":
                answer = await self.recall(command.id, digest=command.digest)
                assert answer is not None
                return answer
            case "moved":
                raise StreamMoved(own)
            case "untimely":
                raise _TooLate("recorded_at is too far from the database's clock (L6)")

    async def _previous(self, write: Write) -> str | None:
        """Return the leaf hash of the event at the version that ``write`` expects.

        Raises:
            StreamMoved: There is none, so the stream never was at that version.
        """
        if write.expected_version == 0:
            return None
        known = self._chain.get(write.stream, write.expected_version)
        if known is not None:
            return known
        leaf: bytes | None = await self._pool.fetchval(
            "SELECT leaf FROM log.event WHERE stream = $1 AND version = $2",
            *(write.stream, write.expected_version),
        )
        if leaf is None:
            raise StreamMoved(write.stream)
        return leaf_hash(leaf)

    def _event(self, record: Record) -> Event:
        """Return the event in ``record``. A type that is not known is a newer release's (ADR-0030)."""
        event = self._event_of(record)
        if event is None:
            raise NewerVersionError(f"{record.type} version {record.schema} is not known here")
        return event


@asynccontextmanager
async def open_log(
    dsn: str,
    *,
    service: str,
    pool: Pool,
    vault: Vault,
    now: Callable[[], datetime],
    event_of: EventOf = event_heard,
) -> AsyncGenerator[PostgresLog]:
    """Yield the log of ``service``; on leaving, what is queued gets its answer first.

    ``dsn`` and ``pool`` are of the service's database, as ``<service>_app``. The pool serves
    reading; beside it a connection is kept to append, and from when somebody waits another one to hear
    of what others append. ``event_of`` reads a record: by default every event that the catalogue has. Nobody decides
    on a past that they cannot read: a newer version is a ``NewerVersionError`` for whoever asks.

    Raises:
        UnsafeServer: The server would lose what it acknowledges (L1).
        WrongSchema: The database has not been migrated for this program.
    """
    name = f"asf/{service}"
    simulated = await _require_ready(pool, name)
    committer = Committer(name, "log", partial(connect, dsn, name=f"{service} committer"))
    reader = LogReader.of(dsn, service=service, pool=pool)
    log = PostgresLog(
        name=name,
        simulated=simulated,
        _pool=pool,
        _composer=Composer(name, vault, now),
        _committer=committer,
        _reader=reader,
        _event_of=event_of,
    )
    async with running(committer.run(), reader.run()):
        try:
            yield log
        finally:
            await committer.drain()


async def _require_ready(pool: Pool, name: str) -> bool:
    """Return whether the log is simulated, after seeing that it is safe and the right one."""
    async with pool.acquire() as connection:
        await require_safe(connection)
        try:
            version = await schema_version(connection)
            row = await connection.fetchrow("SELECT name, skew_max_ms FROM log.log_head")
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
            raise WrongSchema("there is no log here") from error
    if version != LOG_SCHEMA_VERSION:
        raise WrongSchema(f"schema {version} is not {LOG_SCHEMA_VERSION}")
    if row is None or row["name"] != name:
        raise WrongSchema(f"this is not the log {name}")
    return row["skew_max_ms"] is None
