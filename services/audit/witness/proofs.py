"""What can be proved of the records that audit mirrors, under a checkpoint that it cosigned.

For whoever makes bundles. Everything is made from audit's own mirror and its own tiles, and is
verified by the checkpoint's signatures and not by trust in audit: see docs/ledger.md. A log is
named as its records name it, e.g. ``asf/review``; a position is counted from 1.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.audit.witness.kept import Kept, Published
from services.audit.witness.recomputing import Recomputed
from services.audit.witness.tiles import Tiles
from shared.eventlog.connection import Pool
from shared.ledger import HeadsProof, RecordProof, prove_case
from shared.ledger.reading import inclusion_plan


class NotCosigned(LookupError):  # noqa: N818 -- an answer to who asks, not a fault
    """Audit cosigned no checkpoint of that log at that size."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proves. One for each process; made by ``proofs_over``.

    Every method but ``latest`` and ``sizes`` raises ``NotCosigned`` for a size (``new`` of
    ``consistency``) that audit did not cosign, and ``MalformedError`` for a position or a size
    that the log cannot have there.
    """

    kept: Kept
    tiles: Tiles
    recomputed: Recomputed

    async def latest(self, log: str) -> Published | None:
        """Return what audit cosigned last of ``log``; ``None``: nothing yet."""
        return await self.kept.latest(log)

    async def sizes(self, log: str, *, below: int, limit: int) -> tuple[int, ...]:
        """Return at most ``limit`` sizes below ``below`` that audit cosigned, the largest first."""
        return await self.kept.sizes(log, below=below, limit=limit)

    async def cosigned(self, log: str, size: int) -> Published:
        """Return the checkpoint at exactly ``size``: the note with both signatures, byte for byte."""
        found = await self.kept.at(log, size)
        if found is None:
            raise NotCosigned(f"{log} at {size}")
        return found

    async def inclusions(
        self, log: str, size: int, positions: Collection[int]
    ) -> Mapping[int, tuple[bytes, ...]]:
        """Return the inclusion proof of each of ``positions`` in the tree of ``size``. One query for tiles."""
        await self.cosigned(log, size)
        plans = {position: inclusion_plan(position - 1, size) for position in positions}
        wanted = sorted({tile for plan in plans.values() for tile in plan.tiles})
        read = dict(zip(wanted, await self.tiles.read(log, wanted), strict=True))
        return {
            position: plan.hashes([read[tile] for tile in plan.tiles])
            for position, plan in plans.items()
        }

    async def record(self, log: str, size: int, position: int) -> RecordProof:
        """Return the ``tlog-proof@v1`` file of the record at ``position``."""
        note = (await self.cosigned(log, size)).note
        hashes = (await self.inclusions(log, size, (position,)))[position]
        return RecordProof(position - 1, hashes, note)

    async def consistency(self, log: str, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of ``new`` grew from that of ``old``; ``()`` from 0 and from ``new``."""
        await self.cosigned(log, new)
        return await self.tiles.consistency(log, old, new)

    async def case(self, log: str, size: int, case: UUID) -> HeadsProof:
        """Return the proof of what ``case`` consists of in ``log``, also that it has nothing there.

        At the size cosigned last it costs what was appended since it was asked before; at an
        older one, and the first time, about 12 us of processor time for each record of the log.
        """
        note = (await self.cosigned(log, size)).note
        async with self.recomputed.at(log, size) as growing:
            return await asyncio.to_thread(prove_case, growing.heads, str(case), note)


def proofs_over(pool: Pool) -> Proofs:
    """Return the proofs of the audit service whose database ``pool`` reaches. Keep it: it remembers."""
    tiles = Tiles(pool)
    return Proofs(Kept(pool), tiles, Recomputed(pool, tiles))
