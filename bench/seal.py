"""What sealing costs: append and relay with a sealer beside them, against the same without one.

``python -m bench.seal`` starts a stack of its own. Both sides append the same commands to a log that
is relayed to Kafka at the same time, all in one process, as the role ``all`` does; a round ends when
the last record is on the topic. Rounds in pairs, in turns, medians. With sealing on, the last
checkpoint must cover everything soon after.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

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
COMMANDS = 512 * CASE_RECORDS
"""Of each side in each round: one record each."""

RATIO_MIN = 0.95
LOOK_S = 0.005
LIMIT_S = 300.0
SCHEMAS = (
    SchemaText("relay", relay.SCHEMA, writer="relay"),
    SchemaText("ledger", SCHEMA, writer=None),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Records a second of both sides, one entry a round.

    Attributes:
        sealed_cpu_us: Processor time of the process for one record, with sealing.
        plain_cpu_us: The same, without.
        behind_s: How long after the last record the last checkpoint came, at worst.
    """

    sealed: tuple[float, ...]
    plain: tuple[float, ...]
    sealed_cpu_us: tuple[float, ...]
    plain_cpu_us: tuple[float, ...]
    behind_s: float

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(a / b for a, b in zip(self.sealed, self.plain, strict=True))

    def __str__(self) -> str:
        """Return the lines to print."""
        return (
            f"append and relay, sealing on / off: {self.ratio:.3f} (gate {RATIO_MIN};"
            f" {median(self.sealed):,.0f}/s against {median(self.plain):,.0f}/s,"
            f" {COMMANDS:,} commands, {len(self.plain)} paired rounds in turns)\n"
            f"processor time of the process, off / on:"
            f" {median(self.plain_cpu_us) / median(self.sealed_cpu_us):.3f}"
            f" ({median(self.plain_cpu_us):.0f} us a record against"
            f" {median(self.sealed_cpu_us):.0f})\n"
            f"last checkpoint behind the last record: {self.behind_s:.1f} s at worst"
        )


async def measure(stack: Stack, folder: Path, *, rounds: int) -> Measured:
    """Return the throughput of both sides on ``stack``, measured in turns; signers in ``folder``."""
    sealed: list[float] = []
    plain: list[float] = []
    cpu_us: dict[bool, list[float]] = {True: [], False: []}
    behind_s: list[float] = []
    for number in range(rounds):
        for sealing in (number % 2 == 0, number % 2 == 1):
            async with _running(stack, folder / f"{number}", sealing=sealing) as side:
                began_s, before_s = time.perf_counter(), time.process_time()
                await _append(side.log)
                await side.relayed(COMMANDS)
                ended_s = time.perf_counter()
                spent_s = time.process_time() - before_s
                (sealed if sealing else plain).append(COMMANDS / (ended_s - began_s))
                if side.sealer is not None:
                    await side.signed(COMMANDS)
                    behind_s.append(time.perf_counter() - ended_s)
                    spent_s = time.process_time() - before_s
                cpu_us[sealing].append(spent_s / COMMANDS * 1_000_000)
    used = tuple(cpu_us[True]), tuple(cpu_us[False])
    return Measured(tuple(sealed), tuple(plain), *used, max(behind_s))


@dataclass(frozen=True, slots=True)
class _Side:
    """A log that is relayed, and sealed or not."""

    log: PostgresLog
    relay: Relay
    sealer: Sealer | None

    async def relayed(self, position: int) -> None:
        """Return when the relay's checkpoint is at ``position``."""
        async with asyncio.timeout(LIMIT_S):
            while self.relay.health.position < position:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)

    async def signed(self, size: int) -> None:
        """Return when the last checkpoint is at ``size``."""
        async with asyncio.timeout(LIMIT_S):
            while self.sealer is not None and self.sealer.health.size < size:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def _running(stack: Stack, folder: Path, *, sealing: bool) -> AsyncIterator[_Side]:
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


async def _append(log: PostgresLog) -> None:
    """Append ``COMMANDS`` commands of one event each, ``WAITING`` at a time: a case each."""

    async def fill(case: int) -> None:
        for version in range(CASE_RECORDS):
            write = Write(stream(case), (opened(case),), version)
            await log.append((write,), cause=cause(case * CASE_RECORDS + version + 1))

    cases = iter(range(COMMANDS // CASE_RECORDS))

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
