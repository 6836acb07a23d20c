"""A house, a load, faults, and what is found afterwards: one round for each seed."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from pydantic import TypeAdapter

from deploy.demo.client import World
from deploy.local.people import Person, people
from deploy.local.settings import CHECKOUT, SERVICES
from deploy.local.stack import Stack
from shared.contracts.swedish_time import STOCKHOLM
from tests.faults.checks import violations
from tests.faults.client import Clients
from tests.faults.clock import Clocks
from tests.faults.firms import FIRMS_MAX, firm, people_of, places
from tests.faults.history import History
from tests.faults.house import FaultyHouse
from tests.faults.injecting import Injector
from tests.faults.observing import observe
from tests.faults.plan import COMMON, Fault, Kind, plan
from tests.faults.seen import Seen, Violation
from tests.faults.settling import SETTLE_S, settle
from tests.faults.streams import streams_behind
from tests.faults.workload import Workload

BEGINS_AT: Final = datetime(2018, 11, 1, 9, tzinfo=STOCKHOLM)
CALM_S: Final = 2.0
"""How long the load goes on before the first fault and after the last."""

ENOUGH: Final = 150
ENOUGH_WITHIN_S: Final = 60.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Campaign:
    """One house, and the rounds that were played in it.

    Attributes:
        settle_s: How long the house may take to come to rest.
        at_once: How many faults go on at the same time; never two at the same target.
        enough: Commands in a round, at least, where the machine is not too slow for it.
        faults: How many of each kind, over all rounds.
    """

    house: FaultyHouse
    clocks: Clocks
    clients: Clients
    say: Say
    settle_s: float = SETTLE_S
    enough: int = ENOUGH
    at_once: int = 1
    faults: Counter[str] = field(default_factory=Counter[str])
    disturbed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _met: set[int] = field(default_factory=set[int])

    @property
    def history(self) -> History:
        """Return what the clients saw in all rounds."""
        return self.clients.history

    async def round(
        self, seed: int, *, count: int, kinds: Sequence[Kind] = COMMON
    ) -> tuple[Violation, ...]:
        """Play the round of ``seed`` and return what is wrong afterwards."""
        return await self.play(seed, plan(seed, count, kinds))

    async def play(self, seed: int, faults: Sequence[Fault]) -> tuple[Violation, ...]:
        """Play a round with these faults and return what is wrong afterwards."""
        began_s = monotonic()
        injector = Injector(self.house, self.clocks, self.say, ready_s=self.settle_s)
        load = Workload(self.clients, seed, self.firms(seed))
        before = len(self.history.commands)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await self._hurt(injector, faults)
            await injector.heal()
            await self._enough(before)
            load.stopping.set()
        self.faults += injector.done
        self.disturbed |= injector.disturbed
        unsettled = await settle(
            self.house.stack,
            self.house.services,
            lambda: self.clocks.move(timedelta(hours=1)),
            within_s=self.settle_s,
        )
        late = await streams_behind(self.house, self.say, within_s=self.settle_s)
        seen = await observe(
            self.house.stack,
            self.house.services,
            frozenset(self.disturbed),
            (*injector.unheeded, *unsettled, *late),
        )
        found = violations(self.history, seen)
        self.say(_told(self.history, seen, before, load.played, monotonic() - began_s))
        return found

    def firms(self, seed: int) -> list[int]:
        """Return the places of the seed's firms.

        Raises:
            ValueError: This house has met them: each firm applies once.
        """
        mine = places(seed)
        if not self._met.isdisjoint(mine):
            raise ValueError(f"the firms of seed {seed} have been in this house: take another seed")
        self._met.update(mine)
        return mine

    async def _hurt(self, injector: Injector, faults: Sequence[Fault]) -> None:
        """Do one fault after the other while the load goes on, or some of them at once."""
        await asyncio.sleep(CALM_S)
        waiting = iter(faults)
        busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

        async def hurt() -> None:
            for fault in waiting:
                await asyncio.sleep(fault.after_s)
                async with busy[fault.target]:
                    await injector.inject(fault)

        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(hurt())
        await asyncio.sleep(CALM_S)

    async def _enough(self, before: int) -> None:
        """Let the load go on until there was enough of it, within patience."""
        until = monotonic() + ENOUGH_WITHIN_S
        while len(self.history.commands) < before + self.enough and monotonic() < until:  # noqa: ASYNC110 -- a bounded wait
            await asyncio.sleep(CALM_S / 10)


def _told(history: History, seen: Seen, before: int, played: int, seconds: float) -> str:
    """Return what a round was like, in one line."""
    commands = history.commands[before:]
    acknowledged = sum(each.acknowledged is not None for each in commands)
    unknown = sum(each.was_unknown for each in commands)
    events = sum(len(service.log) for service in seen.services.values())
    return (
        f"  {played} firms, {len(commands)} commands: {acknowledged} acknowledged, {unknown} unknown "
        f"for a while; {events} events and {len(seen.mail)} letters so far; {seconds:.0f} s"
    )


def everybody(folder: Path) -> Path:
    """Write down who can sign in: the people of the checkout, and those of every firm."""
    cast: list[Person] = list(people().values())
    for place in range(FIRMS_MAX):
        cast += people_of(firm(place))
    file = folder / "people.json"
    file.write_bytes(TypeAdapter(list[Person]).dump_json(cast))
    return file


@contextmanager
def _issuing_to(stack: Stack, file: Path) -> Generator[None]:
    """Let the issuer know everybody in ``file``, for a while."""
    Stack(stack.settings.model_copy(update={"people": file})).restart("issuer")
    try:
        yield
    finally:
        stack.restart("issuer")


@asynccontextmanager
async def campaign(
    stack: Stack, folder: Path, say: Say, *, code: Path = CHECKOUT
) -> AsyncGenerator[Campaign]:
    """Yield a house with nothing on record, its services running from ``code``.

    The stack must be empty; its clock runs from the beginning of the story.
    """
    common = stack.settings.clock
    assert common is not None
    files = {"": common, **{service: folder / f"clock-{service}" for service in SERVICES}}
    clocks = Clocks.beginning(files, BEGINS_AT)
    everyone = everybody(folder)
    with _issuing_to(stack, everyone):
        house = FaultyHouse(stack, {service: files[service] for service in SERVICES}, code=code)
        try:
            await asyncio.to_thread(house.start)
            addresses = {service: house.url(service) for service in SERVICES}
            known = {
                p.label: p for p in TypeAdapter(list[Person]).validate_json(everyone.read_bytes())
            }
            async with World(stack.issuer_url, addresses) as world:
                yield Campaign(house, clocks, Clients(world, known, clocks), say)
        finally:
            await asyncio.to_thread(house.stop)
