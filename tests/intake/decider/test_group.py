"""A group: who belongs to it, who supports it, and how large it is."""

from dataclasses import replace
from datetime import date

import pytest

from services.intake.commands.group import (
    AddMember,
    ApproveDeviation,
    AssignSupervisor,
    AssignTrainer,
    FormGroup,
    GroupCommand,
    StartGroup,
)
from services.intake.commands.mandate import Tie
from services.intake.decider.group import decider
from shared.contracts.intake import (
    GroupEvent,
    GroupMemberAdded,
    GroupSizeDeviationApproved,
    GroupStarted,
    SupervisorAssigned,
    TrainerAssigned,
)
from shared.contracts.roles import Role
from shared.testing import Scenario
from tests.intake.facts import (
    ALFA,
    APPLICATION,
    GROUP,
    LATER,
    LEADER,
    OTHER_ROUND,
    REASON,
    RESTS_ON,
    ROUND,
    SUPERVISOR,
    TRAINER,
    application,
    formed,
    heard,
    members,
    nothing_heard,
)

group = Scenario(decider)

form = FormGroup(GROUP, ROUND, round_known=True, at=LATER)
add = AddMember(APPLICATION, ALFA, LEADER, {}, LATER)
joins = replace(add, supervisors={SUPERVISOR: heard(Role.SUPERVISOR)})
added = GroupMemberAdded(
    group_id=GROUP, application_id=APPLICATION, organisation_number=ALFA, added_at=LATER
)
deviate = ApproveDeviation(3, REASON, "sv", (RESTS_ON,), heard(Role.STEERING_GROUP), LATER)
deviation = GroupSizeDeviationApproved(
    group_id=GROUP, members=3, reason=REASON, language="sv", evidence=(RESTS_ON,), approved_at=LATER
)
supervise = AssignSupervisor(SUPERVISOR, heard(Role.SUPERVISOR), frozenset(), LATER)
train = AssignTrainer(TRAINER, heard(Role.TRAINER), LATER)
start = StartGroup(5, 6, LATER)


def started(size: int) -> GroupStarted:
    """Return the fact that the group started with so many members and nobody else."""
    return GroupStarted(
        group_id=GROUP,
        round_id=ROUND,
        application_ids=tuple(application(n) for n in range(size)),
        supervisor_ids=(),
        trainer_ids=(),
        started_at=LATER,
    )


def supervised(size: int) -> SupervisorAssigned:
    """Return the fact that the supervisor got a group of this size."""
    return SupervisorAssigned(
        group_id=GROUP,
        supervisor_id=SUPERVISOR,
        application_ids=tuple(application(n) for n in range(size)),
        assigned_at=LATER,
    )


def trained(size: int) -> TrainerAssigned:
    """Return the fact that the trainer got a group of this size."""
    return TrainerAssigned(
        group_id=GROUP,
        trainer_id=TRAINER,
        application_ids=tuple(application(n) for n in range(size)),
        assigned_at=LATER,
    )


def test_a_group_is_formed_in_one_round() -> None:
    """GRP-2, GEN-4: once, and in a round that exists."""
    group.when(form).then(formed)
    group.given(formed).when(form).then_nothing()
    group.given(formed).when(replace(form, round_id=OTHER_ROUND)).then_refused("group_exists")
    group.when(replace(form, round_known=False)).then_refused("round_not_found")


def test_a_forming_group_takes_members() -> None:
    """GRP-2: each once, and none after the start."""
    group.given(formed).when(add).then(added)
    group.given(formed, added).when(add).then_nothing()
    running = group.given(formed, *members(5), started(5))
    running.when(add).then_refused("group_already_started")


@pytest.mark.parametrize("size", [5, 6])
def test_five_or_six_start_together(size: int) -> None:
    """GRP-1, Q-099: oneself and four or five others."""
    given = group.given(formed, *members(size))
    given.when(start).then(started(size))
    given.given(started(size)).when(start).then_nothing()


@pytest.mark.parametrize("size", [0, 3, 4, 7])
def test_another_size_needs_an_approval_of_that_size(size: int) -> None:
    """GRP-1, T1, G1: the pilot group was three; four are not three."""
    given = group.given(formed, *members(size))
    given.when(start).then_refused("group_size_outside_policy")
    outcome = given.given(deviation).when(start)
    if size == 3:
        outcome.then(started(3))
    else:
        outcome.then_refused("group_size_outside_policy")


def test_the_steering_group_approves_a_deviation_with_a_reason() -> None:
    """GRP-1, GEN-2: who, why, under which appointment."""
    given = group.given(formed)
    given.when(deviate).then(deviation)
    given.given(deviation).when(deviate).then_nothing()
    given.when(replace(deviate, reason="")).then_refused("reason_missing")
    nobody = replace(deviate, by=nothing_heard(Role.STEERING_GROUP))
    given.when(nobody).then_refused("mandate_missing")


def test_an_appointed_supervisor_is_on_record_with_the_members() -> None:
    """GRP-3, GRP-4: whoever was assigned is barred from reviewing them."""
    given = group.given(formed, *members(3))
    given.when(supervise).then(supervised(3))
    given.given(supervised(3)).when(supervise).then_nothing()


def test_a_supervisor_without_an_appointment_is_refused() -> None:
    """GRP-3: none, or none any more."""
    given = group.given(formed)
    nobody = replace(supervise, supervisor=nothing_heard(Role.SUPERVISOR))
    given.when(nobody).then_refused("mandate_missing")
    gone = replace(supervise, supervisor=heard(Role.SUPERVISOR, until=date(2018, 12, 9)))
    given.when(gone).then_refused("mandate_ended")


def test_a_supervisor_has_no_tie_to_a_member() -> None:
    """GRP-3: neutrality begins with support."""
    ties = (Tie(ALFA, date(2018, 1, 1), None),)
    tied = replace(supervise, supervisor=heard(Role.SUPERVISOR, ties=ties))
    group.given(formed, added).when(tied).then_refused("supervisor_has_tie")
    assert group.given(formed, *members(3)).when(tied).refusal is None


def test_whoever_screened_a_member_does_not_support_it() -> None:
    """SOD-10: not before and not after."""
    screened = replace(supervise, screener_ids=frozenset({SUPERVISOR}))
    group.given(formed, added).when(screened).then_refused("screener_is_supervisor")


def test_a_late_member_gets_whoever_is_there_already() -> None:
    """GRP-4: also before the group starts, they are barred from reviewing it."""
    given = group.given(formed, *members(3), supervised(3), trained(3))
    mine = {"application_ids": (APPLICATION,)}
    given.when(joins).then(
        added, supervised(0).model_copy(update=mine), trained(0).model_copy(update=mine)
    )


def test_a_late_member_does_not_join_a_supervisor_who_is_bound_to_it() -> None:
    """GRP-3, SOD-10: the order of the two steps does not matter."""
    given = group.given(formed, supervised(0))
    bound = heard(Role.SUPERVISOR, ties=(Tie(ALFA, date(2017, 1, 1), date(2018, 6, 1)),))
    for supervisor, screener, code in (
        (bound, LEADER, "supervisor_has_tie"),
        (heard(Role.SUPERVISOR), SUPERVISOR, "screener_is_supervisor"),
        (heard(Role.SUPERVISOR, until=date(2018, 12, 9)), LEADER, "mandate_ended"),
    ):
        wish = replace(add, screener_id=screener, supervisors={SUPERVISOR: supervisor})
        given.when(wish).then_refused(code)
    given.when(add).then_refused("mandate_missing")


def test_an_appointed_trainer_is_on_record_with_the_members() -> None:
    """SOD-2: whoever trained is barred from reviewing."""
    given = group.given(formed, *members(3))
    given.when(train).then(trained(3))
    given.given(trained(3)).when(train).then_nothing()
    nobody = replace(train, trainer=nothing_heard(Role.TRAINER))
    given.when(nobody).then_refused("mandate_missing")


def test_a_group_starts_with_the_names_of_everyone_in_it() -> None:
    """GRP-4: review learns from one event whom to bar."""
    history: tuple[GroupEvent, ...] = (formed, *members(5), supervised(5), trained(5))
    whole = started(5).model_copy(
        update={"supervisor_ids": (SUPERVISOR,), "trainer_ids": (TRAINER,)}
    )
    group.given(*history).when(start).then(whole)


@pytest.mark.parametrize("wish", [add, deviate, supervise, train, start])
def test_nothing_can_be_done_to_a_group_that_does_not_exist(wish: GroupCommand) -> None:
    """GEN-4: there is nothing to do it to."""
    group.when(wish).then_refused("group_not_found")
