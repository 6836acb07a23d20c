"""The rules of audit: what does not agree is said once, and never taken back."""

from dataclasses import dataclass

from services.audit.commands import ReportFinding
from shared.contracts.audit import AuditEvent, TamperSuspected
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether it has been said."""

    reported: bool = False


def decide(command: ReportFinding, finding: Finding) -> tuple[AuditEvent, ...]:
    """Return what happens; ``()`` when it is already so. Never refuses."""
    return _report(command, finding)


def evolve(_finding: Finding, _event: AuditEvent) -> Finding:
    """Return the finding after its event. Total: never raises."""
    return Finding(reported=True)


decider = Decider(initial=Finding(), decide=decide, evolve=evolve)


def _report(command: ReportFinding, finding: Finding) -> tuple[AuditEvent, ...]:
    """AUD-3: a gap or a difference is an alarm, raised once for each place and kind."""
    if finding.reported:
        return ()
    return (
        TamperSuspected(
            finding_id=command.finding_id,
            log=command.log,
            position=command.position,
            finding=command.finding,
            expected=command.expected,
            found=command.found,
            suspected_at=command.at,
        ),
    )
