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
        expected: Leaf hash that the mirror holds, or the root that it has, hexadecimal; ``None``:
            nothing.
        found: Leaf hash of what arrived, or the root that was signed; ``None`` where nothing did.
        shown: What a log that seals no more shows as its latest checkpoint.
    """

    finding_id: UUID
    log: str
    position: int
    finding: Literal[
        "gap",
        "difference",
        "chain",
        "root",
        "heads",
        "fork",
        "rollback",
        "signature",
        "unsealed",
    ]
    expected: str | None
    found: str | None
    at: datetime
    shown: Literal["earlier", "nothing", "unsigned", "no_answer"] | None = None


@dataclass(frozen=True, slots=True)
class MakeExport:
    """Put on record that records leave, before they do (AUD-2).

    Attributes:
        case: Where one case was asked for.
        query_hash: SHA-256 of the question in one form, hexadecimal.
        as_of: How much of each log it holds.
        content_hash: SHA-256 of the bytes, hexadecimal.
    """

    export_id: UUID
    case: UUID | None
    format: Literal["jsonl", "csv", "bundle"]
    query_hash: str
    as_of: tuple[str, ...]
    records: int
    content_hash: str
    at: datetime
