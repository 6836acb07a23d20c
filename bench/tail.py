"""What a tail misses while sixteen write and a stranger's transaction stays open (L3): nothing.

``python -m bench.tail`` starts a stack of its own. ``SIGILL_BENCH_TAIL_EVENTS`` says how many
events; by default a million.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import structlog
import uvloop

from bench.records import cause, opened
from bench.settings import BenchSettings
from deploy.local.stack import Stack
from shared.contracts.catalogue import event_of
from shared.eventlog import Write
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.reader import LogReader, open_reader
from tests.eventlog.house import fresh_database, open_house
from tests.stack import folder_of_its_own, settings_of_its_own

WRITERS = 16
EVENTS_EACH = 100
"""Of each command."""

PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What a tail got.

    Attributes:
        missed: Events that it did not get, got twice, or got out of order.
    """

    missed: int
    followed: int

    def __str__(self) -> str:
        """Return the line to print."""
        return (
            f"events missed by a tail: {self.missed} (gate 0; {WRITERS} writers,"
            f" {self.followed:,} events, a writing transaction open in another database)"
        )


async def measure(stack: Stack, *, events: int) -> Measured:
    """Return how many of ``events`` events a tail misses that only ever asks for what is beyond."""
    stranger = await asyncpg.connect(stack.postgres_admin_dsn)
    try:
        await stranger.execute("BEGIN; CREATE TABLE public.held (n int)")
        async with (
            fresh_database(stack.postgres_admin_dsn) as database,
            open_house(database, event_of=event_of) as here,
            open_house(database, event_of=event_of) as there,
            open_reader(database.relay_dsn, service=database.service) as reader,
        ):
            return await _followed(reader, (here.log, there.log), events)
    finally:
        await stranger.close()


async def _followed(reader: LogReader, logs: Sequence[PostgresLog], events: int) -> Measured:
    """Let all write, two writers' processes side by side, and follow them."""
    turns = events // WRITERS // EVENTS_EACH
    total = turns * WRITERS * EVENTS_EACH

    async def write(writer: int) -> None:
        for turn in range(turns):
            happened = tuple(opened(number) for number in range(EVENTS_EACH))
            write = Write(f"review-writer{writer}", happened, turn * EVENTS_EACH)
            log = logs[writer % len(logs)]
            await log.append((write,), cause=cause(1 + writer * turns + turn))

    async with asyncio.TaskGroup() as group:
        following = group.create_task(_follow(reader, total))
        for writer in range(WRITERS):
            group.create_task(write(writer))
    wanted = range(1, total + 1)
    return Measured(sum(a != b for a, b in zip(following.result(), wanted, strict=True)), total)


async def _follow(reader: LogReader, total: int) -> Sequence[int]:
    """Return the positions as they came, until ``total`` have come."""
    seen: list[int] = []
    while len(seen) < total:
        after = seen[-1] if seen else 0
        page = await reader.tail(after, limit=PAGE)
        seen += [stored.position for stored in page]
        if not page:
            await reader.wait(after, timeout_s=1)
    return seen


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, events=BenchSettings().tail_events)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()
