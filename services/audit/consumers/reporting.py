"""How a finding gets on record and heard."""

from uuid import uuid5

from services.audit.commands import ReportFinding
from services.audit.policy import FINDINGS
from services.audit.settings import Settings
from shared.contracts.envelope import Cause
from shared.decider import Asked
from shared.process import Parts
from shared.telemetry import current_traceparent, get_logger

log = get_logger(__name__)


async def report(parts: Parts[Settings], asked: Asked[ReportFinding]) -> None:
    """AUD-3: raise the alarm and put the finding on record. The same finding is one event.

    The alarm is raised each time that it is seen: first, so that it is heard even while the log
    cannot be written.
    """
    said = asked.command
    log.error("audit.disagreement", log=said.log, position=said.position, finding=said.finding)
    made = uuid5(FINDINGS, asked.stream)
    cause = Cause(parts.actor, made, made, made, traceparent=current_traceparent())
    await parts.handler.put(asked.stream, said, cause)
