"""Files outside the database: what comes in comes out, and nothing else."""

import os
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from shared.testing.memory import MASTER_KEY, MemoryShelf
from shared.vault import BrokenSeal, Vault
from shared.vault.objects import (
    PIECE_BYTES,
    ObjectMissing,
    Objects,
    remove_all,
    store_of,
)

SUBJECT, OTHER = UUID(int=1), UUID(int=2)
SIZES = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 6_000_000]


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    """Return objects in an empty folder."""
    vault = Vault(MemoryShelf(), master_key=MASTER_KEY)
    return Objects(store_of("", folder=tmp_path), vault)


async def coming(content: bytes, *, fails: bool = False) -> AsyncIterator[bytes]:
    """Yield ``content`` in chunks of an odd size, and then perhaps fail."""
    for start in range(0, len(content), 100_003):
        yield content[start : start + 100_003]
    if fails:
        raise ConnectionResetError


async def read(objects: Objects, subject: UUID, content_hash: str) -> bytes:
    """Return the whole content."""
    return b"".join([piece async for piece in await objects.get(subject, content_hash)])


def files(folder: Path) -> list[Path]:
    """Return all files in ``folder``."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_put_in_comes_out_again(objects: Objects, size: int) -> None:
    """Q-095: hashed while it streams, whole at every length."""
    content = bytes(n % 251 for n in range(size))
    kept = await objects.put(SUBJECT, coming(content))
    assert (kept.content_hash, kept.size_bytes) == (sha256(content).hexdigest(), size)
    assert await read(objects, SUBJECT, kept.content_hash) == content


async def test_the_store_sees_no_content_and_keeps_it_once(
    objects: Objects, tmp_path: Path
) -> None:
    """SV-11, WSP-3: encrypted at rest; the same content of one subject has one object."""
    content = b"participants and their health " * 1_000
    first = await objects.put(SUBJECT, coming(content))
    assert await objects.put(SUBJECT, coming(content)) == first
    (only,) = files(tmp_path)
    assert only.name == first.content_hash
    assert b"participants" not in only.read_bytes()


async def test_a_content_is_on_disk_before_it_has_its_name_and_its_name_before_the_answer(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1: a record that names a file is durable; so the file is, before the record is."""
    waited_for: list[tuple[Path, int]] = []

    def wait_for_the_disk(opened: int) -> None:
        place = Path(f"/proc/self/fd/{opened}").readlink()
        waited_for.append((place, len(list((tmp_path / str(SUBJECT)).glob("*")))))
        fsync(opened)

    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", wait_for_the_disk)
    await objects.put(SUBJECT, coming(b"a file"))
    (content, named), *folders = waited_for
    assert (content.parent, named) == (tmp_path / "incoming", 0)
    assert folders == [(tmp_path / str(SUBJECT), 1), (tmp_path, 1)]


async def test_an_upload_that_breaks_off_leaves_nothing(objects: Objects, tmp_path: Path) -> None:
    """House: nothing can be read before all of it is kept."""
    with pytest.raises(ConnectionResetError):
        await objects.put(SUBJECT, coming(bytes(7_000_000), fails=True))
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "damage", ["cut", "cut_at_piece", "header", "flipped", "swapped", "other", "empty"]
)
async def test_what_was_changed_in_the_store_does_not_open(
    objects: Objects, tmp_path: Path, damage: str
) -> None:
    """House: a shortened, altered, reordered or foreign object is an alarm, not a file."""
    content = b"".join(bytes([n]) * PIECE_BYTES for n in range(4))
    kept = await objects.put(SUBJECT, coming(content))
    (path,) = files(tmp_path)
    stored, sealed = path.read_bytes(), PIECE_BYTES + 16
    header = len(stored) - 4 * sealed
    parts = [stored[header + n * sealed :][:sealed] for n in range(4)]
    path.write_bytes(
        {
            "cut": stored[:-1],
            "cut_at_piece": stored[: header + 3 * sealed],
            "header": stored[:header],
            "flipped": stored[:-1] + bytes([stored[-1] ^ 1]),
            "swapped": stored[:header] + b"".join((parts[1], parts[0], *parts[2:])),
            "other": b"x" * len(stored),
            "empty": b"",
        }[damage]
    )
    with pytest.raises(BrokenSeal):
        await read(objects, SUBJECT, kept.content_hash)


async def test_one_subject_never_reads_anothers_object(objects: Objects, tmp_path: Path) -> None:
    """SV-11: keys per subject; moving an object does not open it."""
    kept = await objects.put(SUBJECT, coming(b"ours"))
    with pytest.raises(ObjectMissing):
        await read(objects, OTHER, kept.content_hash)
    (path,) = files(tmp_path)
    (tmp_path / str(OTHER)).mkdir()
    path.rename(tmp_path / str(OTHER) / path.name)
    with pytest.raises(BrokenSeal):
        await read(objects, OTHER, kept.content_hash)


async def test_an_object_under_a_wrong_name_does_not_open(objects: Objects, tmp_path: Path) -> None:
    """WSP-3: the name is the hash of the content."""
    await objects.put(SUBJECT, coming(b"one"))
    (path,) = files(tmp_path)
    wrong = "0" * 64
    path.rename(path.with_name(wrong))
    with pytest.raises(BrokenSeal):
        await read(objects, SUBJECT, wrong)


async def test_an_erased_key_makes_its_objects_unreadable(tmp_path: Path) -> None:
    """ERA-1: also those in a restored backup of the store, and where the key is remembered."""
    shelf = MemoryShelf()
    objects = Objects(store_of("", folder=tmp_path), Vault(shelf, master_key=MASTER_KEY))
    kept = await objects.put(SUBJECT, coming(b"forget me"))
    shelf.erase(str(SUBJECT))
    later = Objects(objects.store, Vault(shelf, master_key=MASTER_KEY))
    for each in (objects, later):
        with pytest.raises(BrokenSeal):
            await each.get(SUBJECT, kept.content_hash)


def test_a_store_is_named_by_its_address(tmp_path: Path) -> None:
    """House: a local folder by default, another store by setting."""
    assert "Local" in repr(store_of("", folder=tmp_path / "a"))
    assert "Local" in repr(store_of((tmp_path / "b").as_uri(), folder=tmp_path))
    assert "Memory" in repr(store_of("memory:///", folder=tmp_path))


async def test_a_fingerprint_is_the_same_within_a_subject_only() -> None:
    """WSP-3: the same text has the same hash, and nobody can guess it from outside."""
    vault = Vault(MemoryShelf(), master_key=MASTER_KEY)
    mine = await vault.fingerprint("a", "Section 2.")
    assert mine == await vault.fingerprint("a", "Section 2.")
    assert len({mine, await vault.fingerprint("a", "x"), await vault.fingerprint("b", "x")}) == 3


async def test_what_was_erased_leaves_no_name_behind(objects: Objects, tmp_path: Path) -> None:
    """Law (GDPR 17): a name is the hash of the content; all of one subject's go, and nobody else's. Safe to repeat."""
    for content in (b"one", b"another"):
        await objects.put(SUBJECT, coming(content))
    kept = await objects.put(OTHER, coming(b"one"))
    assert [await remove_all(objects.store, SUBJECT) for _ in range(2)] == [2, 0]
    assert [each.parent.name for each in files(tmp_path)] == [str(OTHER)]
    assert await read(objects, OTHER, kept.content_hash) == b"one"
    with pytest.raises(ObjectMissing):
        await objects.get(SUBJECT, kept.content_hash)
