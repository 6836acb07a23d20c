"""What is due becomes a command: once, by however many workers, however the clock jumps."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.contracts.base import Event
from shared.contracts.envelope import Cause
from shared.decider import Asked, Decider, Refusal, RefusalKind
from shared.eventlog import Answer, Handler, History, Write
from shared.eventlog.connection import Connection, Pool
from shared.eventlog.projector import Pages, Projector
from shared.eventlog.projector_migrate import ViewTables, migrate_views
from shared.eventlog.timers import PAUSE_FIRST_S, Tally, Timers
from shared.eventlog.views import Due, Timer, View
from shared.testing.memory import MemoryAccessLog
from tests.projector.example import (
    MONDAY,
    POLICY,
    BoxClosed,
    BoxDropped,
    BoxFilled,
    BoxOpened,
    ListedLog,
    event_of,
)

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class CloseBox:
    """Close a box that has stood open too long."""

    box: str


def due(document: Due | None, event: Event, key: str) -> Due | None:
    """Return when the box is to be closed: a day for each piece in it."""
    match event:
        case BoxFilled():
            at = MONDAY + timedelta(days=event.pieces)
            return Due(at=at, key=key, kind="closing", stream=f"box-{key}")
        case BoxClosed():
            return None
        case _:
            return document


def keys(event: Event) -> tuple[str, ...]:
    """Return the box that ``event`` is about."""
    assert isinstance(event, BoxOpened | BoxFilled | BoxClosed | BoxDropped)
    return (event.box,)


CLOSING = Timer(
    view=View(name="closing", version=1, document=Due, keys=keys, evolve=due),
    command=lambda row: Asked(row.stream, CloseBox(row.key)),
)


@dataclass
class Clock:
    """A clock that is moved by hand; ``elapsed_s`` is what really passed."""

    at: datetime = MONDAY
    elapsed_s: float = 0.0

    def now(self) -> datetime:
        """Return what it shows."""
        return self.at


@dataclass
class CommandLog(ListedLog):
    """A log that takes commands: boxes are closed, once per command id."""

    commands: dict[UUID, Answer] = field(default_factory=dict)
    asked: list[UUID] = field(default_factory=list)

    async def load(self, stream: str) -> History:
        """Return an empty stream: the rule below needs no history."""
        assert stream.startswith("box-")
        await asyncio.sleep(0)
        return History((), 0, None, ())

    async def begin(self, stream: str, command_id: UUID) -> History | None:
        """Return an empty stream; ``None`` when the command is known."""
        self.asked.append(command_id)
        return None if command_id in self.commands else await self.load(stream)

    async def recall(self, command_id: UUID, *, digest: UUID | None) -> Answer | None:
        """Return what the command led to."""
        assert digest is None
        await asyncio.sleep(0)
        return self.commands.get(command_id)

    async def append(self, writes: Sequence[Write], *, cause: Cause) -> Answer:
        """Append, unless the command is known."""
        await asyncio.sleep(0)
        if cause.command_id not in self.commands:
            self.say(*writes[0].events)
            answer = Answer(writes[0].events, writes[0].stream, 1, len(self.stored))
            self.commands[cause.command_id] = answer
        return self.commands[cause.command_id]


def close(command: CloseBox, _: None) -> tuple[Event, ...]:
    """Close the box, unless its name says that it may not or cannot be."""
    if command.box.startswith("kept"):
        raise Refusal(RefusalKind.CONFLICT, "box_kept", "This box stays open.")
    if command.box.startswith("broken"):
        raise AssertionError("our mistake")
    return (BoxClosed(box=command.box),)


BOX: Decider[CloseBox, Event, None] = Decider(None, close, lambda state, _: state)


@dataclass
class House:
    """The parts of one test."""

    log: CommandLog
    clock: Clock
    projector: Projector
    timers: Callable[[], Timers]

    def fill(self, **boxes: int) -> None:
        """Fill boxes, each with as many pieces as days until it is to be closed."""
        for name, pieces in boxes.items():
            self.log.say(BoxOpened(box=name, colour="red"), BoxFilled(box=name, pieces=pieces))

    async def project(self) -> None:
        """Let the timer's view catch up."""
        while await self.projector.advance(CLOSING.view):
            pass

    def closed(self) -> list[str]:
        """Return which boxes were closed, in order."""
        kept = [stored.leaf for stored in self.log.stored]
        return [
            leaf.partition(b'"data":{"box":"')[2].partition(b'"')[0].decode()
            for leaf in kept
            if b"BoxClosed" in leaf
        ]


@pytest.fixture
async def house(admin: Connection, pool: Pool, tables: ViewTables) -> House:
    """A service with one timer."""
    await migrate_views(admin, replace(tables, views=(), timers=(CLOSING,)))
    log, clock = CommandLog(), Clock()

    def timers() -> Timers:
        return Timers(
            pool=pool,
            schema=tables.schema,
            timers=(CLOSING,),
            handler=Handler(log, {"box": BOX}, MemoryAccessLog(), clock.now),
            actor=POLICY,
            now=clock.now,
            elapsed_s=lambda: clock.elapsed_s,
        )

    return House(log, clock, Projector(pool, Pages(log, event_of), tables.schema), timers)


def counts(tally: Tally) -> tuple[int, int, int]:
    """Return how many rows were asked, refused, failed."""
    return (
        sum(tally.asked.values()),
        sum(tally.refused.values()),
        sum(tally.failed.values()),
    )


async def test_nothing_is_asked_before_its_instant(house: House) -> None:
    """GEN-1: a timer carries what is due, to the microsecond, and nothing else."""
    house.fill(a=1, b=2)
    await house.project()
    timers = house.timers()
    house.clock.at = MONDAY + timedelta(days=1) - timedelta(microseconds=1)
    assert counts(await timers.round()) == (0, 0, 0)
    house.clock.at = MONDAY + timedelta(days=1)
    assert counts(await timers.round()) == (1, 0, 0)
    await house.project()
    assert house.closed() == ["a"]
    assert await timers.overdue() == {"closing": 0}


async def test_a_clock_that_jumps_makes_everything_due_in_order(house: House) -> None:
    """House: in simulated time two years pass between two looks."""
    house.fill(c=300, a=100, b=200)
    await house.project()
    timers = house.timers()
    assert counts(await timers.round()) == (0, 0, 0)
    house.clock.at += timedelta(days=730)
    assert await timers.overdue() == {"closing": 3}
    assert counts(await timers.round()) == (3, 0, 0)
    await house.project()
    assert sorted(house.closed()) == ["a", "b", "c"]
    assert counts(await timers.round()) == (0, 0, 0)


async def test_two_loops_and_a_slow_view_ask_once(house: House) -> None:
    """L4: the same row asks with the same id; the log answers it once."""
    house.fill(**{f"box{n}": 1 for n in range(60)})
    await house.project()
    house.clock.at += timedelta(days=2)
    loops = [house.timers() for _ in range(3)]
    for _ in range(3):  # the view does not follow: the rows stay due
        async with asyncio.TaskGroup() as together:
            for loop in loops:
                together.create_task(loop.round())
        house.clock.elapsed_s += 100
    assert len(house.log.asked) > 60
    assert len(set(house.log.asked)) == 60
    assert len(house.closed()) == len(set(house.closed())) == 60


async def test_what_is_refused_is_asked_again_with_a_growing_pause(house: House) -> None:
    """House: it may have come too early; it is counted, and the others go on."""
    house.fill(kept=1, a=1)
    await house.project()
    house.clock.at += timedelta(days=2)
    timers = house.timers()
    assert counts(await timers.round()) == (1, 1, 0)
    await house.project()
    assert counts(await timers.round()) == (0, 0, 0)
    for tries in range(1, 4):
        house.clock.elapsed_s += PAUSE_FIRST_S * 2 ** (tries - 1) - 0.01
        assert counts(await timers.round()) == (0, 0, 0)
        house.clock.elapsed_s += 0.02
        assert counts(await timers.round()) == (0, 1, 0)
    house.clock.at += timedelta(days=1)
    assert counts(await timers.round()) == (0, 1, 0), "a jump of the clock ends the pause"
    assert await timers.overdue() == {"closing": 1}


async def test_one_row_that_is_our_mistake_does_not_hold_up_the_others(house: House) -> None:
    """Style 7: parked like a consumer's case, counted, never skipped."""
    house.fill(broken=1, a=2, b=3)
    await house.project()
    house.clock.at += timedelta(days=5)
    assert counts(await house.timers().round()) == (2, 0, 1)
    await house.project()
    assert sorted(house.closed()) == ["a", "b"]
    assert await house.timers().overdue() == {"closing": 1}


async def test_many_refused_rows_do_not_hide_one_that_can_be_done(house: House) -> None:
    """House: a page of rows that stay must not starve those behind it."""
    house.fill(**{f"kept{n}": 1 for n in range(120)}, last=2)
    await house.project()
    house.clock.at += timedelta(days=5)
    timers = house.timers()
    assert counts(await timers.round()) == (0, 100, 0)
    assert counts(await timers.round()) == (1, 20, 0)


async def test_a_moved_instant_is_another_command(house: House) -> None:
    """House: a deadline that was extended is not the deadline that was asked about."""
    house.fill(kept=1)
    await house.project()
    house.clock.at = MONDAY + timedelta(days=1)
    timers = house.timers()
    assert counts(await timers.round()) == (0, 1, 0)
    house.log.say(BoxFilled(box="kept", pieces=3))
    await house.project()
    assert await timers.overdue() == {"closing": 0}
    house.clock.at = MONDAY + timedelta(days=3)
    assert counts(await timers.round()) == (0, 1, 0)
    assert len(set(house.log.asked)) == 2
