"""The report as it is read: what reviewers, the ASF and the certifier wrote, by whom it is asked for."""

from collections.abc import Iterable
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict

from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CertifierAssigned,
    CriterionReviewed,
    CriterionReviewRevised,
    DecisionRecommended,
    ImpartialityDeclared,
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
from shared.contracts.scheme import Criterion


class Written(BaseModel):
    """Words in the language they were written in (SV-8); ``text`` is ``None`` once erased."""

    model_config = ConfigDict(frozen=True)

    text: str | None
    language: Literal["sv", "en"]


class FindingText(BaseModel):
    """The result in force for one criterion, and why."""

    model_config = ConfigDict(frozen=True)

    result: Result
    reason: Written


class ReportTexts(BaseModel):
    """What was written in one review.

    Attributes:
        findings: By criterion, in the order of the first result.
        comments: The ASF's, oldest first.
    """

    model_config = ConfigDict(frozen=True)

    findings: dict[Criterion, FindingText] = {}
    overall: Written | None = None
    summary: Written | None = None
    comments: tuple[Written, ...] = ()
    recommendation: Written | None = None
    decision: Written | None = None


def report_texts(events: Iterable[ReviewEvent]) -> ReportTexts:
    """Return what was written, from events whose texts were revealed, oldest first."""
    view = ReportTexts()
    for event in events:
        view = view.model_copy(update=_changed(view, event))
    return view


def _changed(view: ReportTexts, event: ReviewEvent) -> dict[str, object]:
    """Return what changes with ``event``."""
    match event:
        case CriterionReviewed() | CriterionReviewRevised():
            reason = Written(text=event.reason, language=event.language)
            found = FindingText(result=event.result, reason=reason)
            return {"findings": {**view.findings, event.criterion: found}}
        case OverallAssessmentMade():
            return {"overall": Written(text=event.reason, language=event.language)}
        case ReviewReportIssued():
            return {"summary": Written(text=event.summary, language=event.language)}
        case ReportCommented():
            comment = Written(text=event.comment, language=event.language)
            return {"comments": (*view.comments, comment)}
        case DecisionRecommended():
            return {"recommendation": Written(text=event.reason, language=event.language)}
        case CertificationApproved() | CertificationRefused():
            return {"decision": Written(text=event.reason, language=event.language)}
        case (
            ReviewOpened()
            | ImpartialityDeclared()
            | ReviewPlanSet()
            | ReviewerAssigned()
            | CertifierAssigned()
            | ReportCommentWaived()
            | ReportFinalised()
        ):
            return {}
        case _:
            assert_never(event)
