"""What audit hears: everything. Each record is kept byte for byte, and what disagrees is said.

The watch beside it looks for positions that stay away while later ones are here (L3).
"""

import asyncio
import time
from uuid import UUID, uuid5

from services.audit.policy import FINDINGS, when_chain_broken, when_different, when_missing
from services.audit.queries import (
    Mirrored,
    complete_to,
    hash_at,
    hash_of_version,
    keep,
    mirrors,
)
from services.audit.settings import Settings
from shared.contracts.catalogue import SERVICES
from shared.contracts.envelope import Cause
from shared.contracts.record import Record, leaf_hash
from shared.decider import Asked
from shared.kafka import Received, RecordSubscription, Unreadable
from shared.kafka.subscription import Effect
from shared.process import Parts
from shared.telemetry import get_logger

logger = get_logger(__name__)


def subscriptions(parts: Parts[Settings]) -> tuple[RecordSubscription, ...]:
    """Return one mirror per service."""
    return tuple(
        RecordSubscription(
            f"audit.mirror_{service}", f"asf.{service}.events.v1", _mirror(parts, f"asf/{service}")
        )
        for service in SERVICES
    )


def cases_of(record: Record) -> tuple[UUID, ...]:
    """Return every case that ``record`` is about, ascending: its own, and those it names."""
    named = [record.data.get("application_id"), *(record.data.get("application_ids") or ())]
    return tuple(sorted({record.correlation_id, *(UUID(case) for case in named if case)}))


def _mirror(parts: Parts[Settings], log: str) -> Effect:
    """Return the effect of a record of ``log``: it is kept, or what differs is said."""

    async def mirror(received: Received) -> None:
        record = received.record
        if record.log != log:
            raise Unreadable("the record is of another log than its topic")
        found = leaf_hash(received.leaf)
        kept = await keep(
            parts.pool,
            Mirrored(
                log=log,
                position=received.position,
                leaf=received.leaf,
                hash=found,
                stream=record.stream,
                version=record.version,
                type=record.type,
                cases=cases_of(record),
                recorded_at=record.recorded_at,
            ),
        )
        if kept:
            await _check_chain(parts, received, log)
        else:
            await _compare(parts, received, log, found)

    return mirror


async def _compare(parts: Parts[Settings], received: Received, log: str, found: str) -> None:
    """AUD-3: what came again must be what is kept, at its place and of its stream's version."""
    at_place = await hash_at(parts.pool, log, received.position)
    of_version = await hash_of_version(parts.pool, log, received.stream, received.version)
    if at_place == of_version == found:
        return
    expected = of_version if at_place == found else at_place
    await report(parts, when_different(log, received.position, expected or "", found, parts.now()))


async def _check_chain(parts: Parts[Settings], received: Received, log: str) -> None:
    """AUD-3: each record names the hash of its stream's record before it."""
    record = received.record
    before = None
    if record.version > 1:
        before = await hash_of_version(parts.pool, log, record.stream, record.version - 1)
    if record.previous != before:
        finding = when_chain_broken(log, received.position, before, record.previous, parts.now())
        await report(parts, finding)


async def report(parts: Parts[Settings], finding: Asked[object]) -> None:
    """Put ``finding`` on record and raise the alarm. The same finding is one event."""
    logger.error("audit.disagreement", stream=finding.stream)
    made = uuid5(FINDINGS, finding.stream)
    await parts.handler.put(finding.stream, finding.command, Cause(parts.actor, made, made, made))


async def watch_for_gaps(parts: Parts[Settings]) -> None:
    """Report positions that stay away while later ones are here. A loop of the role ``worker``."""
    patience_s = parts.settings.gap_patience_ms / 1000
    complete: dict[str, int] = {}
    since: dict[tuple[str, int], float] = {}
    while True:
        for mirror in await mirrors(parts.pool):
            last = await complete_to(parts.pool, mirror.log, complete.get(mirror.log, 0))
            complete[mirror.log] = last
            if last == mirror.head:
                continue
            missing = (mirror.log, last + 1)
            if time.monotonic() - since.setdefault(missing, time.monotonic()) >= patience_s:
                await report(parts, when_missing(mirror.log, last + 1, parts.now()))
        await asyncio.sleep(parts.settings.gap_poll_interval_ms / 1000)
