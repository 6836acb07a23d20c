"""Events of the audit service. Topic: ``asf.audit.events.v1``. Key: the stream."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Event, Instant


class TamperSuspected(Event):
    """A log is not what it was, or says of itself what its mirror does not bear out (AUD-3).

    Attributes:
        log: Whose, e.g. ``asf/review``.
        position: The first one that is wrong or missing; of a checkpoint: the last one under it.
        finding: ``gap``, ``difference`` and ``chain`` are about records. The others are about a
            checkpoint: another ``root`` or other ``heads`` than the mirrored records have; a
            ``fork`` of what was cosigned, or a ``rollback`` behind it; no ``signature`` by a key
            that is known; records that have been here for long and that it leaves ``unsealed``.
        expected: Leaf hash that the mirror holds, or the root that it has; ``None``: nothing.
        found: Leaf hash of what arrived, or the root that was signed; ``None`` where nothing did.
        shown: Of ``unsealed``: what the log shows as its latest checkpoint: an ``earlier`` one,
            ``nothing``, one that is ``unsigned`` by any known key, or ``no_answer``; ``None``: of
            another finding, or the record is of version 1, which knows no ``unsealed``.
    """

    schema_version: ClassVar[int] = 2
    integration: ClassVar[bool] = True

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
    shown: Literal["earlier", "nothing", "unsigned", "no_answer"] | None = None
    suspected_at: Instant


class ExportMade(Event):
    """Records were put together for an auditor to take away (AUD-2). Said before they leave.

    Who made it is in the record's actor; what was asked for, only as a digest.

    Attributes:
        application_id: The case, where one case was asked for.
        query_hash: SHA-256 of the question in one form, hexadecimal.
        as_of: How much of each log it holds, e.g. ``asf/intake@120``; see docs/history.md.
        records: How many of them.
        content_hash: SHA-256 of the bytes that were sent, hexadecimal.
    """

    export_id: UUID
    application_id: UUID | None
    format: Literal["jsonl", "csv", "bundle"]
    query_hash: str
    as_of: tuple[str, ...]
    records: int
    content_hash: str
    made_at: Instant


AuditEvent = TamperSuspected | ExportMade
