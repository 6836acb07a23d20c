"""The rules of report and decision, one test per rule, in the words of the process."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.review.commands.review import (
    AssessOverall,
    CommentReport,
    FinaliseReport,
    IssueReport,
    RecommendDecision,
    WaiveComment,
)
from services.review.decider.review import decider
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CriterionReviewRevised,
    DecisionRecommended,
    ReportCommented,
    ReportCommentWaived,
    Result,
    ReviewEvent,
)
from shared.contracts.scheme import Criterion
from shared.testing import Scenario
from tests.review.facts import (
    ALFA,
    APPLICATION,
    BETA,
    DECISION_DAY,
    MONDAY,
    NOTHING,
    REASON,
    REVIEW,
    REVIEWER,
    STRANGER,
    TUESDAY,
    WINDOW_END,
    all_reviewed_but,
    approve,
    approved,
    assess,
    assessed,
    assigned,
    certifier_declared,
    concluded,
    final,
    ready,
    recommended,
    refuse,
    refused,
    reported,
    review_criterion,
    reviewed,
    staffed,
)

review = Scenario(decider)
LedBy = AssessOverall | IssueReport | FinaliseReport | RecommendDecision
COMMENT = UUID(int=70)
issue = IssueReport(REASON, "en", REVIEWER, TUESDAY)
comment = CommentReport(ALFA, COMMENT, REASON, "en", TUESDAY)
waive = WaiveComment(ALFA, TUESDAY)
finalise = FinaliseReport(REVIEWER, WINDOW_END)
recommend = RecommendDecision("approve", REASON, "en", REVIEWER, NOTHING, WINDOW_END)
commented = ReportCommented(
    review_id=REVIEW,
    application_id=APPLICATION,
    comment_id=COMMENT,
    comment=REASON,
    language="en",
    commented_at=TUESDAY,
)
waived = ReportCommentWaived(review_id=REVIEW, application_id=APPLICATION, waived_at=TUESDAY)
complete = review.given(*staffed, *all_reviewed_but())
shown = complete.given(assessed, reported)


def without(*left_out: ReviewEvent) -> tuple[ReviewEvent, ...]:
    """Return the history of a review ready for its decision, without these events."""
    return tuple(event for event in ready if event not in left_out)


def test_the_lead_reviewer_weighs_the_whole_when_all_is_reviewed() -> None:
    """REV-11, T7: on every criterion, with reasons, naming what the results rest on."""
    complete.when(assess()).then(assessed)
    complete.given(assessed).when(assess()).then_nothing()
    complete.when(assess(reason=" ")).then_refused("reason_missing")
    for missing in Criterion:
        history = review.given(*staffed, *all_reviewed_but(missing))
        history.when(assess()).then_refused("criteria_not_reviewed")
        history.when(issue).then_refused("criteria_not_reviewed")


@pytest.mark.parametrize(
    "command", [assess(), issue, finalise, recommend], ids=lambda c: type(c).__name__
)
def test_only_the_lead_reviewer_speaks_for_the_review(command: LedBy) -> None:
    """REV-5: another reviewer of the team gives results, and no more."""
    follower = assigned.model_copy(update={"reviewer_id": STRANGER, "lead": False})
    wish = replace(command, reviewer_id=STRANGER)
    complete.given(follower).when(wish).then_refused("not_the_reviewer")


def test_a_revised_result_asks_for_a_new_assessment_of_the_whole() -> None:
    """REV-11: what was weighed was weighed with another result."""
    revised = CriterionReviewRevised(
        **reviewed(Criterion.STAFF).model_dump(exclude={"reviewed_at"}),
        revises=len(staffed) + 1,
        revised_at=TUESDAY,
    )
    complete.given(assessed, revised).when(issue).then_refused("overall_assessment_missing")


def test_the_report_opens_ten_days_to_comment() -> None:
    """REV-9, REV-10, G1: issued on 2019-05-28, the window ends with 2019-06-07."""
    complete.when(issue).then_refused("overall_assessment_missing")
    complete.given(assessed).when(issue).then(reported)
    shown.when(issue).then_nothing()


def test_the_firm_comments_on_what_it_has_seen() -> None:
    """REV-9, REV-10: no draft before the report; a repeat is told from a new comment."""
    for wish in (comment, waive):
        complete.given(assessed).when(wish).then_refused("draft_not_visible")
    shown.when(comment).then(commented)
    shown.given(commented).when(comment).then_nothing()
    another = replace(comment, comment_id=UUID(int=71))
    assert shown.given(commented).when(another).events
    shown.when(waive).then(waived)
    shown.given(waived).when(waive).then_nothing()


def test_another_firm_has_nothing_to_say() -> None:
    """WSP-1: to another firm the review does not exist; whoever acts for no firm is no owner."""
    for wish in (comment, waive):
        shown.when(replace(wish, organisation=BETA)).then_refused("review_not_found")
        shown.when(replace(wish, organisation=None)).then_refused("not_the_owner")


def test_the_comment_window_ends_at_its_instant_or_with_the_final_report() -> None:
    """GEN-6, REV-10: the instant itself is late."""
    for wish in (comment, waive):
        in_time = replace(wish, at=WINDOW_END - timedelta(seconds=1))
        assert shown.when(in_time).events
        shown.when(replace(wish, at=WINDOW_END)).then_refused("comment_window_closed")
        shown.given(final).when(wish).then_refused("comment_window_closed")


def test_the_report_is_final_when_the_firm_has_had_its_say() -> None:
    """REV-10, G1 row 14: not before the window has ended, unless it has commented or waived."""
    early = replace(finalise, at=datetime(2019, 6, 5, 8, tzinfo=UTC))
    complete.given(assessed).when(finalise).then_refused("report_not_issued")
    shown.when(early).then_refused("comment_window_open")
    shown.when(replace(finalise, at=WINDOW_END - timedelta(seconds=1))).then_refused(
        "comment_window_open"
    )
    shown.when(finalise).then(final)
    shown.given(final).when(finalise).then_nothing()
    for said in (commented, waived):
        assert shown.given(said).when(early).events


def test_a_recommendation_rests_on_a_final_report_and_can_change() -> None:
    """REV-11, REV-16: with reasons; it binds nobody."""
    shown.when(recommend).then_refused("report_not_final")
    closed = shown.given(final)
    closed.when(recommend).then(recommended)
    closed.given(recommended).when(recommend).then_nothing()
    closed.when(replace(recommend, reason=" ")).then_refused("reason_missing")
    (event,) = closed.given(recommended).when(replace(recommend, recommendation="refuse")).events
    assert isinstance(event, DecisionRecommended)


def test_an_asf_that_conforms_throughout_can_be_approved() -> None:
    """Step 7: SKOOPI certifies the ASF if it is approved; also against the recommendation."""
    review.given(*ready).when(approve).then(approved)
    against = recommended.model_copy(update={"recommendation": "refuse"})
    review.given(*without(recommended), against).when(approve).then(approved)


def test_a_refused_certification_is_an_event_and_not_a_refused_command() -> None:
    """GEN-8: the organisation remembers its no, and the ASF may appeal against it."""
    review.given(*ready).when(refuse).then(refused)


@pytest.mark.parametrize("missing", Criterion)
def test_nothing_is_decided_while_a_criterion_lacks_a_result(missing: Criterion) -> None:
    """REV-11: the set is complete or it is not; one of them twice makes no twelve."""
    rest = all_reviewed_but(missing)
    history = review.given(*staffed, *rest, rest[0], *concluded)
    for decision in (approve, refuse):
        outcome = history.when(decision)
        outcome.then_refused("criteria_not_reviewed")
        assert str(outcome.refusal) == f"Criteria without a result: {missing}."


def test_whoever_is_refused_an_approval_hears_which_areas_fail() -> None:
    """REV-12: a code says which rule, and its sentence what there is to mend."""
    area = Criterion("3.6")
    found = (*staffed, *all_reviewed_but(area), reviewed(area, Result.MAJOR_NONCONFORMITY))
    outcome = review.given(*found, *concluded).when(approve)
    assert str(outcome.refusal) == "Major nonconformities that are open: 3.6."


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        (assessed, "overall_assessment_missing"),
        (final, "report_not_final"),
        (recommended, "recommendation_missing"),
        (certifier_declared, "impartiality_not_declared"),
    ],
)
def test_nothing_is_decided_on_an_unfinished_review(left_out: ReviewEvent, code: str) -> None:
    """REV-11: assessment, final report, recommendation, and a declaration of everyone."""
    for decision in (approve, refuse):
        review.given(*without(left_out)).when(decision).then_refused(code)


def test_a_decision_says_why() -> None:
    """GEN-2: both ways."""
    for decision in (approve, refuse):
        review.given(*ready).when(replace(decision, reason=" ")).then_refused("reason_missing")


def test_whoever_is_no_asf_any_more_is_refused_and_not_approved() -> None:
    """Q-030, REV-11: the definition is confirmed anew; where it is not, refusing stays possible."""
    doubted = assessed.model_copy(update={"definition_confirmed": False})
    history = review.given(*without(assessed), doubted)
    history.when(approve).then_refused("definition_not_confirmed")
    history.when(refuse).then(refused)


def test_only_the_assigned_certifier_decides() -> None:
    """REV-13: not the reviewer, not the project leader, and no policy."""
    for decision in (approve, refuse):
        wish = replace(decision, certifier_id=REVIEWER)
        review.given(*ready).when(wish).then_refused("not_the_certifier")


@pytest.mark.parametrize(
    ("minutes", "seconds", "fresh"), [(5, 0, True), (5, 1, False), (0, -30, True)]
)
def test_the_certifier_signs_in_afresh_to_decide(minutes: int, seconds: int, fresh: bool) -> None:
    """REV-13: at most five minutes before; an open session is not enough."""
    at = DECISION_DAY - timedelta(minutes=minutes, seconds=seconds)
    for decision in (approve, refuse):
        outcome = review.given(*ready).when(replace(decision, signed_in_at=at))
        if fresh:
            (event,) = outcome.events
            assert isinstance(event, CertificationApproved | CertificationRefused)
            assert event.signed_in_at == at, "on record, so that others can check it"
        else:
            outcome.then_refused("reauthentication_needed")
        unknown = replace(decision, signed_in_at=None)
        review.given(*ready).when(unknown).then_refused("reauthentication_needed")


@pytest.mark.parametrize(
    ("criterion", "result", "code"),
    [
        *((c, Result.MINOR_NONCONFORMITY, "emphasised_area_fails") for c in ("3.1", "3.3", "3.5")),
        ("3.5", Result.MAJOR_NONCONFORMITY, "emphasised_area_fails"),
        ("3.6", Result.MAJOR_NONCONFORMITY, "major_nonconformity_open"),
        ("3.6", Result.MINOR_NONCONFORMITY, "minor_nonconformity_open"),
    ],
)
def test_an_open_nonconformity_withholds_approval(
    criterion: str, result: Result, code: str
) -> None:
    """REV-12, Q-031: and in 3.1, 3.3 and 3.5 nothing outweighs it, however small."""
    area = Criterion(criterion)
    found = (*staffed, *all_reviewed_but(area), reviewed(area, result), *concluded)
    review.given(*found).when(approve).then_refused(code)
    assert review.given(*found).when(refuse).events


@pytest.mark.parametrize("result", [Result.CONFORMS_WITH_RECOMMENDATION, Result.NOT_APPLICABLE])
def test_a_recommendation_never_withholds_approval(result: Result) -> None:
    """REV-16: nor does an area that does not apply."""
    area = Criterion.ENVIRONMENT
    found = (*staffed, *all_reviewed_but(area), reviewed(area, result), *concluded)
    review.given(*found).when(approve).then(approved)


@pytest.mark.parametrize("decision", [approved, refused], ids=lambda d: type(d).__name__)
def test_a_review_is_decided_once(decision: ReviewEvent) -> None:
    """REV-14: one decision in force; nothing is assessed, told or recommended after it."""
    decided = review.given(*ready, decision)
    wishes = (approve, refuse, review_criterion(Criterion.STAFF), assess(), issue, finalise)
    for wish in (*wishes, recommend):
        decided.when(wish).then_refused("review_decided")
    assert MONDAY < TUESDAY
