"""A sealer in a process of its own, which kills itself: ``python -m tests.ledger.run_sealer ...``.

At the chosen one of all the moments at which it has just spoken to the disk or to the database, it
dies as by ``kill -9``. Nothing else about it is special.
"""

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from shared.eventlog.reader import open_reader
from shared.relay import Sealer

INTERVAL_S = 0.02


class Fate:
    """Counts the moments, and ends the process at the one that was chosen.

    Args:
        at: Which one; 0: never.
    """

    def __init__(self, at: int) -> None:
        self._left = at

    def met(self) -> None:
        """Live through one moment, or not."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def follow(self, owner: Any, name: str) -> None:
        """Let what ``owner`` calls ``name`` be followed by a moment."""
        real = getattr(owner, name)

        async def awaited(*arguments: Any, **named: Any) -> Any:
            answer = await real(*arguments, **named)
            self.met()
            return answer

        def called(*arguments: Any, **named: Any) -> Any:
            answer = real(*arguments, **named)
            self.met()
            return answer

        setattr(owner, name, awaited if inspect.iscoroutinefunction(real) else called)


async def main(dsn: str, origin: str, folder: str, at: str, size: str) -> None:
    """Seal until ``size`` records are under a checkpoint, or the moment has come."""
    fate = Fate(int(at))
    moments: list[tuple[Any, Callable[..., Any] | str]] = [
        (os, "fsync"),
        (Path, "replace"),
        (asyncpg.Connection, "execute"),
        (asyncpg.Connection, "fetch"),
        (asyncpg.Connection, "fetchrow"),
        (asyncpg.Connection, "fetchval"),
    ]
    for owner, name in moments:
        fate.follow(owner, str(name))
    async with open_reader(dsn, service="killed") as reader:
        sealer = Sealer(
            reader=reader,
            dsn=dsn,
            log="log",
            origin=origin,
            folder=Path(folder),
            interval_s=INTERVAL_S,
            idle_s=0.02,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(sealer.run())
            while sealer.health.size < int(size):  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.01)
            sealer.stopping.set()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
