"""SIGTERM while the database says nothing: its connections stay open, and nobody answers on them."""

import asyncio
import json
import socket
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.ids import new_id
from tests.frozen import frozen
from tests.process.house import House, Running, eventually
from tests.process.test_ending import answer_on

pytestmark = pytest.mark.system

DRAIN_MS: Final = "1000"
GRACE_MS: Final = "1000"
EACH: Final = 12
"""So many of each kind ask: more than there are connections."""
COMMAND: Final = b"Idempotency-Key: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
WATCHDOG: Final = "Timeout ("
"""What the watchdog says, five seconds after drain and grace."""


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


@contextmanager
def waiting(process: Running) -> Generator[tuple[list[socket.socket], list[socket.socket]]]:
    """Yield the connections of those who have asked and of those who have commanded."""
    with ExitStack() as lines:

        def line(head: str) -> socket.socket:
            port = int(process.base.rpartition(":")[2])
            opened = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            opened.sendall(
                f"{head} HTTP/1.1\r\nHost: house\r\n".encode() + COMMAND % str(new_id()).encode()
            )
            return opened

        asked = [line("GET /v1/letters") for _ in range(EACH)]
        yield asked, [line(f"PUT /v1/letters/{new_id()}") for _ in range(EACH)]


def told(line: socket.socket) -> tuple[int, str]:
    """Return status and code of a problem, which says when to come again."""
    status, head, body = answer_on(line)
    assert b"retry-after: " in head
    return status, json.loads(body)["code"]


@pytest.mark.parametrize("role", ["api", "all"])
def test_who_waits_for_a_silent_database_is_told_and_the_process_ends(
    house: House, stack: Stack, role: str
) -> None:
    """Architecture 4: within drain and grace, well, by itself; what may be on record is not denied."""
    with house.running(role, drain_ms=DRAIN_MS, shutdown_grace_ms=GRACE_MS) as process:
        assert eventually(lambda: process.failing() == [])
        with ThreadPoolExecutor(1) as caller, log_held(house) as tried:
            appending = caller.submit(process.plan, new_id())
            assert eventually(tried)
            with frozen(stack, "postgres"), waiting(process) as (asked, commanded):
                code = process.ended(20)
                questions = {told(each) for each in asked}
                commands = {told(each) for each in commanded}
            appended = appending.result(20)
    assert (code, WATCHDOG in house.log(role)) == (0, False), house.log(role)
    assert (appended.status_code, appended.json()["code"]) == (503, "outcome_unknown")
    assert commands == {(503, "outcome_unknown")}
    assert questions == {(503, "temporarily_unavailable")}


def test_a_process_that_has_not_begun_ends_too(house: House, stack: Stack) -> None:
    """House: SIGTERM is heard at any time, also between the connection and its first answer."""
    with frozen(stack, "postgres"), house.running("all", shutdown_grace_ms=GRACE_MS) as process:
        assert eventually(lambda: process.failing() == ["starting"])
        assert process.ended(20) == 0
