"""Decisions over HTTP: taken by the certifier, read by whom they concern."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status
from pydantic import BaseModel

from services.review.api.acting import Acting, firm_of
from services.review.api.bodies import DecisionBody, Made
from services.review.api.reviews import DECIDING, case_for
from services.review.api.standing import Bystander
from services.review.commands.review import ApproveCertification, RefuseCertification
from services.review.views.report_texts import ReportTexts, report_texts
from services.review.views.review_case import team_of
from shared.contracts.base import Instant
from shared.contracts.review import CertificationApproved, CertificationRefused
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.eventlog import Look
from shared.web import Caller, Edge, Reader, Seen, if_match, if_none_match, problems, show, tell

PREFIX: Final = "/v1/reviews/{review_id}"
DECISION: Final = (
    "review_not_found",
    "review_decided",
    "not_the_certifier",
    "reauthentication_needed",
    "reason_missing",
    "criteria_not_reviewed",
    "overall_assessment_missing",
    "report_not_final",
    "recommendation_missing",
    "impartiality_not_declared",
    "definition_not_confirmed",
    "emphasised_area_fails",
    "major_nonconformity_open",
    "minor_nonconformity_open",
    "mandate_missing",
    "mandate_ended",
    *DECIDING,
)


class DecisionShown(BaseModel):
    """What was decided, and why.

    Attributes:
        reason: In the language it was written in; ``None`` when it has been erased.
    """

    decision_id: UUID
    review_id: UUID
    application_id: UUID
    outcome: Literal["approved", "refused"]
    reason: str | None
    language: Literal["sv", "en"]
    decided_at: Instant


def decision_routes(*, edge: Edge, acting: Acting, bystander: Bystander) -> APIRouter:
    """Return how the certifier decides."""
    router = APIRouter(prefix=PREFIX, tags=["decisions"])

    @router.post("/decision", status_code=status.HTTP_201_CREATED, responses=problems(*DECISION))
    async def decide_certification(
        review_id: UUID,
        body: DecisionBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Made:
        """Decide, after a fresh sign-in: the token must say that it was at most 5 minutes ago."""
        at = acting.now()
        found = await bystander.found(review_id, by.person, Role.CERTIFIER, at)
        decide = ApproveCertification if body.outcome == "approve" else RefuseCertification
        command = decide(
            decision_id=by.cause.command_id,
            reason=body.reason,
            language=body.language,
            certifier_id=by.person,
            standing=found.standing,
            competence=found.competence,
            signed_in_at=by.principal.signed_in_at,
            at=at,
        )
        stream = f"review-{review_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))
        return Made(id=command.decision_id)

    return router


def decision_readings(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return what can be read of report and decision, and by whom."""
    router = APIRouter(prefix=PREFIX, tags=["decisions"])

    @router.get("/decision", responses=problems("review_not_found", "decision_not_found"))
    async def read_decision(
        review_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> DecisionShown:
        """Return the decision in force, with its reasons."""
        stream = f"review-{review_id}"
        case, history = await case_for(acting, review_id, by)
        for event in reversed(await acting.shown(stream, history)):
            if isinstance(event, CertificationApproved | CertificationRefused):
                show(response, Look(case, history.version, history.position, history.case), seen)
                approved = isinstance(event, CertificationApproved)
                return DecisionShown(
                    decision_id=event.decision_id,
                    review_id=event.review_id,
                    application_id=event.application_id,
                    outcome="approved" if approved else "refused",
                    reason=event.reason,
                    language=event.language,
                    decided_at=event.decided_at,
                )
        raise Refusal(RefusalKind.NOT_FOUND, "decision_not_found", "There is no decision yet.")

    @router.get(
        "/report", responses=problems("review_not_found", "draft_not_visible", "access_not_granted")
    )
    async def read_report(
        review_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> ReportTexts:
        """Return what was written: for the assigned team, and for the firm once it is issued."""
        stream = f"review-{review_id}"
        case, history = await case_for(acting, review_id, by)
        firm = firm_of(by.principal, by.role)
        if firm is None and by.principal.person not in team_of(case):
            no = Refusal(
                RefusalKind.NOT_PERMITTED, "access_not_granted", "You are not of this review."
            )
            await acting.refuse_read(by, "read_report", stream, history.case, no)
        if firm is not None and case.report_issued_at is None:
            raise Refusal(
                RefusalKind.CONFLICT, "draft_not_visible", "The report has not been issued yet."
            )
        show(response, Look(case, history.version, history.position, history.case), seen)
        if firm is None:
            await acting.remember_read(by, "read_report", stream, case.application_id)
        return report_texts(await acting.shown(stream, history))

    return router
