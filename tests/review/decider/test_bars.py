"""Who may not review and who may not decide: every bar, and both sides of its boundaries."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.review.commands.review import (
    AssignCertifier,
    AssignReviewer,
    DutyHeld,
    PartHeld,
    RecommendDecision,
    ReviseCriterion,
    Standing,
    TieHeld,
)
from services.review.decider.bars import WHY_BARRED
from services.review.decider.review import decider
from shared.contracts.preparation import Part, TieKind
from shared.contracts.scheme import Criterion
from shared.testing import Scenario
from tests.review.facts import (
    ALFA,
    BETA,
    CERTIFIER,
    MONDAY,
    NOTHING,
    REASON,
    REVIEWER,
    WINDOW_END,
    all_reviewed_but,
    approve,
    assess,
    assessed,
    assign_certifier,
    assign_reviewer,
    assigned,
    certifier_assigned,
    final,
    opened,
    planned_for,
    ready,
    refuse,
    reported,
    review_criterion,
    staffed,
)

review = Scenario(decider)
LAST_DAY = date(2017, 5, 6)
"""24 months before the day of the assignment: the look-back ends with MONDAY."""
JUST_OUT = date(2017, 5, 5)


def part(part: Part, *, own_case: bool = True, until_on: date | None = None) -> Standing:
    """Return the standing of whoever had ``part``."""
    return replace(NOTHING, parts=(PartHeld(part, own_case, until_on),))


def tie(
    organisation: str,
    kind: TieKind = TieKind.EMPLOYMENT,
    *,
    from_on: date = date(2015, 1, 1),
    until_on: date | None = None,
) -> TieHeld:
    """Return a tie to ``organisation``."""
    return TieHeld(organisation, kind, from_on, until_on)


def duty(until_on: date | None, of: TieHeld | None = None) -> DutyHeld:
    """Return the duty, on Beta, of somebody tied to Alfa."""
    return DutyHeld(BETA, until_on, of or tie(ALFA))


own_tie = replace(NOTHING, ties=(tie(ALFA, TieKind.FAMILY),))
same_round = replace(NOTHING, ties=(tie(BETA),), in_round=frozenset({ALFA, BETA}))
exchange = replace(NOTHING, ties=(tie(BETA),), exchanges=(duty(None),))

REVIEWING = [
    (part(Part.SUPERVISOR), "reviewer_was_supervisor"),
    (part(Part.TRAINER), "reviewer_was_trainer"),
    (own_tie, "reviewer_has_tie"),
    (same_round, "reviewer_same_round"),
    (exchange, "reviewer_reciprocal"),
    (part(Part.PROJECT_LEADER), "reviewer_is_project_leader"),
]
DECIDING = [
    (part(Part.SUPERVISOR), "certifier_was_supervisor"),
    (part(Part.TRAINER), "certifier_was_trainer"),
    (own_tie, "certifier_has_tie"),
    (same_round, "certifier_same_round"),
    (exchange, "certifier_reciprocal"),
    (part(Part.SCREENER), "certifier_was_screener"),
    (part(Part.PROJECT_LEADER), "certifier_is_project_leader"),
]


@pytest.mark.parametrize(("standing", "code"), REVIEWING)
def test_whoever_had_a_part_or_a_tie_may_not_review(standing: Standing, code: str) -> None:
    """SOD-1 to SOD-5, SOD-9: nobody assesses their own work, friends or rivals."""
    wish = replace(assign_reviewer, standing=standing)
    review.given(*planned_for).when(wish).then_refused(code)


@pytest.mark.parametrize(("standing", "code"), DECIDING)
def test_whoever_had_a_part_or_a_tie_may_not_decide(standing: Standing, code: str) -> None:
    """SOD-7 to SOD-9, step 7: the certifier is appointed apart, to be neutral."""
    wish = replace(assign_certifier, standing=standing)
    review.given(*planned_for, assigned).when(wish).then_refused(code)


@pytest.mark.parametrize(("standing", "code"), DECIDING)
def test_the_bars_are_checked_again_at_the_decision(standing: Standing, code: str) -> None:
    """REV-3: a tie may have come in between."""
    for decision in (approve, refuse):
        review.given(*ready).when(replace(decision, standing=standing)).then_refused(code)


@pytest.mark.parametrize(
    ("wish", "standing", "code"),
    [
        *((assign_reviewer, *bar) for bar in REVIEWING),
        *((assign_certifier, *bar) for bar in DECIDING),
    ],
)
def test_whoever_is_barred_hears_by_which_part_or_tie(
    wish: AssignReviewer | AssignCertifier, standing: Standing, code: str
) -> None:
    """SOD-1 to SOD-9: a leader who names somebody else must know what to look for."""
    barred = review.given(*planned_for).when(replace(wish, standing=standing)).refusal
    assert barred is not None
    assert barred.detail == WHY_BARRED[code]
    assert len({*WHY_BARRED.values()}) == len(WHY_BARRED)


@pytest.mark.parametrize(("standing", "code"), REVIEWING)
def test_the_bars_are_checked_again_at_every_result(standing: Standing, code: str) -> None:
    """K-05: nobody reviews whom they are bound to, also when it came in after the assignment."""
    complete = review.given(*staffed, *all_reviewed_but())
    given = review_criterion(Criterion.STAFF)
    review.given(*staffed).when(replace(given, standing=standing)).then_refused(code)
    revision = ReviseCriterion(**asdict(given) | {"items": (), "standing": standing})
    complete.when(revision).then_refused(code)
    complete.when(replace(assess(), standing=standing)).then_refused(code)
    recommend = RecommendDecision("approve", REASON, "en", REVIEWER, standing, WINDOW_END)
    complete.given(assessed, reported, final).when(recommend).then_refused(code)


def test_an_appointment_covers_what_is_assessed_on_the_day_it_is() -> None:
    """APT-3, K-03: an appointment for other areas is none for this one."""
    others = frozenset(Criterion) - {Criterion.STAFF}
    wish = replace(review_criterion(Criterion.STAFF), competence=others)
    review.given(*staffed).when(wish).then_refused("mandate_missing")
    revision = ReviseCriterion(**asdict(wish) | {"items": (), "standing": NOTHING})
    complete = review.given(*staffed, *all_reviewed_but())
    complete.when(revision).then_refused("mandate_missing")
    for decision in (approve, refuse):
        unfit = replace(decision, competence=others)
        review.given(*ready).when(unfit).then_refused("mandate_missing")


def test_whoever_was_assigned_to_review_does_not_decide() -> None:
    """SOD-6: neither when assigned as certifier nor, the other way round, at the decision."""
    wish = replace(assign_certifier, certifier_id=REVIEWER)
    review.given(*planned_for, assigned).when(wish).then_refused("certifier_was_reviewer")
    as_reviewer = assigned.model_copy(update={"reviewer_id": CERTIFIER})
    review.given(*ready, as_reviewer).when(approve).then_refused("certifier_was_reviewer")


def test_whoever_is_to_decide_is_not_assigned_to_review() -> None:
    """SOD-6: the case would have a certifier who may not decide, and no other could be named."""
    decides = certifier_assigned.model_copy(update={"certifier_id": REVIEWER})
    review.given(*planned_for, decides).when(assign_reviewer).then_refused("certifier_was_reviewer")


def test_a_bar_is_told_before_anything_else_is_missing() -> None:
    """GEN-8, G6: the try itself is what the auditors are to see, planned or not."""
    unplanned = replace(
        assign_reviewer, standing=part(Part.SUPERVISOR), agreement=None, competence=frozenset()
    )
    review.given(opened).when(unplanned).then_refused("reviewer_was_supervisor")
    unfit = replace(assign_certifier, standing=part(Part.SUPERVISOR), agreement=None)
    review.given(opened).when(unfit).then_refused("certifier_was_supervisor")


def test_a_screener_may_review() -> None:
    """SOD-9: whoever screened does not decide; reviewing is not barred by it."""
    wish = replace(assign_reviewer, standing=part(Part.SCREENER))
    review.given(*planned_for).when(wish).then(assigned)


@pytest.mark.parametrize("barring", [Part.SUPERVISOR, Part.TRAINER])
def test_support_in_an_earlier_case_counts_for_twenty_four_months(barring: Part) -> None:
    """SOD-1, SOD-2, SOD-7: to the end of the day; in this case it always counts."""
    ongoing = part(barring, own_case=False)
    recent = part(barring, own_case=False, until_on=LAST_DAY)
    old = part(barring, own_case=False, until_on=JUST_OUT)
    history = review.given(*planned_for)
    for standing in (ongoing, recent, part(barring, until_on=JUST_OUT)):
        assert history.when(replace(assign_reviewer, standing=standing)).refusal
        assert history.when(replace(assign_certifier, standing=standing)).refusal
    history.when(replace(assign_reviewer, standing=old)).then(assigned)
    history.when(replace(assign_certifier, standing=old)).then(certifier_assigned)


@pytest.mark.parametrize("screened", [Part.SCREENER, Part.PROJECT_LEADER])
def test_screening_or_leading_an_earlier_case_bars_nobody(screened: Part) -> None:
    """SOD-9: it is about the same case."""
    standing = part(screened, own_case=False)
    history = review.given(*planned_for)
    history.when(replace(assign_reviewer, standing=standing)).then(assigned)
    history.when(replace(assign_certifier, standing=standing)).then(certifier_assigned)


@pytest.mark.parametrize(
    ("held", "barred"),
    [
        (tie(ALFA, until_on=LAST_DAY), True),
        (tie(ALFA, until_on=JUST_OUT), False),
        (tie(ALFA, from_on=date(2019, 5, 6)), True),
        (tie(ALFA, from_on=date(2019, 5, 7)), False),
        (tie(BETA), False),
    ],
)
def test_a_tie_counts_from_its_start_to_two_years_after_its_end(
    held: TieHeld, barred: bool
) -> None:
    """APT-4, SOD-3: both sides of both boundaries."""
    standing = replace(NOTHING, ties=(held,))
    outcome = review.given(*planned_for).when(replace(assign_reviewer, standing=standing))
    assert (outcome.refusal is not None) == barred


@pytest.mark.parametrize(
    ("held", "barred"),
    [(kind, kind in {"employment", "ownership", "board"}) for kind in TieKind],
)
def test_a_firm_is_ones_own_by_work_ownership_or_board(held: TieKind, barred: bool) -> None:
    """SOD-4: a customer of a firm in the round is not of that firm."""
    standing = replace(NOTHING, ties=(tie(BETA, held),), in_round=frozenset({ALFA, BETA}))
    outcome = review.given(*planned_for).when(replace(assign_reviewer, standing=standing))
    assert (outcome.refusal is not None) == barred


def test_a_firm_that_takes_no_part_in_the_round_bars_nobody() -> None:
    """SOD-4: it is about the same round."""
    standing = replace(same_round, in_round=frozenset({ALFA}))
    wish = replace(assign_reviewer, standing=standing)
    review.given(*planned_for).when(wish).then(assigned)


@pytest.mark.parametrize(
    ("exchanges", "barred"),
    [
        ((duty(None),), True),
        ((duty(LAST_DAY),), True),
        ((duty(JUST_OUT),), False),
        ((duty(None, tie(ALFA, until_on=JUST_OUT)),), False),
        ((replace(duty(None), organisation_number="7699990037"),), False),
    ],
)
def test_there_is_no_exchange_of_favours(exchanges: tuple[DutyHeld, ...], barred: bool) -> None:
    """SOD-5: only while the duty, and what ties its holder to the ASF, are recent."""
    standing = replace(NOTHING, ties=(tie(BETA),), exchanges=exchanges)
    outcome = review.given(*planned_for).when(replace(assign_reviewer, standing=standing))
    assert (outcome.refusal is not None) == barred


@pytest.mark.parametrize(
    ("at", "barred"),
    [
        (datetime(2021, 6, 10, 21, 59, 59, tzinfo=UTC), True),
        (datetime(2021, 6, 10, 22, tzinfo=UTC), False),
    ],
)
def test_the_look_back_ends_with_its_last_day_in_sweden(at: datetime, barred: bool) -> None:
    """SV-7, G7 rows 4 and 5: a duty until 2019-06-10 counts to 2021-06-10 24:00."""
    standing = replace(exchange, exchanges=(duty(date(2019, 6, 10)),))
    wish = replace(assign_reviewer, standing=standing, at=at)
    outcome = review.given(*planned_for).when(wish)
    assert (outcome.refusal is not None) == barred


def test_the_facts_of_these_tests_bar_nobody_by_themselves() -> None:
    """House: otherwise the tests above would prove nothing."""
    review.given(*planned_for).when(assign_reviewer).then(assigned)
    assert len(staffed) == len(planned_for) + 2
    assert MONDAY.date() == date(2019, 5, 6)
    assert UUID(int=0) not in {REVIEWER, CERTIFIER}
