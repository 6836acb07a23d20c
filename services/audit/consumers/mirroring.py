"""The mirror: each record of every service is kept as it came, and held against what is there."""

from services.audit.commands import ReportFinding
from services.audit.consumers.reporting import report
from services.audit.policy import when_chained, when_different
from services.audit.queries import Mirror, Mirrored
from services.audit.settings import Settings
from services.audit.views.facets import keys_of
from services.audit.views.parts import parts_of
from shared.contracts.record import leaf_hash
from shared.decider import Asked
from shared.kafka import Received, Unreadable
from shared.process import Parts


async def mirror(parts: Parts[Settings], kept: Mirror, log: str, received: Received) -> None:
    """Keep a record of ``log``, and say what does not agree. Safe to repeat.

    Whatever becomes of it half-way: a record that is met again is checked again.

    Raises:
        Unreadable: It says that it is of another log than its topic's. Where it wants to be in the
            place of one that is kept, that is on record.
    """
    record, found = received.record, leaf_hash(received.leaf)
    if record.log != log:
        finding = await _difference(parts, kept, log, received)
        if finding is not None:
            await report(parts, finding)
        raise Unreadable("the record is of another log than its topic")
    put = await kept.keep(
        Mirrored(
            log=log,
            position=received.position,
            leaf=received.leaf,
            hash=found,
            stream=record.stream,
            version=record.version,
            type=record.type,
            recorded_at=record.recorded_at,
            effective_at=record.effective_at,
            keys=keys_of(record),
            parts=parts_of(record),
        )
    )
    finding = None if put.fresh else await _difference(parts, kept, log, received)
    if finding is None:
        finding = when_chained(
            log, received.position, before=put.before, previous=record.previous, at=parts.now()
        )
    if finding is not None:
        await report(parts, finding)


async def _difference(
    parts: Parts[Settings], kept: Mirror, log: str, received: Received
) -> Asked[ReportFinding] | None:
    """AUD-3: return what is to be said of a record whose place or version is taken, if anything.

    ``None`` also where nothing is kept that it could differ from.
    """
    record = received.record
    held = await kept.held(log, received.position, record.stream, record.version)
    if held.at_place is None and held.of_version is None:
        return None
    return when_different(
        log,
        received.position,
        at_place=held.at_place,
        of_version=held.of_version,
        found=leaf_hash(received.leaf),
        at=parts.now(),
    )
