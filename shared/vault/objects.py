"""Files outside the database: encrypted while they stream in, under the key of their subject.

An object is a header (its own key, wrapped under the subject's) and pieces, each sealed with
AES-256-GCM and its place; the last piece says that it is the last, so that a shortened object does
not open. Its name is the SHA-256 of the content: the same content of one subject is kept once, and
a content never changes. Erasing the subject's key makes all of its objects unreadable; their names
are a trace, so they are removed then.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.ids import NONCE_BYTES, new_id, new_key, new_nonce
from shared.vault.vault import BrokenSeal, Vault

PIECE_BYTES: Final = 65_536
PART_BYTES: Final = 5 * 1024 * 1024
"""Of one part of an upload to the store; it is held in memory until it is whole."""
PARTS_AT_ONCE: Final = 2
"""Of one upload: one comes in while another goes out."""
READS_AT_ONCE: Final = 8
"""Of a process, from the store: a folder is read by threads, and each has memory of its own."""
STORE_TIMEOUT_S: Final = 60.0
"""Of one request to the store; how long content may take to come in is its sender's limit."""
TAG_BYTES: Final = 16
_MAGIC: Final = b"asf-object-v1\x00"
_HEADER_BYTES: Final = len(_MAGIC) + NONCE_BYTES + 32 + TAG_BYTES
INCOMING: Final = "incoming"
"""Where content lies until it is whole and has its name; see ``remove_left``."""


class ObjectMissing(Exception):  # noqa: N818 -- an answer about the world
    """The store has no such object."""


class StoreAway(OSError):  # noqa: N818 -- an answer about the world
    """The store takes or gives nothing now: it has no room, or is not reached. Ask again later."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept.

    Attributes:
        content_hash: SHA-256 of the content, hexadecimal; the object's name.
    """

    content_hash: str
    size_bytes: int


def store_of(url: str, *, folder: Path) -> ObjectStore:
    """Return the store at ``url``, e.g. ``s3://bucket/prefix``; ``""``: the local ``folder``."""
    if not url:
        return LocalStore(folder.absolute(), mkdir=True)
    return LocalStore.from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)


def root_of(store: LocalStore) -> Path:
    """Return the folder of ``store``."""
    return Path(str(store.prefix))


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of a service.

    Attributes:
        reading: One asks the store for more of an object.
    """

    store: ObjectStore
    vault: Vault
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS_AT_ONCE))

    async def put(self, subject: UUID, content: AsyncIterator[bytes]) -> Kept:
        """Keep ``content``, under the key of ``subject``. Safe to repeat.

        Nothing can be read before all of it is kept; when ``content`` fails, nothing is kept, and
        its exception is raised.

        Raises:
            StoreAway: See there. Nothing is kept.
        """
        incoming = f"{INCOMING}/{new_id()}"
        reading = _Reading(content)
        cipher = await self.vault.cipher_of(str(subject))
        with asking_the_store():
            await obstore.put_async(
                self.store,
                incoming,
                _sealed(reading, cipher, str(subject).encode()),
                use_multipart=True,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )
            kept = Kept(reading.digest.hexdigest(), reading.size_bytes)
            await self._place_at(_place(subject, kept.content_hash), incoming)
        return kept

    async def _place_at(self, place: str, incoming: str) -> None:
        """Give what has come in its name, on disk as the record of it will be (L1).

        When that fails, nothing of it stays.
        """
        folder = place.rpartition("/")[0]
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await self._on_disk(incoming)
                await obstore.rename_async(self.store, incoming, place)
                await self._on_disk(folder, "")
        except (BaseError, OSError):
            with suppress(BaseError, OSError):
                async with asyncio.timeout(STORE_TIMEOUT_S):
                    await obstore.delete_async(self.store, incoming)
            raise

    async def _on_disk(self, *names: str) -> None:
        """Have files and folders outlive a power failure. Other stores than folders see to it."""
        if isinstance(self.store, LocalStore):
            root = root_of(self.store)
            await asyncio.to_thread(_sync, [root / name for name in names])

    async def get(self, subject: UUID, content_hash: str) -> AsyncGenerator[bytes, None]:
        """Return the content, a piece at a time; its last piece only when the hash is right.

        Whoever reads it no further closes it.

        Raises:
            ObjectMissing: There is none.
            StoreAway: See there; also while reading.
            BrokenSeal: The key has been erased, or the object is none of ours; later, while
                reading, also when what is stored is not what was kept.
        """
        try:
            with asking_the_store():
                async with asyncio.timeout(STORE_TIMEOUT_S):
                    found = await obstore.get_async(self.store, _place(subject, content_hash))
        except FileNotFoundError as error:
            raise ObjectMissing(content_hash) from error
        cipher = await self.vault.cipher_of(str(subject))
        pieces = _pieces(found.stream(min_chunk_size=PIECE_BYTES), self.reading)
        context = str(subject).encode()
        own = await _own_cipher(pieces, cipher, context, content_hash)
        return _opened(pieces, own, context, content_hash)


async def remove_all(store: ObjectStore, subject: UUID) -> int:
    """Remove every object of ``subject``, whose key is gone; return how many. Safe to repeat.

    Nobody may be keeping the same content of the subject anew meanwhile: that has the same name.

    Raises:
        StoreAway: See there. Some may be left.
        TimeoutError: Likewise.
    """
    with asking_the_store():
        async with asyncio.timeout(STORE_TIMEOUT_S):
            listing = obstore.list(store, str(subject))  # pyright: ignore[reportUnknownMemberType] -- of its Arrow form
            listed = [batch async for batch in listing]
        places = [each["path"] for batch in listed for each in batch]
        for place in places:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                with suppress(FileNotFoundError):
                    await obstore.delete_async(store, place)
    return len(places)


class _Reading:
    """A content that is hashed and counted while it is read."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self._content = content
        self.digest = sha256()
        self.size_bytes = 0

    async def pieces(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Yield pieces of ``PIECE_BYTES``, the last one shorter or empty, and whether it is last."""
        waiting = bytearray()
        async for chunk in self._content:
            self.digest.update(chunk)
            self.size_bytes += len(chunk)
            waiting += chunk
            while len(waiting) > PIECE_BYTES:
                yield bytes(waiting[:PIECE_BYTES]), False
                del waiting[:PIECE_BYTES]
        yield bytes(waiting), True


@contextmanager
def asking_the_store() -> Generator[None]:
    """Say in our words what the store's library says of the world."""
    try:
        yield
    except BaseError as error:
        raise StoreAway(str(error).partition("\n")[0]) from error


def _sync(places: Sequence[Path]) -> None:
    """Wait until the disk has each of ``places``."""
    for place in places:
        opened = os.open(place, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _place(subject: UUID, content_hash: str) -> str:
    """Return the object's name in the store."""
    return f"{subject}/{content_hash}"


def _nonce(number: int, *, last: bool) -> bytes:
    """Return the nonce of a piece: its number, and whether it is the last. The key is used once."""
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])


async def _sealed(reading: _Reading, subject: AESGCM, context: bytes) -> AsyncIterator[bytes]:
    """Yield the object of what ``reading`` reads."""
    key, nonce = new_key(), new_nonce()
    yield _MAGIC + nonce + subject.encrypt(nonce, key, _MAGIC + context)
    cipher, number = AESGCM(key), 0
    async for piece, last in reading.pieces():
        yield cipher.encrypt(_nonce(number, last=last), piece, context)
        number += 1


async def _pieces(
    stored: AsyncIterator[bytes], reading: asyncio.Semaphore
) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield the header of an object and then its sealed pieces, each with whether it is the last.

    Nothing of what was yielded is held meanwhile: it may be long until somebody wants more.
    """
    waiting, wanted = bytearray(), _HEADER_BYTES
    while await _given_more(waiting, stored, reading):
        while len(waiting) > wanted:
            yield _cut(waiting, wanted), False
            wanted = PIECE_BYTES + TAG_BYTES
    yield bytes(waiting), True


async def _given_more(
    waiting: bytearray, stored: AsyncIterator[bytes], reading: asyncio.Semaphore
) -> bool:
    """Add to ``waiting`` what the store gives next; return whether there was any."""
    with asking_the_store():
        async with reading:
            chunk = await anext(stored, b"")
    waiting += chunk
    return bool(chunk)


def _cut(waiting: bytearray, size: int) -> bytes:
    """Return the first ``size`` bytes of ``waiting``, which has only the others then."""
    piece = bytes(waiting[:size])
    del waiting[:size]
    return piece


async def _own_cipher(
    pieces: AsyncIterator[tuple[bytes, bool]], subject: AESGCM, context: bytes, content_hash: str
) -> AESGCM:
    """Return the cipher of an object, whose header is the first of ``pieces``."""
    header, last = await anext(pieces)
    if last:
        raise BrokenSeal(content_hash)
    try:
        return AESGCM(_own_key(header, subject, context))
    except InvalidTag as error:
        raise BrokenSeal(content_hash) from error


async def _opened(
    pieces: AsyncIterator[tuple[bytes, bool]], cipher: AESGCM, context: bytes, content_hash: str
) -> AsyncGenerator[bytes, None]:
    """Yield the content of an object, whose hash must be ``content_hash``."""
    digest, number = sha256(), 0
    try:
        async for sealed, last in pieces:
            piece = cipher.decrypt(_nonce(number, last=last), sealed, context)
            del sealed  # nor is this held until somebody wants more
            digest.update(piece)
            if last and digest.hexdigest() != content_hash:
                raise BrokenSeal(content_hash)
            yield piece
            number += 1
    except InvalidTag as error:
        raise BrokenSeal(content_hash) from error


def _own_key(header: bytes, subject: AESGCM, context: bytes) -> bytes:
    """Return the object's own key."""
    if not header.startswith(_MAGIC) or len(header) != _HEADER_BYTES:
        raise BrokenSeal("no object of ours")
    nonce, wrapped = header[len(_MAGIC) :][:NONCE_BYTES], header[len(_MAGIC) + NONCE_BYTES :]
    return subject.decrypt(nonce, wrapped, _MAGIC + context)
