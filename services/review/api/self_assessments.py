"""Self-assessments over HTTP: answered by the firm, submitted by its signatory."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from services.review.api.acting import Acting, firm_of
from services.review.api.bodies import AnswerBody, ItemId
from services.review.commands.assessment import AnswerItem, MarkItemReady, SubmitSelfAssessment
from services.review.commands.workspace import FreezeWorkspace
from services.review.decider.assessment import Assessment
from services.review.decider.casefile import CaseFile
from services.review.decider.workspace import kinds_of, manifest_of, refuse_unless_reader
from services.review.views.assessment_case import AssessmentCase, assessment_case
from shared.contracts.preparation import manifest_root
from shared.decider import Asked, Refusal, RefusalKind
from shared.eventlog import Look
from shared.web import Caller, Edge, Reader, Seen, if_match, if_none_match, problems, show, tell

PREFIX: Final = "/v1/self-assessments/{application_id}"
NOT_FOUND: Final = "self_assessment_not_found"
OWNER: Final = (NOT_FOUND, "not_the_owner", "self_assessment_locked")


def self_assessment_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return what a firm does with its self-assessment."""
    router = APIRouter(prefix=PREFIX, tags=["self-assessments"])

    @router.put("/items/{item_id}", responses=problems("criterion_not_in_scheme", *OWNER))
    async def answer_item(
        application_id: UUID,
        item_id: ItemId,
        body: AnswerBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Answer one item, for the first time or anew."""
        command = AnswerItem(
            organisation=firm_of(by.principal, by.role),
            item_id=item_id,
            answer_id=by.cause.command_id,
            text=body.text,
            at=acting.now(),
        )
        stream = f"assessment-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.post(
        "/items/{item_id}/readiness",
        responses=problems("items_not_ready", "criterion_not_in_scheme", *OWNER),
    )
    async def mark_item_ready(
        application_id: UUID,
        item_id: ItemId,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Find one item finished."""
        command = MarkItemReady(firm_of(by.principal, by.role), item_id, acting.now())
        stream = f"assessment-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def submission_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return how a signatory accounts for the whole."""
    router = APIRouter(prefix=PREFIX, tags=["self-assessments"])

    @router.post(
        "/submission",
        status_code=status.HTTP_201_CREATED,
        responses=problems(
            "not_the_signatory",
            "items_not_ready",
            "emphasised_evidence_missing",
            "evidence_kind_missing",
            "deadline_passed",
            "evidence_changed",
            *OWNER,
        ),
    )
    async def submit_self_assessment(
        application_id: UUID,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Account for the work, as a signatory: what is submitted then stands as it is.

        The workspace is frozen in the same step (WSP-5): no piece comes in between.
        """
        workspace = await acting.state(f"workspace-{application_id}")
        file: CaseFile = await acting.state(f"casefile-{application_id}")
        manifest, at = manifest_of(workspace), acting.now()
        freeze = FreezeWorkspace(manifest, manifest_root(manifest), at)
        command = SubmitSelfAssessment(
            organisation=firm_of(by.principal, by.role),
            signatory_id=by.person,
            signatories=file.binding,
            manifest=manifest,
            kinds=kinds_of(workspace),
            at=at,
        )
        submit = Asked(f"assessment-{application_id}", command)
        frozen = (Asked(f"workspace-{application_id}", freeze),) if workspace.request else ()
        tell(
            response, await acting.put_all(by, (*frozen, submit), expected_version=expected_version)
        )

    return router


def self_assessment_readings(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return what can be read of a self-assessment, and by whom."""
    router = APIRouter(prefix=PREFIX, tags=["self-assessments"])

    @router.get("", responses=problems(NOT_FOUND, "access_not_granted"))
    async def read_self_assessment(
        application_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> AssessmentCase:
        """Return a self-assessment with its answers: for the firm, and for whom it has let in."""
        stream = f"assessment-{application_id}"
        history = await acting.handler.log.load(stream)
        state: Assessment = acting.folded(stream, history)
        firm = firm_of(by.principal, by.role)
        if state.started is None or firm not in {None, state.started.organisation_number}:
            raise Refusal(RefusalKind.NOT_FOUND, NOT_FOUND, "There is no such self-assessment.")
        if firm is None:
            workspace = await acting.state(f"workspace-{application_id}")
            try:
                refuse_unless_reader(workspace, by.principal.person, None, acting.now())
            except Refusal as no:
                await acting.refuse_read(by, "read_self_assessment", stream, application_id, no)
        show(response, Look(state, history.version, history.position, history.case), seen)
        if firm is None:
            await acting.remember_read(by, "read_self_assessment", stream, application_id)
        shown = assessment_case(await acting.shown(stream, history))
        assert shown is not None
        return shown

    return router
