"""The rules of audit: what does not agree is said once, and what leaves is said before it does."""

from dataclasses import dataclass

from services.audit.commands import MakeExport, ReportFinding
from shared.contracts.audit import AuditEvent, ExportMade, TamperSuspected
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
            shown=command.shown,
            suspected_at=command.at,
        ),
    )


@dataclass(frozen=True, slots=True)
class Export:
    """Whether it has been made."""

    made: bool = False


def _make(command: MakeExport, export: Export) -> tuple[AuditEvent, ...]:
    """AUD-2: an export names question, sizes and content; who made it is in the record."""
    if export.made:
        return ()
    return (
        ExportMade(
            export_id=command.export_id,
            application_id=command.case,
            format=command.format,
            query_hash=command.query_hash,
            as_of=command.as_of,
            records=command.records,
            content_hash=command.content_hash,
            made_at=command.at,
        ),
    )


def _made(_export: Export, _event: AuditEvent) -> Export:
    """Return that it has been made. Total: never raises."""
    return Export(made=True)


export_decider = Decider(initial=Export(), decide=_make, evolve=_made)
