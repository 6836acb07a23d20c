"""What a history is read as of: how much of each log, without what is missing. Pure.

A vector of sizes fixes for ever which records a history has: those of each log up to its size, except
the positions that it names as missing. Records that come later, in whatever order, and gaps that fill
in later, are beyond it. Written ``asf/intake@120, asf/review@45!7!20-22``: of review the first 45
records, without 7 and 20 to 22, which had been reported missing by then (AUD-3).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from shared.contracts.base import INTEGER_MAX
from shared.contracts.catalogue import SERVICES

LOGS: Final = tuple(f"asf/{service}" for service in SERVICES)
"""Every log that is mirrored, in the order of the process."""
HOLES_MAX: Final = 50
"""Of one log: a vector ends before the next one."""
ONE: Final = re.compile(r"(asf/[a-z]+)@([0-9]{1,16})((?:![0-9]{1,16}(?:-[0-9]{1,16})?)*)")


class Hole(NamedTuple):
    """Positions that are missing, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of one log is meant.

    Attributes:
        size: The last position.
        holes: What is missing up to there: ascending, apart from each other.
    """

    size: int = 0
    holes: tuple[Hole, ...] = ()

    def shows(self, position: int) -> bool:
        """Return whether the record at ``position`` is within."""
        return 1 <= position <= self.size and not any(
            hole.first <= position <= hole.last for hole in self.holes
        )


Vector = Mapping[str, Extent]
"""By log, all of ``LOGS``."""


def extent_of(size: int, missing: Iterable[tuple[int, int]]) -> Extent:
    """Return the extent of a log of which ``missing`` is not here: ends, in any order.

    It ends before what would be the hole after ``HOLES_MAX``, and never with a hole that is open.
    """
    holes: list[Hole] = []
    for first, last in sorted(missing):
        if holes and first <= holes[-1].last + 1:
            holes[-1] = Hole(holes[-1].first, max(holes[-1].last, last))
        else:
            holes.append(Hole(first, last))
    for place, hole in enumerate(holes):
        if hole.last > size or place == HOLES_MAX:
            return Extent(min(size, hole.first - 1), tuple(holes[:place]))
    return Extent(size, tuple(holes))


def covers(held: Vector, asked: Vector) -> bool:
    """Return whether everything that ``asked`` means is ``held``."""
    return all(
        asked[log].size <= held[log].size
        and all(
            any(hole.first >= known.first and hole.last <= known.last for known in asked[log].holes)
            for hole in _up_to(held[log], asked[log].size)
        )
        for log in LOGS
    )


def vector_text(vector: Vector) -> str:
    """Return ``vector`` as it is written: one vector, one text."""
    return ", ".join(f"{log}@{_extent_text(vector[log])}" for log in LOGS)


def vector_parts(vector: Vector) -> tuple[str, ...]:
    """Return ``vector`` as a record names it: one text for each log."""
    return tuple(f"{log}@{_extent_text(vector[log])}" for log in LOGS)


def vector_from(text: str) -> Vector:
    """Return the vector written as ``text``. A log that is not named has nothing in it.

    Raises:
        ValueError: It is none, or not written in the one form that it has.
    """
    found: dict[str, Extent] = {}
    for each in text.split(","):
        matched = ONE.fullmatch(each.strip(" "))
        if matched is None or matched[1] in found or matched[1] not in LOGS:
            raise ValueError("no vector of sizes")
        extent = Extent(int(matched[2]), tuple(map(_hole, matched[3].split("!")[1:])))
        if _extent_text(extent) != each.partition("@")[2].strip(" ") or not _sound(extent):
            raise ValueError("no vector of sizes")
        found[matched[1]] = extent
    return {log: found.get(log, Extent()) for log in LOGS}


def _up_to(extent: Extent, size: int) -> tuple[Hole, ...]:
    """Return the holes of ``extent`` up to ``size``, cut off there."""
    return tuple(
        Hole(hole.first, min(hole.last, size)) for hole in extent.holes if hole.first <= size
    )


def _sound(extent: Extent) -> bool:
    """Return whether the holes ascend, lie apart, and end before the size."""
    before = -1
    for hole in extent.holes:
        if hole.first < max(1, before + 2) or hole.last < hole.first:
            return False
        before = hole.last
    return before <= extent.size <= INTEGER_MAX and len(extent.holes) <= HOLES_MAX


def _extent_text(extent: Extent) -> str:
    """Return ``extent`` as it is written."""
    holes = (
        f"!{hole.first}" if hole.first == hole.last else f"!{hole.first}-{hole.last}"
        for hole in extent.holes
    )
    return f"{extent.size}{''.join(holes)}"


def _hole(text: str) -> Hole:
    """Return the hole written as ``text``."""
    first, _, last = text.partition("-")
    return Hole(int(first), int(last or first))
