"""Loops that run as long as something is open."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run ``loops`` until the body ends.

    What the body raises comes out as it is. What a loop raises cancels the body and comes out in
    an ``ExceptionGroup``: a loop that ends is our own mistake or an unsafe server.
    """
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        try:
            yield
        except Exception as error:  # noqa: BLE001 -- raised again below, outside of the group
            failure = error
        finally:
            for task in tasks:
                task.cancel()
    if failure is not None:
        raise failure
