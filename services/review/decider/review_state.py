"""What a review must remember in order to decide. Nothing for display, nothing sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

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
from shared.contracts.scheme import SCHEMES, Criterion, Scheme
from shared.decider import Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Given:
    """The result in force for one criterion.

    Attributes:
        version: Stream version of the event that gave it.
    """

    result: Result
    items: tuple[ItemResult, ...]
    evidence: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Review:
    """One review.

    Attributes:
        version: Of the stream: how many events there have been.
        declared: Who declared impartiality.
        reviewers: By person, their latest assignment.
        definition_confirmed: By the overall assessment; ``None`` without one that counts.
        comment_until_at: The first instant after the comment window; ``None`` before the report.
        comments: The ids of the ASF's comments.
        recommended: The latest recommendation.
    """

    version: int = 0
    opening: ReviewOpened | None = None
    declared: frozenset[UUID] = frozenset()
    plan: ReviewPlanSet | None = None
    reviewers: Mapping[UUID, ReviewerAssigned] = field(default_factory=lambda: MappingProxyType({}))
    certifier_id: UUID | None = None
    results: Mapping[Criterion, Given] = field(default_factory=lambda: MappingProxyType({}))
    definition_confirmed: bool | None = None
    comment_until_at: datetime | None = None
    comments: frozenset[UUID] = frozenset()
    waived: bool = False
    final: bool = False
    recommended: str | None = None
    decided: bool = False

    @property
    def cited(self) -> tuple[str, ...]:
        """GEN-2: return the hashes that the results in force rest on, ascending, no repeats."""
        return tuple(sorted({entry for given in self.results.values() for entry in given.evidence}))


def evolve(review: Review, event: ReviewEvent) -> Review:
    """Return the review after ``event``. Total: never raises."""
    return replace(_after(review, event), version=review.version + 1)


def opening_of(review: Review) -> ReviewOpened:
    """GEN-4: return the opening, or refuse: nothing can be done to a review that is not open."""
    if review.opening is None:
        raise not_found()
    return review.opening


def not_found() -> Refusal:
    """GEN-4: what does not exist, or not for this caller, gets one answer."""
    return Refusal(RefusalKind.NOT_FOUND, "review_not_found", "There is no such review.")


def undecided(review: Review) -> ReviewOpened:
    """REV-14: return the opening of a review that no decision has closed, or refuse."""
    opening = opening_of(review)
    if review.decided:
        raise Refusal(RefusalKind.CONFLICT, "review_decided", "The decision has been taken.")
    return opening


def scheme_of(opening: ReviewOpened) -> Scheme:
    """SCH-5: return the version of the criteria that the review was opened under."""
    return SCHEMES[opening.scheme]


def _after(  # noqa: PLR0912 -- one case for each event
    review: Review, event: ReviewEvent
) -> Review:
    """Return what ``event`` adds, by its type alone."""
    match event:
        case ReviewOpened():
            return replace(review, opening=event)
        case ImpartialityDeclared():
            return replace(review, declared=review.declared | {event.person_id})
        case ReviewPlanSet():
            return replace(review, plan=event)
        case ReviewerAssigned():
            reviewers = {**review.reviewers, event.reviewer_id: event}
            return replace(review, reviewers=MappingProxyType(reviewers))
        case CertifierAssigned():
            return replace(review, certifier_id=event.certifier_id)
        case CriterionReviewed():
            return replace(review, results=_results(review, event))
        case CriterionReviewRevised():
            # What was weighed as a whole was weighed with another result.
            return replace(review, results=_results(review, event), definition_confirmed=None)
        case OverallAssessmentMade():
            return replace(review, definition_confirmed=event.definition_confirmed)
        case ReviewReportIssued():
            return replace(review, comment_until_at=event.comment_until_at)
        case ReportCommented():
            return replace(review, comments=review.comments | {event.comment_id})
        case ReportCommentWaived():
            return replace(review, waived=True)
        case ReportFinalised():
            return replace(review, final=True)
        case DecisionRecommended():
            return replace(review, recommended=event.recommendation)
        case CertificationApproved() | CertificationRefused():
            return replace(review, decided=True)
        case _:
            assert_never(event)


def _results(
    review: Review, event: CriterionReviewed | CriterionReviewRevised
) -> Mapping[Criterion, Given]:
    """Return the results in force after ``event``."""
    given = Given(event.result, event.items, event.evidence, review.version + 1)
    return MappingProxyType({**review.results, event.criterion: given})
