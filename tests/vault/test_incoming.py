"""What killed uploads leave behind: it goes, and nothing else does."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import obstore
import pytest

from shared.testing.memory import MASTER_KEY, MemoryShelf
from shared.vault import Vault
from shared.vault.incoming import remove_left
from shared.vault.objects import INCOMING, PART_BYTES, Objects, StoreAway, store_of
from tests.dying import ended
from tests.vault.test_objects import SUBJECT, coming, files, read
from tests.vault.uploading import parts_of

AFTER = timedelta(hours=1)
CONTENT = b"%PDF" + bytes(2 * PART_BYTES)


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    """Return objects in an empty folder."""
    store = store_of("", folder=tmp_path / "store")
    return Objects(store, Vault(MemoryShelf(), master_key=MASTER_KEY))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where they lie."""
    return tmp_path / "store"


def aged(path: Path, by: timedelta) -> None:
    """Have ``path`` been written to so much earlier."""
    at_s = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (at_s, at_s))


async def killed_upload(folder: Path) -> Path:
    """Return what an upload leaves whose process is killed in the middle of it."""
    before = {*files(folder)}
    log = folder.with_name("said")
    code = await ended("tests.vault.uploading", str(folder), log=log)
    assert code == -signal.SIGKILL, log.read_text()
    (left,) = {*files(folder)} - before
    return left


async def slow(go_on: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield ``CONTENT`` twice, the second time when told to."""
    yield CONTENT
    await go_on.wait()
    yield CONTENT


async def begun(folder: Path) -> Path:
    """Return what an upload writes to, once a part of it is on disk."""
    while True:
        for each in parts_of(folder):
            return each
        await asyncio.sleep(0.01)


async def test_what_a_killed_upload_left_goes_once_it_is_old(
    objects: Objects, folder: Path
) -> None:
    """Law (GDPR 17): nobody knows of it, so no erasure finds it; what has its name stays, however old."""
    kept = await objects.put(SUBJECT, coming(b"a file"))
    (named,) = files(folder)
    aged(named, 100 * AFTER)
    old, young = [await killed_upload(folder) for _ in "12"]
    assert old.stat().st_size >= PART_BYTES
    aged(old, AFTER * 1.1)
    aged(young, AFTER * 0.9)
    assert await remove_left(objects.store, AFTER) == 1
    assert {*files(folder)} == {named, young}
    assert await read(objects, SUBJECT, kept.content_hash) == b"a file"


async def test_what_was_whole_and_never_got_its_name_goes_too(
    objects: Objects, folder: Path
) -> None:
    """House: a process may be killed at any moment, also between the two."""
    await obstore.put_async(objects.store, f"{INCOMING}/whole", CONTENT)
    (whole,) = files(folder)
    assert await remove_left(objects.store, AFTER) == 0
    aged(whole, AFTER * 1.1)
    assert await remove_left(objects.store, AFTER) == 1
    assert files(folder) == []


async def test_an_upload_under_way_is_left_alone(objects: Objects, folder: Path) -> None:
    """WSP-3: whoever sends slowly sends; it is what nobody writes to that goes."""
    go_on = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        putting = group.create_task(objects.put(SUBJECT, slow(go_on)))
        coming_in = await begun(folder)
        aged(coming_in, AFTER * 0.9)
        assert await remove_left(objects.store, AFTER) == 0
        go_on.set()
    assert await read(objects, SUBJECT, putting.result().content_hash) == CONTENT + CONTENT


async def test_an_upload_that_outlives_it_fails_and_leaves_nothing(
    objects: Objects, folder: Path
) -> None:
    """House: as if the store were away, so that it is sent again; never half a file under a name."""
    go_on = asyncio.Event()

    async def put() -> None:
        with pytest.raises(StoreAway):
            await objects.put(SUBJECT, slow(go_on))

    async with asyncio.TaskGroup() as group:
        group.create_task(put())
        aged(await begun(folder), AFTER * 1.1)
        assert await remove_left(objects.store, AFTER) == 1
        go_on.set()
    assert files(folder) == []


async def test_several_processes_may_look_at_once(objects: Objects, folder: Path) -> None:
    """Architecture, section 4: any number of workers; what another has removed is gone."""
    for number in range(20):
        await obstore.put_async(objects.store, f"{INCOMING}/{number}", b"left")
    for each in files(folder):
        aged(each, AFTER * 1.1)
    await asyncio.gather(*(remove_left(objects.store, AFTER) for _ in range(4)))
    assert files(folder) == []


async def test_another_store_than_a_folder_is_asked_by_its_own_clock(tmp_path: Path) -> None:
    """House: what is whole there goes; parts of what is not are the store's own to remove."""
    store = store_of("memory:///", folder=tmp_path)
    assert await remove_left(store, AFTER) == 0
    await obstore.put_async(store, f"{INCOMING}/whole", b"left")
    await obstore.put_async(store, f"{SUBJECT}/named", b"kept")
    assert await remove_left(store, AFTER) == 0
    assert await remove_left(store, timedelta(0)) == 1
    assert [each["path"] for batch in obstore.list(store) for each in batch] == [f"{SUBJECT}/named"]


async def test_what_is_no_file_of_ours_stays_and_holds_nothing_up(
    objects: Objects, folder: Path
) -> None:
    """House: somebody made a folder there, and a link; the sweep ended at the first, at every look."""
    left = await killed_upload(folder)
    (left.parent / "a folder").mkdir()
    (left.parent / "a link").symlink_to("nowhere")
    for each in (left, left.parent / "a folder"):
        aged(each, 2 * AFTER)
    assert await remove_left(objects.store, AFTER) == 1
    assert {each.name for each in left.parent.iterdir()} == {"a folder", "a link"}
