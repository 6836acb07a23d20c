"""Events of the audit service. Topic: ``asf.audit.events.v1``. Key: the stream."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Event, Instant


class TamperSuspected(Event):
    """The mirror of a log and what arrived differ, or something is missing (AUD-3).

    Attributes:
        log: Whose, e.g. ``asf/review``.
        position: The first one that is wrong or missing.
        expected: Leaf hash that the mirror holds; ``None`` where it holds nothing.
        found: Leaf hash of what arrived; ``None`` where nothing did.
    """

    integration: ClassVar[bool] = True

    finding_id: UUID
    log: str
    position: int
    finding: Literal["gap", "difference", "chain"]
    expected: str | None
    found: str | None
    suspected_at: Instant


AuditEvent = TamperSuspected
