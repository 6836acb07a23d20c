"""The records of a case in the mirror: exact bytes, by log and position."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from services.audit.queries import LOGS, QUERY_TIMEOUT_S
from services.audit.views.facets import key_of
from shared.contracts.record import Record, decode

RECORDS_MAX: Final = 10_000
"""Of one bundle."""

OF_CASE: Final = """
SELECT mirror.log, mirror.position, mirror.leaf
FROM mirror_facet AS listed
JOIN mirror ON mirror.log = ($2::text[])[listed.rank + 1] AND mirror.position = listed.position
WHERE listed.key = $1
"""
FIRST: Final = "SELECT leaf FROM mirror WHERE log = 'asf/intake' AND stream = $1 AND version = 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record of a case.

    Attributes:
        leaf: Its exact bytes.
    """

    position: int
    leaf: bytes
    record: Record


class CaseRecords(Protocol):
    """Where the records of a case are read."""

    async def of_case(self, case: UUID) -> dict[str, tuple[Kept, ...]]:
        """Return the records that belong to ``case``, by log and position; every log is named.

        A record belongs to the case that it names as its own (ADR-0013); what speaks of several
        cases does not belong to all.
        """
        ...


class MirroredRecords:
    """The mirror in the service's database.

    Args:
        pool: Of connections whose search path begins with the service's schema.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def of_case(self, case: UUID) -> dict[str, tuple[Kept, ...]]:
        """Return the records that belong to ``case``. See ``CaseRecords``."""
        rows = await self._pool.fetch(
            OF_CASE, key_of("case", str(case)), LOGS, timeout=QUERY_TIMEOUT_S
        )
        found: dict[str, list[Kept]] = {log: [] for log in LOGS}
        for row in rows:
            record = decode(row["leaf"])
            if record.correlation_id == case:
                found[row["log"]].append(Kept(row["position"], row["leaf"], record))
        return {log: tuple(sorted(kept, key=_position)) for log, kept in found.items()}

    async def firm_of(self, case: UUID) -> str | None:
        """SOD-14: return the number of the firm that applies, as it said; ``None``: nobody did."""
        leaf = await self._pool.fetchval(FIRST, f"application-{case}", timeout=QUERY_TIMEOUT_S)
        return None if leaf is None else str(decode(leaf).data["organisation_number"])


def up_to(
    records: Mapping[str, tuple[Kept, ...]], sizes: Mapping[str, int]
) -> dict[str, tuple[Kept, ...]]:
    """Return those of ``records`` that checkpoints of these ``sizes`` cover."""
    return {
        log: tuple(each for each in records[log] if each.position <= size)
        for log, size in sizes.items()
    }


def ends_of(records: Mapping[str, tuple[Kept, ...]]) -> dict[str, int]:
    """Return for each log the position of the last record; 0 where there is none."""
    return {log: kept[-1].position if kept else 0 for log, kept in records.items()}


def _position(kept: Kept) -> int:
    """Return by what records are ordered."""
    return kept.position
