"""What may be noted in a case's file: what review heard from intake."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.contracts.preparation import Part


@dataclass(frozen=True, slots=True)
class NotePart:
    """Note that a person had a part in the case.

    Attributes:
        last_on: The last day known of that part.
    """

    application_id: UUID
    person_id: UUID
    part: Part
    last_on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteAgreement:
    """Note that the agreement is countersigned."""

    application_id: UUID
    agreement: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteSignatory:
    """Note that a person may bind the ASF."""

    application_id: UUID
    signatory_id: UUID
    mandate_id: UUID
    at: datetime


CaseFileCommand = NotePart | NoteAgreement | NoteSignatory
