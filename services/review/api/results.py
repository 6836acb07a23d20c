"""Results and reports over HTTP: what reviewers find, and what the firm says to it."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from services.review.api.acting import Acting, firm_of
from services.review.api.bodies import (
    CommentBody,
    OverallBody,
    RecommendationBody,
    ResultBody,
    SummaryBody,
)
from services.review.api.reviews import REVIEWING
from services.review.api.standing import Bystander
from services.review.commands.review import (
    AssessOverall,
    CommentReport,
    FinaliseReport,
    IssueReport,
    RecommendDecision,
    ReviewCriterion,
    ReviseCriterion,
    WaiveComment,
)
from shared.contracts.review import ItemResult
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from shared.web import Caller, Edge, if_match, problems, tell

PREFIX: Final = "/v1/reviews/{review_id}"
RESULT: Final = (
    "review_not_found",
    "review_decided",
    "not_the_reviewer",
    "criterion_not_in_scheme",
    "reason_missing",
    "evidence_missing",
    "evidence_outside_manifest",
    "not_applicable_on_emphasised",
    "emphasised_items_missing",
    "result_better_than_items",
    "mandate_missing",
    "mandate_ended",
    *REVIEWING,
)
LEAD: Final = (
    "review_not_found",
    "review_decided",
    "not_the_reviewer",
    "mandate_missing",
    "mandate_ended",
)
COMMENT: Final = (
    "review_not_found",
    "not_the_owner",
    "draft_not_visible",
    "comment_window_closed",
)


def result_routes(*, edge: Edge, acting: Acting, bystander: Bystander) -> APIRouter:
    """Return how criteria get their results."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.post(
        "/criteria/{criterion}",
        status_code=status.HTTP_201_CREATED,
        responses=problems("criterion_already_reviewed", *RESULT),
    )
    async def review_criterion(
        review_id: UUID,
        criterion: Criterion,
        body: ResultBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Give one criterion its result. Safe to repeat with the same Idempotency-Key."""
        at = acting.now()
        found = await bystander.found(review_id, by.person, Role.REVIEWER, at)
        command = ReviewCriterion(
            criterion=criterion,
            result=body.result,
            items=_items(body),
            reason=body.reason,
            language=body.language,
            evidence=tuple(sorted(body.evidence)),
            reviewer_id=by.person,
            standing=found.standing,
            competence=found.competence,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.post(
        "/criteria/{criterion}/revisions",
        status_code=status.HTTP_201_CREATED,
        responses=problems("criteria_not_reviewed", "report_issued", *RESULT),
    )
    async def revise_criterion(
        review_id: UUID,
        criterion: Criterion,
        body: ResultBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Give one criterion another result; both stay readable."""
        at = acting.now()
        found = await bystander.found(review_id, by.person, Role.REVIEWER, at)
        command = ReviseCriterion(
            criterion=criterion,
            result=body.result,
            items=_items(body),
            reason=body.reason,
            language=body.language,
            evidence=tuple(sorted(body.evidence)),
            reviewer_id=by.person,
            standing=found.standing,
            competence=found.competence,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def lead_routes(*, edge: Edge, acting: Acting, bystander: Bystander) -> APIRouter:
    """Return what the lead reviewer does with the whole."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.put(
        "/overall-assessment",
        responses=problems(
            "criteria_not_reviewed", "report_issued", "reason_missing", *LEAD, *REVIEWING
        ),
    )
    async def assess_overall(
        review_id: UUID,
        body: OverallBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Weigh the whole, and say whether the firm is still an ASF by its definition."""
        at = acting.now()
        found = await bystander.found(review_id, by.person, Role.REVIEWER, at)
        command = AssessOverall(
            definition_confirmed=body.definition_confirmed,
            reason=body.reason,
            language=body.language,
            reviewer_id=by.person,
            standing=found.standing,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.post(
        "/report",
        status_code=status.HTTP_201_CREATED,
        responses=problems("criteria_not_reviewed", "overall_assessment_missing", *LEAD),
    )
    async def issue_report(
        review_id: UUID,
        body: SummaryBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Show the firm the report; the time to comment begins."""
        command = IssueReport(body.summary, body.language, by.person, acting.now())
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def closing_routes(*, edge: Edge, acting: Acting, bystander: Bystander) -> APIRouter:
    """Return how the lead reviewer closes the report and recommends a decision."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.post(
        "/report/finalisation",
        responses=problems("report_not_issued", "comment_window_open", *LEAD),
    )
    async def finalise_report(
        review_id: UUID,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Make the report final."""
        command = FinaliseReport(by.person, acting.now())
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.put(
        "/recommendation",
        responses=problems("report_not_final", "reason_missing", *LEAD, *REVIEWING),
    )
    async def recommend_decision(
        review_id: UUID,
        body: RecommendationBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Recommend a decision to the certifier."""
        at = acting.now()
        found = await bystander.found(review_id, by.person, Role.REVIEWER, at)
        command = RecommendDecision(
            recommendation=body.recommendation,
            reason=body.reason,
            language=body.language,
            reviewer_id=by.person,
            standing=found.standing,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def comment_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return what the firm says to the report."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.post(
        "/report/comments", status_code=status.HTTP_201_CREATED, responses=problems(*COMMENT)
    )
    async def comment_report(
        review_id: UUID,
        body: CommentBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Comment on the report, for the firm."""
        command = CommentReport(
            organisation=firm_of(by.principal, by.role),
            comment_id=by.cause.command_id,
            comment=body.comment,
            language=body.language,
            at=acting.now(),
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.post("/report/waiver", responses=problems(*COMMENT))
    async def waive_comment(
        review_id: UUID,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Have no comment on the report, for the firm."""
        command = WaiveComment(firm_of(by.principal, by.role), acting.now())
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def _items(body: ResultBody) -> tuple[ItemResult, ...]:
    """Return the items' results as the rules know them."""
    return tuple(ItemResult(item_id=item, result=result) for item, result in body.items.items())
