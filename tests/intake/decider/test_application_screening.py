"""Step 2: a named person examines the application, and says yes, later, or no."""

from dataclasses import replace
from datetime import date

import pytest

from services.intake.commands.application import (
    AdmitApplicant,
    DeferApplication,
    RejectApplication,
    ScreeningDecision,
    StartScreening,
)
from services.intake.commands.mandate import Tie
from services.intake.decider.application import decider
from services.intake.decider.application_state import screened_by
from shared.contracts.intake import (
    ApplicationDeferred,
    ApplicationEvent,
    ApplicationRejected,
    DeferralCode,
)
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.testing import Scenario
from tests.intake.facts import (
    ALFA,
    APPLICATION,
    BETA,
    LATER,
    LEADER,
    LEADS,
    REASON,
    RESTS_ON,
    ROUND,
    STRANGER,
    TUESDAY,
    admitted,
    answered,
    committed,
    declared,
    drafted,
    enrolled,
    heard,
    in_screening,
    interested,
    nothing_heard,
    screening,
    submitted,
    survey,
    told,
)

application = Scenario(decider)

start = StartScreening(LEADER, LEADS, frozenset(), TUESDAY)
admit = AdmitApplicant(LEADER, REASON, "sv", (RESTS_ON,), LEADS, LATER)
defer = DeferApplication(
    screener_id=LEADER,
    codes=(DeferralCode.COMPETENCE,),
    return_on=date(2020, 5, 1),
    actions="Gå kursen om arbetsmiljö.",
    reason=REASON,
    language="sv",
    evidence=(RESTS_ON,),
    by=LEADS,
    at=LATER,
)
reject = RejectApplication(LEADER, REASON, "sv", (RESTS_ON,), LEADS, LATER)
deferred = ApplicationDeferred(
    application_id=APPLICATION,
    organisation_number=ALFA,
    round_id=ROUND,
    screener_id=LEADER,
    codes=(DeferralCode.COMPETENCE,),
    return_on=date(2020, 5, 1),
    actions="Gå kursen om arbetsmiljö.",
    reason=REASON,
    language="sv",
    evidence=(RESTS_ON,),
    deferred_at=LATER,
)
rejected = ApplicationRejected(
    application_id=APPLICATION,
    organisation_number=ALFA,
    round_id=ROUND,
    screener_id=LEADER,
    reason=REASON,
    language="sv",
    evidence=(RESTS_ON,),
    rejected_at=LATER,
)
decisions = pytest.mark.parametrize("wish", [admit, defer, reject])


def tied(number: str, from_on: date, until_on: date | None) -> StartScreening:
    """Return the wish to let a person with a tie to ``number`` screen."""
    ties = (Tie(number, from_on, until_on),)
    return replace(start, screener=heard(Role.PROJECT_LEADER, ties=ties))


def test_a_named_person_screens_what_was_submitted() -> None:
    """K-02: who screens is on record."""
    application.given(*drafted, submitted).when(start).then(screening)
    application.given(*in_screening).when(start).then_nothing()


def test_a_draft_is_not_screened() -> None:
    """Q-006: first the application, then its examination."""
    application.given(*drafted).when(start).then_refused("application_not_submitted")
    application.when(start).then_refused("application_not_found")


def test_the_screener_is_appointed() -> None:
    """GEN-2, K-36: project leader or reviewer, in force on the day."""
    given = application.given(*drafted, submitted)
    nobody = replace(start, screener=nothing_heard(Role.PROJECT_LEADER))
    given.when(nobody).then_refused("mandate_missing")
    gone = replace(start, screener=heard(Role.REVIEWER, until=date(2018, 12, 3)))
    given.when(gone).then_refused("mandate_ended")


def test_a_supervisor_of_the_enterprise_does_not_screen_it() -> None:
    """SOD-10: nobody examines whom they support."""
    supports = replace(start, supervisor_ids=frozenset({LEADER}))
    application.given(*drafted, submitted).when(supports).then_refused("screener_is_supervisor")


@pytest.mark.parametrize(
    ("wish", "barred"),
    [
        (tied(ALFA, date(2018, 1, 1), None), True),
        (tied(ALFA, date(2018, 12, 4), date(2018, 12, 4)), True),
        (tied(ALFA, date(2018, 12, 5), None), False),
        (tied(ALFA, date(2018, 1, 1), date(2018, 12, 3)), True),
        (tied(ALFA, date(2010, 1, 1), date(2016, 12, 4)), True),
        (tied(ALFA, date(2010, 1, 1), date(2016, 12, 3)), False),
        (tied(BETA, date(2018, 1, 1), None), False),
    ],
)
def test_whoever_has_a_tie_to_the_enterprise_does_not_screen_it(
    wish: StartScreening, barred: bool
) -> None:
    """SOD-10, APT-4: from its first day until 24 months after its last, and to this enterprise."""
    outcome = application.given(*drafted, submitted).when(wish)
    if barred:
        outcome.then_refused("screener_has_tie")
    else:
        outcome.then(screening)


def test_whoever_meets_the_definition_is_admitted() -> None:
    """APP-8, APP-9: a decision with reasons, by the named screener."""
    application.given(*in_screening).when(admit).then(admitted)
    application.given(*in_screening, admitted).when(admit).then_nothing()


@pytest.mark.parametrize(
    "question",
    [
        "work_integration_aim",
        "coworker_participation",
        "profit_reinvested",
        "independent_of_public",
    ],
)
def test_each_answer_of_the_definition_must_be_true(question: str) -> None:
    """APP-8: one no is enough; the refusal names it."""
    history: tuple[ApplicationEvent, ...] = (
        interested,
        told,
        *survey(),
        answered("definition", **{question: False}),
        declared,
        committed,
        submitted,
        screening,
    )
    outcome = application.given(*history).when(admit)
    outcome.then_refused("definition_not_met")
    assert question in str(outcome.refusal)


@pytest.mark.parametrize("question", ["closed_financial_year", "annual_report_approved"])
def test_admission_takes_a_closed_year_and_an_approved_report(question: str) -> None:
    """APP-9: one is not enough."""
    history: tuple[ApplicationEvent, ...] = (
        *in_screening,
        answered("operation", **{question: False}),
        submitted,
        screening,
    )
    application.given(*history).when(admit).then_refused("annual_report_missing")


def test_other_answers_never_bar_from_admission() -> None:
    """GEN-1, Q-074: prospects and readiness are advice."""
    history: tuple[ApplicationEvent, ...] = (
        *in_screening,
        *survey(computer=False, f_tax=False),
        submitted,
        screening,
    )
    application.given(*history).when(admit).then(admitted)


def test_a_deferral_says_what_is_lacking_from_when_and_what_to_do() -> None:
    """APP-10: all three."""
    given = application.given(*in_screening)
    given.when(defer).then(deferred)
    application.given(*in_screening, deferred).when(defer).then_nothing()
    given.when(replace(defer, codes=())).then_refused("deferral_reason_missing")
    for no_return in (None, date(2018, 12, 9), date(2018, 12, 10)):
        given.when(replace(defer, return_on=no_return)).then_refused("return_date_missing")
    given.when(replace(defer, actions=" ")).then_refused("deferral_actions_missing")


def test_a_rejection_is_a_decision_with_reasons() -> None:
    """GEN-8: a remembered no is an event."""
    application.given(*in_screening).when(reject).then(rejected)
    application.given(*in_screening, rejected).when(reject).then_nothing()


@decisions
def test_only_the_named_screener_decides(wish: ScreeningDecision) -> None:
    """K-02: nobody else, whatever their role."""
    given = application.given(*in_screening)
    given.when(replace(wish, screener_id=STRANGER)).then_refused("not_the_screener")


@pytest.mark.parametrize("history", [(), (interested,), in_screening])
def test_a_reviewer_knows_of_no_application_but_their_own(
    history: tuple[ApplicationEvent, ...],
) -> None:
    """K-02, ADR-0034: what is not theirs is answered like what is not there."""
    with pytest.raises(Refusal) as no:
        screened_by(decider.fold(history), STRANGER)
    assert (no.value.kind, no.value.code) == (RefusalKind.NOT_FOUND, "application_not_found")


def test_the_named_screener_knows_of_the_application() -> None:
    """K-02: whoever was named, whatever their role."""
    assert screened_by(decider.fold(in_screening), LEADER).application_id == APPLICATION


@decisions
def test_a_decision_has_a_reason_and_a_mandate(wish: ScreeningDecision) -> None:
    """GEN-2: who, why, under which appointment."""
    given = application.given(*in_screening)
    given.when(replace(wish, reason="")).then_refused("reason_missing")
    nobody = replace(wish, by=nothing_heard(Role.PROJECT_LEADER))
    given.when(nobody).then_refused("mandate_missing")
    gone = replace(wish, by=heard(Role.PROJECT_LEADER, until=date(2018, 12, 9)))
    given.when(gone).then_refused("mandate_ended")


@decisions
@pytest.mark.parametrize("reason", [" ", "\n\t", "\u200b\u200b", "\u00a0"])
def test_a_reason_can_be_seen(wish: ScreeningDecision, reason: str) -> None:
    """GEN-2: zero-width marks are no reason either."""
    given = application.given(*in_screening)
    given.when(replace(wish, reason=reason)).then_refused("reason_missing")


@decisions
def test_a_tie_that_has_come_in_since_bars_the_decision_too(wish: ScreeningDecision) -> None:
    """APP-7, SOD-10: the order of the two steps does not matter; 24 months by APT-4."""
    given = application.given(*in_screening)
    for until_on, barred in (
        (None, True),
        (date(2016, 12, 10), True),
        (date(2016, 12, 9), False),
    ):
        tie = Tie(ALFA, date(2010, 1, 1), until_on)
        outcome = given.when(replace(wish, by=heard(Role.PROJECT_LEADER, ties=(tie,))))
        if barred:
            outcome.then_refused("screener_has_tie")
        else:
            assert outcome.refusal is None


@decisions
def test_nothing_is_decided_before_or_after_screening(wish: ScreeningDecision) -> None:
    """GEN-1, GEN-3: an application is decided once, and after it was examined."""
    code = "application_not_in_screening"
    application.given(*drafted, submitted).when(wish).then_refused(code)
    application.given(*in_screening, admitted, enrolled).when(wish).then_refused(code)
    application.when(wish).then_refused("application_not_found")
