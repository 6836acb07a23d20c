"""What sealing costs: append and relay with a sealer beside them, against the same without one.

``python -m bench.seal`` starts a stack of its own. One log is appended to in turns, all in one process as
the role ``all`` does it, and relayed to Kafka meanwhile. A round is four turns of that one log: sealed,
not, not, sealed, and the next round the other way about, so that neither a log that grows nor a machine
that slows down counts for one side. What the two turns alike had to each other says how far a ratio of
equals is from 1 here and now. A turn ends when its last record is on the topic; a sealer is running, and
has caught up, before its turn begins, and has signed for everything before the next one does. The first
round warms up and does not count. Medians of the rounds' ratios.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median, quantiles
from typing import Final

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
from shared.eventlog.reader import LogReader, open_reader
from shared.kafka import Brokers, Topic, provision
from shared.ledger.store import SCHEMA
from shared.process.loaded import leave_what_is_loaded
from shared.relay import Output, Relay, Sealer, origin_of
from tests.eventlog.house import Database, fresh_database, open_house
from tests.stack import folder_of_its_own, settings_of_its_own

WAITING = 256
CASE_RECORDS = 12
COMMANDS = 512 * CASE_RECORDS
"""Of each turn: one record each."""

RATIO_MIN = 0.95
QUARTILES: Final = 4
LOOK_S = 0.005
LIMIT_S = 300.0
SCHEMAS = (
    SchemaText("relay", relay.SCHEMA, writer="relay"),
    SchemaText("ledger", SCHEMA, writer=None),
)
SEALED_FIRST: Final = (True, False, False, True)
PLAIN_FIRST: Final = (False, True, True, False)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the log.

    Attributes:
        taken_s: From the first command to the last record on the topic.
        cpu_s: Processor time of the process, until all is sealed that will be.
        behind_s: How long after the last record the checkpoint came; 0 without a sealer.
    """

    taken_s: float
    cpu_s: float
    behind_s: float


@dataclass(frozen=True, slots=True)
class Round:
    """Two turns with a sealer and two without, each two in order."""

    sealed: tuple[Turn, Turn]
    plain: tuple[Turn, Turn]

    @property
    def ratio(self) -> float:
        """Return throughput on / off."""
        return _sum(self.plain) / _sum(self.sealed)

    @property
    def cpu_ratio(self) -> float:
        """Return what throughput on / off would be if the process's time alone decided."""
        return sum(turn.cpu_s for turn in self.plain) / sum(turn.cpu_s for turn in self.sealed)

    @property
    def equal_ratio(self) -> float:
        """Return what the second turn without a sealer had to the first."""
        return self.plain[0].taken_s / self.plain[1].taken_s


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds that count."""

    rounds: tuple[Round, ...]

    @property
    def ratio(self) -> float:
        """Return the figure."""
        return median(each.ratio for each in self.rounds)

    def __str__(self) -> str:
        """Return the lines to print."""
        sealed = [turn for each in self.rounds for turn in each.sealed]
        plain = [turn for each in self.rounds for turn in each.plain]
        (sealed_s, sealed_us), (plain_s, plain_us) = (
            (
                COMMANDS / median(turn.taken_s for turn in turns),
                median(turn.cpu_s for turn in turns) / COMMANDS * 1e6,
            )
            for turns in (sealed, plain)
        )
        return (
            f"append and relay, sealing on / off: {_spread([each.ratio for each in self.rounds])}"
            f" (gate {RATIO_MIN}; {sealed_s:,.0f}/s against {plain_s:,.0f}/s,"
            f" {COMMANDS:,} commands a turn, {len(self.rounds)} rounds of four turns)\n"
            f"  off / off, for comparison: {_spread([each.equal_ratio for each in self.rounds])}\n"
            f"  processor time of the process, off / on:"
            f" {_spread([each.cpu_ratio for each in self.rounds])}"
            f" ({plain_us:.0f} us a record against {sealed_us:.0f})\n"
            f"  last checkpoint behind the last record: {max(turn.behind_s for turn in sealed):.1f} s at worst"
        )


def _sum(turns: Sequence[Turn]) -> float:
    """Return how long ``turns`` took together."""
    return sum(turn.taken_s for turn in turns)


def _spread(ratios: Sequence[float]) -> str:
    """Return the median of ``ratios``, and between which values half of them are."""
    if len(ratios) == 1:
        return f"{ratios[0]:.3f}"
    low, middle, high = quantiles(ratios, n=QUARTILES, method="inclusive")
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


async def measure(stack: Stack, folder: Path, *, rounds: int) -> Measured:
    """Return what each round took on ``stack``; the signer is in ``folder``."""
    async with _running(stack) as side:
        leave_what_is_loaded()
        made = [
            await _round(side, folder, PLAIN_FIRST if number % 2 else SEALED_FIRST)
            for number in range(rounds + 1)
        ]
    return Measured(tuple(made[1:]))


@dataclass(slots=True)
class _Side:
    """A log that is relayed.

    Attributes:
        cases: How many are in it.
    """

    database: Database
    log: PostgresLog
    relay: Relay
    reader: LogReader
    cases: int = field(default=0)

    @property
    def size(self) -> int:
        """Return how many records were appended."""
        return self.cases * CASE_RECORDS

    async def relayed(self) -> None:
        """Return when the relay's checkpoint is at the last record."""
        async with asyncio.timeout(LIMIT_S):
            while self.relay.health.position < self.size:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)

    async def signed(self, sealer: Sealer | None) -> None:
        """Return when the last checkpoint is at the last record; at once without a sealer."""
        async with asyncio.timeout(LIMIT_S):
            while sealer is not None and sealer.health.size < self.size:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)


async def _round(side: _Side, folder: Path, order: Sequence[bool]) -> Round:
    """Return what four turns took."""
    turns: dict[bool, list[Turn]] = {True: [], False: []}
    for sealing, alike in groupby(order):
        async with AsyncExitStack() as doors:
            sealer = await doors.enter_async_context(_sealing(side, folder)) if sealing else None
            for _ in alike:
                await side.signed(sealer)
                turns[sealing].append(await _turn(side, sealer))
    (sealed, sealed_again), (plain, plain_again) = turns[True], turns[False]
    return Round((sealed, sealed_again), (plain, plain_again))


async def _turn(side: _Side, sealer: Sealer | None) -> Turn:
    """Return what one turn took."""
    began_s, before_s = time.perf_counter(), time.process_time()
    cases = range(side.cases, side.cases + COMMANDS // CASE_RECORDS)
    await _append(side.log, cases)
    side.cases = cases.stop
    await side.relayed()
    relayed_s = time.perf_counter()
    await side.signed(sealer)
    signed_s = time.perf_counter()
    return Turn(relayed_s - began_s, time.process_time() - before_s, signed_s - relayed_s)


@asynccontextmanager
async def _running(stack: Stack) -> AsyncGenerator[_Side]:
    """Yield the log, on a fresh database and topic."""
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
        async with asyncio.TaskGroup() as group:
            group.create_task(relaying.run())
            while not relaying.health.leading:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)
            yield _Side(database, house.log, relaying, reader)
            relaying.stopping.set()


@asynccontextmanager
async def _sealing(side: _Side, folder: Path) -> AsyncGenerator[Sealer]:
    """Yield a sealer as services have it: with their settings, and the reader of the relay."""
    database = side.database
    async with asyncio.TaskGroup() as group:
        sealer = Sealer(
            reader=side.reader,
            dsn=database.relay_dsn,
            log="log",
            origin=origin_of(database.service, "log", prefix="", simulated=False),
            folder=folder,
        )
        group.create_task(sealer.run())
        yield sealer
        sealer.stopping.set()


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
