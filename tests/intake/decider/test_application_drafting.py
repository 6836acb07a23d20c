"""Step 1: interest, requirements, survey, mandate, commitment, submission."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.intake.commands.application import (
    AnswerSurvey,
    ApplicationCommand,
    DeclareCommitment,
    DeclareMandate,
    DiscloseRequirements,
    RecordPreCertification,
    RegisterInterest,
    RoundSeen,
    SubmitApplication,
)
from services.intake.decider.application import decider
from shared.contracts.intake import (
    ApplicationEvent,
    ApplicationKind,
    IndependenceReviewFlagged,
    PreCertificationFailed,
    SurveyAnswered,
    SurveyValue,
)
from shared.contracts.roles import Role
from shared.testing import Scenario
from tests.intake.facts import (
    ALFA,
    APPLICANT,
    APPLICATION,
    BETA,
    DECLARATION,
    LEADS,
    MONDAY,
    NAME,
    PUBLIC_FIRM,
    REASON,
    RESTS_ON,
    SIGNATORY,
    STRANGER,
    TUESDAY,
    answered,
    committed,
    declared,
    drafted,
    heard,
    interested,
    nothing_heard,
    passed,
    pilot,
    regular,
    submitted,
    survey,
    told,
)

application = Scenario(decider)

register = RegisterInterest(
    application_id=APPLICATION,
    organisation=ALFA,
    organisation_number=ALFA,
    organisation_name=NAME,
    kind=ApplicationKind.INITIAL,
    channel="web",
    contact_id=APPLICANT,
    contact_name="Kontaktperson Ett",
    contact_email="kontakt@alfa.example",
    language="sv",
    at=MONDAY,
)
answer = AnswerSurvey(
    organisation=ALFA,
    survey="1",
    section="readiness",
    answers=(SurveyValue(question="computer", value=True),),
    remarks=None,
    at=MONDAY,
)
declare = DeclareMandate(
    organisation=ALFA,
    mandate_id=DECLARATION,
    signatory_id=SIGNATORY,
    signatory_name="Firmatecknare Ett",
    signatory_email="tecknare@alfa.example",
    language="sv",
    basis="alone",
    at=MONDAY,
)
commit = DeclareCommitment(ALFA, SIGNATORY, 20, MONDAY)
precertify = RecordPreCertification(
    passed=True, reason=REASON, language="sv", evidence=(RESTS_ON,), by=LEADS, at=MONDAY
)


def submit(seen: RoundSeen, person: UUID = SIGNATORY) -> SubmitApplication:
    """Return the wish to apply to ``seen`` on Tuesday."""
    return SubmitApplication(ALFA, person, seen, "H20", "1", TUESDAY)


def test_interest_is_registered_with_its_contact() -> None:
    """APP-1, step 1: whoever shows interest is on record with somebody to write to."""
    application.when(register).then(interested)


def test_interest_shown_twice_is_one_interest() -> None:
    """GEN-4: the same wish adds no second fact."""
    application.given(interested).when(register).then_nothing()


def test_an_application_is_never_opened_anew_with_other_content() -> None:
    """GEN-4: a stream that exists says what it says."""
    other = replace(register, organisation_name="Beta ekonomisk förening")
    application.given(interested).when(other).then_refused("application_exists")


def test_nobody_shows_interest_for_another_enterprise() -> None:
    """SOD-14: one acts for one's own firm."""
    application.when(replace(register, organisation=BETA)).then_refused("not_the_owner")


def test_a_project_leader_registers_interest_that_came_by_mail() -> None:
    """Q-135: mail becomes an interest after a person has read it."""
    by_mail = replace(register, organisation=None, channel="mail")
    application.when(by_mail).then(interested.model_copy(update={"channel": "mail"}))


def test_a_public_number_raises_a_flag_and_nothing_more() -> None:
    """APP-13, SV-3: group 2 is looked at by a person; it is no rejection."""
    public = replace(register, organisation=PUBLIC_FIRM, organisation_number=PUBLIC_FIRM)
    flagged = IndependenceReviewFlagged(application_id=APPLICATION, flagged_at=MONDAY)
    application.when(public).then(
        interested.model_copy(update={"organisation_number": PUBLIC_FIRM}), flagged
    )
    application.given(*drafted, flagged).when(submit(regular)).then(submitted)


def test_the_requirements_are_told_once_for_each_version() -> None:
    """PM-1, Q-071: what was told is on record with its version."""
    disclose = DiscloseRequirements("1", MONDAY)
    application.given(interested).when(disclose).then(told)
    application.given(interested, told).when(disclose).then_nothing()


def test_nothing_is_told_to_an_application_that_does_not_exist() -> None:
    """GEN-4: there is nothing to do it to."""
    application.when(DiscloseRequirements("1", MONDAY)).then_refused("application_not_found")


def test_pre_certification_is_a_decision_with_reasons() -> None:
    """APP-6, GEN-2: who, why and on what."""
    given = application.given(interested)
    given.when(precertify).then(passed)
    given.when(replace(precertify, reason=" ")).then_refused("reason_missing")


def test_a_failed_pre_certification_can_be_passed_later() -> None:
    """APP-6, GEN-3: a new outcome is a new fact; the same one is none."""
    failed = PreCertificationFailed(
        application_id=APPLICATION,
        reason=REASON,
        language="sv",
        evidence=(RESTS_ON,),
        decided_at=MONDAY,
    )
    given = application.given(interested)
    given.when(replace(precertify, passed=False)).then(failed)
    application.given(interested, failed).when(precertify).then(passed)
    application.given(interested, passed).when(precertify).then_nothing()


def test_pre_certification_takes_an_appointment_in_force() -> None:
    """GEN-2: nobody decides without a mandate, and none after it has ended."""
    given = application.given(interested)
    nobody = replace(precertify, by=nothing_heard(Role.PROJECT_LEADER))
    given.when(nobody).then_refused("mandate_missing")
    gone = replace(precertify, by=heard(Role.PROJECT_LEADER, until=date(2018, 12, 2)))
    given.when(gone).then_refused("mandate_ended")
    last_day = replace(precertify, by=heard(Role.PROJECT_LEADER, until=date(2018, 12, 3)))
    given.when(last_day).then(passed)


def test_a_section_is_answered_in_parts() -> None:
    """Q-072: save and resume; the event holds all of the section, in the survey's order."""
    first = SurveyAnswered(
        application_id=APPLICATION,
        survey="1",
        section="readiness",
        answers=(SurveyValue(question="computer", value=True),),
        remarks=None,
        answered_at=MONDAY,
    )
    application.given(interested).when(answer).then(first)
    rest = replace(
        answer,
        answers=(
            SurveyValue(question="internet", value=True),
            SurveyValue(question="screen", value=True),
        ),
    )
    application.given(interested, first).when(rest).then(answered("readiness"))


def test_the_same_answers_are_one_fact() -> None:
    """GEN-4: saving what is saved changes nothing."""
    given = application.given(interested, answered("readiness"))
    given.when(replace(answer, at=TUESDAY)).then_nothing()


def test_new_remarks_on_the_same_answers_are_kept() -> None:
    """Q-072: words cannot be compared once they are sealed; the instant of receipt tells."""
    with_words = replace(answer, remarks="Vi lånar en skärm.", at=TUESDAY)
    now = answered("readiness").model_copy(
        update={"remarks": "Vi lånar en skärm.", "answered_at": TUESDAY}
    )
    application.given(interested, answered("readiness")).when(with_words).then(now)
    application.given(interested, now).when(with_words).then_nothing()
    gone = now.model_copy(update={"remarks": None, "answered_at": MONDAY})
    application.given(interested, now).when(answer).then(gone)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (replace(answer, survey="0"), "section_not_found"),
        (replace(answer, section="weather"), "section_not_found"),
        (
            replace(answer, answers=(SurveyValue(question="weather", value=True),)),
            "question_not_found",
        ),
        (
            replace(answer, answers=(SurveyValue(question="computer", value=1),)),
            "answer_not_accepted",
        ),
    ],
)
def test_an_answer_fits_a_question_of_the_survey(wish: AnswerSurvey, code: str) -> None:
    """Step 1: what is not asked is not answered, and yes is not one."""
    application.given(interested).when(wish).then_refused(code)


@pytest.mark.parametrize(("value", "accepted"), [(0, False), (1, True), (100_000, True), (True, 0)])
def test_a_number_lies_within_its_bounds(value: int, accepted: bool) -> None:
    """Step 1: both ends count, and yes is no number."""
    wish = replace(
        answer, section="operation", answers=(SurveyValue(question="coworkers", value=value),)
    )
    outcome = application.given(interested).when(wish)
    assert (outcome.refusal is None) is bool(accepted)


def test_a_choice_is_one_of_those_offered() -> None:
    """Step 1: the code of an option, and no other text."""
    wish = replace(
        answer,
        section="organisation",
        answers=(SurveyValue(question="legal_form", value="sole_trader"),),
    )
    application.given(interested).when(wish).then_refused("answer_not_accepted")


def test_the_number_in_the_survey_is_the_one_that_was_registered() -> None:
    """APP-2, G13: another number is refused with the code of a wrong one, and not repeated."""
    wish = replace(
        answer,
        section="organisation",
        answers=(SurveyValue(question="organisation_number", value=BETA),),
    )
    outcome = application.given(interested).when(wish)
    outcome.then_refused("organisation_number_not_accepted")
    assert BETA not in str(outcome.refusal)


def test_the_last_declaration_of_a_mandate_counts() -> None:
    """SV-10: a declaration with its basis; each new one is a new fact."""
    application.given(interested).when(declare).then(declared)
    application.given(interested, declared).when(declare).then_nothing()
    other = replace(declare, mandate_id=APPLICATION, signatory_id=STRANGER)
    renewed = declared.model_copy(update={"mandate_id": APPLICATION, "signatory_id": STRANGER})
    application.given(interested, declared).when(other).then(renewed)


def test_the_declared_signatory_commits_the_time() -> None:
    """Q-063, SOD-14: nobody else does."""
    application.given(interested).when(commit).then_refused("mandate_missing")
    given = application.given(interested, declared)
    given.when(commit).then(committed)
    given.when(replace(commit, signatory_id=STRANGER)).then_refused("not_the_signatory")
    application.given(interested, declared, committed).when(commit).then_nothing()


def test_a_complete_draft_is_submitted_to_an_open_round() -> None:
    """APP-3 to APP-5: everything is in place, and in time."""
    application.given(*drafted).when(submit(regular)).then(submitted)
    application.given(*drafted, submitted).when(submit(regular)).then_nothing()


def test_nobody_submits_who_was_not_told_what_is_required() -> None:
    """APP-3, Q-071: of the version in force."""
    before: tuple[ApplicationEvent, ...] = (interested, *survey(), declared, committed)
    application.given(*before).when(submit(regular)).then_refused("requirements_not_disclosed")
    newer = replace(submit(regular), requirements="2")
    application.given(*drafted).when(newer).then_refused("requirements_not_disclosed")


@pytest.mark.parametrize("left_out", [0, 1, 2, 3, 4])
def test_a_survey_with_one_section_missing_is_incomplete(left_out: int) -> None:
    """APP-4: the set is complete or it is not."""
    sections = tuple(each for n, each in enumerate(survey()) if n != left_out)
    history: tuple[ApplicationEvent, ...] = (interested, told, *sections, declared, committed)
    application.given(*history).when(submit(regular)).then_refused("survey_incomplete")


def test_a_survey_without_any_answer_is_incomplete() -> None:
    """APP-4: nothing is nothing."""
    history: tuple[ApplicationEvent, ...] = (interested, told, declared, committed)
    application.given(*history).when(submit(regular)).then_refused("survey_incomplete")


def test_only_the_signatory_submits_and_has_committed() -> None:
    """APP-4, SOD-14: mandate, commitment, person."""
    base: tuple[ApplicationEvent, ...] = (interested, told, *survey())
    application.given(*base).when(submit(regular)).then_refused("mandate_missing")
    application.given(*base, declared).when(submit(regular)).then_refused("commitment_missing")
    full = application.given(*drafted)
    full.when(submit(regular, STRANGER)).then_refused("not_the_signatory")


def test_a_commitment_of_an_earlier_signatory_does_not_count() -> None:
    """APP-4: whoever submits has committed."""
    renewed = declared.model_copy(update={"mandate_id": APPLICATION, "signatory_id": STRANGER})
    given = application.given(*drafted, renewed)
    given.when(submit(regular, STRANGER)).then_refused("commitment_missing")


def test_a_closed_round_names_the_next() -> None:
    """APP-5, G3: the interest stays, and the answer says where to go."""
    closed = replace(regular, receives=False)
    outcome = application.given(*drafted).when(submit(closed))
    outcome.then_refused("round_closed")
    assert "H20" in str(outcome.refusal)
    unknown = replace(submit(closed), next_round=None)
    outcome = application.given(*drafted).when(unknown)
    outcome.then_refused("round_closed")
    assert "next" not in str(outcome.refusal)


def test_a_pilot_round_takes_invited_firms_that_passed() -> None:
    """APP-6, G1: pre-certification first, then the invitation."""
    given = application.given(*drafted)
    given.when(submit(pilot)).then_refused("precertification_missing")
    ready = application.given(*drafted, passed)
    ready.when(submit(replace(pilot, invited=False))).then_refused("not_invited")
    ready.when(submit(pilot)).then(submitted)


@pytest.mark.parametrize("wish", [answer, declare, commit, precertify, submit(pilot)])
def test_what_was_submitted_stays_as_it_was(wish: ApplicationCommand) -> None:
    """GEN-3: nothing is edited."""
    elsewhere = submitted.model_copy(update={"round_id": APPLICATION})
    given = application.given(*drafted, elsewhere)
    given.when(wish).then_refused("application_submitted")


@pytest.mark.parametrize("wish", [answer, declare, commit, submit(regular)])
def test_another_enterprise_learns_nothing_of_the_case(
    wish: AnswerSurvey | DeclareMandate | DeclareCommitment | SubmitApplication,
) -> None:
    """SOD-14: the same answer as for an application that does not exist."""
    strange = replace(wish, organisation=BETA)
    application.given(*drafted).when(strange).then_refused("application_not_found")
    application.when(wish).then_refused("application_not_found")
