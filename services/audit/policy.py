"""What audit concludes from comparing. Pure: what the mirror holds and what came in, findings out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal
from uuid import UUID, uuid5

from services.audit.commands import ReportFinding
from shared.decider import Asked

FINDINGS: Final = UUID("8b0f6f2e-7d33-5a5c-9a5b-1d2f7c0e4a66")
"""Name space of findings: one place and kind of disagreement is one finding."""

CheckpointKind = Literal["root", "heads", "fork", "rollback", "signature", "unsealed"]
Shown = Literal["earlier", "nothing", "unsigned", "no_answer"]
Kind = Literal["gap", "difference", "chain"] | CheckpointKind


@dataclass(frozen=True, slots=True)
class Range:
    """Positions that are missing, both ends included."""

    first: int
    last: int


def missing_in(positions: Iterable[int], *, after: int, until: int) -> tuple[Range, ...]:
    """L3: return which positions are missing from ``after`` to the last of ``positions``.

    Args:
        positions: That are here, ascending, all greater than ``after``.
        after: Up to here all is well.
        until: What is missing beyond it is left for later.
    """
    found: list[Range] = []
    before = after
    for position in positions:
        first, last = before + 1, min(position - 1, until)
        if first <= last:
            found.append(Range(first, last))
        before = position
    return tuple(found)


def when_different(
    log: str,
    position: int,
    *,
    at_place: str | None,
    of_version: str | None,
    found: str,
    at: datetime,
) -> Asked[ReportFinding] | None:
    """AUD-3: return what is to be said of a record whose place or version was taken.

    Args:
        log: Whose.
        position: Where the record wants to be.
        at_place: Leaf hash that the mirror holds there; ``None`` where it holds nothing.
        of_version: Leaf hash that it holds of the stream's version; ``None`` likewise.
        found: Leaf hash of what arrived.
        at: Now.

    Returns:
        ``None`` when it is the record that is kept: it came again. Else that it is another one,
        or the same one at another place.
    """
    if at_place == of_version == found:
        return None
    held = at_place if at_place not in {None, found} else of_version
    return _finding(log, position, "difference", None if held == found else held, found, at)


def when_missing(log: str, position: int, at: datetime) -> Asked[ReportFinding]:
    """AUD-3, L3: positions are dense, so one that stays away was removed or held back."""
    return _finding(log, position, "gap", None, None, at)


def when_chained(
    log: str, position: int, *, before: str | None, previous: str | None, at: datetime
) -> Asked[ReportFinding] | None:
    """AUD-3: return what is to be said of a record that names the one before it in its stream.

    Args:
        log: Whose.
        position: Of the record.
        before: Leaf hash that the mirror holds of the version before; ``None`` where it has none.
        previous: Leaf hash that the record names; ``None`` for the first of a stream.
        at: Now.

    Returns:
        ``None`` when they are the same.
    """
    if previous == before:
        return None
    return _finding(log, position, "chain", before, previous, at)


def when_signed_otherwise(
    log: str,
    size: int,
    kind: CheckpointKind,
    *,
    expected: bytes | None,
    found: bytes | None,
    at: datetime,
) -> Asked[ReportFinding]:
    """AUD-3: return what is to be said of a checkpoint that the witness does not cosign.

    Args:
        log: Whose.
        size: That it claims.
        kind: What is wrong with it.
        expected: The root, or the root of heads, that the mirror has; ``None`` where none is known.
        found: What was signed instead; of what nobody known signed, its hash.
        at: Now.
    """
    was = None if expected is None else expected.hex()
    return _finding(log, size, kind, was, None if found is None else found.hex(), at)


def when_unsealed(
    log: str, size: int, *, root: bytes | None, shown: Shown, at: datetime
) -> Asked[ReportFinding]:
    """AUD-3: return what is to be said of a log whose records are here and are not sealed.

    One for each checkpoint that the log stopped at, whatever it shows: a process that has just
    begun says the same again.

    Args:
        log: Whose.
        size: That it sealed last; 0: nothing yet.
        root: Of the checkpoint of that size; ``None``: there is none.
        shown: What it shows as its latest checkpoint.
        at: Now.
    """
    asked = _finding(log, size, "unsealed", None, None if root is None else root.hex(), at)
    return replace(asked, command=replace(asked.command, shown=shown))


def _finding(
    log: str, position: int, kind: Kind, expected: str | None, found: str | None, at: datetime
) -> Asked[ReportFinding]:
    """Return the report, with an id that the same finding always has.

    It is made from what came, and not from what is held against it: a replay may find the place
    taken by now that was free the first time.
    """
    finding_id = uuid5(FINDINGS, f"{log}:{position}:{kind}:{found}")
    command = ReportFinding(finding_id, log, position, kind, expected, found, at)
    return Asked(f"finding-{finding_id}", command)
