"""What a log, or anybody for it, asks to have cosigned. C2SP tlog-witness, "add-checkpoint".

Audit cosigns what it computed from the records that it was sent itself. So a checkpoint that is
ahead of the mirror is waited for, and then refused for now; and a proof by whoever asks decides
nothing: it is checked, and made again from our own tiles.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import httpx2

from services.audit.settings import Settings
from services.audit.witness.asking import ASK_TIMEOUT_S, Asking
from services.audit.witness.cosigner import Overtaken
from services.audit.witness.judging import Disagreement
from services.audit.witness.known import KnownLog, Signed, known_logs
from services.audit.witness.recomputing import NotMirrored
from services.audit.witness.witnessing import Waiting, Witness, witness_over
from shared.ledger.errors import MalformedError
from shared.ledger.keys import VerifierKey
from shared.ledger.signature import Signature
from shared.ledger.signer import SignerBusyError
from shared.ledger.witness import (
    AddCheckpoint,
    No,
    WitnessRefusal,
    check_next,
    parse_add_checkpoint,
    signed_checkpoint,
)
from shared.process import Parts

LOOK_S: Final = 0.1
TRIES: Final = 5
IN_WORK_MAX: Final = 8
"""Wishes that one process looks at at once: anybody may send them, and each costs signatures and disk."""


class WitnessBusy(Exception):  # noqa: N818 -- an answer to whoever asks
    """As many wishes as may be are in work. Nothing of this one was looked at; ask again later."""


@dataclass(frozen=True, slots=True)
class Submitting:
    """Takes wishes for cosignatures.

    Attributes:
        wait_s: How long the mirror may take to come as far as a checkpoint.
        room: For those that are in work.
    """

    witness: Witness
    wait_s: float
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_WORK_MAX))

    async def add(self, body: bytes) -> tuple[Signature, ...]:
        """Return the cosignatures that the request ``body`` asks for.

        Form, origin and signature come first: who does not know a log's key costs no more than them.

        Raises:
            WitnessBusy: See there.
            WitnessRefusal: See there; of ``STALE`` the text is the body of the answer.
            NotMirrored: It cannot be said yet whether the checkpoint is true. Ask again.
            Overtaken: Others were quicker each time. Ask again.
            LedgerError: Audit's own mirror or memory is not what it was.
        """
        if self.room.locked():
            raise WitnessBusy(f"{IN_WORK_MAX} wishes are in work")
        async with self.room:
            return await self._add(body)

    async def _add(self, body: bytes) -> tuple[Signature, ...]:
        """Judge by form, origin and signature, then by what we have. Raises: see ``add``."""
        try:
            wish = parse_add_checkpoint(body)
        except MalformedError as error:
            raise WitnessRefusal(No.MALFORMED, str(error)) from error
        logs = known_logs(self.witness.parts.settings)
        checkpoint, note = signed_checkpoint(wish, [key for log in logs for key in log.keys])
        log = next(each for each in logs if each.origin == checkpoint.origin)
        new = Signed(checkpoint, note)
        for _ in range(TRIES):
            try:
                return await self._answer(log, wish, new)
            except (Overtaken, SignerBusyError):
                await asyncio.sleep(LOOK_S)
        raise Overtaken(log.origin)

    async def _answer(
        self, log: KnownLog, wish: AddCheckpoint, new: Signed
    ) -> tuple[Signature, ...]:
        """Judge by the specification, then by what we have, both against what was cosigned last now.

        What was cosigned meanwhile lets nothing through that named another old size.
        """
        last = await self.witness.last(log)
        try:
            check_next(wish, new.checkpoint, last.checkpoint if last else None)
        except WitnessRefusal as no:
            if no.why in {No.STALE, No.INCONSISTENT}:
                await self._look_into(log, new, last)
            raise
        cosigner = await self.witness.cosigner()
        if last is not None and last.checkpoint == new.checkpoint:
            return await asyncio.to_thread(
                cosigner.again, last, at=int(self.witness.parts.now().timestamp())
            )
        done = await self._judged(log, new, last)
        return signatures_of(done, cosigner.verifiers)

    async def _judged(self, log: KnownLog, new: Signed, last: Signed | None) -> Signed:
        """Return what was cosigned, as soon as the mirror has come so far."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self.wait_s
        while True:
            outcome = await self.witness.judge(log, new, last)
            match outcome:
                case Signed():
                    return outcome
                case Disagreement():
                    await self.witness.accuse(log, outcome)
                    raise WitnessRefusal(No.INCONSISTENT, "not what the mirrored records say")
                case Waiting():
                    if loop.time() >= until_s:
                        raise NotMirrored(log.log)
                    await asyncio.sleep(LOOK_S)

    async def _look_into(self, log: KnownLog, new: Signed, last: Signed | None) -> None:
        """Keep what the log signed as evidence, if it is wrong in itself.

        A bad proof or an old checkpoint is no fault of the log: anybody may send them.
        """
        try:
            wrong = await self.witness.doubt(log, new, last)
        except NotMirrored:
            return
        if wrong is not None and wrong.kind != "rollback":
            await self.witness.accuse(log, wrong)


def submitting_for(parts: Parts[Settings]) -> Submitting:
    """Return who takes wishes in a process that serves HTTP."""
    return Submitting(
        witness_over(parts, Asking(httpx2.AsyncClient(timeout=ASK_TIMEOUT_S))),
        parts.settings.wait_for_position_ms / 1_000,
    )


def signatures_of(done: Signed, keys: tuple[VerifierKey, ...]) -> tuple[Signature, ...]:
    """Return those signatures that ``keys`` made."""
    return tuple(each for each in done.note.signatures if any(key.made(each) for key in keys))
