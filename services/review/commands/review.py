"""What may be asked of a review. Imperative; already valid; time and identifiers included."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.contracts.preparation import Part, TieKind
from shared.contracts.review import ItemResult, PlannedReviewer, Result
from shared.contracts.scheme import Criterion

Language = Literal["sv", "en"]


@dataclass(frozen=True, slots=True)
class PartHeld:
    """A part that the person had in a case of this ASF (SOD-1, SOD-2, SOD-7, SOD-9).

    Attributes:
        own_case: Whether it is the case under review, and not an earlier one of the same ASF.
        until_on: Its last day; ``None`` while it lasts.
    """

    part: Part
    own_case: bool
    until_on: date | None


@dataclass(frozen=True, slots=True)
class TieHeld:
    """A tie that a person declared to an organisation (SOD-3, APT-4).

    Attributes:
        until_on: Its last day; ``None`` while it lasts.
    """

    organisation_number: str
    kind: TieKind
    from_on: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class DutyHeld:
    """A person tied to the ASF under review assessed or decided on another organisation (SOD-5).

    Attributes:
        organisation_number: On which the person assessed or decided.
        until_on: The last day of that duty; ``None`` while it lasts.
        tie: What binds that person to the ASF under review.
    """

    organisation_number: str
    until_on: date | None
    tie: TieHeld


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record about one person and one case, looked up at the edge.

    Attributes:
        parts: In this case and in earlier cases of the same ASF.
        ties: All that the person declared.
        in_round: Organisation numbers of whoever takes part in the case's round.
        exchanges: Duties that people tied to this ASF had elsewhere.
    """

    parts: tuple[PartHeld, ...]
    ties: tuple[TieHeld, ...]
    in_round: frozenset[str]
    exchanges: tuple[DutyHeld, ...]


@dataclass(frozen=True, slots=True)
class OpenReview:
    """Start the review of the account an ASF gave."""

    review_id: UUID
    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    scheme: str
    signatory_id: UUID
    manifest: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class DeclareImpartiality:
    """Declare to be free of whatever would bar the person."""

    person_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanReview:
    """Tell the ASF who reviews what, by when and how."""

    reviewers: tuple[PlannedReviewer, ...]
    certifier_id: UUID
    from_on: date
    until_on: date
    method: Literal["documents", "remote_interview", "on_site"]
    sampled_units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignReviewer:
    """Make ``reviewer_id`` answerable for results.

    Attributes:
        lead: Whether the person also writes the report.
        standing: By the records at ``at``.
        competence: Areas of the review's scheme that the person's appointment covers at ``at``.
        agreement: The countersigned agreement; ``None`` when there is none.
    """

    reviewer_id: UUID
    areas: tuple[Criterion, ...]
    lead: bool
    standing: Standing
    competence: frozenset[Criterion]
    agreement: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignCertifier:
    """Make ``certifier_id`` answerable for the decision. The rest as for reviewers."""

    certifier_id: UUID
    standing: Standing
    competence: frozenset[Criterion]
    agreement: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewCriterion:
    """Give one criterion its result.

    Attributes:
        items: In an emphasised area one result per item; else empty.
        evidence: Hashes from the manifest.
        standing: By the records at ``at``: a tie may have come in since the assignment.
        competence: As for the assignment: an appointment may have ended since.
    """

    criterion: Criterion
    result: Result
    items: tuple[ItemResult, ...]
    reason: str
    language: Language
    evidence: tuple[str, ...]
    reviewer_id: UUID
    standing: Standing
    competence: frozenset[Criterion]
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviseCriterion:
    """Give one criterion another result than before. The fields as for the first one."""

    criterion: Criterion
    result: Result
    items: tuple[ItemResult, ...]
    reason: str
    language: Language
    evidence: tuple[str, ...]
    reviewer_id: UUID
    standing: Standing
    competence: frozenset[Criterion]
    at: datetime


@dataclass(frozen=True, slots=True)
class AssessOverall:
    """Weigh the whole, and say whether the firm is still an ASF by its definition."""

    definition_confirmed: bool
    reason: str
    language: Language
    reviewer_id: UUID
    standing: Standing
    at: datetime


@dataclass(frozen=True, slots=True)
class IssueReport:
    """Show the ASF the report."""

    summary: str
    language: Language
    reviewer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentReport:
    """Comment on the report, for the ASF. ``comment_id`` is the same for the same wish."""

    organisation: str | None
    comment_id: UUID
    comment: str
    language: Language
    at: datetime


@dataclass(frozen=True, slots=True)
class WaiveComment:
    """Have no comment on the report, for the ASF."""

    organisation: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class FinaliseReport:
    """Make the report final."""

    reviewer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class RecommendDecision:
    """Recommend a decision to the certifier."""

    recommendation: Literal["approve", "refuse"]
    reason: str
    language: Language
    reviewer_id: UUID
    standing: Standing
    at: datetime


@dataclass(frozen=True, slots=True)
class ApproveCertification:
    """Decide that the ASF is certified.

    Attributes:
        standing: By the records at ``at``: a tie may have come in since the assignment.
        competence: As for the assignment: an appointment may have ended since.
        signed_in_at: When the certifier last proved who they are; ``None``: not known.
    """

    decision_id: UUID
    reason: str
    language: Language
    certifier_id: UUID
    standing: Standing
    competence: frozenset[Criterion]
    signed_in_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class RefuseCertification:
    """Decide that the ASF is not certified. The fields as for approval."""

    decision_id: UUID
    reason: str
    language: Language
    certifier_id: UUID
    standing: Standing
    competence: frozenset[Criterion]
    signed_in_at: datetime | None
    at: datetime


Decision = ApproveCertification | RefuseCertification
ReviewCommand = (
    OpenReview
    | DeclareImpartiality
    | PlanReview
    | AssignReviewer
    | AssignCertifier
    | ReviewCriterion
    | ReviseCriterion
    | AssessOverall
    | IssueReport
    | CommentReport
    | WaiveComment
    | FinaliseReport
    | RecommendDecision
    | Decision
)
