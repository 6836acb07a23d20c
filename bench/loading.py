"""Cases for the history, put into four logs through the logs' own append.

A case has a hundred records, a quarter of them in each log, all in one stream and chained as ever. Fifty
cases are at work at one time, so that the records of a case lie scattered. A command appends five records;
the fifty commands of a step are appended together, in all logs at once, as many streams in a commit.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from deploy.local.stack import Stack
from services.audit.queries import LOGS
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, encode, leaf_hash
from shared.contracts.roles import Role
from shared.eventlog.composing import Command, Entry
from shared.eventlog.postgres import PostgresLog
from tests.eventlog.house import database_at, migrate, open_house

CASE_RECORDS: Final = 100
OPEN: Final = 50
"""Cases at work at one time."""

COMMAND_RECORDS: Final = 5
STEPS: Final = 5
"""Commands of a case in each log."""

LOADED: Final = LOGS[:4]
BEGUN: Final = datetime(2019, 6, 17, 8, tzinfo=UTC)
NAMES: Final = UUID("7e1a0000-0000-4000-8000-000000000002")
REVIEWERS: Final = tuple(uuid5(NAMES, f"reviewer {n}") for n in range(20))
assert len(LOADED) * STEPS * COMMAND_RECORDS == CASE_RECORDS


class Step(NamedTuple):
    """A step of fifty cases in one log.

    Attributes:
        lot: Which fifty.
        number: From 0 to ``STEPS - 1``.
    """

    rank: int
    lot: int
    number: int


@dataclass(slots=True)
class Logs:
    """The logs that are filled, and how far.

    Attributes:
        logs: By name.
        lots: Of fifty cases, that are in them.
        links: The leaf hash of each open case's last record, by log and case.
    """

    logs: dict[str, PostgresLog]
    lots: int = 0
    links: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    async def load(self, records: int) -> None:
        """Append until there are ``records`` in all logs together: a multiple of fifty cases'."""
        lots = records // (OPEN * CASE_RECORDS)
        async with asyncio.TaskGroup() as group:
            for rank, name in enumerate(LOADED):
                group.create_task(self._fill(self.logs[name], rank, range(self.lots, lots)))
        self.lots = lots
        self.links.clear()

    async def _fill(self, log: PostgresLog, rank: int, lots: Sequence[int]) -> None:
        """Append to one log, step by step."""
        for lot in lots:
            for number in range(STEPS):
                commands = list(self._commands(Step(rank, lot, number)))
                outcomes = await asyncio.gather(
                    *(log._committer.submit(each) for each in commands)  # noqa: SLF001 -- records as they are
                )
                assert {each.verdict for each in outcomes} == {"accepted"}

    def _commands(self, step: Step) -> Iterator[Command]:
        """Yield what fifty cases append in a step: a command each."""
        for place in range(OPEN):
            case = step.lot * OPEN + place
            made = uuid5(NAMES, f"{step.rank} {case} {step.number}")
            stream = f"review-{case_id(case)}"
            entries: list[Entry] = []
            for turn in range(COMMAND_RECORDS):
                version = step.number * COMMAND_RECORDS + turn + 1
                before = self.links.get((step.rank, case))
                leaf = encode(record(step, case, stream, version, before, made))
                self.links[step.rank, case] = leaf_hash(leaf)
                entries.append(Entry(stream, version, leaf))
            yield Command(made, made, tuple(entries))


@asynccontextmanager
async def open_logs(stack: Stack) -> AsyncGenerator[Logs]:
    """Yield the logs of the services, fresh on ``stack``; their records may bear any time."""
    async with AsyncExitStack() as doors:
        logs: dict[str, PostgresLog] = {}
        for name in LOADED:
            database = database_at(stack.postgres_admin_dsn, name.removeprefix("asf/"))
            await migrate(database, simulated=True)
            house = await doors.enter_async_context(open_house(database, event_of=event_of))
            logs[name] = house.log
        yield Logs(logs)


def case_id(case: int) -> UUID:
    """Return the id of a case."""
    return uuid5(NAMES, f"case {case}")


def reviewer_of(case: int) -> UUID:
    """Return who reviews a case."""
    return REVIEWERS[case % len(REVIEWERS)]


def record(
    step: Step, case: int, stream: str, version: int, previous: str | None, made: UUID
) -> Record:
    """Return a record of a case."""
    order = (step.lot * STEPS + step.number) * len(LOADED) + step.rank
    at = BEGUN + timedelta(
        seconds=order * OPEN * COMMAND_RECORDS + case % OPEN, milliseconds=version
    )
    reviewer, application = reviewer_of(case), case_id(case)
    return Record(
        log=LOADED[step.rank],
        event_id=uuid5(made, str(version)),
        type="CriterionReviewed",
        schema=1,
        stream=stream,
        version=version,
        previous=previous,
        recorded_at=at,
        effective_at=at,
        actor=Actor(reviewer, Role.REVIEWER),
        command_id=made,
        correlation_id=application,
        causation_id=made,
        traceparent=None,
        policy="1",
        scheme="v1",
        data={
            "review_id": str(application),
            "application_id": str(application),
            "criterion": "3.2",
            "result": "conforms",
            "items": [],
            "reason": "a" * 64,
            "language": "sv",
            "evidence": ["b" * 64],
            "reviewer_id": str(reviewer),
            "reviewed_at": "2019-06-17T08:00:00.000000Z",
        },
    )
