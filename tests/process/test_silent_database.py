"""SIGTERM while the database says nothing: its connections stay open, and nobody answers on them."""

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
import httpx2
import pytest

from deploy.local.memory import family
from deploy.local.stack import Stack
from shared.ids import new_id
from tests.process.house import House, eventually

pytestmark = pytest.mark.system

DRAIN_MS: Final = "1000"
GRACE_MS: Final = "1000"
EACH: Final = 12
"""So many of each kind ask: more than there are connections."""
WATCHDOG: Final = "Timeout ("
"""What the watchdog says, five seconds after drain and grace."""


@contextmanager
def silent(stack: Stack) -> Generator[None]:
    """Let every process of the database server stand still."""
    record = stack.processes.running("postgres")
    assert record is not None
    pids = family(record.pid)
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def log_held(house: House) -> Generator[Callable[[], bool]]:
    """Let nobody append; yield whether somebody tries."""
    with asyncio.Runner() as runner:
        line: Any = runner.run(
            asyncpg.connect(house.environment(1)["EXAMPLE_DATABASE_ADMIN_DSN"], database="example")
        )
        runner.run(line.execute("BEGIN; SELECT 1 FROM log.log_head FOR UPDATE"))
        try:
            yield lambda: bool(
                runner.run(line.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
            )
        finally:
            line.terminate()


def told(answer: httpx2.Response) -> tuple[int, str]:
    """Return status and code of a problem, which says when to come again."""
    assert "retry-after" in answer.headers
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("role", ["api", "all"])
def test_who_waits_for_a_silent_database_is_told_and_the_process_ends(
    house: House, stack: Stack, role: str
) -> None:
    """Architecture 4: within drain and grace, well, by itself; what may be on record is not denied."""
    with house.running(role, drain_ms=DRAIN_MS, shutdown_grace_ms=GRACE_MS) as process:
        assert eventually(lambda: process.failing() == [])
        with ThreadPoolExecutor(2 * EACH + 1) as callers, log_held(house) as tried:
            appending = callers.submit(process.plan, new_id())
            assert eventually(tried)
            with silent(stack):
                reading = [callers.submit(process.get, "/v1/letters") for _ in range(EACH)]
                planning = [callers.submit(process.plan, new_id()) for _ in range(EACH)]
                code = process.ended(20)
                commands = {told(each.result(20)) for each in (appending, *planning)}
                questions = {told(each.result(20)) for each in reading}
    assert (code, WATCHDOG in house.log(role)) == (0, False)
    assert commands == {(503, "outcome_unknown")}
    assert questions == {(503, "temporarily_unavailable")}


def test_a_process_that_has_not_begun_ends_too(house: House, stack: Stack) -> None:
    """House: SIGTERM is heard at any time, also between the connection and its first answer."""
    with silent(stack), house.running("all", shutdown_grace_ms=GRACE_MS) as process:
        assert eventually(lambda: process.failing() == ["starting"])
        assert process.ended(20) == 0
