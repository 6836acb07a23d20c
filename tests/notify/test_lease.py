"""One sender at a time, and nobody is broken off in the middle without need."""

import asyncio

import pytest

from deploy.local.stack import Stack
from services.notify.letters import lease
from services.notify.letters.lease import LOST_S, SETTLE_S, LeaseLost, finishing, leased
from services.notify.letters.sending import RECORD_PAUSE_FIRST_S, RECORD_PAUSE_MAX_S
from shared.eventlog.connection import connect
from shared.process.loops import of_the_world

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"


async def cut(stack: Stack) -> None:
    """Cut the connection of whoever holds, or waits for, the lease in the main database."""
    async with connect(stack.postgres_admin_dsn, name="scissors") as connection:
        await connection.execute(CUT, "sigill notify sender")


async def after(seconds: float, done: list[str]) -> str:
    """Return after a while, and leave a trace of having come so far."""
    await asyncio.sleep(seconds)
    done.append("done")
    return "answer"


def test_a_new_sender_waits_longer_than_an_old_one_goes_on() -> None:
    """MSG-1: in between, whoever has sent a letter has put it on record."""
    assert LOST_S + RECORD_PAUSE_FIRST_S < SETTLE_S
    assert RECORD_PAUSE_MAX_S + RECORD_PAUSE_FIRST_S < SETTLE_S


@pytest.mark.integration
async def test_the_lease_has_one_holder_and_passes_on(stack: Stack) -> None:
    """ADR-0016: the second comes in when the first has left."""
    held: list[str] = []

    async def second() -> None:
        async with leased(stack.postgres_admin_dsn) as mine:
            held.append("second")
            await mine.check()

    async with asyncio.TaskGroup() as group:
        async with leased(stack.postgres_admin_dsn) as first:
            task = group.create_task(second())
            await asyncio.sleep(SETTLE_S + 2 * lease.POLL_S)
            assert not held
            assert await first.within(after(0, [])) == "answer"
        await task
    assert held == ["second"]


@pytest.mark.integration
async def test_what_is_nearly_done_when_the_lease_is_lost_gets_done(stack: Stack) -> None:
    """MSG-1: a letter that the mail server is just taking is not sent again."""
    done: list[str] = []
    async with leased(stack.postgres_admin_dsn) as mine, asyncio.TaskGroup() as group:
        working = group.create_task(mine.within(after(LOST_S / 2, done)))
        await asyncio.sleep(0)
        await cut(stack)
        assert await working == "answer"
        with pytest.raises(LeaseLost) as caught:
            await mine.check()
    assert done == ["done"]
    assert of_the_world(caught.value)


@pytest.mark.integration
async def test_what_takes_long_when_the_lease_is_lost_is_broken_off(stack: Stack) -> None:
    """MSG-1: somebody else may send by now."""
    done: list[str] = []
    async with leased(stack.postgres_admin_dsn) as mine, asyncio.TaskGroup() as group:

        async def lose() -> None:
            with pytest.raises(LeaseLost):
                await mine.within(after(60, done))

        losing = group.create_task(lose())
        await asyncio.sleep(0)
        await cut(stack)
        async with asyncio.timeout(LOST_S + 2):
            await losing
    assert not done


@pytest.mark.integration
async def test_what_fails_fails_as_it_is(stack: Stack) -> None:
    """House: the world's error ends the round, and it is begun again."""

    async def fail() -> None:
        raise ConnectionResetError

    async with leased(stack.postgres_admin_dsn) as mine:
        with pytest.raises(ExceptionGroup) as caught:
            await mine.within(fail())
    assert of_the_world(caught.value)


async def test_whoever_is_told_to_end_finishes_the_letter_first() -> None:
    """MSG-1: the outcome is on record before the process ends."""
    done: list[str] = []

    async def work() -> None:
        await after(0.05, done)

    task = asyncio.ensure_future(finishing(work(), limit_s=5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["done"]


async def test_but_not_for_ever() -> None:
    """House: the time to end in is limited."""
    done: list[str] = []

    async def work() -> None:
        await after(60, done)

    task = asyncio.ensure_future(finishing(work(), limit_s=0.02))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not done
