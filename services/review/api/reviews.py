"""Reviews over HTTP: what can be read of them, and how they are staffed."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status

from services.review.api.acting import Acting, firm_of
from services.review.api.bodies import CertifierBody, PlanBody, ReviewerBody
from services.review.api.standing import Bystander
from services.review.commands.review import (
    AssignCertifier,
    AssignReviewer,
    DeclareImpartiality,
    PlanReview,
)
from services.review.queries import Lists
from services.review.views.review_case import ReviewCase, review_case, shown_to
from shared.contracts.base import Event
from shared.contracts.review import PlannedReviewer, ReviewEvent
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.eventlog import History, Look
from shared.web import (
    Caller,
    Edge,
    Page,
    Reader,
    Seen,
    if_match,
    if_none_match,
    link_next,
    page,
    problems,
    show,
    tell,
    wait_for,
)

PREFIX: Final = "/v1/reviews"
VIEW: Final = "review_case"
STAFFING: Final = (
    "review_not_found",
    "review_decided",
    "agreement_missing",
    "review_plan_missing",
    "competence_missing",
    "impartiality_not_declared",
    "mandate_missing",
    "mandate_ended",
)
REVIEWING: Final = (
    "reviewer_was_supervisor",
    "reviewer_was_trainer",
    "reviewer_has_tie",
    "reviewer_same_round",
    "reviewer_reciprocal",
    "reviewer_is_project_leader",
)
DECIDING: Final = (
    "certifier_was_reviewer",
    "certifier_was_supervisor",
    "certifier_was_trainer",
    "certifier_has_tie",
    "certifier_same_round",
    "certifier_reciprocal",
    "certifier_was_screener",
    "certifier_is_project_leader",
)


def case_after(events: Sequence[Event]) -> ReviewCase | None:
    """Return the review as it is read after ``events``; ``None`` when it is not open."""
    case: ReviewCase | None = None
    for event in events:
        assert isinstance(event, ReviewEvent)
        case = review_case(case, event)
    return case


async def case_for(acting: Acting, review_id: UUID, by: Reader) -> tuple[ReviewCase, History]:
    """SOD-14: return the review as it stands, and its past, if the caller may know of it.

    Raises:
        Refusal: 404 ``review_not_found``: also for another firm's.
    """
    history = await acting.handler.log.load(f"review-{review_id}")
    case = case_after(history.events)
    firm = firm_of(by.principal, by.role)
    if case is None or firm not in {None, case.organisation_number}:
        raise Refusal(RefusalKind.NOT_FOUND, "review_not_found", "There is no such review.")
    return case, history


async def _case(acting: Acting, review_id: UUID, by: Reader) -> tuple[ReviewCase, Look]:
    """REV-9: return the review as ``by`` may see it, and its version."""
    case, history = await case_for(acting, review_id, by)
    look = Look(case, history.version, history.position, history.case)
    return shown_to(case, by.principal.person, by.role), look


def review_lists(
    *,
    edge: Edge,
    acting: Acting,
    lists: Lists,
    reached: Callable[[str, int], Awaitable[bool]],
) -> APIRouter:
    """Return what can be read of reviews."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.get("", dependencies=[Depends(wait_for(partial(reached, VIEW)))])
    async def list_reviews(
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[ReviewCase]:
        """Return reviews by their ids: of all firms for SKOOPI's people, else of the own firm.

        A draft is shown to its own team, and to whoever leads and oversees.
        """
        firm = firm_of(by.principal, by.role)
        rows = await lists.reviews(of=firm, after=asked.after or "", limit=asked.fetch)
        more = str(rows[asked.limit - 1].review_id) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [shown_to(row, by.principal.person, by.role) for row in rows[: asked.limit]]

    @router.get("/{review_id}", responses=problems("review_not_found"))
    async def read_review(
        review_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> ReviewCase:
        """Return a review; without its draft, until the report is issued, but for its own team."""
        case, look = await _case(acting, review_id, by)
        show(response, look, seen)
        return case

    return router


def plan_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return how people declare themselves impartial, and how the firm is told the plan."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.post(
        "/{review_id}/declarations",
        status_code=status.HTTP_201_CREATED,
        responses=problems("review_not_found", "review_decided"),
    )
    async def declare_impartiality(
        review_id: UUID,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Declare to be free of whatever would bar the caller."""
        command = DeclareImpartiality(by.person, acting.now())
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.put("/{review_id}/plan", responses=problems("review_not_found", "review_decided"))
    async def plan_review(
        review_id: UUID,
        body: PlanBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Tell the firm who reviews what, by when and how."""
        command = PlanReview(
            reviewers=tuple(
                PlannedReviewer(person_id=each.person_id, areas=each.areas)
                for each in body.reviewers
            ),
            certifier_id=body.certifier_id,
            from_on=body.from_on,
            until_on=body.until_on,
            method=body.method,
            sampled_units=body.sampled_units,
            at=acting.now(),
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def staffing_routes(*, edge: Edge, acting: Acting, bystander: Bystander) -> APIRouter:
    """Return how reviewers and certifier are assigned, with the records looked up."""
    router = APIRouter(prefix=PREFIX, tags=["reviews"])

    @router.post(
        "/{review_id}/reviewers",
        status_code=status.HTTP_201_CREATED,
        responses=problems("certifier_was_reviewer", *REVIEWING, *STAFFING),
    )
    async def assign_reviewer(
        review_id: UUID,
        body: ReviewerBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Make a person answerable for results in these areas."""
        at = acting.now()
        found = await bystander.found(review_id, body.person_id, Role.REVIEWER, at)
        command = AssignReviewer(
            reviewer_id=body.person_id,
            areas=body.areas,
            lead=body.lead,
            standing=found.standing,
            competence=found.competence,
            agreement=found.agreement,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.put(
        "/{review_id}/certifier", responses=problems("certifier_exists", *DECIDING, *STAFFING)
    )
    async def assign_certifier(
        review_id: UUID,
        body: CertifierBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Make a person answerable for the decision."""
        at = acting.now()
        found = await bystander.found(review_id, body.person_id, Role.CERTIFIER, at)
        command = AssignCertifier(
            certifier_id=body.person_id,
            standing=found.standing,
            competence=found.competence,
            agreement=found.agreement,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router
