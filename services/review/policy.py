"""What review does when it hears something. Pure: an event in, commands out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

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
from shared.contracts.base import Event
from shared.contracts.intake import (
    AgreementCountersigned,
    ApplicantEnrolled,
    GroupStarted,
    RoundStarted,
    SignatoryMandateDeclared,
    SupervisorAssigned,
    TrainerAssigned,
)
from shared.contracts.preparation import (
    Part,
    PreparationCalled,
    SelfAssessmentSubmitted,
    WorkspaceKitApplied,
)
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CertifierAssigned,
    CriterionReviewed,
    ReviewerAssigned,
)
from shared.contracts.swedish_time import add_months, end_of_day, local_day
from shared.decider import Asked

REVIEWS: Final = UUID("0b0a7c52-6f0e-5a35-8f0e-6b6d0a3a9f41")
"""Name space of review identifiers: one account leads to one review (PM-6)."""
GRANTS: Final = UUID("3e5dd7fb-6c0f-5b0c-9b35-0d6a5a0f3f52")
"""Name space of the grants of the review team: one for each person and review (PM-7)."""
REVIEW_ACCESS_MONTHS: Final = 12
"""How long the team has access at most; it ends with the decision (WSP-2, PM-7)."""


def review_id_of(application_id: UUID) -> UUID:
    """PM-6: return the id of the review of the account that ``application_id`` leads to."""
    return uuid5(REVIEWS, f"{application_id}:initial")


def when_intake(event: Event) -> tuple[Asked[Any], ...]:
    """PM-5, GRP-4: remember what intake says of a case, and ask for its workspace."""
    match event:
        case ApplicantEnrolled():
            return _enrolled(event)
        case RoundStarted():
            note = NoteRoundStart(round_id=event.round_id, at=event.started_at)
            return (Asked(f"cohort-{event.round_id}", note),)
        case AgreementCountersigned():
            agreement = NoteAgreement(
                application_id=event.application_id,
                agreement=event.agreement,
                at=event.countersigned_at,
            )
            return (Asked(f"casefile-{event.application_id}", agreement),)
        case SignatoryMandateDeclared():
            signatory = NoteSignatory(
                application_id=event.application_id,
                signatory_id=event.signatory_id,
                mandate_id=event.mandate_id,
                at=event.declared_at,
            )
            return (Asked(f"casefile-{event.application_id}", signatory),)
        case SupervisorAssigned():
            supervisor = (event.supervisor_id, Part.SUPERVISOR)
            return _parts(event.application_ids, (supervisor,), event.assigned_at)
        case TrainerAssigned():
            trainer = (event.trainer_id, Part.TRAINER)
            return _parts(event.application_ids, (trainer,), event.assigned_at)
        case GroupStarted():
            people = (
                *((person, Part.SUPERVISOR) for person in event.supervisor_ids),
                *((person, Part.TRAINER) for person in event.trainer_ids),
            )
            return _parts(event.application_ids, people, event.started_at)
        case _:
            return ()


def when_review(event: Event) -> tuple[Asked[Any], ...]:
    """PM-5 to PM-7, SAS-9, SOD-1: carry out what follows from a step of the review's own."""
    match event:
        case PreparationCalled():
            start = StartPreparation(
                application_id=event.application_id,
                round_id=event.round_id,
                organisation_number=event.organisation_number,
                organisation_name=event.organisation_name,
                scheme=event.scheme,
                at=event.starts_at,
            )
            return (Asked(f"assessment-{event.application_id}", start),)
        case WorkspaceKitApplied():
            supervisor = (event.supervisor_id, Part.SUPERVISOR)
            return _parts((event.application_id,), (supervisor,), event.applied_at)
        case SelfAssessmentSubmitted():
            return _submitted(event)
        case ReviewerAssigned():
            return (_let_in(event, event.reviewer_id),)
        case CertifierAssigned():
            return (_let_in(event, event.certifier_id),)
        case CriterionReviewed():
            lock = LockSelfAssessment(at=event.reviewed_at)
            return (Asked(f"assessment-{event.application_id}", lock),)
        case CertificationApproved() | CertificationRefused():
            end = EndReviewAccess(at=event.decided_at)
            return (Asked(f"workspace-{event.application_id}", end),)
        case _:
            return ()


def _enrolled(event: ApplicantEnrolled) -> tuple[Asked[Any], ...]:
    """PM-5, SOD-9: the workspace, the cohort, and the parts that bar from review and decision."""
    request = RequestWorkspace(
        application_id=event.application_id,
        organisation_number=event.organisation_number,
        scheme=event.scheme,
        applicant_id=event.applicant_id,
        signatory_id=event.signatory_id,
        at=event.enrolled_at,
    )
    enrolment = NoteEnrolment(
        application_id=event.application_id,
        round_id=event.round_id,
        organisation_number=event.organisation_number,
        organisation_name=event.organisation_name,
        scheme=event.scheme,
        applicant_id=event.applicant_id,
        signatory_id=event.signatory_id,
        at=event.enrolled_at,
    )
    people = (
        (event.screener_id, Part.SCREENER),
        (event.project_leader_id, Part.PROJECT_LEADER),
    )
    return (
        Asked(f"workspace-{event.application_id}", request),
        Asked(f"cohort-{event.round_id}", enrolment),
        *_parts((event.application_id,), people, event.enrolled_at),
    )


def _parts(
    applications: Iterable[UUID], people: Iterable[tuple[UUID, Part]], at: datetime
) -> tuple[Asked[Any], ...]:
    """GRP-4: note each person's part in each case."""
    held = tuple(people)
    return tuple(
        Asked(
            f"casefile-{application_id}",
            NotePart(
                application_id=application_id,
                person_id=person_id,
                part=part,
                last_on=local_day(at),
                at=at,
            ),
        )
        for application_id in applications
        for person_id, part in held
    )


def _submitted(event: SelfAssessmentSubmitted) -> tuple[Asked[Any], ...]:
    """PM-6: freeze what was submitted, and open its review."""
    review_id = review_id_of(event.application_id)
    freeze = FreezeWorkspace(
        manifest=event.manifest, manifest_root=event.manifest_root, at=event.submitted_at
    )
    opening = OpenReview(
        review_id=review_id,
        application_id=event.application_id,
        organisation_number=event.organisation_number,
        organisation_name=event.organisation_name,
        round_id=event.round_id,
        scheme=event.scheme,
        signatory_id=event.signatory_id,
        manifest=event.manifest,
        at=event.submitted_at,
    )
    return (
        Asked(f"workspace-{event.application_id}", freeze),
        Asked(f"review-{review_id}", opening),
    )


def _let_in(event: ReviewerAssigned | CertifierAssigned, person_id: UUID) -> Asked[Any]:
    """PM-7, WSP-2: the signed agreement lets the assigned team in."""
    last_day = add_months(local_day(event.assigned_at), REVIEW_ACCESS_MONTHS)
    grant = GrantReviewAccess(
        grant_id=uuid5(GRANTS, f"{event.review_id}:{person_id}"),
        person_id=person_id,
        until_at=end_of_day(last_day),
        at=event.assigned_at,
    )
    return Asked(f"workspace-{event.application_id}", grant)
