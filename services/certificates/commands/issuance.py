"""What may be asked of an issuance: everything that one case still waits for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.certificates import Gate


@dataclass(frozen=True, slots=True)
class NoteGrant:
    """Remember that a decision grants a certificate.

    Attributes:
        certificate_id: Of the certificate that will carry the decision out.
    """

    application_id: UUID
    decision_id: UUID
    certificate_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteGate:
    """Remember that a gate is met."""

    application_id: UUID
    gate: Gate
    at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmClearance:
    """Let nothing be issued on ``decision_id`` that is not cleared. Leaves no event."""

    decision_id: UUID


IssuanceCommand = NoteGrant | NoteGate | ConfirmClearance
