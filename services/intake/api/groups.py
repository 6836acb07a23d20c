"""Groups over HTTP (step 5): who works side by side, and who supports them."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import Field, StrictInt

from services.intake.api.desk import Desk, Receipt, folded, receipt
from services.intake.api.forms import ApplicationBody, DecisionBody, PersonBody
from services.intake.commands.application import TakeGroupPlace
from services.intake.commands.group import (
    AddMember,
    ApproveDeviation,
    AssignSupervisor,
    AssignTrainer,
    FormGroup,
    GroupCommand,
    StartGroup,
)
from services.intake.commands.mandate import Heard
from services.intake.decider.application_state import known
from services.intake.decider.group import Group
from services.intake.views.group import GroupDocument, groups
from shared.contracts.policy import POLICY_V1
from shared.contracts.roles import Role
from shared.decider import Asked, Refusal, RefusalKind
from shared.eventlog import Answer, Look
from shared.web import (
    Body,
    Caller,
    Page,
    Reader,
    Seen,
    if_match,
    if_none_match,
    link_next,
    page,
    problems,
    show,
    wait_for,
)


class GroupBody(Body):
    """The round that the group belongs to."""

    round_id: UUID


class DeviationBody(DecisionBody):
    """Another size than the policy's, approved for this group."""

    members: Annotated[StrictInt, Field(ge=1, le=100)]


class GroupTaken(Receipt):
    """The group that was formed."""

    group_id: UUID


def routes(desk: Desk) -> APIRouter:
    """Return the routes of groups."""
    router = APIRouter(prefix="/v1/groups", tags=["groups"])
    _reading(router, desk)
    _forming(router, desk)
    _deviating(router, desk)
    _people(router, desk)
    _starting(router, desk)
    return router


async def _group(desk: Desk, group_id: UUID) -> Group:
    """Return a group as far as rules know it.

    Raises:
        Refusal: 404 ``group_not_found``.
    """
    state: Group = (await desk.handler.look(f"group-{group_id}")).state
    if state.group_id is None:
        raise Refusal(RefusalKind.NOT_FOUND, "group_not_found", "There is no such group.")
    return state


async def _supporting(desk: Desk, group: Group) -> dict[UUID, Heard]:
    """Return what intake has heard of whoever supports the group."""
    return {
        person: await desk.heard_of(person, Role.SUPERVISOR) for person in sorted(group.supervisors)
    }


async def _put(
    desk: Desk, by: Caller, group_id: UUID, wish: GroupCommand, expected_version: int
) -> Answer:
    """Return what became of a wish about the group."""
    stream = f"group-{group_id}"
    cause = await desk.mandated(by, wish, stream)
    return await desk.handler.put(stream, wish, cause, expected_version=expected_version)


def _reading(router: APIRouter, desk: Desk) -> None:
    """Add what is read."""

    @router.get("", dependencies=[Depends(wait_for(partial(desk.reached, "groups")))])
    async def list_groups(
        by: Annotated[Reader, Depends(desk.edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        round_id: UUID | None = None,
    ) -> list[GroupDocument]:
        """List groups in the order in which they were formed."""
        del by  # the table says who may
        found = await desk.lists.groups(round_id=round_id, after=asked.after, limit=asked.fetch)
        kept = list(found[: asked.limit])
        more = str(kept[-1].group_id) if len(found) > asked.limit else None
        link_next(request, response, asked, after=more)
        return kept

    @router.get("/{group_id}", responses=problems("group_not_found"))
    async def read_group(
        group_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> GroupDocument:
        """Read one group as it stands now."""
        del by  # the table says who may
        history = await desk.history(f"group-{group_id}")
        document = folded(groups, history, group_id)
        if document is None:
            raise Refusal(RefusalKind.NOT_FOUND, "group_not_found", "There is no such group.")
        show(response, Look(document, history.version, history.position, history.case), seen)
        return document


def _forming(router: APIRouter, desk: Desk) -> None:
    """Add how a group gets its members."""

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems("round_not_found", "group_exists", "mandate_missing", "mandate_ended"),
    )
    async def form_group(
        at: Annotated[datetime, Depends(desk.received)],
        by: Annotated[Caller, Depends(desk.edge.caller)],
        body: GroupBody,
        response: Response,
    ) -> GroupTaken:
        """Form a group in a round."""
        group_id = uuid5(by.cause.command_id, "group")
        look = await desk.handler.look(f"round-{body.round_id}")
        wish = FormGroup(group_id, body.round_id, round_known=look.version > 0, at=at)
        cause = await desk.mandated(by, wish, f"group-{group_id}")
        answer = await desk.handler.put(f"group-{group_id}", wish, cause)
        told = receipt(response, answer, location=f"/v1/groups/{group_id}")
        return GroupTaken(group_id=group_id, **told.model_dump())

    @router.post(
        "/{group_id}/members",
        responses=problems(
            "group_not_found",
            "application_not_found",
            "member_not_enrolled",
            "member_in_other_group",
            "group_already_started",
            "screener_is_supervisor",
            "supervisor_has_tie",
            "mandate_missing",
            "mandate_ended",
        ),
    )
    async def add_member(
        at: Annotated[datetime, Depends(desk.received)],
        group_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: ApplicationBody,
        response: Response,
    ) -> Receipt:
        """Let an enrolled enterprise join: its one place in a group is taken with it."""
        group = await _group(desk, group_id)
        assert group.round_id is not None, "_group refuses what was not formed"
        state = await desk.application(body.application_id, by)
        number = known(state).organisation_number
        wish = AddMember(
            body.application_id, number, state.screener_id, await _supporting(desk, group), at
        )
        asked = (
            Asked(
                f"application-{body.application_id}", TakeGroupPlace(group_id, group.round_id, at)
            ),
            Asked(f"group-{group_id}", wish),
        )
        cause = await desk.mandated(by, wish, f"group-{group_id}")
        return receipt(response, await desk.handler.put_all(asked, cause, expected_version))


def _deviating(router: APIRouter, desk: Desk) -> None:
    """Add how another size is approved."""

    @router.post(
        "/{group_id}/deviations",
        responses=problems("group_not_found", "mandate_missing", "mandate_ended", "reason_missing"),
    )
    async def approve_deviation(
        at: Annotated[datetime, Depends(desk.received)],
        group_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: DeviationBody,
        response: Response,
    ) -> Receipt:
        """Let this group start with another size, with a reason. For the steering group."""
        heard = await desk.heard_of(by.person, by.role)
        wish = ApproveDeviation(
            members=body.members,
            reason=body.reason,
            language=body.language,
            evidence=body.evidence,
            by=heard,
            at=at,
        )
        return receipt(response, await _put(desk, by, group_id, wish, expected_version))


def _people(router: APIRouter, desk: Desk) -> None:
    """Add who supports and trains the group."""

    @router.post(
        "/{group_id}/supervisors",
        responses=problems(
            "group_not_found",
            "mandate_missing",
            "mandate_ended",
            "screener_is_supervisor",
            "supervisor_has_tie",
        ),
    )
    async def assign_supervisor(
        at: Annotated[datetime, Depends(desk.received)],
        group_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: PersonBody,
        response: Response,
    ) -> Receipt:
        """Let an appointed supervisor support the group, and be barred from reviewing it."""
        group = await _group(desk, group_id)
        members = [await desk.application(member, by) for member in group.members]
        wish = AssignSupervisor(
            supervisor_id=body.person_id,
            supervisor=await desk.heard_of(body.person_id, Role.SUPERVISOR),
            screener_ids=frozenset(m.screener_id for m in members if m.screener_id),
            at=at,
        )
        return receipt(response, await _put(desk, by, group_id, wish, expected_version))

    @router.post(
        "/{group_id}/trainers",
        responses=problems("group_not_found", "mandate_missing", "mandate_ended"),
    )
    async def assign_trainer(
        at: Annotated[datetime, Depends(desk.received)],
        group_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: PersonBody,
        response: Response,
    ) -> Receipt:
        """Let an appointed trainer train the group, and be barred from reviewing it."""
        heard = await desk.heard_of(body.person_id, Role.TRAINER)
        wish = AssignTrainer(body.person_id, heard, at)
        return receipt(response, await _put(desk, by, group_id, wish, expected_version))


def _starting(router: APIRouter, desk: Desk) -> None:
    """Add the start."""

    @router.post(
        "/{group_id}/start",
        responses=problems(
            "group_not_found", "group_size_outside_policy", "mandate_missing", "mandate_ended"
        ),
    )
    async def start_group(
        at: Annotated[datetime, Depends(desk.received)],
        group_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Let the group begin: five or six enterprises, or as many as were approved."""
        wish = StartGroup(POLICY_V1.group_size_min, POLICY_V1.group_size_max, at)
        return receipt(response, await _put(desk, by, group_id, wish, expected_version))
