"""What a log shows over HTTP: its checkpoint and its tiles. C2SP tlog-tiles. Nothing is believed."""

import asyncio
from dataclasses import dataclass
from typing import Final

import httpx2

from services.audit.witness.evidence import Difference
from services.audit.witness.judging import Grown, first_difference
from services.audit.witness.known import KnownLog
from services.audit.witness.tiles import Tiles
from shared.ledger.checkpoint import Checkpoint
from shared.ledger.errors import LedgerError
from shared.ledger.hashes import HASH_BYTES
from shared.ledger.note import NOTE_BYTES_MAX
from shared.ledger.reading import Plan, inclusion_plan
from shared.ledger.tiles import TILE_BYTES, TILE_WIDTH, Tile, tile_of
from shared.ledger.tree import consistency_ranges
from shared.ledger.verify import verify_inclusion

ASK_TIMEOUT_S: Final = 5.0
SEARCHED_MAX: Final = 64
"""How many tiles of leaf hashes are read to find where two trees part."""

_OK: Final = 200
_NOT_FOUND: Final = 404


class Unanswered(Exception):  # noqa: N818 -- the world: ask again later
    """The log is away, or answers with something that is neither yes nor no."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks logs."""

    http: httpx2.AsyncClient

    async def checkpoint(self, log: KnownLog) -> bytes | None:
        """Return what ``log`` shows as its latest checkpoint; ``None``: it has none yet.

        Raises:
            Unanswered: See there.
        """
        return await self._get(f"{log.url}/checkpoint", bytes_max=NOTE_BYTES_MAX)

    async def grown(self, log: KnownLog, old: int, new: Checkpoint) -> Grown | None:
        """Return what the tree that ``log`` shows for ``new`` had at size ``old``.

        From its own tiles; ``None`` where it does not show them, or there is nothing to show.
        """
        if not (log.url and 0 < old < new.size):
            return None
        plan = Plan(new.size, ((0, old), *consistency_ranges(old, new.size)))
        found = await self._hashes(log, plan)
        return None if found is None else Grown(found[0], found[1:])

    async def difference(
        self, log: KnownLog, tiles: Tiles, after: int, new: Checkpoint
    ) -> Difference | None:
        """Return the first record behind ``after`` that is another in ``new`` than in the mirror.

        ``None`` where the log does not show it, or shows what it did not sign.
        """
        numbers = range(after // TILE_WIDTH, -(-new.size // TILE_WIDTH))
        wanted = [tile_of(0, number, size=new.size) for number in numbers[:SEARCHED_MAX]]
        for tile in wanted:
            theirs = await self._tile(log, tile)
            (mine,) = await tiles.read(log.log, (tile,))
            if theirs is None:
                return None
            at = first_difference(_leaves(mine), _leaves(theirs))
            if at is not None:
                index = tile.index * TILE_WIDTH + at
                return await self._proved(log, index, _leaves(theirs)[at], _leaves(mine)[at], new)
        return None

    async def _proved(
        self, log: KnownLog, index: int, theirs: bytes, mine: bytes, new: Checkpoint
    ) -> Difference | None:
        """Return the difference at ``index``, when the log's leaf hash is under what it signed."""
        hashes = await self._hashes(log, inclusion_plan(index, new.size))
        if hashes is None:
            return None
        try:
            verify_inclusion(theirs, index, size=new.size, root=new.root, proof=hashes)
        except LedgerError:
            return None
        return Difference(index + 1, theirs, mine, hashes)

    async def _hashes(self, log: KnownLog, plan: Plan) -> tuple[bytes, ...] | None:
        """Return what ``plan`` asks of the tiles of ``log``; ``None``: they are not shown."""
        data = [await self._tile(log, tile) for tile in plan.tiles]
        try:
            return plan.hashes([each or b"" for each in data])
        except LedgerError:
            return None

    async def _tile(self, log: KnownLog, tile: Tile) -> bytes | None:
        """Return ``tile`` as the log shows it; ``None``: it does not."""
        try:
            return await self._get(f"{log.url}/{tile.path}", bytes_max=TILE_BYTES)
        except Unanswered:
            return None

    async def _get(self, url: str, *, bytes_max: int) -> bytes | None:
        """Return what is at ``url``; ``None``: 404."""
        body = bytearray()
        try:
            async with (
                asyncio.timeout(ASK_TIMEOUT_S),
                self.http.stream("GET", url, follow_redirects=False) as answer,
            ):
                if answer.status_code == _NOT_FOUND:
                    return None
                if answer.status_code != _OK:
                    raise Unanswered(str(answer.status_code))
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > bytes_max:
                        raise Unanswered("too much")
        except (httpx2.HTTPError, OSError) as error:
            raise Unanswered(type(error).__name__) from error
        return bytes(body)


def _leaves(tile: bytes) -> list[bytes]:
    """Return the hashes in ``tile``."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
