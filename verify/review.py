"""A review, step by step: what each record adds, and the rule that it breaks, if any. REV-1 to 11.

Written from docs/domain/lifecycles.md, section "Review", and docs/domain/process.md, section 5. A rule is
named by the code that the house refuses with.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from verify.published import Constants, Criteria
from verify.record import Record

WORSE: Final = (
    "conforms",
    "conforms_with_recommendation",
    "minor_nonconformity",
    "major_nonconformity",
)
"""Results, from best to worst."""
NOT_APPLICABLE: Final = "not_applicable"


@dataclass(slots=True)
class Case:
    """What review had heard of the case, at some position of its log.

    Attributes:
        parts: Who had which part in the case: person and part.
    """

    parts: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    agreement: bool = False

    def had(self, person: str, part: str) -> bool:
        """SOD-1, SOD-2, SOD-7, SOD-9: return whether ``person`` had ``part`` in this case."""
        return (person, part) in self.parts


@dataclass(slots=True)
class Given:
    """The result in force for a criterion, and the stream version that gave it."""

    result: str
    evidence: tuple[str, ...]
    version: int


@dataclass(slots=True)
class Review:
    """One review, at some position of its log.

    Attributes:
        planned: Who is to review what, as the plan told.
        planned_certifier: Who is to decide, as the plan told.
        reviewers: By person, the areas assigned.
        definition: What the overall assessment found; ``None`` without one that counts.
        comment_until: The first instant after the window.
        heard: The firm commented, or waived it.
    """

    opening: dict[str, Any]
    declared: set[str] = field(default_factory=set[str])
    planned: tuple[tuple[str, frozenset[str]], ...] = ()
    planned_certifier: str | None = None
    reviewers: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    certifier: str | None = None
    results: dict[str, Given] = field(default_factory=dict[str, Given])
    definition: bool | None = None
    comment_until: str | None = None
    heard: bool = False
    final: bool = False
    recommended: str | None = None
    decided: bool = False

    @property
    def cited(self) -> tuple[str, ...]:
        """GEN-2: what the results in force rest on, ascending, no repeats."""
        return tuple(sorted({each for given in self.results.values() for each in given.evidence}))


def note(case: Case, record: Record) -> None:
    """Take what review heard of the case before its review."""
    if record.type == "PartNoted":
        case.parts.add((record.data["person_id"], record.data["part"]))
    elif record.type == "AgreementNoted":
        case.agreement = True


def broken_by(  # noqa: PLR0912 -- one case for each event
    record: Record, review: Review, case: Case, criteria: Criteria, constants: Constants
) -> Iterator[str]:
    """Yield the code of each rule that ``record`` breaks, in the order in which they are asked."""
    data = record.data
    if review.decided:
        yield "review_decided"
    match record.type:
        case "ReviewerAssigned":
            person, areas = data["reviewer_id"], set(data["areas"])
            yield from _reviewer_bars(case, person)
            yield from _broken_by_assignment(review, case, person)
            if not any(person == who and areas <= what for who, what in review.planned):
                yield "review_plan_missing"
        case "CertifierAssigned":
            person = data["certifier_id"]
            yield from certifier_bars(review, case, person)
            yield from _broken_by_assignment(review, case, person)
            if review.certifier not in {None, person}:
                yield "certifier_exists"
            if review.planned_certifier != person:
                yield "review_plan_missing"
        case "CriterionReviewed" | "CriterionReviewRevised":
            yield from _broken_by_result(record, review, case, criteria)
        case "OverallAssessmentMade":
            if criteria.codes - review.results.keys():
                yield "criteria_not_reviewed"
        case "ReviewReportIssued":
            yield from _broken_by_report(record, review, criteria, constants)
        case "ReportFinalised":
            if review.comment_until is None:
                yield "report_not_issued"
            elif data["finalised_at"] < review.comment_until and not review.heard:
                yield "comment_window_open"
        case "DecisionRecommended":
            if not review.final:
                yield "report_not_final"
        case _:
            return


def take(record: Record, review: Review) -> None:  # noqa: PLR0912 -- one case for each event
    """Take what ``record`` adds."""
    data = record.data
    match record.type:
        case "ImpartialityDeclared":
            review.declared.add(data["person_id"])
        case "ReviewPlanSet":
            review.planned = tuple(
                (each["person_id"], frozenset(each["areas"])) for each in data["reviewers"]
            )
            review.planned_certifier = data["certifier_id"]
        case "ReviewerAssigned":
            review.reviewers[data["reviewer_id"]] = frozenset(data["areas"])
        case "CertifierAssigned":
            review.certifier = data["certifier_id"]
        case "CriterionReviewed" | "CriterionReviewRevised":
            given = Given(data["result"], tuple(data["evidence"]), record.version)
            review.results[data["criterion"]] = given
            if record.type == "CriterionReviewRevised":
                review.definition = None  # it was weighed with another result
        case "OverallAssessmentMade":
            review.definition = data["definition_confirmed"]
        case "ReviewReportIssued":
            review.comment_until = data["comment_until_at"]
        case "ReportCommented" | "ReportCommentWaived":
            review.heard = True
        case "ReportFinalised":
            review.final = True
        case "DecisionRecommended":
            review.recommended = data["recommendation"]
        case "CertificationApproved" | "CertificationRefused":
            review.decided = True
        case _:
            return


def certifier_bars(review: Review, case: Case, person: str) -> Iterator[str]:
    """SOD-6, SOD-7, SOD-9: independent of whoever reviewed, and of the way there."""
    if person in review.reviewers:
        yield "certifier_was_reviewer"
    for part in ("supervisor", "trainer", "screener"):
        if case.had(person, part):
            yield f"certifier_was_{part}"
    if case.had(person, "project_leader"):
        yield "certifier_is_project_leader"


def _broken_by_assignment(review: Review, case: Case, person: str) -> Iterator[str]:
    """REV-1, REV-2, REV-3: under an agreement, and declared to be impartial."""
    if not case.agreement:
        yield "agreement_missing"
    if person not in review.declared:
        yield "impartiality_not_declared"


def _reviewer_bars(case: Case, person: str) -> Iterator[str]:
    """SOD-1, SOD-2, SOD-9."""
    if case.had(person, "supervisor"):
        yield "reviewer_was_supervisor"
    if case.had(person, "trainer"):
        yield "reviewer_was_trainer"
    if case.had(person, "project_leader"):
        yield "reviewer_is_project_leader"


def _broken_by_result(
    record: Record, review: Review, case: Case, criteria: Criteria
) -> Iterator[str]:
    """REV-5, REV-6: an assigned reviewer, the frozen evidence, one result; another is a revision."""
    data, code = record.data, record.data["criterion"]
    if code not in review.reviewers.get(data["reviewer_id"], frozenset()):
        yield "not_the_reviewer"
    yield from _reviewer_bars(case, data["reviewer_id"])
    if code not in criteria.codes:
        yield "criterion_not_in_scheme"
    if not data["evidence"]:
        yield "evidence_missing"
    if set(data["evidence"]) - set(review.opening["manifest"]):
        yield "evidence_outside_manifest"
    known = review.results.get(code)
    if record.type == "CriterionReviewed" and known:
        yield "criterion_already_reviewed"
    if record.type == "CriterionReviewRevised":
        if known is None or data["revises"] != known.version:
            yield "criteria_not_reviewed"
        if review.comment_until is not None:
            yield "report_issued"
    yield from _broken_by_items(data, criteria)


def _broken_by_items(data: Any, criteria: Criteria) -> Iterator[str]:
    """REV-6, REV-7: in an emphasised area each item has its result, and the area is no better."""
    code, result = data["criterion"], data["result"]
    items = {each["item_id"]: each["result"] for each in data["items"]}
    wanted = set(criteria.items[code]) if code in criteria.emphasised else set[str]()
    if wanted and NOT_APPLICABLE in {result, *items.values()}:
        yield "not_applicable_on_emphasised"
    elif wanted - items.keys():
        yield "emphasised_items_missing"
    elif items.keys() - wanted:
        yield "criterion_not_in_scheme"
    elif any(WORSE.index(result) < WORSE.index(item) for item in items.values()):
        yield "result_better_than_items"


def _broken_by_report(
    record: Record, review: Review, criteria: Criteria, constants: Constants
) -> Iterator[str]:
    """REV-9, REV-10: everything assessed; the window is the policy's days, to the end of the last.

    The end of a day in Sweden is at most a day and an hour later than the same instant.
    """
    if criteria.codes - review.results.keys():
        yield "criteria_not_reviewed"
    if review.definition is None:
        yield "overall_assessment_missing"
    issued, until = (
        datetime.fromisoformat(record.data[name]) for name in ("issued_at", "comment_until_at")
    )
    days, hour = timedelta(days=constants.comment_window_days), timedelta(hours=1)
    if not days - hour <= until - issued <= days + timedelta(days=1) + hour:
        yield "comment_window_open"
