"""The loop that asks each log for its checkpoint. One process does, and whoever takes over goes on."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic

import httpx2

from services.audit.policy import Shown
from services.audit.settings import Settings
from services.audit.witness.asking import ASK_TIMEOUT_S, Asking, Unanswered
from services.audit.witness.cosigner import Overtaken
from services.audit.witness.judging import Disagreement, when_unsigned
from services.audit.witness.known import KnownLog, Signed, known_log
from services.audit.witness.remembering import say_refused
from services.audit.witness.stalling import Backlog, when_stalled
from services.audit.witness.witnessing import Witness, witness_over
from shared.contracts.catalogue import SERVICES
from shared.ledger.checkpoint import Checkpoint, parse_checkpoint
from shared.ledger.errors import LedgerError, MalformedError
from shared.ledger.note import parse_note
from shared.ledger.signer import SignerBusyError
from shared.ledger.witness import AddCheckpoint, WitnessRefusal, signed_checkpoint
from shared.process import Parts
from shared.relay.lease import SILENCE_S, Lease, LeaseLost, leading
from shared.relay.outages import SIGNS_OF_LIFE, both
from shared.telemetry import Metric, get_logger, measure

OUTPUT = "witness"
"""The name of the lease."""

_log = get_logger(__name__)


@dataclass(slots=True)
class Watch:
    """What is remembered of one log between two looks.

    Attributes:
        away: Whether the log did not answer when it was asked last.
        unsigned: Whether what it showed last was signed by nobody known; said once, since whoever
            stands between us and the log can show something else each time.
        behind: Whether what it showed last lies behind what was cosigned. Once may be an answer
            from a copy that lags; twice is not.
        elapsed_s: A clock that nobody moves.
        signed: The largest checkpoint that the log is known to have signed, cosigned or not.
        backlog: What is mirrored and is under no checkpoint.
        stalled: Whether something of it has been there for too long; said once, until nothing has.
    """

    service: str
    witness: Witness
    elapsed_s: Callable[[], float] = monotonic
    away: bool = False
    unsigned: bool = False
    behind: bool = False
    signed: Signed | None = None
    backlog: Backlog = field(default_factory=Backlog)
    stalled: bool = False

    async def round(self) -> None:
        """Ask the log once, and do what follows."""
        log = known_log(self.witness.parts.settings, self.service)
        if log is None:
            await self._say_unknown()
        if log is None or not log.url:
            return
        try:
            before = await self.witness.last(log)
            self._keep_larger(before)
            shown, refused = await self._ask(log, before)
            if await self._stalls(log, shown) or refused is not None:
                measure(Metric.WITNESS_REFUSED, int(self.stalled or bool(refused)), log=log.log)
        except (Overtaken, SignerBusyError):
            return  # again in the next round
        except LedgerError as error:
            measure(Metric.WITNESS_REFUSED, 1, log=log.log)
            say_refused(log.log, error)

    async def _ask(self, log: KnownLog, before: Signed | None) -> tuple[Shown, bool | None]:
        """Return what ``log`` shows, and whether it was refused; ``None``: there was nothing to judge."""
        try:
            shown = await self.witness.asking.checkpoint(log)
        except Unanswered as error:
            if not self.away:
                _log.warning("audit.witness_unanswered", log=log.log, why=str(error))
            self.away = True
            return "no_answer", None
        self.away = False
        return ("nothing", None) if shown is None else await self._look_at(log, shown, before)

    async def _look_at(
        self, log: KnownLog, shown: bytes, before: Signed | None
    ) -> tuple[Shown, bool]:
        """Judge what was shown after ``before`` was cosigned; return what it is, and whether it is wrong."""
        try:
            checkpoint, note = signed_checkpoint(AddCheckpoint(0, (), shown), log.keys)
        except WitnessRefusal:
            await self._say_unsigned(log, shown)
            return "unsigned", True
        self.unsigned = False
        self._keep_larger(Signed(checkpoint, note))
        _measure_lag(log, checkpoint, before)  # what follows may fail: its disk may be full
        outcome = await self.witness.consider(log, Signed(checkpoint, note))
        _measure_lag(log, checkpoint, outcome if isinstance(outcome, Signed) else before)
        wrong = outcome if isinstance(outcome, Disagreement) else None
        behind = before is not None and checkpoint.size < before.checkpoint.size
        if wrong is not None and (wrong.kind != "rollback" or (behind and self.behind)):
            await self.witness.accuse(log, wrong)
        self.behind = behind
        return "earlier", wrong is not None

    def _keep_larger(self, signed: Signed | None) -> None:
        """Remember ``signed`` if it covers more than what is remembered."""
        size = self.signed.checkpoint.size if self.signed else -1
        if signed is not None and signed.checkpoint.size > size:
            self.signed = signed

    async def _stalls(self, log: KnownLog, shown: Shown) -> bool:
        """Return whether ``log`` leaves records unsealed for too long; said once, until none is left."""
        head = await self.witness.recomputed.head(log.log)
        covered = self.signed.checkpoint.size if self.signed else 0
        patience_s = self.witness.parts.settings.unsealed_patience_ms / 1_000
        now_s = self.elapsed_s()
        self.backlog = self.backlog.after(head, covered=covered, now_s=now_s, patience_s=patience_s)
        until = self.backlog.overdue(now_s=now_s, patience_s=patience_s)
        wrong = when_stalled(until, self.signed, shown)
        if wrong is not None and not self.stalled:
            await self.witness.accuse(log, wrong)
        if wrong is None and self.stalled:
            _log.info("audit.sealed_again", log=log.log, size=covered)
        self.stalled = wrong is not None
        return self.stalled

    async def _say_unknown(self) -> None:
        """Say that a log is not watched any more: whoever takes its keys away would stop the watch."""
        name = f"asf/{self.service}"
        if await self.witness.kept.latest(name) is not None:
            measure(Metric.WITNESS_REFUSED, 1, log=name)
            _log.error("audit.witness_refused", log=name, why="no keys of it, which was cosigned")

    async def _say_unsigned(self, log: KnownLog, shown: bytes) -> None:
        """Accuse whoever serves this in the log's place."""
        if not self.unsigned:
            wrong = when_unsigned(shown, size_claimed_in(shown), sha256(shown).digest())
            await self.witness.accuse(log, wrong)
        self.unsigned = True


def _measure_lag(log: KnownLog, shown: Checkpoint, cosigned: Signed | None) -> None:
    """Measure how much of what ``log`` shows is not cosigned."""
    lag = shown.size - (cosigned.checkpoint.size if cosigned else 0)
    measure(Metric.WITNESS_LAG_EVENTS, max(0, lag), log=log.log)


def size_claimed_in(shown: bytes) -> int:
    """Return the size in what nobody known signed; 0: it is no checkpoint."""
    with suppress(MalformedError):
        return parse_checkpoint(parse_note(shown).text).size
    return 0


async def watch_the_logs(parts: Parts[Settings]) -> None:
    """Ask all logs until cancelled. A loop of the role ``worker``; of several, one works."""
    dsn, never = parts.settings.relay_dsn.get_secret_value(), asyncio.Event()
    while True:
        with suppress(LeaseLost):
            async with (
                httpx2.AsyncClient(timeout=ASK_TIMEOUT_S) as http,
                leading(dsn, OUTPUT, standing_by=_answer_for_nothing, stopping=never) as lease,
            ):
                assert lease is not None
                witness = witness_over(parts, Asking(http))
                await both(_follow_all(witness), _keep(lease))


def _answer_for_nothing() -> None:
    """Take back what was measured of any log: another process watches them now."""
    for service in SERVICES:
        measure(Metric.WITNESS_LAG_EVENTS, 0, log=f"asf/{service}")
        measure(Metric.WITNESS_REFUSED, 0, log=f"asf/{service}")


async def _follow_all(witness: Witness) -> None:
    """Ask every log, each at its own pace: one that is slow keeps nobody waiting."""
    interval_s = witness.parts.settings.witness_poll_interval_ms / 1_000

    async def follow(service: str) -> None:
        watch = Watch(service, witness)
        while True:
            await watch.round()
            await asyncio.sleep(interval_s)

    async with asyncio.TaskGroup() as group:
        for service in SERVICES:
            group.create_task(follow(service))


async def _keep(lease: Lease) -> None:
    """Show the server that we are alive."""
    while True:
        await asyncio.sleep(SILENCE_S / SIGNS_OF_LIFE)
        await lease.confirm()
