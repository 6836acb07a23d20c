"""An upload whose process is killed in the middle of it: ``python -m tests.vault.uploading FOLDER``."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from shared.testing.memory import MASTER_KEY, MemoryShelf
from shared.vault import Vault
from shared.vault.objects import PART_BYTES, Objects, store_of


def parts_of(folder: Path) -> list[Path]:
    """Return what has come in so far, of which a part is on disk."""
    return [each for each in folder.glob("incoming/*") if each.stat().st_size]


async def content(folder: Path) -> AsyncIterator[bytes]:
    """Yield some, and be killed once a part of it is on disk."""
    while not parts_of(folder):
        yield bytes(PART_BYTES)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    into = Path(sys.argv[1])
    objects = Objects(store_of("", folder=into), Vault(MemoryShelf(), master_key=MASTER_KEY))
    asyncio.run(objects.put(UUID(int=1), content(into)))
