"""A round's terms and its deadline."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.intake.commands.round import (
    AnnounceRound,
    BindScheme,
    CloseRound,
    DraftRound,
    InviteOrganisation,
    OpenRound,
    RoundCommand,
    SetFees,
    StartRound,
)
from services.intake.decider.round import Round, decider
from shared.contracts.intake import OrganisationInvited, RoundKind, RoundStarted
from shared.testing import Scenario
from tests.intake.facts import (
    ALFA,
    APPLICATION,
    DEADLINE,
    LATER,
    LEADER,
    MONDAY,
    ROUND,
    TUESDAY,
    announced,
    bound,
    closed,
    fees,
    is_open,
    opened,
    plan,
)

round_ = Scenario(decider)

draft = DraftRound(
    round_id=ROUND,
    code="P19",
    name_sv="Pilot 2019",
    name_en="Pilot 2019",
    kind=RoundKind.PILOT,
    places=2,
    opens_on=date(2018, 11, 19),
    application_deadline_on=date(2018, 12, 7),
    admission_on=date(2018, 12, 14),
    starts_on=date(2019, 1, 15),
    project_leader_id=LEADER,
    at=MONDAY,
)
set_fees = SetFees(300_000, 25, MONDAY)
bind = BindScheme("v1", frozenset({"v1"}), MONDAY)
announce = AnnounceRound(MONDAY)
open_ = OpenRound(MONDAY)
invite = InviteOrganisation(APPLICATION, ALFA, precertified=True, at=TUESDAY)
invited = OrganisationInvited(
    round_id=ROUND, application_id=APPLICATION, organisation_number=ALFA, invited_at=TUESDAY
)
started = RoundStarted(round_id=ROUND, started_at=LATER)
everything: tuple[RoundCommand, ...] = (
    set_fees,
    bind,
    announce,
    open_,
    invite,
    CloseRound(LATER),
    StartRound(LATER),
)


def test_a_round_is_planned_once() -> None:
    """GEN-4: the same plan is one fact, another plan is another round."""
    round_.when(draft).then(plan)
    round_.given(plan).when(replace(draft, at=TUESDAY)).then_nothing()
    round_.given(plan).when(replace(draft, places=3)).then_refused("round_exists")


def test_admission_is_not_before_the_deadline() -> None:
    """RND-1, T2: the same day is allowed, the day before is not."""
    same = replace(draft, admission_on=draft.application_deadline_on)
    assert round_.when(same).refusal is None
    before = replace(draft, admission_on=draft.application_deadline_on - timedelta(days=1))
    round_.when(before).then_refused("admission_before_deadline")


def test_terms_are_set_before_opening() -> None:
    """RND-3: the fee, and the version of the criteria."""
    round_.given(plan).when(set_fees).then(fees)
    round_.given(plan, fees).when(set_fees).then_nothing()
    round_.given(plan).when(bind).then(bound)
    round_.given(plan, bound).when(bind).then_nothing()
    assert decider.scheme(decider.fold((plan, bound))) == "v1"


def test_opening_fixes_the_terms() -> None:
    """RND-3: whoever applies knows what it costs and what counts."""
    round_.given(*is_open).when(SetFees(1, 25, MONDAY)).then_refused("round_terms_fixed")
    round_.given(*is_open).when(replace(bind, scheme="v2")).then_refused("round_terms_fixed")


def test_a_round_is_bound_to_a_version_that_exists() -> None:
    """SCH-5: an unknown version binds nobody."""
    round_.given(plan).when(replace(bind, scheme="v2")).then_refused("scheme_not_found")


def test_a_round_is_announced_then_opened_with_its_terms() -> None:
    """RND-3, Q-126: public first, then open; and neither twice."""
    round_.given(plan).when(announce).then(announced)
    round_.given(plan, announced).when(announce).then_nothing()
    round_.given(plan, fees, bound).when(open_).then_refused("round_not_announced")
    round_.given(plan, fees, announced).when(open_).then_refused("round_terms_missing")
    round_.given(plan, bound, announced).when(open_).then_refused("round_terms_missing")
    round_.given(plan, fees, bound, announced).when(open_).then(opened)
    round_.given(*is_open).when(open_).then_nothing()


def test_the_deadline_is_kept_to_the_microsecond() -> None:
    """GEN-6, SV-6: 24:00 in Stockholm; that instant itself is late, timers or no timers."""
    autumn = plan.model_copy(update={"application_deadline_on": date(2019, 11, 1)})
    state = decider.fold((autumn, fees, bound, announced, opened))
    assert state.deadline == datetime(2019, 11, 1, 23, 0, tzinfo=UTC)
    assert state.receives(datetime(2019, 11, 1, 22, 59, 59, 999_999, tzinfo=UTC))
    assert not state.receives(datetime(2019, 11, 1, 23, 0, tzinfo=UTC))


def test_a_round_that_is_not_open_receives_nothing() -> None:
    """APP-5: neither before it opens nor after it closed."""
    assert not Round().receives(MONDAY)
    assert not decider.fold((plan, announced)).receives(MONDAY)
    assert not decider.fold((*is_open, closed)).receives(MONDAY)


def test_a_round_closes_at_its_deadline_however_late_the_timer_runs() -> None:
    """GEN-5, G3: effective at the deadline, recorded when the timer ran."""
    round_.given(*is_open).when(CloseRound(LATER)).then(closed)
    round_.given(*is_open).when(CloseRound(DEADLINE)).then(closed)
    early = DEADLINE - timedelta(microseconds=1)
    round_.given(*is_open).when(CloseRound(early)).then_nothing()
    round_.given(*is_open, closed).when(CloseRound(LATER)).then_nothing()


def test_a_pilot_round_invites_who_passed_the_pre_certification() -> None:
    """RND-4, G1: the others are refused, and an invitation is given once."""
    round_.given(*is_open).when(invite).then(invited)
    round_.given(*is_open, invited).when(invite).then_nothing()
    failed = replace(invite, precertified=False)
    round_.given(*is_open).when(failed).then_refused("precertification_missing")


def test_only_a_pilot_round_is_by_invitation() -> None:
    """APP-6: a regular round is open to all."""
    regular = plan.model_copy(update={"kind": RoundKind.REGULAR})
    round_.given(regular).when(invite).then_refused("round_not_pilot")


def test_nobody_is_invited_after_the_deadline() -> None:
    """GEN-6: an invitation that cannot be followed is none."""
    round_.given(*is_open).when(replace(invite, at=DEADLINE)).then_refused("round_closed")


def test_a_round_starts_when_it_is_closed() -> None:
    """PM-5, GEN-6: by the timer, or by the clock alone when the timer is late; and once."""
    round_.given(*is_open, closed).when(StartRound(LATER)).then(started)
    round_.given(*is_open).when(StartRound(LATER)).then(closed, started)
    round_.given(*is_open, closed, started).when(StartRound(LATER)).then_nothing()
    round_.given(*is_open).when(StartRound(TUESDAY)).then_refused("round_not_closed")


@pytest.mark.parametrize("wish", everything)
def test_nothing_can_be_done_to_a_round_that_does_not_exist(wish: RoundCommand) -> None:
    """GEN-4: there is nothing to do it to."""
    round_.when(wish).then_refused("round_not_found")
