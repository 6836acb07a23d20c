"""The facts that the tests of review speak of: people, days, and small histories."""

from datetime import UTC, date, datetime
from uuid import UUID

from services.review.commands.review import (
    ApproveCertification,
    AssessOverall,
    AssignCertifier,
    AssignReviewer,
    RefuseCertification,
    ReviewCriterion,
    Standing,
)
from shared.contracts.preparation import EnrolmentNoted, PreparationStarted, WorkspaceRequested
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CertifierAssigned,
    CriterionReviewed,
    DecisionRecommended,
    ImpartialityDeclared,
    ItemResult,
    OverallAssessmentMade,
    PlannedReviewer,
    ReportFinalised,
    Result,
    ReviewerAssigned,
    ReviewEvent,
    ReviewOpened,
    ReviewPlanSet,
    ReviewReportIssued,
)
from shared.contracts.scheme import SCHEME_V1, Criterion

APPLICATION, ROUND, REVIEW, DECISION, APPOINTMENT = (UUID(int=n) for n in range(1, 6))
APPLICANT, SIGNATORY, MANDATE, LEADER, STEERING = (UUID(int=n) for n in range(11, 16))
SUPERVISOR, TRAINER, SCREENER, REVIEWER, CERTIFIER, STRANGER = (UUID(int=n) for n in range(21, 27))
ALFA, BETA = "7699990011", "7699990029"
AREAS = tuple(Criterion)
ALL_AREAS = frozenset(Criterion)
REASON = "Stated in the bylaws, section 2."
BYLAWS, POLICIES, OTHER = "ab" * 32, "cd" * 32, "ef" * 32
AGREEMENT = "agreement-2018"

MONDAY = datetime(2019, 5, 6, 9, tzinfo=UTC)
TUESDAY = datetime(2019, 5, 28, 9, tzinfo=UTC)
WINDOW_END = datetime(2019, 6, 7, 22, tzinfo=UTC)
DECISION_DAY = datetime(2019, 6, 19, 8, tzinfo=UTC)

NOTHING = Standing(parts=(), ties=(), in_round=frozenset(), exchanges=())

enrolled = EnrolmentNoted(
    application_id=APPLICATION,
    round_id=ROUND,
    organisation_number=ALFA,
    organisation_name="Alfa",
    scheme="v1",
    applicant_id=APPLICANT,
    signatory_id=SIGNATORY,
    noted_at=datetime(2018, 12, 14, 9, tzinfo=UTC),
)
requested = WorkspaceRequested(
    application_id=APPLICATION,
    organisation_number=ALFA,
    scheme="v1",
    applicant_id=APPLICANT,
    signatory_id=SIGNATORY,
    requested_at=datetime(2018, 12, 14, 9, tzinfo=UTC),
)
started = PreparationStarted(
    application_id=APPLICATION,
    round_id=ROUND,
    organisation_number=ALFA,
    organisation_name="Alfa",
    scheme="v1",
    started_on=date(2019, 1, 15),
    deadline_at=datetime(2019, 5, 15, 22, tzinfo=UTC),
    started_at=datetime(2019, 1, 15, 8, tzinfo=UTC),
)
opened = ReviewOpened(
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name="Alfa",
    round_id=ROUND,
    kind="initial",
    scheme="v1",
    signatory_id=SIGNATORY,
    manifest=(BYLAWS, POLICIES),
    opened_at=MONDAY,
)
reviewer_declared, certifier_declared = (
    ImpartialityDeclared(review_id=REVIEW, person_id=person, declared_at=MONDAY)
    for person in (REVIEWER, CERTIFIER)
)
planned = ReviewPlanSet(
    review_id=REVIEW,
    application_id=APPLICATION,
    reviewers=(PlannedReviewer(person_id=REVIEWER, areas=AREAS),),
    certifier_id=CERTIFIER,
    from_on=date(2019, 5, 9),
    until_on=date(2019, 5, 24),
    method="documents",
    sampled_units=1,
    set_at=MONDAY,
)
assigned = ReviewerAssigned(
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    reviewer_id=REVIEWER,
    areas=AREAS,
    lead=True,
    assigned_at=MONDAY,
)
certifier_assigned = CertifierAssigned(
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    certifier_id=CERTIFIER,
    assigned_at=MONDAY,
)
planned_for: tuple[ReviewEvent, ...] = (opened, reviewer_declared, certifier_declared, planned)
staffed: tuple[ReviewEvent, ...] = (*planned_for, assigned, certifier_assigned)


def items(criterion: Criterion, result: Result = Result.CONFORMS) -> tuple[ItemResult, ...]:
    """Return the results of the items of ``criterion``: in an emphasised area all the same."""
    if criterion not in SCHEME_V1.emphasised:
        return ()
    return tuple(
        ItemResult(item_id=item_id, result=result) for item_id in SCHEME_V1.items_of(criterion)
    )


def reviewed(criterion: Criterion, result: Result = Result.CONFORMS) -> CriterionReviewed:
    """Return the fact that the reviewer gave ``criterion`` its result."""
    return CriterionReviewed(
        review_id=REVIEW,
        application_id=APPLICATION,
        criterion=criterion,
        result=result,
        items=items(criterion, result),
        reason=REASON,
        language="en",
        evidence=(BYLAWS,),
        reviewer_id=REVIEWER,
        reviewed_at=MONDAY,
    )


def all_reviewed_but(*left_out: Criterion) -> tuple[CriterionReviewed, ...]:
    """Return the facts that every criterion but ``left_out`` was found to conform."""
    return tuple(reviewed(c) for c in Criterion if c not in left_out)


def review_criterion(criterion: Criterion, result: Result = Result.CONFORMS) -> ReviewCriterion:
    """Return the reviewer's wish to give ``criterion`` its result."""
    return ReviewCriterion(
        criterion=criterion,
        result=result,
        items=items(criterion, result),
        reason=REASON,
        language="en",
        evidence=(BYLAWS,),
        reviewer_id=REVIEWER,
        standing=NOTHING,
        competence=ALL_AREAS,
        at=MONDAY,
    )


assessed = OverallAssessmentMade(
    review_id=REVIEW,
    application_id=APPLICATION,
    definition_confirmed=True,
    reason=REASON,
    language="en",
    evidence=(BYLAWS,),
    assessed_at=TUESDAY,
)


def assess(*, confirmed: bool = True, reason: str = REASON) -> AssessOverall:
    """Return the lead reviewer's wish to weigh the whole."""
    return AssessOverall(
        definition_confirmed=confirmed,
        reason=reason,
        language="en",
        reviewer_id=REVIEWER,
        standing=NOTHING,
        at=TUESDAY,
    )


reported = ReviewReportIssued(
    review_id=REVIEW,
    application_id=APPLICATION,
    summary=REASON,
    language="en",
    comment_until_at=WINDOW_END,
    issued_at=TUESDAY,
)
final = ReportFinalised(review_id=REVIEW, application_id=APPLICATION, finalised_at=WINDOW_END)
recommended = DecisionRecommended(
    review_id=REVIEW,
    application_id=APPLICATION,
    recommendation="approve",
    reason=REASON,
    language="en",
    evidence=(BYLAWS,),
    recommended_at=WINDOW_END,
)
concluded: tuple[ReviewEvent, ...] = (assessed, reported, final, recommended)
ready: tuple[ReviewEvent, ...] = (*staffed, *all_reviewed_but(), *concluded)

assign_reviewer = AssignReviewer(
    reviewer_id=REVIEWER,
    areas=AREAS,
    lead=True,
    standing=NOTHING,
    competence=ALL_AREAS,
    agreement=AGREEMENT,
    at=MONDAY,
)
assign_certifier = AssignCertifier(
    certifier_id=CERTIFIER,
    standing=NOTHING,
    competence=ALL_AREAS,
    agreement=AGREEMENT,
    at=MONDAY,
)
approve = ApproveCertification(
    decision_id=DECISION,
    reason=REASON,
    language="en",
    certifier_id=CERTIFIER,
    standing=NOTHING,
    competence=ALL_AREAS,
    signed_in_at=DECISION_DAY,
    at=DECISION_DAY,
)
refuse = RefuseCertification(
    decision_id=DECISION,
    reason=REASON,
    language="en",
    certifier_id=CERTIFIER,
    standing=NOTHING,
    competence=ALL_AREAS,
    signed_in_at=DECISION_DAY,
    at=DECISION_DAY,
)
approved = CertificationApproved(
    decision_id=DECISION,
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name="Alfa",
    scheme="v1",
    reason=REASON,
    language="en",
    evidence=(BYLAWS,),
    certifier_id=CERTIFIER,
    signed_in_at=DECISION_DAY,
    decided_at=DECISION_DAY,
)
refused = CertificationRefused(**approved.model_dump())
