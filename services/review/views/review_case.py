"""A review as it is read: who is assigned, what was found, how far it is. Pseudonyms, no words."""

from datetime import date
from typing import Final, Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Instant
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CertifierAssigned,
    CriterionReviewed,
    CriterionReviewRevised,
    DecisionRecommended,
    ImpartialityDeclared,
    ItemResult,
    OverallAssessmentMade,
    PlannedReviewer,
    ReportCommented,
    ReportCommentWaived,
    ReportFinalised,
    Result,
    ReviewerAssigned,
    ReviewEvent,
    ReviewOpened,
    ReviewPlanSet,
    ReviewReportIssued,
)
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEMES, Criterion
from shared.eventlog.views import View

Status = Literal[
    "opened", "in_review", "assessed", "reported", "final", "recommended", "approved", "refused"
]

SEES_DRAFTS: Final = frozenset({Role.PROJECT_LEADER, Role.STEERING_GROUP, Role.AUDITOR})
"""Who leads and who oversees; of all others only a review's own team sees its draft."""


class Plan(BaseModel):
    """What the ASF was told of who reviews what, by when and how."""

    model_config = ConfigDict(frozen=True)

    reviewers: tuple[PlannedReviewer, ...]
    certifier_id: UUID
    from_on: date
    until_on: date
    method: Literal["documents", "remote_interview", "on_site"]
    sampled_units: int


class Assigned(BaseModel):
    """One reviewer."""

    model_config = ConfigDict(frozen=True)

    person_id: UUID
    areas: tuple[Criterion, ...]
    lead: bool


class Finding(BaseModel):
    """The result in force for one criterion.

    Attributes:
        items: In an emphasised area one result per item, in the scheme's order; else empty.
        evidence: The hashes that it cites, ascending.
        revised: Whether there was another result before.
    """

    model_config = ConfigDict(frozen=True)

    result: Result
    items: tuple[ItemResult, ...]
    evidence: tuple[str, ...]
    reviewer_id: UUID
    revised: bool


class ReviewCase(BaseModel):
    """One row.

    Attributes:
        declared: Who declared impartiality, in that order.
        results: By criterion; what is not in it is not assessed (REV-6).
        remaining: Criteria without a result, ascending.
        comment_until_at: The first instant after the comment window; ``None`` before the report.
        comments: How many there are.
    """

    model_config = ConfigDict(frozen=True)

    review_id: UUID
    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    kind: Literal["initial", "renewal", "scope", "extra"]
    scheme: str
    status: Status = "opened"
    manifest: tuple[str, ...]
    opened_at: Instant
    declared: tuple[UUID, ...] = ()
    plan: Plan | None = None
    reviewers: tuple[Assigned, ...] = ()
    certifier_id: UUID | None = None
    results: dict[Criterion, Finding] = {}
    remaining: tuple[Criterion, ...]
    definition_confirmed: bool | None = None
    report_issued_at: Instant | None = None
    comment_until_at: Instant | None = None
    comments: int = 0
    comment_waived: bool = False
    recommendation: Literal["approve", "refuse"] | None = None
    decision_id: UUID | None = None
    decided_at: Instant | None = None


def team_of(review: ReviewCase) -> frozenset[UUID]:
    """WSP-2, REV-5, REV-13: return whose review it is: those assigned to assess, or to decide."""
    assessing = frozenset(each.person_id for each in review.reviewers)
    return assessing if review.certifier_id is None else assessing | {review.certifier_id}


def shown_to(review: ReviewCase, person_id: UUID, role: Role) -> ReviewCase:
    """REV-9, ADR-0034: return what is shown of a review to a person who asks in ``role``.

    Whoever assesses other firms may belong to this one, and then sees no more than it.
    """
    if role in SEES_DRAFTS or person_id in team_of(review):
        return review
    return for_the_firm(review)


def for_the_firm(review: ReviewCase) -> ReviewCase:
    """REV-9: return what the ASF may see: no draft before the report is issued."""
    if review.report_issued_at is not None:
        return review
    draft: dict[str, object] = {
        "results": {},
        "remaining": SCHEMES[review.scheme].criteria,
        "definition_confirmed": None,
        "status": "in_review" if review.reviewers else "opened",
    }
    return review.model_copy(update=draft)


def review_case(  # noqa: PLR0912 -- one case for each event
    view: ReviewCase | None, event: ReviewEvent
) -> ReviewCase:
    """Return the row after ``event``, events in order. Replaying a whole stream changes nothing."""
    if isinstance(event, ReviewOpened):
        return view or _opened(event)
    assert view is not None, f"{type(event).__name__} before ReviewOpened"
    match event:
        case ImpartialityDeclared():
            others = tuple(each for each in view.declared if each != event.person_id)
            changed: dict[str, object] = {"declared": (*others, event.person_id)}
        case ReviewPlanSet():
            changed = {"plan": Plan(**event.model_dump(include=set(Plan.model_fields)))}
        case ReviewerAssigned():
            changed = _with_reviewer(view, event)
        case CertifierAssigned():
            changed = {"certifier_id": event.certifier_id}
        case CriterionReviewed() | CriterionReviewRevised():
            changed = _with_result(view, event)
        case OverallAssessmentMade():
            changed = {"definition_confirmed": event.definition_confirmed, "status": "assessed"}
        case ReviewReportIssued():
            changed = {
                "report_issued_at": event.issued_at,
                "comment_until_at": event.comment_until_at,
                "status": "reported",
            }
        case ReportCommented():
            changed = {"comments": view.comments + 1}
        case ReportCommentWaived():
            changed = {"comment_waived": True}
        case ReportFinalised():
            changed = {"status": "final"}
        case DecisionRecommended():
            changed = {"recommendation": event.recommendation, "status": "recommended"}
        case CertificationApproved() | CertificationRefused():
            approved = isinstance(event, CertificationApproved)
            changed = {
                "decision_id": event.decision_id,
                "decided_at": event.decided_at,
                "status": "approved" if approved else "refused",
            }
        case _:
            assert_never(event)
    return view.model_copy(update=changed)


def _opened(event: ReviewOpened) -> ReviewCase:
    """Return the row of a review that has just begun."""
    return ReviewCase(
        review_id=event.review_id,
        application_id=event.application_id,
        organisation_number=event.organisation_number,
        organisation_name=event.organisation_name,
        round_id=event.round_id,
        kind=event.kind,
        scheme=event.scheme,
        manifest=event.manifest,
        opened_at=event.opened_at,
        remaining=SCHEMES[event.scheme].criteria,
    )


def _with_reviewer(view: ReviewCase, event: ReviewerAssigned) -> dict[str, object]:
    """Return what changes with an assignment; a later one of the same person replaces it."""
    others = tuple(each for each in view.reviewers if each.person_id != event.reviewer_id)
    assigned = Assigned(person_id=event.reviewer_id, areas=event.areas, lead=event.lead)
    return {"reviewers": (*others, assigned), "status": "in_review"}


def _with_result(
    view: ReviewCase, event: CriterionReviewed | CriterionReviewRevised
) -> dict[str, object]:
    """Return what changes with a result."""
    revised = isinstance(event, CriterionReviewRevised)
    found = Finding(
        result=event.result,
        items=event.items,
        evidence=event.evidence,
        reviewer_id=event.reviewer_id,
        revised=revised,
    )
    changed: dict[str, object] = {
        "results": {**view.results, event.criterion: found},
        "remaining": tuple(each for each in view.remaining if each != event.criterion),
        "status": "in_review",
    }
    return {**changed, "definition_confirmed": None} if revised else changed


def _keys(event: Event) -> tuple[str, ...]:
    """Return the review that ``event`` is about."""
    return (str(event.review_id),) if isinstance(event, ReviewEvent) else ()


def _evolve(row: ReviewCase | None, event: Event, _key: str) -> ReviewCase | None:
    """Return the row after ``event``."""
    return review_case(row, event) if isinstance(event, ReviewEvent) else row


review_cases = View(name="review_case", version=1, document=ReviewCase, keys=_keys, evolve=_evolve)
