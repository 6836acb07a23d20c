"""What may be noted of a round's cohort: who is enrolled, and that the round runs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NoteEnrolment:
    """Note that an ASF takes part in the round."""

    application_id: UUID
    round_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    applicant_id: UUID
    signatory_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteRoundStart:
    """Note that the round has started."""

    round_id: UUID
    at: datetime


CohortCommand = NoteEnrolment | NoteRoundStart
