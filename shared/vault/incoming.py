"""What uploads leave whose process was killed: nobody knows of it, so nobody else removes it.

Content comes in under a name of chance in ``incoming/`` and gets its own when it is whole. In a
folder it lies there as ``<name>#<n>`` until then, which the store's library never lists. Parts that a
killed upload left with another store are in no listing either: such a store removes them itself,
by a rule of the bucket (docs/deployment.md).
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

import obstore
from obstore.store import LocalStore, ObjectStore

from shared.ids import new_id
from shared.vault.objects import INCOMING, STORE_TIMEOUT_S, asking_the_store, root_of


class _Lying(NamedTuple):
    """Something in ``incoming/``, and when it was last written to."""

    place: str
    written_at: datetime


async def remove_left(store: ObjectStore, after: timedelta) -> int:
    """Remove what nobody has written to for longer than ``after``; return how much that was.

    ``after`` is to be many times what an upload may take: one that is slower than that fails, as if
    the store were away. Safe to repeat, and to do from several processes at once.

    Raises:
        StoreAway: See there. Some may be left.
        OSError: Likewise.
    """
    with asking_the_store():
        async with asyncio.timeout(STORE_TIMEOUT_S):
            lying = await _lying(store)
            if not lying:
                return 0
            now = await _clock_of(store)
        left = [each.place for each in lying if now - each.written_at > after]
        for place in left:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await _remove(store, place)
    return len(left)


async def _lying(store: ObjectStore) -> Sequence[_Lying]:
    """Return all that lies in ``incoming/``."""
    if isinstance(store, LocalStore):
        return await asyncio.to_thread(_in_folder, root_of(store) / INCOMING)
    listing = obstore.list(store, INCOMING)  # pyright: ignore[reportUnknownMemberType] -- of its Arrow form
    listed = [batch async for batch in listing]
    return [_Lying(each["path"], each["last_modified"]) for batch in listed for each in batch]


def _in_folder(folder: Path) -> Sequence[_Lying]:
    """Return all files in ``folder``; none where nothing has come in yet. Nothing else there is ours."""
    found: list[_Lying] = []
    for each in folder.iterdir() if folder.exists() else ():
        with suppress(FileNotFoundError):  # it has its own name by now
            said = each.lstat()
            if S_ISREG(said.st_mode):
                written_at = datetime.fromtimestamp(said.st_mtime, UTC)
                found.append(_Lying(f"{folder.name}/{each.name}", written_at))
    return found


async def _clock_of(store: ObjectStore) -> datetime:
    """Return what time it is by the clock that says when something was written: the store's own.

    Ours may be moved, or differ from that of the machine where the files are.
    """
    mark = f"{INCOMING}/{new_id()}"
    await obstore.put_async(store, mark, b"", use_multipart=False)
    try:
        return (await obstore.head_async(store, mark))["last_modified"]
    finally:
        await _remove(store, mark)


async def _remove(store: ObjectStore, place: str) -> None:
    """Remove what lies at ``place``, unless it is gone."""
    with suppress(FileNotFoundError):
        if isinstance(store, LocalStore):
            await asyncio.to_thread((root_of(store) / place).unlink)
        else:
            await obstore.delete_async(store, place)
