"""One certification from interest to certificates, hurt all the while, and what is wrong afterwards."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random  # noqa: TID251 -- the type of seeded dice
from time import monotonic
from typing import Final

from deploy.demo.client import UnexpectedAnswerError
from deploy.demo.journey import BEGINS_AT, Journey
from deploy.demo.stage import Stage
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.contracts.swedish_time import STOCKHOLM
from tests.faults.campaign import Say
from tests.faults.chance import dice
from tests.faults.checks import violations
from tests.faults.clock import Clocks
from tests.faults.injecting import Injector
from tests.faults.journeys_crowd import CrowdedJourney
from tests.faults.journeys_house import APART, HouseInRoles
from tests.faults.journeys_outcome import (
    Outcome,
    a_repeat_is_never_too_late,
    everybody_has_a_certificate,
    only_documented_trouble,
    outcome,
    the_outcome_is_the_calm_one,
)
from tests.faults.journeys_people import Careful, StillUnknownError, unhurried
from tests.faults.journeys_plan import service_of
from tests.faults.observing import observe
from tests.faults.plan import Fault
from tests.faults.seen import Violation
from tests.faults.settling import settle

BUSY_WITHIN_S: Final = 2.0
MID_COMMAND_S: Final = 0.005
LET_BE_S: Final = 8.0
LOOK_S: Final = 0.2
STRIKING: Final = 3
"""How many faults go on at the same time; never two at the same process."""

SETTLE_S: Final = 150.0


@dataclass
class RunningStage(Stage):
    """A stage on which time goes on between two scenes."""

    clocks: Clocks = field(kw_only=True)

    def at(self, local: str) -> None:
        """Move the clock on to ``local``, from where it runs."""
        when = datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM)
        self.clocks.move(when - self.clocks.of(""))
        self.say(local)


@dataclass
class Played:
    """A play that is over.

    Attributes:
        found: What is wrong.
        outcome: What it led to; ``None``: it broke off.
        struck: How many faults of each kind were felt, and figures of the commands.
    """

    found: tuple[Violation, ...]
    outcome: Outcome | None
    struck: Counter[str]


@dataclass
class Round:
    """A house, a journey through it, and whoever hurts it meanwhile."""

    seed: int
    house: HouseInRoles
    clocks: Clocks
    world: Careful
    stage: RunningStage
    say: Say
    struck: Counter[str] = field(default_factory=Counter[str])
    over: asyncio.Event = field(default_factory=asyncio.Event)
    struck_at: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict[str, asyncio.Lock](asyncio.Lock)
    )

    async def play(self, faults: Iterable[Fault], calm: Outcome | None) -> Played:
        """Play the whole journey while ``faults`` strike, and return what is wrong afterwards."""
        began_s = monotonic()
        injector = Injector(self.house, self.clocks, lambda _line: None, ready_s=SETTLE_S)
        journey = CrowdedJourney(self.stage)
        broken = await self._hurt(journey, injector, faults)
        await injector.heal()
        services = self.house.services
        unsettled = await settle(
            self.house.stack,
            services,
            lambda: self.clocks.move(timedelta(hours=1)),
            within_s=SETTLE_S,
        )
        disturbed = frozenset((kind, service_of(target)) for kind, target in injector.disturbed)
        late = (*injector.unheeded, *unsettled)
        seen = await observe(self.house.stack, services, disturbed, late)
        led_to = outcome(seen, journey.admission.firms)
        found = [
            *broken,
            *violations(self.world.history, seen),
            *a_repeat_is_never_too_late(self.world, seen),
            *only_documented_trouble(self.world),
        ]
        if not broken:
            firms = journey.certification.firms
            found += await everybody_has_a_certificate(self.world, firms, self.stage.refusals)
        if calm is not None and not broken:
            found += the_outcome_is_the_calm_one(calm, led_to)
        self._count()
        self.say(f"  {self._figures()}; {monotonic() - began_s:.0f} s")
        return Played(tuple(found), None if broken else led_to, self.struck)

    async def _hurt(
        self, journey: Journey, injector: Injector, faults: Iterable[Fault]
    ) -> tuple[Violation, ...]:
        """Play every act while faults strike; return why it broke off, if it did."""
        waiting, broken = iter(faults), tuple[Violation, ...]()
        async with asyncio.TaskGroup() as group:
            for number in range(STRIKING):
                group.create_task(self._strike(injector, waiting, dice(self.seed, number)))
            try:
                with unhurried():
                    await journey.admit()
                    await journey.prepare()
                    await journey.certify()
            except* (UnexpectedAnswerError, StillUnknownError) as errors:
                broken = tuple(_broken_off(errors))
            finally:
                self.over.set()
        return broken

    async def _strike(self, injector: Injector, faults: Iterator[Fault], throw: Random) -> None:
        """Do one fault after the other until the play is over."""
        for fault in faults:
            await asyncio.sleep(fault.after_s)
            async with self.struck_at[fault.target]:
                if self.over.is_set():
                    return
                await self._aim(fault, throw.uniform(0, MID_COMMAND_S))
                self._felt(fault)
                await injector.inject(fault)

    async def _aim(self, fault: Fault, late_s: float) -> None:
        """Wait for a command that an API is in the middle of, and for a play that goes on.

        Where nobody asks for anything, the play waits for what other processes do: they may be hurt
        for a while, and must then come to it by themselves.
        """
        while monotonic() - self.world.asked_s > LET_BE_S and not self.over.is_set():  # noqa: ASYNC110 -- a pause
            await asyncio.sleep(LOOK_S)
        until = monotonic() + BUSY_WITHIN_S
        while fault.target in APART and monotonic() < until and not self.over.is_set():
            if await self.world.busy(fault.target, LOOK_S):
                await asyncio.sleep(late_s)
                if self.world.under_way[fault.target]:
                    return

    def _felt(self, fault: Fault) -> None:
        """Count a fault, and whether it comes in the middle of a command."""
        runs = not fault.target or self.house.running(fault.target) is not None
        hit = (fault.target,) if fault.target else SERVICES
        self.struck[fault.kind if runs else f"{fault.kind} of what did not run"] += 1
        within = runs and any(self.world.under_way[service] for service in hit)
        self.struck[f"{fault.kind} mid-command"] += within

    def _count(self) -> None:
        """Count what the commands went through."""
        commands = self.world.history.commands
        self.struck["commands"] += len(commands)
        self.struck["acknowledged"] += sum(each.acknowledged is not None for each in commands)
        self.struck["repeated"] += sum(each.was_unknown for each in commands)

    def _figures(self) -> str:
        """Return what was counted, in one line."""
        return ", ".join(f"{what} {times}" for what, times in sorted(self.struck.items()) if times)


def _broken_off(errors: BaseExceptionGroup[Exception]) -> Iterator[Violation]:
    """Yield why a play broke off."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _broken_off(error)
        else:
            yield Violation("the_play_goes_on", "the play", repr(error))


async def journey(
    stack: Stack, seed: int, faults: Iterable[Fault], say: Say, *, calm: Outcome | None = None
) -> Played:
    """Play a journey in a house of its own, on an empty stack, and return what came of it."""
    clock = stack.settings.clock
    assert clock is not None
    clocks = Clocks.beginning({"": Path(clock)}, BEGINS_AT)
    house = HouseInRoles(stack, dict.fromkeys(SERVICES, Path(clock)))
    try:
        await asyncio.to_thread(house.start)
        addresses = {service: house.url(service) for service in SERVICES}
        throw = dice(seed, "people")
        async with Careful(stack.issuer_url, addresses, dice=throw) as world:
            stage = RunningStage(world, Path(clock), partial(_told, say), clocks=clocks)
            return await Round(seed, house, clocks, world, stage, say).play(faults, calm)
    finally:
        await asyncio.to_thread(house.stop)


def _told(say: Say, line: str) -> None:
    """Say a line of the story, if it begins a scene."""
    if not line.startswith(" "):
        say(f"    {line}")
