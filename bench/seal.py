"""What sealing costs: append and relay with a sealer beside them, against the same without one.

``python -m bench.seal`` starts a stack of its own. Three logs are appended to in turns, all in one process
as the role ``all`` does it, each relayed to Kafka meanwhile; one of them is sealed, one is not, and neither
is the third, whose ratio to the second says how far a ratio of equals is from 1 here and now. A turn ends
when its last record is on the topic; the next begins when the sealed log's checkpoint covers it, so that
no turn pays for another. The first turns warm up and do not count. Medians of the rounds' ratios.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Final, Literal, TypeAlias

import structlog
import uvloop

from bench.records import cause, opened, stream
from bench.settings import BenchSettings
from deploy.local.stack import Stack
from shared import relay
from shared.clock import now
from shared.contracts.catalogue import event_of
from shared.eventlog import Write
from shared.eventlog.migrate import SchemaText
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.reader import open_reader
from shared.kafka import Brokers, Topic, provision
from shared.ledger.store import SCHEMA
from shared.relay import Output, Relay, Sealer, origin_of
from tests.eventlog.house import Database, fresh_database, open_house
from tests.stack import folder_of_its_own, settings_of_its_own

WAITING = 256
CASE_RECORDS = 12
COMMANDS = 1_024 * CASE_RECORDS
"""Of each log in each round: one record each."""

RATIO_MIN = 0.95
QUARTILES: Final = 4
LOOK_S = 0.005
LIMIT_S = 300.0
SCHEMAS = (
    SchemaText("relay", relay.SCHEMA, writer="relay"),
    SchemaText("ledger", SCHEMA, writer=None),
)
Which: TypeAlias = Literal["sealed", "plain", "again"]
ORDER: Final[tuple[Which, ...]] = ("sealed", "plain", "again")


@dataclass(frozen=True, slots=True)
class Turn:
    """One log's turn in one round.

    Attributes:
        taken_s: From the first command to the last record on the topic.
        cpu_s: Processor time of the process, until all is sealed that will be.
        behind_s: How long after the last record the checkpoint came; 0 without a sealer.
    """

    taken_s: float
    cpu_s: float
    behind_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The turns of each log, one entry a round."""

    turns: dict[Which, list[Turn]]

    def ratios(self, of: Which, *, cpu: bool = False) -> list[float]:
        """Return throughput of ``of`` over that of ``plain``, round by round; or what it would be.

        Args:
            of: The log.
            cpu: By processor time instead: what throughput would be if that alone decided.
        """
        return [
            other.cpu_s / one.cpu_s if cpu else other.taken_s / one.taken_s
            for one, other in zip(self.turns[of], self.turns["plain"], strict=True)
        ]

    @property
    def ratio(self) -> float:
        """Return the figure."""
        return median(self.ratios("sealed"))

    def __str__(self) -> str:
        """Return the lines to print."""
        sealed, plain = (
            COMMANDS / median(turn.taken_s for turn in self.turns[each])
            for each in ("sealed", "plain")
        )
        sealed_us, plain_us = (
            median(turn.cpu_s for turn in self.turns[each]) / COMMANDS * 1e6
            for each in ("sealed", "plain")
        )
        behind_s = max(turn.behind_s for turn in self.turns["sealed"])
        return (
            f"append and relay, sealing on / off: {_spread(self.ratios('sealed'))} (gate {RATIO_MIN};"
            f" {sealed:,.0f}/s against {plain:,.0f}/s, {COMMANDS:,} commands a turn,"
            f" {len(self.turns['plain'])} rounds in turns)\n"
            f"  off / off, for comparison: {_spread(self.ratios('again'))}\n"
            f"  processor time of the process, off / on: {_spread(self.ratios('sealed', cpu=True))}"
            f" ({plain_us:.0f} us a record against {sealed_us:.0f})\n"
            f"  last checkpoint behind the last record: {behind_s:.1f} s at worst"
        )


def _spread(ratios: Sequence[float]) -> str:
    """Return the median of ``ratios``, and between which values half of them are."""
    if len(ratios) == 1:
        return f"{ratios[0]:.3f}"
    low, middle, high = quantiles(ratios, n=QUARTILES, method="inclusive")
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


async def measure(stack: Stack, folder: Path, *, rounds: int) -> Measured:
    """Return what each log's turns took on ``stack``; the signer is in ``folder``."""
    turns: dict[Which, list[Turn]] = {each: [] for each in ORDER}
    order = deque(ORDER)
    async with AsyncExitStack() as doors:
        sides = {
            each: await doors.enter_async_context(_running(stack, folder, sealing=each == "sealed"))
            for each in ORDER
        }
        for number in range(rounds + 1):
            for each in order:
                turn = await _turn(sides[each])
                if number:
                    turns[each].append(turn)
            order.rotate()
    return Measured(turns)


@dataclass(slots=True)
class _Side:
    """A log that is relayed, and sealed or not.

    Attributes:
        cases: How many are in it.
    """

    log: PostgresLog
    relay: Relay
    sealer: Sealer | None
    cases: int = field(default=0)

    async def relayed(self, position: int) -> None:
        """Return when the relay's checkpoint is at ``position``."""
        async with asyncio.timeout(LIMIT_S):
            while self.relay.health.position < position:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)

    async def signed(self, size: int) -> None:
        """Return when the last checkpoint is at ``size``; at once without a sealer."""
        async with asyncio.timeout(LIMIT_S):
            while self.sealer is not None and self.sealer.health.size < size:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)


async def _turn(side: _Side) -> Turn:
    """Return what one turn took."""
    began_s, before_s = time.perf_counter(), time.process_time()
    cases = range(side.cases, side.cases + COMMANDS // CASE_RECORDS)
    await _append(side.log, cases)
    side.cases = cases.stop
    size = side.cases * CASE_RECORDS
    await side.relayed(size)
    relayed_s = time.perf_counter()
    await side.signed(size)
    signed_s = time.perf_counter()
    return Turn(relayed_s - began_s, time.process_time() - before_s, signed_s - relayed_s)


@asynccontextmanager
async def _running(stack: Stack, folder: Path, *, sealing: bool) -> AsyncGenerator[_Side]:
    """Yield one side, on a fresh database and topic."""
    brokers = Brokers(stack.kafka_bootstrap)
    async with AsyncExitStack() as doors:
        database = await doors.enter_async_context(
            fresh_database(stack.postgres_admin_dsn, schemas=SCHEMAS)
        )
        house = await doors.enter_async_context(open_house(database, event_of=event_of))
        topic = f"bench.seal.{database.service}"
        await provision(brokers, [Topic(topic)], replication=1)
        reader = await doors.enter_async_context(
            open_reader(database.relay_dsn, service=database.service)
        )
        relaying = Relay(
            reader=reader, dsn=database.relay_dsn, brokers=brokers, output=Output(topic), now=now
        )
        sealer = await _sealer(doors, database, folder) if sealing else None
        async with asyncio.TaskGroup() as group:
            group.create_task(relaying.run())
            if sealer is not None:
                group.create_task(sealer.run())
            while not relaying.health.leading:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)
            yield _Side(house.log, relaying, sealer)
            relaying.stopping.set()
            if sealer is not None:
                sealer.stopping.set()


async def _sealer(doors: AsyncExitStack, database: Database, folder: Path) -> Sealer:
    """Return a sealer as services have it, with their settings."""
    reader = await doors.enter_async_context(
        open_reader(database.relay_dsn, service=database.service)
    )
    return Sealer(
        reader=reader,
        dsn=database.relay_dsn,
        log="log",
        origin=origin_of(database.service, "log", prefix="", simulated=False),
        folder=folder,
    )


async def _append(log: PostgresLog, numbers: range) -> None:
    """Append the cases of these numbers, ``WAITING`` at a time: command by command, an event each."""

    async def fill(case: int) -> None:
        for version in range(CASE_RECORDS):
            write = Write(stream(case), (opened(case),), version)
            await log.append((write,), cause=cause(case * CASE_RECORDS + version + 1))

    cases = iter(numbers)

    async def one_after_another() -> None:
        for case in cases:
            await fill(case)

    async with asyncio.TaskGroup() as group:
        for _ in range(WAITING):
            group.create_task(one_after_another())


def main() -> None:
    """Measure on a stack of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        measured = uvloop.run(measure(stack, folder / "signers", rounds=BenchSettings().rounds))
        print(measured)  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()
