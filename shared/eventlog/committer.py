"""Group commit: whatever queued while the last commit was running is the next one (L1, L8, L9).

One task and one dedicated connection in each process. No timer and no artificial delay: under
load the batches grow by themselves, and alone a command does not wait.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import asyncpg
import structlog
from asyncpg.prepared_stmt import PreparedStatement

from shared.crash import crash_point
from shared.eventlog import LogBusy, OutcomeUnknown, RecordRefused
from shared.eventlog.composing import Command
from shared.eventlog.connection import (
    COMMAND_TIMEOUT_S,
    CONNECTION_LOST,
    RECONNECT_DELAY_S,
    UNABLE,
    Connection,
    require_safe,
)
from shared.telemetry import Metric, measure

BATCH_COMMANDS_MAX = 128
BATCH_BYTES_MAX = 8 * 1_048_576
QUEUE_COMMANDS_MAX = 1_024
DRAIN_TIMEOUT_S = 5

_log = structlog.get_logger()

_TRANSIENT: Final = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that say something about the server's moment, not about the command."""

APPEND: Final = """
    SELECT outcome, at_pos, at_version FROM {schema}.append(
        $1::uuid[], $2::uuid[], $3::integer[],
        $4::integer[], $5::text[], $6::integer[], $7::bytea[],
        $8::integer[], $9::text[], $10::uuid[], $11::bytea[])
"""

Verdict: TypeAlias = Literal["accepted", "repeated", "reused", "moved", "untimely"]


class Outcome(NamedTuple):
    """What the log said to a command.

    Attributes:
        position: Of its last event; of a command that was turned down, ``None``.
        version: Of its last event; for ``moved``, where the stream really is.
    """

    verdict: Verdict
    position: int | None
    version: int | None


Result: TypeAlias = Outcome | OutcomeUnknown | RecordRefused


class _Waiting(NamedTuple):
    """A command in the queue, and where its caller waits.

    Attributes:
        names: What no other command of the same batch may have: its streams and its id.
    """

    command: Command
    names: set[object]
    result: asyncio.Future[Result]

    def answer(self, result: Result) -> None:
        """Tell the caller, who may have gone."""
        if not self.result.done():
            self.result.set_result(result)


@dataclass(slots=True)
class Committer:
    """The one writer of a log in this process. ``run`` must be running.

    Attributes:
        log: Name of the log, e.g. ``asf/review``; what is measured says it.
        schema: Of the log: ``log`` or ``access``.
        open_connection: Return a fresh connection of its own.
    """

    log: str
    schema: str
    open_connection: Callable[[], AbstractAsyncContextManager[Connection]]
    _queue: deque[_Waiting] = field(default_factory=deque)
    _sent: list[_Waiting] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False

    @property
    def waiting(self) -> int:
        """Return how many commands are queued; those that are being committed are not counted."""
        return len(self._queue)

    async def submit(self, command: Command) -> Outcome:
        """Return what became of ``command``. A caller that is cancelled does not cancel it.

        Raises:
            LogBusy: The queue is full, or the log is closing; nothing was queued (L9).
            OutcomeUnknown: The connection was lost; repeat the same command id (L5).
            RecordRefused: The database turned this command down (L8).
        """
        if self._closed or len(self._queue) >= QUEUE_COMMANDS_MAX:
            raise LogBusy(f"{len(self._queue)} commands are waiting")
        names: set[object] = {entry.stream for entry in command.entries}
        names.add(command.id)
        waiting = _Waiting(command, names, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._wake.set()
        result = await waiting.result
        if isinstance(result, Outcome):
            return result
        raise result

    async def run(self) -> None:
        """Commit until cancelled; after a lost connection, connect again.

        Raises:
            UnsafeServer: The server would lose what it acknowledges.
        """
        try:
            while True:
                try:
                    async with self.open_connection() as connection:
                        await require_safe(connection)
                        await self._commit_all(connection)
                except UNABLE as error:
                    _log.warning("eventlog.connection_lost", schema=self.schema, error=repr(error))
                    self._give_up(error)
                    await asyncio.sleep(RECONNECT_DELAY_S)
        finally:
            self._closed = True
            self._give_up(None)

    async def drain(self) -> None:
        """Take no more, and return when all that was queued has its answer, or after a while."""
        self._closed = True
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                while self._queue or self._sent:
                    self._idle.clear()
                    await self._idle.wait()
        except TimeoutError:
            _log.warning("eventlog.drain_timed_out", schema=self.schema, waiting=len(self._queue))

    async def _commit_all(self, connection: Connection) -> None:
        """Commit batch after batch, until ``connection`` is found to be closed."""
        append = await connection.prepare(APPEND.format(schema=self.schema))
        while not connection.is_closed():
            self._sent = self._next_batch()
            if self._sent:
                await self._commit(append, self._sent)
                self._sent = []
            else:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()

    def _next_batch(self) -> list[_Waiting]:
        """Return what is committed next, oldest first: no stream and no command id twice."""
        batch: list[_Waiting] = []
        held: list[_Waiting] = []
        taken: set[object] = set()
        size = 0
        while self._queue and len(batch) < BATCH_COMMANDS_MAX and size < BATCH_BYTES_MAX:
            waiting = self._queue.popleft()
            if taken.isdisjoint(waiting.names):
                batch.append(waiting)
                size += waiting.command.size
            else:
                held.append(waiting)
            taken |= waiting.names
        self._queue.extendleft(reversed(held))
        return batch

    async def _commit(self, append: "PreparedStatement[Any]", batch: list[_Waiting]) -> None:
        """Append ``batch`` in one transaction; when it fails, each command in one of its own."""
        try:
            rows = await self._append(append, [waiting.command for waiting in batch])
        except ValueError as error:  # could not be sent; asyncpg's own is an InterfaceError too
            await self._commit_apart(append, batch, error)
        except CONNECTION_LOST:
            raise
        except asyncpg.PostgresError as error:
            await self._commit_apart(append, batch, error)
        else:
            for waiting, (verdict, position, version) in zip(batch, rows, strict=True):
                waiting.answer(Outcome(verdict, position, version))

    async def _append(
        self, append: "PreparedStatement[Any]", commands: Sequence[Command]
    ) -> Sequence[asyncpg.Record]:
        """Return what the log says to ``commands``, a row for each; measure how long it took."""
        started_s = time.perf_counter()
        crash_point("commit.begins")
        rows = await append.fetch(*arguments(commands), timeout=COMMAND_TIMEOUT_S)
        crash_point("commit.unanswered")
        measure(Metric.APPEND_DURATION, time.perf_counter() - started_s, log=self.log)
        measure(Metric.APPEND_BATCH_SIZE, len(commands), log=self.log)
        return rows

    async def _commit_apart(
        self, append: "PreparedStatement[Any]", batch: list[_Waiting], error: Exception
    ) -> None:
        """Append each command of a batch that failed by itself; tell the culprit why."""
        if len(batch) == 1:
            batch[0].answer(_refusal(error))
            return
        for waiting in batch:
            await self._commit(append, [waiting])

    def _give_up(self, cause: BaseException | None) -> None:
        """Tell everybody who waits that the outcome is not known."""
        for waiting in (*self._sent, *self._queue):
            unknown = OutcomeUnknown("the connection to the log was lost")
            unknown.__cause__ = cause
            waiting.answer(unknown)
        self._sent = []
        self._queue.clear()
        self._idle.set()


def _refusal(error: Exception) -> OutcomeUnknown | RecordRefused:
    """Return what the caller of the one command that failed is told."""
    if getattr(error, "sqlstate", "")[:2] in _TRANSIENT:
        unknown = OutcomeUnknown("the database could not carry it out now")
        unknown.__cause__ = error
        return unknown
    refused = RecordRefused(str(error))
    refused.__cause__ = error
    return refused


def arguments(commands: Sequence[Command]) -> tuple[list[Any] | None, ...]:
    """Return the arguments of the append function; see ``append.sql``."""
    lasts: list[int] = []
    entries: list[tuple[int, str, int, bytes]] = []
    values: list[tuple[int, str, Any, bytes]] = []
    for number, command in enumerate(commands, start=1):
        places: dict[tuple[str, int], int] = {}
        for entry in command.entries:
            entries.append((number, entry.stream, entry.version, entry.leaf))
            places[entry.stream, entry.version] = len(entries)
        values.extend(
            (places[value.stream, value.version], value.field, value.key.id, value.sealed)
            for value in command.values
        )
        lasts.append(len(entries))
    return (
        [command.id for command in commands],
        [command.digest for command in commands],
        lasts,
        *map(list, zip(*entries, strict=True)),
        *(map(list, zip(*values, strict=True)) if values else (None, None, None, None)),
    )
