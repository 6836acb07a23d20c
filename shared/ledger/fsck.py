"""Whether a log is what was signed: everything computed anew from the bytes of the records.

Nothing is believed but the notes that lie outside the database: the signer's memory, and whatever
checkpoints somebody saved. Goes through the log once and stops at the first position that is bad.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from shared.ledger.checkpoint import parse_checkpoint
from shared.ledger.errors import DisprovedError, LedgerError
from shared.ledger.growing import Growing
from shared.ledger.hashes import HASH_BYTES, leaf_hash
from shared.ledger.keys import VerifierKey
from shared.ledger.note import parse_note, signers
from shared.ledger.store import Connection, Kept, Log, Store
from shared.ledger.tiles import TILE_WIDTH, Tile

PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Outside:
    """A signed note that did not come from the database.

    Attributes:
        what: Where it lies, in words.
        published: Whether the database must have it as well.
    """

    what: str
    note: bytes
    published: bool = False


@dataclass(frozen=True, slots=True)
class Bad:
    """What was found first.

    Attributes:
        position: The first position that is not as it was signed; where several may be, the
            lowest of them; 0: a checkpoint is false, and no record is.
        why: One line for the operator.
    """

    position: int
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked, and what came of it.

    Attributes:
        records: How many, up to the end or the first bad one.
        checkpoints: How many agreed, those from outside included.
    """

    records: int
    checkpoints: int
    bad: Bad | None


class _BadError(Exception):
    """Ends the check."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(why)
        self.bad = Bad(position, why)


@dataclass(frozen=True, slots=True)
class _Claim:
    """That the log was of this text at this size."""

    size: int
    text: str
    what: str


@dataclass(slots=True)
class _Check:
    """One passage through a log.

    Attributes:
        agreed: Up to here the log is what was signed.
        false: Notes that are not to be believed.
        streams: Version and leaf hash of the last record of each.
    """

    connection: Connection
    log: Log
    origin: str
    growing: Growing = field(default_factory=Growing)
    agreed: int = 0
    checkpoints: int = 0
    tiles: int = 0
    streams: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])
    false: list[Bad] = field(default_factory=list[Bad])

    async def read_to(self, size: int | None) -> None:
        """Go through the records up to ``size``; ``None``: to the end."""
        while size is None or self.growing.size < size:
            limit = PAGE if size is None else min(PAGE, size - self.growing.size)
            rows = await self.connection.fetch(
                f"SELECT pos, stream, version, leaf FROM {self.log}.event"  # noqa: S608 -- one of two
                " WHERE pos > $1 ORDER BY pos LIMIT $2",
                *(self.growing.size, limit),
            )
            if not rows and size is not None:
                end = self.growing.size
                raise _BadError(end + 1, f"{size} records were signed, and the log has {end}")
            if not rows:
                return
            hashes = await self._leaf_hashes(self.growing.size, len(rows))
            for place, row in enumerate(rows, self.growing.size + 1):
                self._check_record(place, row, hashes[place - self.growing.size - 1])
            self.growing.take([row["leaf"] for row in rows])
            await self._check_tiles(self.growing.full)
            self.growing.stored()

    async def _leaf_hashes(self, after: int, number: int) -> list[bytes]:
        """Return the leaf hashes of ``number`` records as they are kept; ``b""`` where not yet."""
        tiles = range(after // TILE_WIDTH, (after + number - 1) // TILE_WIDTH + 1)
        kept = await Store(self.connection, self.log).read([Tile(0, index) for index in tiles])
        found = [
            data[at * HASH_BYTES : (at + 1) * HASH_BYTES]
            for data in kept
            for at in range(TILE_WIDTH)
        ]
        skipped = after % TILE_WIDTH
        return found[skipped : skipped + number]

    def _check_record(self, place: int, row: Any, sealed: bytes) -> None:
        """L2, L3: a record stands where it says, and names the one before it in its stream.

        Args:
            place: Where one must stand.
            row: The next there is.
            sealed: Its leaf hash when it was sealed; ``b""``: it was not yet.
        """
        if row["pos"] != place:
            raise _BadError(place, "no record stands here")
        if sealed and sealed != leaf_hash(row["leaf"]):
            raise _BadError(place, "the record is not the one that was sealed")
        try:
            said: dict[str, Any] = orjson.loads(row["leaf"])
            known = (said["log"], said["stream"], said["version"], said["previous"])
        except (ValueError, KeyError, TypeError) as error:
            raise _BadError(place, "what stands here is no record") from error
        version, before = self.streams.get(row["stream"], (0, None))
        here = (row["stream"], version + 1, before.hex() if before else None)
        if (
            known[1:] != here
            or row["version"] != version + 1
            or not self.origin.endswith(known[0].removeprefix("asf"))
        ):
            raise _BadError(place, "the record does not follow the one before it in its stream")
        self.streams[row["stream"]] = (version + 1, leaf_hash(row["leaf"]))

    async def _check_tiles(
        self, tiles: Sequence[tuple[Tile, bytes]], *, whole: bool = True
    ) -> None:
        """Hold what is kept against what the records say, hash by hash.

        Args:
            tiles: As the records say.
            whole: Whether nothing may be missing at their ends.
        """
        kept = await Store(self.connection, self.log).read([tile for tile, _ in tiles])
        for (tile, data), held in zip(tiles, kept, strict=True):
            self.tiles += bool(held)
            sealed = data if whole else data[: len(held)]
            if held == sealed:
                continue
            at = next(
                (
                    at
                    for at in range(0, len(data), HASH_BYTES)
                    if held[at : at + HASH_BYTES] != sealed[at : at + HASH_BYTES]
                ),
                len(data),
            )
            leaves = TILE_WIDTH**tile.level
            first = (tile.index * TILE_WIDTH + at // HASH_BYTES) * leaves + 1
            raise _BadError(first, f"the record here is not what {tile.path} was made of")

    def hold(self, claim: _Claim) -> None:
        """Hold the log as far as it was read against one claim."""
        if self.growing.checkpoint(self.origin).text != claim.text:
            first, last = self.agreed + 1, claim.size
            where = f"one of the records {first} to {last} is" if first < last else "it is"
            raise _BadError(min(first, max(last, 1)), f"{where} not what {claim.what} says")
        self.agreed = max(self.agreed, claim.size)
        self.checkpoints += 1

    async def end(self, sealed: int) -> None:
        """Check what is partial, what is too much, and what is missing at the end."""
        await self._check_tiles(self.growing.edge.tiles, whole=sealed == self.growing.size)
        rows, head = await self.connection.fetchrow(
            f"SELECT (SELECT count(*) FROM ledger.tile WHERE log = $1), (SELECT pos FROM {self.log}.log_head)",  # noqa: S608 -- one of two
            self.log,
        ) or (0, 0)
        if rows != self.tiles:
            raise _BadError(self.growing.size + 1, "the ledger has tiles beyond the log")
        if head != self.growing.size:
            raise _BadError(self.growing.size + 1, f"the log ends here, and its head is at {head}")


async def check(
    connection: Connection,
    log: Log,
    *,
    origin: str,
    verifiers: Sequence[VerifierKey],
    outside: Sequence[Outside],
) -> Checked:
    """Return whether ``log`` is what was signed, in one look at the database. Changes nothing.

    Args:
        connection: As a role that may read the log and the ledger.
        log: Which of the two.
        origin: Of the log.
        verifiers: The log's keys, also those that are not used any more.
        outside: What was read before the database is looked at.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        passage = _Check(connection, log, origin)
        bad: Bad | None = None
        try:
            claims, sealed = await _claims(passage, verifiers, outside)
            for claim in claims:
                await passage.read_to(claim.size)
                passage.hold(claim)
            await passage.read_to(None)
            await passage.end(sealed)
        except _BadError as found:
            bad = found.bad
        except DisprovedError as error:
            bad = Bad(passage.growing.size + 1, str(error))
    first = bad or (passage.false[0] if passage.false else None)
    return Checked(passage.growing.size, passage.checkpoints, first)


async def _claims(
    passage: _Check, verifiers: Sequence[VerifierKey], outside: Sequence[Outside]
) -> tuple[list[_Claim], int]:
    """Return everything that was ever signed, by size, and the largest size that was published."""
    store, kept = Store(passage.connection, passage.log), list[Kept]()
    while page := await store.checkpoints(kept[-1].size if kept else -1, limit=PAGE):
        kept += page
    found: list[_Claim] = []
    for each in kept:
        claim = _claim(passage, f"checkpoint {each.size}", each.note, verifiers)
        if claim is not None and claim.size != each.size:
            why = f"checkpoint {each.size} speaks of {claim.size} records"
            passage.false.append(Bad(0, why))
        elif claim is not None:
            found.append(claim)
    published = {claim.size for claim in found}
    for note in outside:
        claim = _claim(passage, note.what, note.note, verifiers)
        if claim is not None:
            found.append(claim)
            if note.published and claim.size not in published:
                why = f"checkpoint {claim.size}, which was published, is gone"
                passage.false.append(Bad(0, why))
    return sorted(found, key=lambda claim: claim.size), max(published, default=0)


def _claim(
    passage: _Check, what: str, note: bytes, verifiers: Sequence[VerifierKey]
) -> _Claim | None:
    """Return what ``note`` claims, if a key of the log signed it."""
    try:
        parsed = parse_note(note)
        signers(parsed, verifiers)
        return _Claim(parse_checkpoint(parsed.text).size, parsed.text, what)
    except LedgerError as error:
        passage.false.append(Bad(0, f"{what} is not to be believed: {error}"))
        return None
