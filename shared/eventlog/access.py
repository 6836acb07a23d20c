"""The access log: what must be remembered without being an event of the process (GEN-8).

A second, smaller log beside the events, written by the same append function with the same guards
(section 9 of docs/event-log.md). Auditors read it; no rule, view or policy does.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from shared.contracts.base import Event, Instant
from shared.contracts.envelope import Cause
from shared.contracts.record import decode
from shared.eventlog import ACCESS_ENTRIES_MAX, AccessEntry, AccessPlaced, RecordRefused, Write
from shared.eventlog.background import running
from shared.eventlog.committer import Committer
from shared.eventlog.composing import Command, Stamp, entries_of
from shared.eventlog.connection import Pool, connect

READ = "read"
"""The code of an entry that remembers a reading, and not a refusal."""


class AccessRefused(Event):
    """Somebody was told no on grounds of role or duty.

    Attributes:
        command: Its name, e.g. ``AssignReviewer``.
        stream: To which it was put.
        code: The refusal's.
        effective_at: When they were told.
    """

    command: str
    stream: str
    code: str
    case: UUID | None
    effective_at: Instant


class AccessRead(AccessRefused):
    """Somebody read what only some may read: evidence, or the history of a decision."""


@dataclass(frozen=True, slots=True)
class PostgresAccessLog:
    """One service's access log. Made by ``open_access_log``."""

    name: str
    pool: Pool
    committer: Committer
    now: Callable[[], datetime]

    async def record(self, entry: AccessEntry) -> None:
        """Keep ``entry``. Safe to repeat: a known command id changes nothing.

        Raises:
            LogBusy: See ``Log.append``; also ``OutcomeUnknown`` and ``RecordRefused``.
        """
        outcome = await self.committer.submit(command_of(self.name, entry, self.now()))
        if outcome.verdict not in {"accepted", "repeated"}:
            raise RecordRefused(f"the access log says {outcome.verdict}")

    async def entries(
        self, *, case: UUID | None = None, after: int = 0, limit: int = ACCESS_ENTRIES_MAX
    ) -> tuple[AccessPlaced, ...]:
        """Return at most ``limit`` entries beyond position ``after``, oldest first.

        With ``case``, only those of this case.
        """
        limit = min(limit, ACCESS_ENTRIES_MAX)
        if case is None:
            rows = await self.pool.fetch(
                "SELECT pos, leaf FROM access.event WHERE pos > $1 ORDER BY pos LIMIT $2",
                *(after, limit),
            )
        else:
            rows = await self.pool.fetch(
                """
                SELECT pos, leaf FROM access.event
                 WHERE access.case_of(leaf) = $1 AND pos > $2 ORDER BY pos LIMIT $3
                """,
                *(str(case), after, limit),
            )
        return tuple(AccessPlaced(row["pos"], entry_of(row["leaf"])) for row in rows)


def command_of(log: str, entry: AccessEntry, recorded_at: datetime) -> Command:
    """Return ``entry`` as the one record of a stream of its own."""
    kind = AccessRead if entry.code == READ else AccessRefused
    event = kind(
        command=entry.command,
        stream=entry.stream,
        code=entry.code,
        case=entry.case,
        effective_at=entry.at,
    )
    cause = Cause(
        actor=entry.actor,
        command_id=entry.command_id,
        correlation_id=entry.case or entry.command_id,
        causation_id=entry.command_id,
    )
    write = Write(f"access-{entry.command_id}", (event,), 0)
    entries = tuple(entries_of(Stamp(log, cause, recorded_at), write, (event,), None))
    return Command(entry.command_id, None, entries)


def entry_of(leaf: bytes) -> AccessEntry:
    """Return the entry in ``leaf``.

    Raises:
        ValueError: These are not the bytes of an entry.
    """
    record = decode(leaf)
    event = AccessRefused.model_validate(record.data)
    return AccessEntry(
        command_id=record.command_id,
        actor=record.actor,
        command=event.command,
        stream=event.stream,
        code=event.code,
        at=event.effective_at,
        case=event.case,
    )


@asynccontextmanager
async def open_access_log(
    dsn: str, *, service: str, pool: Pool, now: Callable[[], datetime]
) -> AsyncGenerator[PostgresAccessLog]:
    """Yield the access log of ``service``; on leaving, what is queued gets its answer first.

    ``dsn`` and ``pool`` are of the service's database, as ``<service>_app``. The pool serves
    reading; beside it one connection is kept to write.
    """
    name = f"asf/{service}/access"
    committer = Committer(name, "access", partial(connect, dsn, name=f"{service} access"))
    async with running(committer.run()):
        try:
            yield PostgresAccessLog(name, pool, committer, now)
        finally:
            await committer.drain()
