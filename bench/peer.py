"""Appending at 1, 8 and 64 clients, against PyPI ``eventsourcing`` in its fastest mode.

``python -m bench.peer`` starts a server of its own, on which both are durable, and an environment of its own for
the other side (``requirements/bench.txt``). A client waits for its answer before it asks again. Ours starts
from records: canonical bytes, leaf hash, group commit, the answer; theirs starts from bytes that are there
already, just as many, and each event is a transaction of its own (see ``bench.peers``). Both in turns; the
ratios are medians over the rounds.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

import structlog
import uvloop

from bench.append import keep
from bench.records import record
from bench.settings import BenchSettings
from deploy.local.settings import CHECKOUT
from deploy.local.stack import Stack
from shared.contracts.catalogue import event_of
from shared.contracts.record import encode
from shared.process.loaded import leave_what_is_loaded
from tests.eventlog.house import House, fresh_database, open_house
from tests.ledger.foreign.answers import Foreign
from tests.ledger.foreign.environment import filled
from tests.stack import folder_of_its_own, settings_of_its_own

CLIENTS: Final = {1: 1.1, 8: 2.5, 64: 10.0}
"""How many ask at once, and the gate."""

TURN_S: Final = 3.0
RECORDS_MAX: Final = 120_000
"""More than a turn can append."""

PROGRAM: Final = Path(__file__).parent / "peers" / "eventsourcing_append.py"
PEER: Final = CHECKOUT / ".local" / "bench" / "python"
REQUIREMENTS: Final = CHECKOUT / "requirements" / "bench.txt"


@dataclass(frozen=True, slots=True)
class Measured:
    """Events a second of both sides, by the number of clients, one entry a round."""

    ours: dict[int, list[float]]
    theirs: dict[int, list[float]]

    def __str__(self) -> str:
        """Return the lines to print."""
        return "\n".join(
            f"append / eventsourcing 9.5.6, {clients} at once:"
            f" {median(a / b for a, b in zip(self.ours[clients], self.theirs[clients], strict=True)):.2f}"
            f" (gate {gate}; {median(self.ours[clients]):,.0f}/s against"
            f" {median(self.theirs[clients]):,.0f}/s, {len(self.ours[clients])} rounds in turns)"
            for clients, gate in CLIENTS.items()
        )


async def measure(stack: Stack, python: Path, *, rounds: int) -> Measured:
    """Return what both sides do on ``stack``; ``python`` has the other side's packages."""
    ours: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    theirs: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    numbers = count(1)
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        open_house(database, event_of=event_of) as house,
    ):
        at = urlsplit(database.admin_dsn)
        reach = (database.service, at.hostname or "", str(at.port), at.username or "")
        words = (*reach, at.password or "", str(max(CLIENTS)), encode(record(1)).hex())
        peer = await asyncio.to_thread(Foreign, str(python), str(PROGRAM), *words)
        with closing(peer):
            for number in range(rounds + 1):
                for clients in CLIENTS:
                    mine = await _appended(house, numbers, clients)
                    other = await asyncio.to_thread(
                        partial(peer.ask, "append", clients=clients, for_s=TURN_S)
                    )
                    if number:  # the first turns warm up
                        ours[clients].append(mine)
                        theirs[clients].append(other["rate"])
    return Measured(ours, theirs)


async def _appended(house: House, numbers: Iterator[int], clients: int) -> float:
    """Return how many records a second ``clients`` append, of those that are there when it begins."""
    records = [record(number) for number in islice(numbers, RECORDS_MAX)]
    leave_what_is_loaded()
    appended, until_s = 0, time.perf_counter() + TURN_S

    async def append() -> None:
        nonlocal appended
        while time.perf_counter() < until_s:
            await keep(house, records.pop())
            appended += 1

    begun_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(append())
    return appended / (time.perf_counter() - begun_s)


def main() -> None:
    """Measure on a stack of its own, and print a line for each number of clients."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    python = filled(PEER, REQUIREMENTS, sys.executable)
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, python, rounds=BenchSettings().rounds)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()
