"""What audit concludes from comparing. Pure: what the mirror holds and what came in, findings out."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID, uuid5

from services.audit.commands import ReportFinding
from shared.decider import Asked

FINDINGS: Final = UUID("8b0f6f2e-7d33-5a5c-9a5b-1d2f7c0e4a66")
"""Name space of findings: one place and kind of disagreement is one finding."""

Kind = Literal["gap", "difference", "chain"]


def when_different(
    log: str, position: int, expected: str, found: str, at: datetime
) -> Asked[ReportFinding]:
    """AUD-3: other bytes arrived for a position that the mirror holds."""
    return _finding(log, position, "difference", expected, found, at)


def when_missing(log: str, position: int, at: datetime) -> Asked[ReportFinding]:
    """AUD-3, L3: positions are dense, so one that stays away was removed or held back."""
    return _finding(log, position, "gap", None, None, at)


def when_chain_broken(
    log: str, position: int, expected: str | None, found: str | None, at: datetime
) -> Asked[ReportFinding]:
    """AUD-3: a record names another predecessor than the mirror holds of its stream."""
    return _finding(log, position, "chain", expected, found, at)


def _finding(
    log: str, position: int, kind: Kind, expected: str | None, found: str | None, at: datetime
) -> Asked[ReportFinding]:
    """Return the report, with an id that the same finding always has."""
    finding_id = uuid5(FINDINGS, f"{log}:{position}:{kind}:{expected}:{found}")
    command = ReportFinding(finding_id, log, position, kind, expected, found, at)
    return Asked(f"finding-{finding_id}", command)
