"""What may be asked of a person's appointments. Imperative; time and identifiers included."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion


@dataclass(frozen=True, slots=True)
class ProposeAppointment:
    """Propose a person for a role.

    Attributes:
        areas: Criteria that the person may assess; empty for roles that assess none.
        competence: Commitments to what it rests on.
        valid_until: The last valid day.
    """

    appointment_id: UUID
    person_id: UUID
    role: Role
    areas: tuple[Criterion, ...]
    schemes: tuple[str, ...]
    competence: tuple[str, ...]
    competence_note: str
    valid_from: date
    valid_until: date
    proposer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ApproveAppointment:
    """Make a proposed appointment."""

    appointment_id: UUID
    approver_id: UUID
    reason: str
    language: Literal["sv", "en"]
    evidence: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class EnterFoundingAppointment:
    """Enter one of the first appointments, at installation."""

    appointment_id: UUID
    person_id: UUID
    role: Role
    schemes: tuple[str, ...]
    valid_from: date
    valid_until: date
    at: datetime


AppointmentCommand = ProposeAppointment | ApproveAppointment | EnterFoundingAppointment
