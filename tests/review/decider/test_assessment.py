"""The rules of a self-assessment, one test per rule, in the words of the process."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.review.commands.assessment import (
    AnswerItem,
    AssessmentCommand,
    LockSelfAssessment,
    MarkItemReady,
    PassDeadline,
    RemindDeadline,
    StartPreparation,
    SubmitSelfAssessment,
)
from services.review.decider.assessment import decider
from shared.contracts.preparation import (
    DeadlinePassed,
    DeadlineReminded,
    PreparationStarted,
    SelfAssessmentEvent,
    SelfAssessmentItemAnswered,
    SelfAssessmentItemMarkedReady,
    SelfAssessmentLocked,
    SelfAssessmentSubmitted,
    manifest_root,
)
from shared.contracts.scheme import SCHEME_V1, Criterion, EvidenceKind
from shared.testing import Scenario
from tests.review.facts import (
    ALFA,
    APPLICATION,
    BETA,
    BYLAWS,
    MONDAY,
    POLICIES,
    ROUND,
    SIGNATORY,
    STRANGER,
    started,
)

ANSWER = UUID(int=60)
assessment = Scenario(decider)
start = StartPreparation(APPLICATION, ROUND, ALFA, "Alfa", "v1", started.started_at)
answer = AnswerItem(ALFA, "3.2", ANSWER, "We keep a budget.", MONDAY)
mark = MarkItemReady(ALFA, "3.2", MONDAY)
KINDS = {
    item.item_id: frozenset(item.kinds[:1] or (EvidenceKind.POLICY,)) for item in SCHEME_V1.items
}
submit = SubmitSelfAssessment(
    organisation=ALFA,
    signatory_id=SIGNATORY,
    signatories=frozenset({SIGNATORY}),
    manifest=(BYLAWS, POLICIES),
    kinds=KINDS,
    at=MONDAY,
)
submitted = SelfAssessmentSubmitted(
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name="Alfa",
    round_id=ROUND,
    scheme="v1",
    signatory_id=SIGNATORY,
    manifest=(BYLAWS, POLICIES),
    manifest_root=manifest_root((BYLAWS, POLICIES)),
    submitted_at=MONDAY,
)
locked = SelfAssessmentLocked(application_id=APPLICATION, locked_at=MONDAY)
reminded = DeadlineReminded(
    application_id=APPLICATION,
    days_left=7,
    deadline_at=started.deadline_at,
    effective_at=MONDAY,
)
passed = DeadlinePassed(application_id=APPLICATION, effective_at=started.deadline_at)


def answered(item_id: str) -> SelfAssessmentItemAnswered:
    """Return the fact that Alfa answered ``item_id``."""
    return SelfAssessmentItemAnswered(
        application_id=APPLICATION,
        item_id=item_id,
        answer_id=ANSWER,
        text="We keep a budget.",
        answered_at=MONDAY,
    )


def is_ready(item_id: str) -> SelfAssessmentItemMarkedReady:
    """Return the fact that Alfa finds ``item_id`` finished."""
    return SelfAssessmentItemMarkedReady(
        application_id=APPLICATION, item_id=item_id, marked_at=MONDAY
    )


all_ready: tuple[SelfAssessmentEvent, ...] = (
    started,
    *(answered(item.item_id) for item in SCHEME_V1.items),
    *(is_ready(item.item_id) for item in SCHEME_V1.items),
)


@pytest.mark.parametrize(
    ("at", "started_on", "deadline_at"),
    [
        (started.started_at, date(2019, 1, 15), datetime(2019, 5, 15, 22, tzinfo=UTC)),
        (
            datetime(2019, 10, 31, 8, tzinfo=UTC),
            date(2019, 10, 31),
            datetime(2020, 2, 29, 23, tzinfo=UTC),
        ),
        (
            datetime(2019, 8, 31, 22, tzinfo=UTC),
            date(2019, 9, 1),
            datetime(2020, 1, 1, 23, tzinfo=UTC),
        ),
    ],
)
def test_preparation_takes_four_months_to_the_end_of_the_day(
    at: datetime, started_on: date, deadline_at: datetime
) -> None:
    """SAS-2, SV-7: clipped to the last day of the month, ending at 24:00 in Stockholm."""
    (event,) = assessment.when(replace(start, at=at)).events
    assert isinstance(event, PreparationStarted)
    assert (event.started_on, event.deadline_at) == (started_on, deadline_at)


def test_preparation_starts_once() -> None:
    """PM-5: however often it is called."""
    assessment.when(start).then(started)
    assessment.given(started).when(start).then_nothing()


@pytest.mark.parametrize("command", [answer, mark, submit], ids=lambda c: type(c).__name__)
def test_the_firm_alone_writes_its_self_assessment(command: AssessmentCommand) -> None:
    """WSP-1: to another firm it does not exist; whoever acts for no firm is no owner."""
    assert isinstance(command, AnswerItem | MarkItemReady | SubmitSelfAssessment)
    begun = assessment.given(started)
    begun.when(replace(command, organisation=BETA)).then_refused("self_assessment_not_found")
    begun.when(replace(command, organisation=None)).then_refused("not_the_owner")
    assessment.when(command).then_refused("self_assessment_not_found")


def test_an_item_is_answered_and_then_marked_ready() -> None:
    """Step 5: a new answer is to be marked anew."""
    assessment.given(started).when(answer).then(answered("3.2"))
    done = assessment.given(started, answered("3.2"))
    done.when(answer).then_nothing()
    done.when(mark).then(is_ready("3.2"))
    finished = assessment.given(started, answered("3.2"), is_ready("3.2"))
    finished.when(mark).then_nothing()
    anew = answered("3.2").model_copy(update={"answer_id": UUID(int=61)})
    finished.given(anew).when(mark).then(is_ready("3.2"))


def test_an_item_without_an_answer_is_not_finished() -> None:
    """SAS-3: ready means that something stands there."""
    assessment.given(started).when(mark).then_refused("items_not_ready")


def test_only_items_of_the_pinned_version_are_answered() -> None:
    """SAS-1: 3.6-b belongs to another version."""
    for wish in (replace(answer, item_id="3.6-b"), replace(mark, item_id="3.6-b")):
        assessment.given(started).when(wish).then_refused("criterion_not_in_scheme")


def test_what_was_submitted_is_not_answered_anew() -> None:
    """SAS-9: it stands as it was submitted."""
    done = assessment.given(*all_ready, submitted)
    for wish in (answer, mark):
        done.when(wish).then_refused("self_assessment_locked")


def test_the_signatory_accounts_for_the_whole() -> None:
    """Step 6, SAS-3: with every item ready; a second time changes nothing."""
    assessment.given(*all_ready).when(submit).then(submitted)
    assessment.given(*all_ready, submitted).when(submit).then_nothing()


def test_nobody_but_a_signatory_binds_the_firm() -> None:
    """SOD-14: an applicant of the same firm does not."""
    wish = replace(submit, signatory_id=STRANGER)
    assessment.given(*all_ready).when(wish).then_refused("not_the_signatory")


def test_the_deadline_is_kept_to_the_second() -> None:
    """SAS-5, GEN-6: the instant itself is late, whether or not a timer has run."""
    last = replace(submit, at=started.deadline_at - timedelta(seconds=1))
    assert assessment.given(*all_ready).when(last).events
    late = replace(submit, at=started.deadline_at)
    assessment.given(*all_ready).when(late).then_refused("deadline_passed")


@pytest.mark.parametrize("missing", [item.item_id for item in SCHEME_V1.items])
def test_every_item_must_be_ready(missing: str) -> None:
    """SAS-3: sets, not counts: one item marked twice is not two."""
    rest = [e for e in all_ready if e != is_ready(missing)]
    history = assessment.given(*rest, is_ready("3.2" if missing != "3.2" else "3.4"))
    history.when(submit).then_refused("items_not_ready")


@pytest.mark.parametrize(
    "item_id", [i for c in SCHEME_V1.emphasised for i in SCHEME_V1.items_of(c)]
)
def test_what_weighs_most_rests_on_evidence(item_id: str) -> None:
    """SAS-3: each item of 3.1, 3.3 and 3.5 has at least one piece of evidence."""
    kinds = {other: found for other, found in KINDS.items() if other != item_id}
    outcome = assessment.given(*all_ready).when(replace(submit, kinds=kinds))
    outcome.then_refused("emphasised_evidence_missing")
    assert str(outcome.refusal) == f"Items of emphasised areas without evidence: {item_id}."


@pytest.mark.parametrize("item_id", ["3.1-c", "3.1-d", "3.5-a"])
def test_some_items_need_evidence_of_their_kind(item_id: str) -> None:
    """SAS-3, Q-034, Q-035, Q-038: a policy does not show effect, profit or influence."""
    wish = replace(submit, kinds={**KINDS, item_id: frozenset({EvidenceKind.POLICY})})
    assessment.given(*all_ready).when(wish).then_refused("evidence_kind_missing")


def test_other_items_need_no_evidence() -> None:
    """SAS-3: the reviewer asks for more where it is needed."""
    emphasised = {i for c in SCHEME_V1.emphasised for i in SCHEME_V1.items_of(c)}
    wish = replace(submit, kinds={i: k for i, k in KINDS.items() if i in emphasised})
    assert assessment.given(*all_ready).when(wish).events
    assert Criterion.FINANCES not in SCHEME_V1.emphasised


def test_whoever_has_not_submitted_is_reminded_and_nothing_more() -> None:
    """GEN-1, SAS-5: silence never decides; after the deadline a person has a task."""
    remind, pass_ = RemindDeadline(7, MONDAY), PassDeadline(started.deadline_at)
    assessment.given(started).when(remind).then(reminded)
    assessment.given(started, reminded).when(remind).then_nothing()
    assessment.given(started).when(pass_).then(passed)
    assessment.given(started, passed).when(pass_).then_nothing()
    for wish in (remind, pass_):
        assessment.given(*all_ready, submitted).when(wish).then_nothing()
        assessment.when(wish).then_nothing()


def test_the_first_result_locks_the_self_assessment() -> None:
    """SAS-9: from then on it is not returned for completion."""
    lock = LockSelfAssessment(MONDAY)
    assessment.given(*all_ready, submitted).when(lock).then(locked)
    assessment.given(*all_ready, submitted, locked).when(lock).then_nothing()
    assessment.when(lock).then_refused("self_assessment_not_found")


def test_a_self_assessment_is_bound_to_the_scheme_of_its_round() -> None:
    """SCH-5: the version is written into every record."""
    assert decider.scheme(decider.fold(())) is None
    assert decider.scheme(decider.fold((started,))) == "v1"
