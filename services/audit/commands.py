"""What audit may be asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """Put on record that a log and its mirror do not agree (AUD-3).

    Attributes:
        position: The first one that is wrong or missing.
        expected: Leaf hash that the mirror holds, hexadecimal; ``None`` where it holds nothing.
        found: Leaf hash of what arrived; ``None`` where nothing did.
    """

    finding_id: UUID
    log: str
    position: int
    finding: Literal["gap", "difference", "chain"]
    expected: str | None
    found: str | None
    at: datetime
