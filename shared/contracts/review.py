"""Events of the review itself. Topic: ``asf.review.events.v1``. Key: the stream."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Distinct, Event, Instant, Sealed, Value
from shared.contracts.scheme import Criterion


class Result(StrEnum):
    """What a reviewer found for one criterion or item (REV-6)."""

    CONFORMS = "conforms"
    CONFORMS_WITH_RECOMMENDATION = "conforms_with_recommendation"
    MINOR_NONCONFORMITY = "minor_nonconformity"
    MAJOR_NONCONFORMITY = "major_nonconformity"
    NOT_APPLICABLE = "not_applicable"


class ItemResult(Value):
    """The result for one item of an emphasised area (REV-7)."""

    item_id: str
    result: Result


class PlannedReviewer(Value):
    """Who reviews what, as told to the ASF (REV-1)."""

    person_id: UUID
    areas: Distinct[Criterion]


class ReviewOpened(Event):
    """An ASF accounted for its work; the account is to be reviewed (step 6).

    Attributes:
        scheme: Version of the criteria; it stays to the end (SCH-5).
        manifest: Hashes of the frozen evidence: what results may cite (REV-5).
    """

    integration: ClassVar[bool] = True

    review_id: UUID
    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    kind: Literal["initial", "renewal", "scope", "extra"]
    scheme: str
    signatory_id: UUID
    manifest: Distinct[str]
    opened_at: Instant


class ImpartialityDeclared(Event):
    """A person declared to be free of ties and duties that would bar them (REV-2, REV-3)."""

    review_id: UUID
    person_id: UUID
    declared_at: Instant


class ReviewPlanSet(Event):
    """The plan was told to the ASF (REV-1, K-04, K-33, K-34).

    Attributes:
        reviewers: In the order of the plan.
        method: How it is done at a distance.
        sampled_units: How many units of the firm are looked at.
    """

    integration: ClassVar[bool] = True

    review_id: UUID
    application_id: UUID
    reviewers: tuple[PlannedReviewer, ...]
    certifier_id: UUID
    from_on: date
    until_on: date
    method: Literal["documents", "remote_interview", "on_site"]
    sampled_units: int
    set_at: Instant


class ReviewerAssigned(Event):
    """A person was made answerable for results (step 7).

    Attributes:
        lead: Whether the person is the lead reviewer, who writes the report.
    """

    integration: ClassVar[bool] = True

    review_id: UUID
    application_id: UUID
    organisation_number: str
    reviewer_id: UUID
    areas: Distinct[Criterion]
    lead: bool
    assigned_at: Instant


class CertifierAssigned(Event):
    """A person was made answerable for the decision (step 7)."""

    integration: ClassVar[bool] = True

    review_id: UUID
    application_id: UUID
    organisation_number: str
    certifier_id: UUID
    assigned_at: Instant


class CriterionReviewed(Event):
    """A reviewer gave one criterion its result and said why (step 7).

    Attributes:
        items: In an emphasised area one result per item (REV-7); else empty.
        reason: As written, in the language it was written in.
        evidence: Hashes of what the result rests on, from the manifest; at least one.
    """

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    criterion: Criterion
    result: Result
    items: tuple[ItemResult, ...]
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    reviewer_id: UUID
    reviewed_at: Instant


class CriterionReviewRevised(Event):
    """A reviewer gave a criterion another result than before; both stay readable (GEN-3).

    Attributes:
        revises: The stream version of the event that it corrects.
    """

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    criterion: Criterion
    result: Result
    items: tuple[ItemResult, ...]
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    reviewer_id: UUID
    revises: int
    revised_at: Instant


class OverallAssessmentMade(Event):
    """The lead reviewer weighed the whole (T7, REV-11).

    Attributes:
        definition_confirmed: Whether the firm is still an ASF by its definition.
    """

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    definition_confirmed: bool
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    assessed_at: Instant


class ReviewReportIssued(Event):
    """The ASF sees the report and may comment (REV-9, REV-10).

    Attributes:
        comment_until_at: The first instant after the comment window.
    """

    integration: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    summary: Sealed[str]
    language: Literal["sv", "en"]
    comment_until_at: Instant
    issued_at: Instant


class ReportCommented(Event):
    """The ASF commented on the report (REV-10).

    Attributes:
        comment_id: The same for the same wish, so that a repeat is told from a new comment.
    """

    sealed_subject: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    comment_id: UUID
    comment: Sealed[str]
    language: Literal["sv", "en"]
    commented_at: Instant


class ReportCommentWaived(Event):
    """The ASF has no comment on the report (REV-10)."""

    review_id: UUID
    application_id: UUID
    waived_at: Instant


class ReportFinalised(Event):
    """The report is final (REV-10)."""

    review_id: UUID
    application_id: UUID
    finalised_at: Instant


class DecisionRecommended(Event):
    """The lead reviewer recommended a decision; it binds nobody (REV-11, REV-16)."""

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    review_id: UUID
    application_id: UUID
    recommendation: Literal["approve", "refuse"]
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    recommended_at: Instant


class CertificationApproved(Event):
    """The certifier approved the ASF (step 7).

    Attributes:
        evidence: Everything relied upon: the hashes that the results cite.
        signed_in_at: When the certifier had last proved who they are (REV-13); ``None``: the record
            is of version 1, which does not say.
    """

    schema_version: ClassVar[int] = 2
    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    decision_id: UUID
    review_id: UUID
    application_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    certifier_id: UUID
    signed_in_at: Instant | None
    decided_at: Instant


class CertificationRefused(Event):
    """The certifier turned the ASF down (step 7). Final unless an appeal is upheld.

    Attributes:
        signed_in_at: As for an approval.
    """

    schema_version: ClassVar[int] = 2
    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    decision_id: UUID
    review_id: UUID
    application_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    certifier_id: UUID
    signed_in_at: Instant | None
    decided_at: Instant


ReviewEvent = (
    ReviewOpened
    | ImpartialityDeclared
    | ReviewPlanSet
    | ReviewerAssigned
    | CertifierAssigned
    | CriterionReviewed
    | CriterionReviewRevised
    | OverallAssessmentMade
    | ReviewReportIssued
    | ReportCommented
    | ReportCommentWaived
    | ReportFinalised
    | DecisionRecommended
    | CertificationApproved
    | CertificationRefused
)
