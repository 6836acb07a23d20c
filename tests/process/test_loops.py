"""Loops are kept going by the world's faults and ended by our own."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from shared.eventlog import LogBusy
from shared.process.loops import (
    CUT_OFF_S,
    Loop,
    cancelled_at_stop,
    cut_off,
    keep_all,
    of_the_world,
    rest,
)
from shared.process.readiness import Stall


def loop_of(
    body: Callable[[Loop], Awaitable[None]], stopping: asyncio.Event, name: str = "loop"
) -> Loop:
    """Return a loop."""
    return Loop(name, body, stopping)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (LogBusy(), True),
        (ExceptionGroup("", [OSError(), ExceptionGroup("", [LogBusy()])]), True),
        (ExceptionGroup("", [OSError(), KeyError()]), False),
        (AssertionError(), False),
        (asyncio.CancelledError(), False),
    ],
)
def test_the_world_is_told_from_our_mistakes(error: BaseException, expected: bool) -> None:
    """Style 7: four kinds of error; in a group every one must be the world's."""
    assert of_the_world(error) is expected


async def test_a_loop_that_the_world_ended_is_begun_again() -> None:
    """Style 7: with a pause, and meanwhile it is not well."""
    stopping = asyncio.Event()
    seen: list[bool] = []

    async def body(loop: Loop) -> None:
        seen.append(loop.well)
        if len(seen) < 3:
            raise ConnectionResetError
        loop.beat()
        seen.append(loop.well)
        stopping.set()

    await keep_all([loop_of(body, stopping)], stopping=stopping, grace_s=1)
    assert seen == [True, False, False, True]


async def test_our_own_mistake_ends_all_loops() -> None:
    """Style 7: crash loudly, and leave nothing running."""
    stopping = asyncio.Event()
    ended = asyncio.Event()

    async def mistaken(_: Loop) -> None:
        await asyncio.sleep(0)  # the other has begun
        raise KeyError

    async def other(loop: Loop) -> None:
        try:
            await loop.stopping.wait()
        finally:
            ended.set()

    with pytest.raises(ExceptionGroup) as raised:
        await keep_all(
            [loop_of(mistaken, stopping), loop_of(other, stopping)], stopping=stopping, grace_s=1
        )
    assert raised.group_contains(KeyError)
    assert ended.is_set()
    assert stopping.is_set(), "nothing else bounds how long the process takes to end"


async def test_a_loop_that_ends_by_itself_is_a_mistake() -> None:
    """House: whatever it did is not done any more, and nobody would notice."""
    stopping = asyncio.Event()

    async def body(_: Loop) -> None:
        await asyncio.sleep(0)

    with pytest.raises(ExceptionGroup) as raised:
        await keep_all([loop_of(body, stopping)], stopping=stopping, grace_s=1)
    assert raised.group_contains(RuntimeError, match="loop ended by itself")


async def test_work_that_knows_nothing_of_stopping_is_cancelled() -> None:
    """Architecture 4: a background loop need not look at the process it runs in."""
    stopping = asyncio.Event()
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(
            keep_all([loop_of(cancelled_at_stop(work), stopping)], stopping=stopping, grace_s=30)
        )
        await begun.wait()
        stopping.set()
    assert cancelled.is_set()


async def test_a_mistake_in_such_work_comes_out() -> None:
    """Style 7: also from inside a group."""
    stopping = asyncio.Event()

    async def work() -> None:
        raise KeyError

    with pytest.raises(ExceptionGroup) as raised:
        await keep_all([loop_of(cancelled_at_stop(work), stopping)], stopping=stopping, grace_s=1)
    assert raised.group_contains(KeyError)


async def test_what_does_not_end_in_the_grace_is_cancelled() -> None:
    """Architecture 4: bounded."""
    stopping = asyncio.Event()

    async def deaf(_: Loop) -> None:
        await asyncio.Event().wait()

    stopping.set()
    await keep_all([loop_of(deaf, stopping)], stopping=stopping, grace_s=0.01)


async def test_whoever_waits_again_when_cancelled_is_cancelled_again() -> None:
    """House: first the query, then the rollback, then the connection: each waits for the database."""
    tidied: list[str] = []

    async def thorough() -> None:
        for what in ("query", "rollback", "connection"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                tidied.append(what)
        raise asyncio.CancelledError

    async with asyncio.TaskGroup() as group:
        task = group.create_task(thorough())
        await asyncio.sleep(0)
        async with asyncio.timeout(CUT_OFF_S):
            await cut_off((task,))
    assert (tidied, task.cancelled()) == (["query", "rollback", "connection"], True)


async def test_whoever_cannot_be_cancelled_holds_nobody_up() -> None:
    """House: bounded; what is left then is the watchdog's, which says where it hangs."""
    released = asyncio.Event()

    async def stubborn() -> None:
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await released.wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(stubborn())
        await asyncio.sleep(0)
        async with asyncio.timeout(CUT_OFF_S + 1):
            await cut_off((task,))
        assert not task.done()
        released.set()


async def test_resting_ends_early_when_told_to_stop() -> None:
    """House: a pause of ten seconds does not hold up the end."""
    stopping = asyncio.Event()
    assert not await rest(stopping, 0.001)
    stopping.set()
    assert await rest(stopping, 60)


async def test_what_has_work_and_does_not_move_is_stalled() -> None:
    """Conventions 1: readiness names it after a while; idling or moving is no stall."""
    stall = Stall(after_s=0.0)
    seen = [stall.seen(1, busy=True)]
    await asyncio.sleep(0.001)
    seen.append(stall.seen(1, busy=True))
    seen.append(stall.seen(2, busy=True))
    await asyncio.sleep(0.001)
    seen.append(stall.seen(2, busy=False))
    await asyncio.sleep(0.001)
    seen.append(stall.seen(2, busy=True))
    assert seen == [False, True, False, False, False]
