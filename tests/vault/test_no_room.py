"""A store on a full disk: what comes in is not kept, nothing of it stays, and later it is."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from shared.testing.memory import MASTER_KEY, MemoryShelf
from shared.vault import Vault
from shared.vault.objects import PART_BYTES, Objects, StoreAway, store_of
from tests.faults.disk import BALLAST, bounded, filled, require_mounting
from tests.vault.test_objects import coming, files, read

SUBJECT = UUID(int=1)
CONTENT = bytes(range(256)) * (2 * PART_BYTES // 256)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, with room for all of it."""
    require_mounting()
    store = tmp_path / "store"
    store.mkdir()
    with bounded(store):
        yield store


@pytest.mark.parametrize("room", [0, PART_BYTES + PART_BYTES // 2], ids=["none", "for a part"])
async def test_what_there_is_no_room_for_leaves_nothing_and_is_kept_later(
    folder: Path, room: int
) -> None:
    """L8: told as the world's doing, at the first byte and in the middle; what was there stays."""
    objects = Objects(store_of("", folder=folder), Vault(MemoryShelf(), master_key=MASTER_KEY))
    before = await objects.put(SUBJECT, coming(b"before"))
    with filled(folder, but_bytes=room):
        with pytest.raises(StoreAway, match="No space left"):
            await objects.put(SUBJECT, coming(CONTENT))
        assert {each.name for each in files(folder)} == {BALLAST, before.content_hash}
        assert await read(objects, SUBJECT, before.content_hash) == b"before"
    kept = await objects.put(SUBJECT, coming(CONTENT))
    assert await read(objects, SUBJECT, kept.content_hash) == CONTENT


async def test_what_cannot_be_given_its_name_does_not_stay(tmp_path: Path) -> None:
    """House: a file that has come in and has no place is nobody's, and would lie there for ever."""
    objects = Objects(store_of("", folder=tmp_path), Vault(MemoryShelf(), master_key=MASTER_KEY))
    (tmp_path / str(SUBJECT)).write_text("in the way")
    with pytest.raises(StoreAway):
        await objects.put(SUBJECT, coming(CONTENT))
    assert [each.name for each in files(tmp_path)] == [str(SUBJECT)]
