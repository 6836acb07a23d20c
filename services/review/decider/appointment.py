"""The rules of appointments: the mandate of everyone who acts for SKOOPI (APT).

Read ``decide`` for the rules and ``evolve`` for what is remembered. Both are pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.review.commands.appointment import (
    AppointmentCommand,
    ApproveAppointment,
    EnterFoundingAppointment,
    ProposeAppointment,
)
from services.review.decider.grounds import refuse_without_reason
from shared.contracts.preparation import AppointmentEvent, AppointmentMade, AppointmentProposed
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from shared.contracts.swedish_time import local_day
from shared.decider import Decider, Refusal, RefusalKind

ASSESSING = frozenset({Role.REVIEWER, Role.CERTIFIER})
"""Roles whose appointment names the areas and schemes that it covers."""
FOUNDING = frozenset({Role.STEERING_GROUP, Role.PROJECT_LEADER})
"""Roles that may be entered at installation (APT-2)."""
AT_INSTALLATION = "Entered at installation."


@dataclass(frozen=True, slots=True)
class Appointments:
    """What one person was proposed and appointed for, by the appointment's id."""

    proposed: Mapping[UUID, AppointmentProposed] = field(
        default_factory=lambda: MappingProxyType({})
    )
    made: Mapping[UUID, AppointmentMade] = field(default_factory=lambda: MappingProxyType({}))


def decide(command: AppointmentCommand, state: Appointments) -> tuple[AppointmentEvent, ...]:
    """Return what happens; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case ProposeAppointment():
            return _propose(command, state)
        case ApproveAppointment():
            return _approve(command, state)
        case EnterFoundingAppointment():
            return _enter(command, state)
        case _:
            assert_never(command)


def evolve(state: Appointments, event: AppointmentEvent) -> Appointments:
    """Return the state after ``event``. Total: never raises."""
    match event:
        case AppointmentProposed():
            proposed = {**state.proposed, event.appointment_id: event}
            return replace(state, proposed=MappingProxyType(proposed))
        case AppointmentMade():
            made = {**state.made, event.appointment_id: event}
            return replace(state, made=MappingProxyType(made))
        case _:
            assert_never(event)


decider = Decider(initial=Appointments(), decide=decide, evolve=evolve)


def mandate_of(state: Appointments, role: Role, at: datetime) -> UUID:
    """APT-3: return the appointment under which the person acts in ``role`` at ``at``.

    Raises:
        Refusal: There is none in force.
    """
    day = local_day(at)
    held = sorted(
        (made for made in state.made.values() if made.role is role), key=lambda m: m.valid_until
    )
    for made in reversed(held):
        if made.valid_from <= day <= made.valid_until:
            return made.appointment_id
    if held and held[-1].valid_until < day:
        raise Refusal(RefusalKind.NOT_PERMITTED, "mandate_ended", "The appointment has ended.")
    raise Refusal(RefusalKind.NOT_PERMITTED, "mandate_missing", "There is no such appointment.")


def areas_of(state: Appointments, role: Role, scheme: str, at: datetime) -> frozenset[Criterion]:
    """REV-2: return the areas of ``scheme`` that the person is appointed for in ``role``. Total."""
    day = local_day(at)
    return frozenset(
        area
        for made in state.made.values()
        if made.role is role
        and scheme in made.schemes
        and made.valid_from <= day <= made.valid_until
        for area in made.areas
    )


def _propose(command: ProposeAppointment, state: Appointments) -> tuple[AppointmentEvent, ...]:
    """APT-1: an appointment names what it covers and rests on recorded competence."""
    if command.appointment_id in state.proposed:
        return _same(command, state.proposed[command.appointment_id])
    covers_nothing = not (command.areas and command.schemes)
    if not command.competence or (command.role in ASSESSING and covers_nothing):
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "competence_missing",
            "Name the areas, the schemes and the competence that the appointment rests on.",
        )
    return (
        AppointmentProposed(
            appointment_id=command.appointment_id,
            person_id=command.person_id,
            role=command.role,
            areas=command.areas,
            schemes=command.schemes,
            competence=command.competence,
            competence_note=command.competence_note,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            proposer_id=command.proposer_id,
            proposed_at=command.at,
        ),
    )


def _same(command: ProposeAppointment, known: AppointmentProposed) -> tuple[AppointmentEvent, ...]:
    """GEN-4: the same proposal again changes nothing; another one under its id is refused."""
    asked = (command.role, command.valid_from, command.valid_until)
    if asked != (known.role, known.valid_from, known.valid_until):
        raise Refusal(RefusalKind.CONFLICT, "appointment_exists", "Propose it under another id.")
    return ()


def _approve(command: ApproveAppointment, state: Appointments) -> tuple[AppointmentEvent, ...]:
    """APT-2, SOD-13: one proposes and another approves, and nobody approves themselves."""
    if command.appointment_id in state.made:
        return ()
    proposal = state.proposed.get(command.appointment_id)
    if proposal is None:
        raise Refusal(RefusalKind.NOT_FOUND, "appointment_not_found", "Propose it first.")
    if command.approver_id in {proposal.proposer_id, proposal.person_id}:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "second_person_needed", "Somebody else must approve it."
        )
    refuse_without_reason(command.reason)
    return (
        AppointmentMade(
            appointment_id=proposal.appointment_id,
            person_id=proposal.person_id,
            role=proposal.role,
            areas=proposal.areas,
            schemes=proposal.schemes,
            valid_from=proposal.valid_from,
            valid_until=proposal.valid_until,
            founding=False,
            reason=command.reason,
            language=command.language,
            evidence=(*proposal.competence, *command.evidence),
            made_at=command.at,
        ),
    )


def _enter(command: EnterFoundingAppointment, state: Appointments) -> tuple[AppointmentEvent, ...]:
    """APT-2: the first steering group and project leader are entered at installation."""
    if command.appointment_id in state.made:
        return ()
    if command.role not in FOUNDING:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "second_person_needed", "Propose it and have it approved."
        )
    return (
        AppointmentMade(
            appointment_id=command.appointment_id,
            person_id=command.person_id,
            role=command.role,
            areas=(),
            schemes=command.schemes,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            founding=True,
            reason=AT_INSTALLATION,
            language="en",
            evidence=(),
            made_at=command.at,
        ),
    )
