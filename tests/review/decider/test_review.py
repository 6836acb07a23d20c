"""The rules of a review up to its results, one test per rule, in the words of the process."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.review.commands.review import (
    AssessOverall,
    CommentReport,
    DeclareImpartiality,
    FinaliseReport,
    IssueReport,
    OpenReview,
    PlanReview,
    RecommendDecision,
    ReviewCommand,
    ReviseCriterion,
    WaiveComment,
)
from services.review.decider.review import decider
from shared.contracts.review import (
    CriterionReviewed,
    CriterionReviewRevised,
    ItemResult,
    PlannedReviewer,
    Result,
)
from shared.contracts.scheme import SCHEME_V1, Criterion
from shared.testing import Scenario
from tests.review.facts import (
    ALFA,
    ALL_AREAS,
    APPLICATION,
    AREAS,
    BYLAWS,
    CERTIFIER,
    MONDAY,
    NOTHING,
    OTHER,
    POLICIES,
    REASON,
    REVIEW,
    REVIEWER,
    ROUND,
    SIGNATORY,
    STRANGER,
    TUESDAY,
    all_reviewed_but,
    approve,
    approved,
    assess,
    assessed,
    assign_certifier,
    assign_reviewer,
    assigned,
    certifier_assigned,
    certifier_declared,
    items,
    opened,
    planned,
    planned_for,
    refuse,
    reported,
    review_criterion,
    reviewed,
    reviewer_declared,
    staffed,
)

review = Scenario(decider)
open_ = OpenReview(
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name="Alfa",
    round_id=ROUND,
    scheme="v1",
    signatory_id=SIGNATORY,
    manifest=(BYLAWS, POLICIES),
    at=MONDAY,
)
declare = DeclareImpartiality(REVIEWER, MONDAY)
plan = PlanReview(
    reviewers=planned.reviewers,
    certifier_id=CERTIFIER,
    from_on=date(2019, 5, 9),
    until_on=date(2019, 5, 24),
    method="documents",
    sampled_units=1,
    at=MONDAY,
)


def revise(criterion: Criterion, result: Result) -> ReviseCriterion:
    """Return the reviewer's wish to give ``criterion`` another result."""
    return ReviseCriterion(
        criterion=criterion,
        result=result,
        items=items(criterion, result),
        reason=REASON,
        language="en",
        evidence=(POLICIES,),
        reviewer_id=REVIEWER,
        standing=NOTHING,
        competence=ALL_AREAS,
        at=TUESDAY,
    )


def test_an_account_is_reviewed_once_however_often_it_is_asked_for() -> None:
    """Step 6, PM-6: the ASF accounts for its work; the wish to review it may arrive twice."""
    review.when(open_).then(opened)
    review.given(opened).when(replace(open_, at=TUESDAY)).then_nothing()
    other = replace(open_, application_id=UUID(int=9))
    review.given(opened).when(other).then_refused("review_exists")


EVERYTHING = [
    declare,
    plan,
    assign_reviewer,
    assign_certifier,
    review_criterion(Criterion.STAFF),
    revise(Criterion.STAFF, Result.CONFORMS),
    AssessOverall(True, REASON, "en", REVIEWER, NOTHING, MONDAY),
    IssueReport(REASON, "en", REVIEWER, MONDAY),
    CommentReport(ALFA, UUID(int=70), REASON, "en", MONDAY),
    WaiveComment(ALFA, MONDAY),
    FinaliseReport(REVIEWER, MONDAY),
    RecommendDecision("approve", REASON, "en", REVIEWER, NOTHING, MONDAY),
    approve,
    refuse,
]


@pytest.mark.parametrize("command", EVERYTHING, ids=lambda c: type(c).__name__)
def test_nothing_can_be_done_to_a_review_that_is_not_open(command: ReviewCommand) -> None:
    """Step 6: assessment begins when the account is in."""
    review.when(command).then_refused("review_not_found")


def test_who_takes_part_declares_impartiality_once() -> None:
    """REV-2, REV-3: a declaration of one's own, before the assignment."""
    review.given(opened).when(declare).then(reviewer_declared)
    review.given(opened, reviewer_declared).when(declare).then_nothing()


def test_the_firm_is_told_the_plan_and_every_new_one() -> None:
    """REV-1, K-04: persons, areas, dates, method, units."""
    review.given(opened).when(plan).then(planned)
    review.given(opened, planned).when(replace(plan, at=TUESDAY)).then_nothing()
    review.given(opened, planned).when(replace(plan, sampled_units=2)).then(
        planned.model_copy(update={"sampled_units": 2})
    )


def test_assigning_the_same_person_again_changes_nothing() -> None:
    """GEN-4: repeats are harmless; other areas are another assignment."""
    review.given(*planned_for).when(assign_reviewer).then(assigned)
    review.given(*planned_for).when(assign_certifier).then(certifier_assigned)
    review.given(*staffed).when(replace(assign_reviewer, at=TUESDAY)).then_nothing()
    review.given(*staffed).when(replace(assign_certifier, at=TUESDAY)).then_nothing()
    fewer = replace(assign_reviewer, areas=(Criterion.STAFF,))
    assert review.given(*staffed).when(fewer).events


def test_one_certifier_answers_for_the_decision() -> None:
    """REV-3, T8: another one is put in the first one's place openly, not beside them."""
    both = planned.model_copy(update={"certifier_id": STRANGER})
    wish = replace(assign_certifier, certifier_id=STRANGER)
    review.given(*staffed, both).when(wish).then_refused("certifier_exists")


def test_a_review_is_staffed_only_under_an_agreement() -> None:
    """REV-1, K-01: signed by both."""
    for wish in (assign_reviewer, assign_certifier):
        review.given(*planned_for).when(replace(wish, agreement=None)).then_refused(
            "agreement_missing"
        )


def test_a_review_is_staffed_only_as_the_firm_was_told() -> None:
    """REV-1, K-04: a person or an area that stands in no plan is not assigned."""
    unplanned = (opened, reviewer_declared, certifier_declared)
    other = planned.model_copy(
        update={
            "reviewers": (PlannedReviewer(person_id=REVIEWER, areas=(Criterion.STAFF,)),),
            "certifier_id": STRANGER,
        }
    )
    for wish in (assign_reviewer, assign_certifier):
        review.given(*unplanned).when(wish).then_refused("review_plan_missing")
        review.given(*unplanned, other).when(wish).then_refused("review_plan_missing")
    stranger = replace(assign_reviewer, reviewer_id=STRANGER)
    review.given(*planned_for).when(stranger).then_refused("review_plan_missing")


def test_nobody_is_assigned_an_area_without_competence_for_it() -> None:
    """REV-2, K-03: one area short is not enough, and neither is an assignment for nothing."""
    short = ALL_AREAS - {Criterion.STAFF}
    for wish in (assign_reviewer, assign_certifier):
        review.given(*planned_for).when(replace(wish, competence=short)).then_refused(
            "competence_missing"
        )
    nothing = replace(assign_reviewer, areas=())
    review.given(*planned_for).when(nothing).then_refused("competence_missing")


def test_nobody_is_assigned_who_did_not_declare_impartiality() -> None:
    """REV-2, REV-3: the declaration comes first."""
    for wish in (assign_reviewer, assign_certifier):
        review.given(opened, planned).when(wish).then_refused("impartiality_not_declared")


def test_only_a_reviewer_assigned_to_the_area_gives_results() -> None:
    """REV-5, G6: neither a colleague nor a supervisor fills in, nor a reviewer of other areas."""
    wish = review_criterion(Criterion.STAFF)
    review.given(*planned_for).when(wish).then_refused("not_the_reviewer")
    elsewhere = assigned.model_copy(update={"areas": (Criterion.ENVIRONMENT,)})
    review.given(*planned_for, elsewhere).when(wish).then_refused("not_the_reviewer")


def test_a_result_rests_on_evidence_from_the_manifest() -> None:
    """REV-5, K-06: what was not submitted cannot be cited, and what is not shown not certified."""
    wish = review_criterion(Criterion.STAFF)
    review.given(*staffed).when(replace(wish, evidence=())).then_refused("evidence_missing")
    outside = replace(wish, evidence=(BYLAWS, OTHER))
    review.given(*staffed).when(outside).then_refused("evidence_outside_manifest")


def test_a_result_says_why() -> None:
    """GEN-2: a decision without a reason is none."""
    wish = replace(review_criterion(Criterion.STAFF), reason=" ")
    review.given(*staffed).when(wish).then_refused("reason_missing")


def test_a_criterion_gets_one_result() -> None:
    """REV-5: another one is a revision, openly."""
    wish = review_criterion(Criterion.STAFF)
    review.given(*staffed).when(wish).then(reviewed(Criterion.STAFF))
    review.given(*staffed, reviewed(Criterion.STAFF)).when(wish).then_refused(
        "criterion_already_reviewed"
    )


def test_a_revised_result_names_what_it_revises() -> None:
    """GEN-3: by the version of the event that it corrects; both stay readable."""
    history = review.given(*staffed, reviewed(Criterion.STAFF))
    wish = revise(Criterion.STAFF, Result.MINOR_NONCONFORMITY)
    revised = CriterionReviewRevised(
        review_id=REVIEW,
        application_id=APPLICATION,
        criterion=Criterion.STAFF,
        result=Result.MINOR_NONCONFORMITY,
        items=(),
        reason=REASON,
        language="en",
        evidence=(POLICIES,),
        reviewer_id=REVIEWER,
        revises=len(staffed) + 1,
        revised_at=TUESDAY,
    )
    history.when(wish).then(revised)
    history.given(revised).when(wish).then_nothing()


def test_a_result_is_revised_only_until_the_firm_has_seen_it() -> None:
    """REV-9: afterwards it takes a new report; and what is not there cannot be revised."""
    wish = revise(Criterion.STAFF, Result.MINOR_NONCONFORMITY)
    review.given(*staffed).when(wish).then_refused("criteria_not_reviewed")
    shown = review.given(*staffed, *all_reviewed_but(), assessed, reported)
    shown.when(wish).then_refused("report_issued")
    shown.when(assess(confirmed=False)).then_refused("report_issued")


def test_only_criteria_and_items_of_the_scheme_get_results() -> None:
    """SAS-1, REV-7: outside the emphasised areas items have no result of their own."""
    unknown = (ItemResult(item_id="3.1-z", result=Result.CONFORMS),)
    for criterion in (Criterion.PURPOSE, Criterion.STAFF):
        wish = replace(review_criterion(criterion), items=(*items(criterion), *unknown))
        review.given(*staffed).when(wish).then_refused("criterion_not_in_scheme")


def test_a_criterion_of_another_version_gets_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """SCH-5: assessed by the version bound to its round, to the end."""
    shorter = SCHEME_V1.model_copy(
        update={"version": "v0", "criteria": tuple(c for c in Criterion if c != "3.4")}
    )
    monkeypatch.setitem(decider_schemes(), "v0", shorter)
    history = review.given(opened.model_copy(update={"scheme": "v0"}), *staffed[1:])
    history.when(review_criterion(Criterion.STAFF)).then_refused("criterion_not_in_scheme")


def decider_schemes() -> dict[str, object]:
    """Return the table of the scheme's versions."""
    from shared.contracts.scheme import SCHEMES  # noqa: PLC0415 -- named where it is changed

    return SCHEMES  # type: ignore[return-value]


@pytest.mark.parametrize("criterion", SCHEME_V1.emphasised)
def test_an_emphasised_area_always_applies(criterion: Criterion) -> None:
    """REV-6: no ASF is excused from what makes it an ASF, in the area or in an item of it."""
    whole = review_criterion(criterion, Result.NOT_APPLICABLE)
    review.given(*staffed).when(whole).then_refused("not_applicable_on_emphasised")
    first, *rest = items(criterion)
    excused = first.model_copy(update={"result": Result.NOT_APPLICABLE})
    part = replace(review_criterion(criterion), items=(excused, *rest))
    review.given(*staffed).when(part).then_refused("not_applicable_on_emphasised")


def test_other_areas_may_not_apply() -> None:
    """REV-6: with a reason."""
    wish = review_criterion(Criterion.ENVIRONMENT, Result.NOT_APPLICABLE)
    review.given(*staffed).when(wish).then(reviewed(Criterion.ENVIRONMENT, Result.NOT_APPLICABLE))


@pytest.mark.parametrize("criterion", SCHEME_V1.emphasised)
def test_in_an_emphasised_area_each_item_has_its_own_result(criterion: Criterion) -> None:
    """REV-7: in the scheme's order, whatever the order they are given in."""
    wish = review_criterion(criterion)
    missing = replace(wish, items=wish.items[1:])
    review.given(*staffed).when(missing).then_refused("emphasised_items_missing")
    backwards = replace(wish, items=wish.items[::-1])
    (event,) = review.given(*staffed).when(backwards).events
    assert isinstance(event, CriterionReviewed)
    assert event.items == wish.items


RANKED: list[Result] = [r for r in Result if r is not Result.NOT_APPLICABLE]


@pytest.mark.parametrize("area", RANKED)
@pytest.mark.parametrize("worst", RANKED)
def test_an_area_is_no_better_than_its_worst_item(area: Result, worst: Result) -> None:
    """REV-7, G8: every pair of results, on either side of the line."""
    first, *rest = items(Criterion.PARTICIPATION)
    wish = replace(
        review_criterion(Criterion.PARTICIPATION, area),
        items=(first.model_copy(update={"result": worst}), *rest),
    )
    outcome = review.given(*staffed).when(wish)
    if RANKED.index(area) < RANKED.index(worst):
        outcome.then_refused("result_better_than_items")
    else:
        assert outcome.events


def test_a_review_is_bound_to_the_scheme_it_was_opened_under() -> None:
    """SCH-5: the version is written into every record."""
    assert decider.scheme(decider.fold(())) is None
    assert decider.scheme(decider.fold((opened,))) == "v1"
    assert set(AREAS) == set(SCHEME_V1.criteria)
    assert approved.scheme == "v1"
