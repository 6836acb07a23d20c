"""What a leader does about outages: tell them apart, wait, and show that it is alive."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from shared.kafka.progress import DATABASE_FAILURES

WAIT_FIRST_S = 0.2
WAIT_MAX_S = 5.0
SIGNS_OF_LIFE = 6
DOUBLED_MAX = 10
"""How often a wait is doubled; no float could hold two to the number of an outage's failures."""
"""How many a leader gives within the time after which the server takes it for dead."""

A = TypeVar("A")
B = TypeVar("B")


class DatabaseAway(Exception):  # noqa: N818 -- ends a leadership, not the process
    """The log or the checkpoint cannot be reached."""


@asynccontextmanager
async def database() -> AsyncGenerator[None, None]:
    """Tell an outage of the database from one of Kafka: both are time-outs and lost sockets."""
    try:
        yield
    except DATABASE_FAILURES as error:
        raise DatabaseAway(type(error).__name__) from error


def wait_s(failed: int) -> float:
    """Return how long to wait after so many failures in a row."""
    return min(WAIT_FIRST_S * 2.0 ** min(failed, DOUBLED_MAX), WAIT_MAX_S)


async def both(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Return what both came to; when one fails the other is cancelled, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            one, other = group.create_task(first), group.create_task(second)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return one.result(), other.result()
