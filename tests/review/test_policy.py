"""What review does when it hears something, in the words of the process."""

from datetime import UTC, date, datetime
from uuid import UUID

from services.review.commands.assessment import LockSelfAssessment, StartPreparation
from services.review.commands.casefile import NoteAgreement, NotePart, NoteSignatory
from services.review.commands.cohort import NoteEnrolment, NoteRoundStart
from services.review.commands.review import OpenReview
from services.review.commands.workspace import (
    EndReviewAccess,
    FreezeWorkspace,
    GrantReviewAccess,
    RequestWorkspace,
)
from services.review.policy import review_id_of, when_intake, when_review
from shared.contracts.intake import (
    AgreementCountersigned,
    ApplicantEnrolled,
    GroupStarted,
    RoundStarted,
    SignatoryMandateDeclared,
    SupervisorAssigned,
    TrainerAssigned,
)
from shared.contracts.preparation import Part, PreparationCalled
from shared.contracts.scheme import Criterion
from shared.contracts.swedish_time import local_day
from tests.review.decider.test_assessment import submitted
from tests.review.decider.test_workspace import equipped
from tests.review.facts import (
    AGREEMENT,
    ALFA,
    APPLICANT,
    APPLICATION,
    CERTIFIER,
    DECISION_DAY,
    LEADER,
    MANDATE,
    MONDAY,
    REVIEWER,
    ROUND,
    SCREENER,
    SIGNATORY,
    SUPERVISOR,
    TRAINER,
    approved,
    assigned,
    certifier_assigned,
    opened,
    refused,
    reviewed,
)

GROUP, OTHER_APPLICATION = UUID(int=80), UUID(int=81)
NOON = datetime(2018, 12, 14, 11, tzinfo=UTC)
TODAY = date(2018, 12, 14)


def test_enrolment_asks_for_a_workspace_and_is_remembered_with_its_people() -> None:
    """PM-5, SOD-9: whoever screened or leads the round is barred later."""
    event = ApplicantEnrolled(
        application_id=APPLICATION,
        organisation_number=ALFA,
        organisation_name="Alfa",
        round_id=ROUND,
        scheme="v1",
        applicant_id=APPLICANT,
        signatory_id=SIGNATORY,
        screener_id=SCREENER,
        project_leader_id=LEADER,
        enrolled_at=NOON,
    )
    asked = {each.stream: each.command for each in when_intake(event)[:2]}
    assert asked == {
        f"workspace-{APPLICATION}": RequestWorkspace(
            APPLICATION, ALFA, "v1", APPLICANT, SIGNATORY, NOON
        ),
        f"cohort-{ROUND}": NoteEnrolment(
            APPLICATION, ROUND, ALFA, "Alfa", "v1", APPLICANT, SIGNATORY, NOON
        ),
    }
    assert [each.command for each in when_intake(event)[2:]] == [
        NotePart(APPLICATION, SCREENER, Part.SCREENER, TODAY, NOON),
        NotePart(APPLICATION, LEADER, Part.PROJECT_LEADER, TODAY, NOON),
    ]


def test_what_intake_says_of_a_round_and_a_contract_is_noted() -> None:
    """PM-5, REV-1, SOD-14: the start, the agreement, and who may bind the firm."""
    heard = (
        RoundStarted(round_id=ROUND, started_at=NOON),
        AgreementCountersigned(
            application_id=APPLICATION,
            organisation_number=ALFA,
            agreement=AGREEMENT,
            countersigned_at=NOON,
        ),
        SignatoryMandateDeclared(
            application_id=APPLICATION,
            organisation_number=ALFA,
            mandate_id=MANDATE,
            signatory_id=SIGNATORY,
            signatory_name="00" * 32,
            signatory_email="00" * 32,
            language="sv",
            basis="alone",
            declared_at=NOON,
        ),
    )
    asked = [(each.stream, each.command) for event in heard for each in when_intake(event)]
    assert asked == [
        (f"cohort-{ROUND}", NoteRoundStart(ROUND, NOON)),
        (f"casefile-{APPLICATION}", NoteAgreement(APPLICATION, AGREEMENT, NOON)),
        (f"casefile-{APPLICATION}", NoteSignatory(APPLICATION, SIGNATORY, MANDATE, NOON)),
    ]


def test_whoever_supports_or_trains_a_group_has_a_part_in_every_case_of_it() -> None:
    """GRP-4, SOD-1, SOD-2: themselves or through the group."""
    members = (APPLICATION, OTHER_APPLICATION)
    supervisor = SupervisorAssigned(
        group_id=GROUP, supervisor_id=SUPERVISOR, application_ids=members, assigned_at=NOON
    )
    trainer = TrainerAssigned(
        group_id=GROUP, trainer_id=TRAINER, application_ids=members, assigned_at=NOON
    )
    group = GroupStarted(
        group_id=GROUP,
        round_id=ROUND,
        application_ids=members,
        supervisor_ids=(SUPERVISOR,),
        trainer_ids=(TRAINER,),
        started_at=NOON,
    )
    support = [NotePart(m, SUPERVISOR, Part.SUPERVISOR, TODAY, NOON) for m in members]
    training = [NotePart(m, TRAINER, Part.TRAINER, TODAY, NOON) for m in members]
    assert [each.command for each in when_intake(supervisor)] == support
    assert [each.command for each in when_intake(trainer)] == training
    both = {each.stream: [] for each in when_intake(group)}  # type: dict[str, list[object]]
    for each in when_intake(group):
        both[each.stream].append(each.command)
    assert both == {
        f"casefile-{member}": [support[n], training[n]] for n, member in enumerate(members)
    }


def test_whoever_applies_the_kit_supports_the_firm_themselves() -> None:
    """SOD-1: also outside the group, let in by the firm."""
    (asked,) = when_review(equipped)
    assert asked.stream == f"casefile-{APPLICATION}"
    day = local_day(equipped.applied_at)
    assert asked.command == NotePart(
        APPLICATION, SUPERVISOR, Part.SUPERVISOR, day, equipped.applied_at
    )


def test_preparation_starts_when_it_is_called() -> None:
    """PM-5: at the instant that the cohort found."""
    called = PreparationCalled(
        application_id=APPLICATION,
        round_id=ROUND,
        organisation_number=ALFA,
        organisation_name="Alfa",
        scheme="v1",
        starts_at=NOON,
    )
    (asked,) = when_review(called)
    assert asked.stream == f"assessment-{APPLICATION}"
    assert asked.command == StartPreparation(APPLICATION, ROUND, ALFA, "Alfa", "v1", NOON)


def test_a_submission_freezes_the_workspace_and_opens_one_review() -> None:
    """PM-6: heard twice, it asks for the same review."""
    freeze, open_ = when_review(submitted)
    assert isinstance(freeze.command, FreezeWorkspace)
    assert isinstance(open_.command, OpenReview)
    assert freeze.command.manifest == open_.command.manifest == submitted.manifest
    assert open_.stream == f"review-{review_id_of(APPLICATION)}"
    assert open_.command.review_id == review_id_of(APPLICATION)
    assert review_id_of(APPLICATION) != review_id_of(OTHER_APPLICATION)


def test_the_assigned_team_is_let_in_and_out() -> None:
    """PM-7, WSP-2: one grant for each person, a year at most, ended by the decision."""
    grants = [each.command for e in (assigned, certifier_assigned) for each in when_review(e)]
    assert [g.person_id for g in grants if isinstance(g, GrantReviewAccess)] == [
        REVIEWER,
        CERTIFIER,
    ]
    assert len({g.grant_id for g in grants if isinstance(g, GrantReviewAccess)}) == len(grants)
    assert {g.until_at for g in grants if isinstance(g, GrantReviewAccess)} == {
        datetime(2020, 5, 6, 22, tzinfo=UTC)
    }
    for decision in (approved, refused):
        (asked,) = when_review(decision)
        assert asked.command == EndReviewAccess(DECISION_DAY)


def test_a_result_locks_the_self_assessment() -> None:
    """SAS-9: asked at each result; the rule knows the first."""
    (asked,) = when_review(reviewed(Criterion.STAFF))
    assert (asked.stream, asked.command) == (
        f"assessment-{APPLICATION}",
        LockSelfAssessment(MONDAY),
    )


def test_everything_else_leads_to_nothing() -> None:
    """House: a policy answers to what it knows, and to nothing else."""
    assert when_review(opened) == when_intake(opened) == ()
