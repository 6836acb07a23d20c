"""Appointments and ties over HTTP: who may act as what, and what binds them to whom."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import BaseModel

from services.review.api.acting import Acting
from services.review.api.bodies import ApprovalBody, Made, ProposalBody, TieBody
from services.review.commands.appointment import ApproveAppointment, ProposeAppointment
from services.review.commands.tie import DeclareTie
from services.review.queries import Lists
from services.review.views.appointment_record import AppointmentRecord, appointment
from shared.contracts.organisation_number import read_organisation_number
from shared.contracts.preparation import AppointmentMade, AppointmentProposed, TieDeclared
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.eventlog import Look
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

VIEW = "appointment_record"


class PersonAppointments(BaseModel):
    """All appointments of one person, in the order in which they were proposed."""

    person_id: UUID
    appointments: tuple[AppointmentRecord, ...]


class PersonTies(BaseModel):
    """All ties of one person, in the order in which they were declared."""

    person_id: UUID
    ties: tuple[TieDeclared, ...]


def appointment_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return the commands about appointments."""
    router = APIRouter(prefix="/v1/appointments", tags=["appointments"])

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems("competence_missing", "appointment_exists", "mandate_missing"),
    )
    async def propose_appointment(
        body: ProposalBody, by: Annotated[Caller, Depends(edge.caller)], response: Response
    ) -> Made:
        """Propose a person for a role."""
        made = by.cause.command_id
        command = ProposeAppointment(
            appointment_id=made,
            person_id=body.person_id,
            role=body.role,
            areas=body.areas,
            schemes=body.schemes,
            competence=body.competence,
            competence_note=body.competence_note,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            proposer_id=by.person,
            at=acting.now(),
        )
        answer = await acting.put(by, f"appointment-{body.person_id}", command)
        tell(response, answer, location=f"/v1/appointments/{body.person_id}")
        return Made(id=made)

    @router.post(
        "/{person_id}/approvals",
        status_code=status.HTTP_201_CREATED,
        responses=problems("appointment_not_found", "second_person_needed", "reason_missing"),
    )
    async def approve_appointment(
        person_id: UUID,
        body: ApprovalBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Made:
        """Make a proposed appointment."""
        command = ApproveAppointment(
            appointment_id=body.appointment_id,
            approver_id=by.person,
            reason=body.reason,
            language=body.language,
            evidence=body.evidence,
            at=acting.now(),
        )
        stream = f"appointment-{person_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))
        return Made(id=body.appointment_id)

    return router


def appointment_lists(
    *,
    edge: Edge,
    acting: Acting,
    lists: Lists,
    reached: Callable[[str, int], Awaitable[bool]],
) -> APIRouter:
    """Return what can be read of appointments."""
    router = APIRouter(prefix="/v1/appointments", tags=["appointments"])

    @router.get("", dependencies=[Depends(wait_for(partial(reached, VIEW)))])
    async def list_appointments(
        _by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        role: Role | None = None,
    ) -> list[AppointmentRecord]:
        """Return appointments, by their ids."""
        rows = await lists.appointments(role=role, after=asked.after or "", limit=asked.fetch)
        more = str(rows[asked.limit - 1].appointment_id) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return list(rows[: asked.limit])

    @router.get("/{person_id}", responses=problems("appointment_not_found"))
    async def read_appointments(
        person_id: UUID,
        _by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> PersonAppointments:
        """Return the appointments of one person. The ETag is what an approval names."""
        history = await acting.handler.log.load(f"appointment-{person_id}")
        if not history.events:
            raise Refusal(
                RefusalKind.NOT_FOUND, "appointment_not_found", "This person has no appointment."
            )
        rows: dict[UUID, AppointmentRecord] = {}
        for event in history.events:
            assert isinstance(event, AppointmentProposed | AppointmentMade)
            key = event.appointment_id
            row = appointment(rows.get(key), event, str(key))
            assert row is not None
            rows[key] = row
        look = Look(rows, history.version, history.position, history.case)
        show(response, look, seen)
        return PersonAppointments(person_id=person_id, appointments=tuple(rows.values()))

    return router


def tie_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return what people say of their own ties, and who may read it."""
    router = APIRouter(prefix="/v1/ties", tags=["ties"])

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems("tie_exists", "organisation_number_not_accepted"),
    )
    async def declare_tie(
        body: TieBody, by: Annotated[Caller, Depends(edge.caller)], response: Response
    ) -> Made:
        """Declare what binds the caller to an organisation."""
        made = by.cause.command_id
        command = DeclareTie(
            tie_id=made,
            person_id=by.person,
            organisation_number=_accepted(body.organisation_number.get_secret_value()),
            kind=body.kind,
            from_on=body.from_on,
            until_on=body.until_on,
            at=acting.now(),
        )
        answer = await acting.put(by, f"tie-{by.person}", command)
        tell(response, answer, location=f"/v1/ties/{by.person}")
        return Made(id=made)

    @router.get("/{person_id}", responses=problems("tie_not_found"))
    async def read_ties(
        person_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> PersonTies:
        """Return the ties of one person: one's own, or for whoever assigns and reviews people."""
        look = await acting.handler.look(f"tie-{person_id}")
        others = {Role.PROJECT_LEADER, Role.STEERING_GROUP, Role.AUDITOR}
        if person_id != by.principal.person and not others & by.principal.roles:
            raise Refusal(RefusalKind.NOT_FOUND, "tie_not_found", "There is no such record.")
        show(response, look, seen)
        return PersonTies(person_id=person_id, ties=tuple(look.state.declared.values()))

    return router


def _accepted(written: str) -> str:
    """APP-2, SV-2: return the number of an organisation; a person's is never kept."""
    number = read_organisation_number(written)
    if number is None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "organisation_number_not_accepted",
            "This is not the number of an organisation. A personal number is never accepted.",
        )
    return number
