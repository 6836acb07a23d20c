"""The rules of appointments, one test per rule, in the words of the process."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.review.commands.appointment import (
    ApproveAppointment,
    EnterFoundingAppointment,
    ProposeAppointment,
)
from services.review.decider.appointment import Appointments, areas_of, decider, mandate_of
from shared.contracts.preparation import AppointmentMade, AppointmentProposed
from shared.contracts.roles import Role
from shared.decider import Refusal
from shared.testing import Scenario
from tests.review.facts import (
    ALL_AREAS,
    APPOINTMENT,
    AREAS,
    BYLAWS,
    LEADER,
    MONDAY,
    OTHER,
    REASON,
    REVIEWER,
    STEERING,
)

person = Scenario(decider)
propose = ProposeAppointment(
    appointment_id=APPOINTMENT,
    person_id=REVIEWER,
    role=Role.REVIEWER,
    areas=AREAS,
    schemes=("v1",),
    competence=(BYLAWS,),
    competence_note="Ten years in the sector.",
    valid_from=date(2018, 3, 1),
    valid_until=date(2027, 12, 31),
    proposer_id=LEADER,
    at=MONDAY,
)
approve = ApproveAppointment(
    appointment_id=APPOINTMENT,
    approver_id=STEERING,
    reason=REASON,
    language="en",
    evidence=(OTHER,),
    at=MONDAY,
)
proposed = AppointmentProposed(
    appointment_id=APPOINTMENT,
    person_id=REVIEWER,
    role=Role.REVIEWER,
    areas=AREAS,
    schemes=("v1",),
    competence=(BYLAWS,),
    competence_note="Ten years in the sector.",
    valid_from=date(2018, 3, 1),
    valid_until=date(2027, 12, 31),
    proposer_id=LEADER,
    proposed_at=MONDAY,
)
made = AppointmentMade(
    appointment_id=APPOINTMENT,
    person_id=REVIEWER,
    role=Role.REVIEWER,
    areas=AREAS,
    schemes=("v1",),
    valid_from=date(2018, 3, 1),
    valid_until=date(2027, 12, 31),
    founding=False,
    reason=REASON,
    language="en",
    evidence=(BYLAWS, OTHER),
    made_at=MONDAY,
)
enter = EnterFoundingAppointment(
    appointment_id=APPOINTMENT,
    person_id=LEADER,
    role=Role.PROJECT_LEADER,
    schemes=("v1",),
    valid_from=date(2018, 3, 1),
    valid_until=date(2027, 12, 31),
    at=MONDAY,
)


def test_a_person_is_proposed_by_one_and_appointed_by_another() -> None:
    """APT-2: two bodies; what is asked twice happens once."""
    person.when(propose).then(proposed)
    person.given(proposed).when(propose).then_nothing()
    person.given(proposed).when(approve).then(made)
    person.given(proposed, made).when(approve).then_nothing()


def test_a_proposal_is_not_overwritten_by_another_one() -> None:
    """GEN-4: under one id there is one proposal."""
    other = replace(propose, role=Role.CERTIFIER)
    person.given(proposed).when(other).then_refused("appointment_exists")


@pytest.mark.parametrize("approver", [LEADER, REVIEWER])
def test_nobody_approves_their_own_proposal_or_their_own_appointment(approver: UUID) -> None:
    """APT-2, SOD-13: a second person is needed, who is not the one concerned either."""
    wish = replace(approve, approver_id=approver)
    person.given(proposed).when(wish).then_refused("second_person_needed")


def test_an_appointment_is_made_only_of_a_proposal_and_with_a_reason() -> None:
    """APT-2, GEN-2: what nobody proposed is not approved, and a decision says why."""
    person.when(approve).then_refused("appointment_not_found")
    person.given(proposed).when(replace(approve, reason=" ")).then_refused("reason_missing")


def test_an_appointment_rests_on_competence_and_names_what_it_covers() -> None:
    """APT-1: areas and schemes only where the role assesses; competence always."""
    for unfit in (
        replace(propose, competence=()),
        replace(propose, areas=()),
        replace(propose, role=Role.CERTIFIER, schemes=()),
    ):
        person.when(unfit).then_refused("competence_missing")
    supervisor = replace(propose, role=Role.SUPERVISOR, areas=())
    assert person.when(supervisor).events


def test_the_first_ones_are_entered_at_installation_and_nobody_else() -> None:
    """APT-2: somebody must begin; from then on it takes two."""
    entered = person.when(enter).events
    assert [event.founding for event in entered if isinstance(event, AppointmentMade)] == [True]
    person.given(*entered).when(enter).then_nothing()
    person.when(replace(enter, role=Role.CERTIFIER)).then_refused("second_person_needed")


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2018, 2, 28, 22, 59, 59, tzinfo=UTC), "mandate_missing"),
        (datetime(2018, 2, 28, 23, tzinfo=UTC), None),
        (datetime(2027, 12, 31, 22, 59, 59, tzinfo=UTC), None),
        (datetime(2027, 12, 31, 23, tzinfo=UTC), "mandate_ended"),
    ],
)
def test_a_mandate_holds_from_its_first_to_its_last_day(at: datetime, code: str | None) -> None:
    """APT-3, GEN-6: both days count, in Swedish time, to the second."""
    state = decider.fold((proposed, made))
    if code is None:
        assert mandate_of(state, Role.REVIEWER, at) == APPOINTMENT
        assert areas_of(state, Role.REVIEWER, "v1", at) == ALL_AREAS
    else:
        with pytest.raises(Refusal) as no:
            mandate_of(state, Role.REVIEWER, at)
        assert no.value.code == code
        assert areas_of(state, Role.REVIEWER, "v1", at) == frozenset()


def test_a_mandate_is_of_one_role_and_one_scheme() -> None:
    """APT-3: a reviewer's appointment lets nobody decide, nor assess by another version."""
    state = decider.fold((proposed, made))
    with pytest.raises(Refusal, match="no such appointment"):
        mandate_of(state, Role.CERTIFIER, MONDAY)
    with pytest.raises(Refusal, match="no such appointment"):
        mandate_of(Appointments(), Role.REVIEWER, MONDAY)
    assert areas_of(state, Role.CERTIFIER, "v1", MONDAY) == frozenset()
    assert areas_of(state, Role.REVIEWER, "v2", MONDAY) == frozenset()
