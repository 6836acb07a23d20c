"""A witness in a process of its own, which kills itself: ``python -m tests.audit.witness.run_witness``.

At the chosen one of all the moments at which it has just spoken to the disk or to the database, it
dies as by ``kill -9``. Nothing else about it is special.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from services.audit.witness.asking import Asking
from services.audit.witness.watching import Watch
from services.audit.witness.witnessing import witness_over
from shared.eventlog.connection import open_pool
from shared.testing.memory import MemoryLog
from tests.audit.witness.house import AT, SERVICE, parts_over, settings_for
from tests.ledger.run_sealer import Fate

MOMENTS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"),
    (Path, "replace"),
    (asyncpg.Connection, "execute"),
    (asyncpg.Connection, "fetch"),
    (asyncpg.Connection, "fetchrow"),
    (asyncpg.Connection, "fetchval"),
)


async def main(dsn: str, folder: str, keys: str, url: str, at: str) -> None:
    """Look once at the log, or die at the moment that was chosen."""
    fate = Fate(int(at))
    for owner, name in MOMENTS:
        fate.follow(owner, name)
    settings = settings_for(Path(folder), Path(keys), url)
    async with open_pool(dsn, name="killed") as pool, httpx2.AsyncClient() as http:
        parts = parts_over(pool, settings, MemoryLog("audit", now=lambda: AT))
        await Watch(SERVICE, witness_over(parts, Asking(http))).round()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
