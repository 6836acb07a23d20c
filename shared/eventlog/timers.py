"""What is due becomes a command, with an identifier that is made from the row.

Any number of workers may do it at once and as often as they like: the log answers a known command
id with its first answer. A timer decides nothing (GEN-1): it asks, and a rule may say no. What was
refused is asked again with a growing pause, since it may have come too early.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from shared.contracts.base import instant_text
from shared.contracts.envelope import Actor, Cause
from shared.crash import crash_point
from shared.decider import Refusal
from shared.eventlog import Handler, LogBusy, OutcomeUnknown, StreamMoved
from shared.eventlog.connection import Pool
from shared.eventlog.projector import DATABASE_AWAY, STATEMENT_TIMEOUT_S, table
from shared.eventlog.views import Due, Timer
from shared.telemetry import Metric, get_logger, measure

TIMERS: Final = UUID("5f6d7c1e-2f0b-5a57-9f57-1f3c0c8f2a11")
"""Name space of the ids of commands that timers ask."""

ROWS_MAX: Final = 100
"""Of one timer in one round."""

STREAMS_AT_ONCE_MAX: Final = 32
PAUSE_FIRST_S: Final = 0.5
PAUSE_MAX_S: Final = 60.0
DOUBLED_MAX: Final = 10
"""How often a pause is doubled; no float could hold two to the number of all failures."""
FORGOTTEN_AFTER_S: Final = 3 * PAUSE_MAX_S

_log = get_logger("timers")


@dataclass(frozen=True, slots=True)
class Row:
    """A due row of a timer."""

    timer: Timer
    due: Due

    @property
    def command_id(self) -> UUID:
        """Return the id of its command: the same row asks the same, whoever finds it."""
        due = self.due
        name = f"{self.timer.view.name}:{due.key}:{due.kind}:{instant_text(due.at)}"
        return uuid5(TIMERS, name)

    @property
    def mark(self) -> str:
        """Return what tells the row apart in its table, also after its instant has changed."""
        return f"{instant_text(self.due.at)} {self.due.key}"


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when a row that was tried is left alone: by the clock, or by the time that passes.

    Attributes:
        until: On the injected clock, so that a clock that is moved on ends the pause.
        until_s: On the monotonic clock, so that a clock that stands still ends it too.
    """

    timer: str
    mark: str
    tries: int
    until: datetime
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the rows of one round, by timer."""

    asked: Mapping[str, int]
    refused: Mapping[str, int]
    failed: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class Timers:
    """The timers of one service.

    Attributes:
        actor: As whom the commands are asked: the service, role ``policy``.
        elapsed_s: A clock that nobody moves.
    """

    pool: Pool
    schema: str
    timers: tuple[Timer, ...]
    handler: Handler
    actor: Actor
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float] = time.monotonic
    _pauses: dict[UUID, Pause] = field(default_factory=dict)

    async def round(self) -> Tally:
        """Ask what is due now: rows of one stream in the order of their instants."""
        self._forget()
        tally = {name: defaultdict[str, int](int) for name in ("asked", "refused", "failed")}
        by_stream: defaultdict[str, list[Row]] = defaultdict(list)
        for row in await self._due():
            by_stream[row.due.stream].append(row)
        at_once = asyncio.Semaphore(STREAMS_AT_ONCE_MAX)

        async def one_stream(rows: Sequence[Row]) -> None:
            async with at_once:
                for row in rows:
                    outcome = await self._ask(row)
                    tally[outcome][row.timer.view.name] += 1

        async with asyncio.TaskGroup() as streams:
            for rows in by_stream.values():
                streams.create_task(one_stream(rows))
        return Tally(asked=tally["asked"], refused=tally["refused"], failed=tally["failed"])

    async def overdue(self) -> Mapping[str, int]:
        """Return how many rows are due and still there, by timer. One round trip."""
        if not self.timers:
            return {}
        counts = " UNION ALL ".join(
            f"SELECT '{timer.view.name}' AS timer, count(*) AS rows"  # noqa: S608 -- our own name
            f" FROM {table(self.schema, timer.view.name)} WHERE at <= $1"
            for timer in self.timers
        )
        rows = await self.pool.fetch(counts, instant_text(self.now()), timeout=STATEMENT_TIMEOUT_S)
        return {row["timer"]: row["rows"] for row in rows}

    async def _due(self) -> Sequence[Row]:
        """Return what is due and not paused, by instant, ``ROWS_MAX`` of a timer. One round trip."""
        if not self.timers:
            return ()
        selects = " UNION ALL ".join(
            f"(SELECT {place} AS timer, at, key, document::text AS document"  # noqa: S608 -- our own name
            f" FROM {table(self.schema, timer.view.name)}"
            f" WHERE at <= $1 AND at || ' ' || key <> ALL(${place + 2}::text[])"
            f" ORDER BY at, key LIMIT {ROWS_MAX})"
            for place, timer in enumerate(self.timers)
        )
        now = self.now()
        paused = self._paused(now)
        rows = await self.pool.fetch(
            f"SELECT * FROM ({selects}) AS due ORDER BY at, key",  # noqa: S608 -- our own names
            instant_text(now),
            *(paused[timer.view.name] for timer in self.timers),
            timeout=STATEMENT_TIMEOUT_S,
        )
        return [_read(self.timers[int(row["timer"])], str(row["document"])) for row in rows]

    async def _ask(self, row: Row) -> str:
        """Put the command of ``row``; return what became of it."""
        self._pause(row)
        timer, command_id = row.timer.view.name, row.command_id
        cause = Cause(self.actor, command_id, command_id, command_id)
        try:
            asked = row.timer.command(row.due)
            await self.handler.put(asked.stream, asked.command, cause)
            crash_point("timer.asked")
        except Refusal as no:
            _log.info("timer.refused", timer=timer, stream=row.due.stream, code=no.code)
            measure(Metric.REFUSALS, 1, code=no.code, timer=timer)
            return "refused"
        except (StreamMoved, LogBusy, OutcomeUnknown) as why:
            _log.info("timer.again", timer=timer, stream=row.due.stream, why=type(why).__name__)
            return "refused"
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 -- parked: one mistake must not hold up the rest
            _log.error("timer.failed", timer=timer, stream=row.due.stream, exc_info=error)
            return "failed"
        return "asked"

    def _pause(self, row: Row) -> None:
        """Leave ``row`` alone for a while: twice as long as the last time, within bounds."""
        known = self._pauses.get(row.command_id)
        tries = known.tries + 1 if known else 1
        pause_s = min(PAUSE_FIRST_S * 2 ** min(tries - 1, DOUBLED_MAX), PAUSE_MAX_S)
        self._pauses[row.command_id] = Pause(
            timer=row.timer.view.name,
            mark=row.mark,
            tries=tries,
            until=self.now() + timedelta(seconds=pause_s),
            until_s=self.elapsed_s() + pause_s,
        )

    def _paused(self, now: datetime) -> Mapping[str, list[str]]:
        """Return the marks of the rows that are left alone, by timer."""
        marks: defaultdict[str, list[str]] = defaultdict(list)
        elapsed_s = self.elapsed_s()
        for pause in self._pauses.values():
            if now < pause.until and elapsed_s < pause.until_s:
                marks[pause.timer].append(pause.mark)
        return marks

    def _forget(self) -> None:
        """Drop the pauses of rows that are not there any more."""
        oldest_s = self.elapsed_s() - FORGOTTEN_AFTER_S
        self._pauses = {i: pause for i, pause in self._pauses.items() if pause.until_s > oldest_s}


def _read(timer: Timer, document: str) -> Row:
    """Return the row of ``timer`` that is kept as ``document``."""
    return Row(timer, timer.view.document.model_validate_json(document))
