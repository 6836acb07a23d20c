"""What may be asked of a self-assessment. Imperative; time and identifiers included.

``organisation`` is the number of the firm that the caller acts for; ``None``: for none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.scheme import EvidenceKind


@dataclass(frozen=True, slots=True)
class StartPreparation:
    """Start the clock of the self-assessment."""

    application_id: UUID
    round_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """Answer one item, for the first time or anew.

    Attributes:
        answer_id: The same for the same wish.
    """

    organisation: str | None
    item_id: str
    answer_id: UUID
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MarkItemReady:
    """Find one item finished."""

    organisation: str | None
    item_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RemindDeadline:
    """Remind of the deadline; ``at`` is when the reminder is due."""

    days_left: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PassDeadline:
    """Find that the deadline has passed; ``at`` is the deadline."""

    at: datetime


@dataclass(frozen=True, slots=True)
class SubmitSelfAssessment:
    """Account for the work, as a signatory.

    Attributes:
        signatories: Whoever may bind the ASF, by the case's file.
        manifest: Hashes of all evidence in the workspace.
        kinds: By item: the kinds of the evidence put to it, by the workspace.
    """

    organisation: str | None
    signatory_id: UUID
    signatories: frozenset[UUID]
    manifest: tuple[str, ...]
    kinds: Mapping[str, frozenset[EvidenceKind]]
    at: datetime


@dataclass(frozen=True, slots=True)
class LockSelfAssessment:
    """Let the self-assessment stand: the review has begun."""

    at: datetime


AssessmentCommand = (
    StartPreparation
    | AnswerItem
    | MarkItemReady
    | RemindDeadline
    | PassDeadline
    | SubmitSelfAssessment
    | LockSelfAssessment
)
