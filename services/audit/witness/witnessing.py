"""The witness: holds what a log signed against what audit has, and cosigns or says what is wrong.

In this order: tiles, then the cosigner, which remembers before it lets go, then the cosigned
checkpoint in the database. Wherever that is cut off, the next one publishes what is remembered.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

from services.audit.consumers.reporting import report
from services.audit.settings import Settings
from services.audit.witness.asking import Asking
from services.audit.witness.cosigner import Cosigner, cosigner_in
from services.audit.witness.evidence import document
from services.audit.witness.judging import (
    Disagreement,
    Grown,
    when_forked,
    when_not_ahead,
    when_other_lines,
    when_other_root,
)
from services.audit.witness.kept import Kept, Published
from services.audit.witness.known import KnownLog, Signed
from services.audit.witness.recomputing import NotMirrored, Recomputed
from services.audit.witness.tiles import Tiles
from shared.ledger.errors import DisprovedError
from shared.ledger.hashes import EMPTY_ROOT
from shared.ledger.note import signers
from shared.ledger.signer import SignerForgotError
from shared.process import Parts
from shared.relay import origin_of

FOLDER: Final = "witness"
DOUBTED_MAX: Final = 1_000
"""How many doubts are remembered, so that the same is not looked into again and again."""


class Waiting:
    """The mirror has not come so far: nothing can be said yet."""


Outcome: TypeAlias = Signed | Disagreement | Waiting
"""What was cosigned, what is wrong, or nothing yet."""


@dataclass(slots=True)
class Witness:
    """One process's part in witnessing. Several may work at once: the folder has one lock."""

    parts: Parts[Settings]
    asking: Asking
    kept: Kept
    tiles: Tiles
    recomputed: Recomputed
    _cosigner: Cosigner | None = field(default=None)
    _doubted: dict[str, Disagreement] = field(default_factory=dict[str, Disagreement])
    _accused: set[UUID] = field(default_factory=set[UUID])

    async def cosigner(self) -> Cosigner:
        """Return who cosigns; opened once.

        Raises:
            SignerForgotError: The folder has no key, and something was cosigned before.
            SignerBusyError: See there.
        """
        if self._cosigner is None:
            settings = self.parts.settings
            self._cosigner = await asyncio.to_thread(
                cosigner_in,
                settings.ledger_folder / self.parts.name / FOLDER,
                witness_name(settings),
                begun=await self.kept.any(),
            )
        return self._cosigner

    async def last(self, log: KnownLog) -> Signed | None:
        """Return what was cosigned last of ``log``, by the memory outside the database.

        What is remembered and was not published is published now.

        Raises:
            SignerForgotError: Nothing is remembered, and something was cosigned before.
            LedgerError: The memory is not what the key signed, or another text was published.
        """
        last, there = await self.remembered(log)
        if last is not None and (there is None or there.size < last.checkpoint.size):
            await self._publish(log, last)
        return last

    async def remembered(self, log: KnownLog) -> tuple[Signed | None, Published | None]:
        """Return what was cosigned last of ``log``: by the memory, and by the table. Changes nothing.

        Raises: see ``last``.
        """
        cosigner = await self.cosigner()
        last = await asyncio.to_thread(cosigner.last, log.origin)
        there = await self.kept.latest(log.log)
        if there is not None and (last is None or last.checkpoint.size < there.size):
            raise SignerForgotError(f"no memory of {log.origin}, which was cosigned before")
        return last, there

    async def consider(self, log: KnownLog, new: Signed) -> Outcome:
        """Cosign ``new`` when it is what the mirrored records say, and grew from what was cosigned.

        Raises:
            Overtaken: Something else was cosigned meanwhile. Consider again.
            SignerBusyError: Something is being cosigned. Consider again.
            LedgerError: Audit's own mirror or memory is not what it was.
        """
        return await self.judge(log, new, await self.last(log))

    async def judge(self, log: KnownLog, new: Signed, last: Signed | None) -> Outcome:
        """Do what ``consider`` does, with ``last`` as what was cosigned last, and with nothing else.

        Raises: see ``consider``; ``Overtaken`` when it no longer is.
        """
        if last is not None and last.checkpoint == new.checkpoint:
            return last
        try:
            wrong = await self.doubt(log, new, last)
            if wrong is None:
                wrong = await self._check_lines(log, new)
        except NotMirrored:
            return Waiting()
        return wrong or await self._cosign(log, new, last)

    async def doubt(self, log: KnownLog, new: Signed, last: Signed | None) -> Disagreement | None:
        """Return what is wrong with size and root of ``new``; ``None``: nothing. Cosigns nothing.

        Raises:
            NotMirrored: That cannot be said yet, and nothing else is wrong.
        """
        said = new.checkpoint
        if last is not None and said.size <= last.checkpoint.size:
            await self.recomputed.ensure(log.log, last.checkpoint.size)
            return when_not_ahead(new, last, await self._mine(log, said.size, last.checkpoint.size))
        if said.text in self._doubted:  # what is mirrored stays, so this stays wrong
            return self._doubted[said.text]
        wrong = await self._doubt_growth(log, new, last)
        if wrong is not None and len(self._doubted) < DOUBTED_MAX:
            self._doubted[said.text] = wrong
        return wrong

    async def accuse(self, log: KnownLog, wrong: Disagreement) -> None:
        """AUD-3: keep the evidence, raise the alarm, put the finding on record. Safe to repeat."""
        now = self.parts.now()
        asked = wrong.asked(log.log, now)
        if asked.command.finding_id in self._accused:
            return
        file = document(wrong.evidence, log=log.log, origin=log.origin, found_at=now)
        await self.kept.keep_evidence(asked.command.finding_id, log.log, file)
        await report(self.parts, asked)
        self._accused.add(asked.command.finding_id)

    async def _doubt_growth(
        self, log: KnownLog, new: Signed, last: Signed | None
    ) -> Disagreement | None:
        """Hold what is larger than what was cosigned against the mirror, else against ``log`` itself."""
        before, said = (last.checkpoint.size if last else 0), new.checkpoint
        try:
            root = await self.recomputed.root(log.log, said.size, kept=before)
        except NotMirrored:
            forked = when_forked(new, last, await self.asking.grown(log, before, said))
            if forked is None:
                raise
            return forked
        return None if root == said.root else await self._otherwise(log, new, last, root)

    async def _otherwise(
        self, log: KnownLog, new: Signed, last: Signed | None, root: bytes
    ) -> Disagreement:
        """Say what is wrong with ``new``, whose root is not the mirror's ``root``."""
        before, said = (last.checkpoint.size if last else 0), new.checkpoint
        theirs = await self.asking.grown(log, before, said)
        forked = when_forked(new, last, theirs)
        if forked is not None:
            return forked
        async with self.recomputed.at(log.log, said.size):
            mine = await self._mine(log, before, said.size)
            difference = await self.asking.difference(log, self.tiles, before, said)
        return when_other_root(new, last, root, mine, difference)

    async def _check_lines(self, log: KnownLog, new: Signed) -> Disagreement | None:
        """Compute the heads, and keep the tiles.

        Raises:
            DisprovedError: A mirrored record is not the one that its hash in the mirror stands for.
        """
        async with self.recomputed.at(log.log, new.checkpoint.size) as growing:
            recomputed = await asyncio.to_thread(growing.checkpoint, log.origin)
        if recomputed.root != new.checkpoint.root:
            raise DisprovedError(f"the mirror of {log.log} is not what its hashes say")
        return when_other_lines(new, recomputed)

    async def _cosign(self, log: KnownLog, new: Signed, last: Signed | None) -> Outcome:
        """Cosign what was found to be true, and publish it."""
        before = last.checkpoint.size if last else 0
        mine = await self._mine(log, before, new.checkpoint.size)
        forked = when_forked(new, last, mine)
        if forked is not None:  # log and mirror were changed alike
            return forked
        signed = [signature for _, signature in signers(new.note, log.keys)]
        cosigner, at = await self.cosigner(), int(self.parts.now().timestamp())
        done = await asyncio.to_thread(
            cosigner.cosign, new.checkpoint, signed, mine.hashes, last=last, at=at
        )
        await self._publish(log, done)
        return done

    async def _mine(self, log: KnownLog, old: int, new: int) -> Grown:
        """Return what the mirror has at size ``old``, and how it grew to ``new``, from its tiles."""
        root = await self.tiles.root(log.log, old) if old else EMPTY_ROOT
        return Grown(root, await self.tiles.consistency(log.log, old, new))

    async def _publish(self, log: KnownLog, done: Signed) -> None:
        await self.kept.publish(
            Published(
                log.log,
                log.origin,
                done.checkpoint.size,
                done.note.encode(),
                self.parts.now(),
            )
        )


def witness_over(parts: Parts[Settings], asking: Asking) -> Witness:
    """Return the witness of a process."""
    tiles = Tiles(parts.pool)
    return Witness(parts, asking, Kept(parts.pool), tiles, Recomputed(parts.pool, tiles))


def witness_name(settings: Settings) -> str:
    """Return the name of the witness's keys; simulated time never passes for real time."""
    return origin_of(
        FOLDER, "log", prefix=settings.ledger_origin_prefix, simulated=settings.simulated_time
    )
