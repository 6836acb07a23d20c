"""The laws that every decider obeys, put to each of review's."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.review.commands.appointment import (
    AppointmentCommand,
    ApproveAppointment,
    EnterFoundingAppointment,
    ProposeAppointment,
)
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
from services.review.commands.casefile import (
    CaseFileCommand,
    NoteAgreement,
    NotePart,
    NoteSignatory,
)
from services.review.commands.cohort import CohortCommand, NoteEnrolment, NoteRoundStart
from services.review.commands.review import (
    ApproveCertification,
    AssessOverall,
    AssignCertifier,
    AssignReviewer,
    CommentReport,
    DeclareImpartiality,
    FinaliseReport,
    IssueReport,
    OpenReview,
    PartHeld,
    PlanReview,
    RecommendDecision,
    RefuseCertification,
    ReviewCommand,
    ReviewCriterion,
    ReviseCriterion,
    Standing,
    WaiveComment,
)
from services.review.commands.tie import DeclareTie
from services.review.commands.workspace import (
    ApplyKit,
    CreateWorkspace,
    EndReviewAccess,
    FreezeWorkspace,
    GrantAccess,
    GrantReviewAccess,
    LinkEvidence,
    RequestWorkspace,
    RevokeAccess,
    UploadFile,
    WorkspaceCommand,
    WriteText,
)
from services.review.decider import appointment, assessment, casefile, cohort, tie, workspace
from services.review.decider import review as review_rules
from shared.contracts.preparation import Part, TieKind
from shared.contracts.review import PlannedReviewer, Result, ReviewEvent
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEME_V1, Criterion, EvidenceKind
from shared.testing.laws import laws
from tests.review.decider.test_assessment import KINDS, all_ready, submitted
from tests.review.decider.test_workspace import equipped, frozen, full, made, review_shared
from tests.review.facts import (
    AGREEMENT,
    ALFA,
    ALL_AREAS,
    APPLICATION,
    AREAS,
    BETA,
    BYLAWS,
    CERTIFIER,
    DECISION_DAY,
    LEADER,
    MONDAY,
    NOTHING,
    OTHER,
    POLICIES,
    REVIEW,
    REVIEWER,
    ROUND,
    SIGNATORY,
    STEERING,
    SUPERVISOR,
    TUESDAY,
    WINDOW_END,
    all_reviewed_but,
    assessed,
    final,
    items,
    opened,
    planned,
    ready,
    reported,
    requested,
    staffed,
    started,
)

DAYS = (date(2018, 3, 1), date(2019, 6, 1), date(2020, 12, 31))
BARRED = Standing((PartHeld(Part.SUPERVISOR, own_case=True, until_on=None),), (), frozenset(), ())

ids = st.sampled_from([UUID(int=n) for n in range(90, 93)])
instants = st.sampled_from([MONDAY, TUESDAY, WINDOW_END, DECISION_DAY, started.deadline_at])
days = st.sampled_from(DAYS)
reasons = st.sampled_from(["Bylaws, section 2.", "Annual report 2018.", " "])
languages: st.SearchStrategy[Any] = st.sampled_from(["sv", "en"])
people = st.sampled_from([LEADER, STEERING, SUPERVISOR, REVIEWER, CERTIFIER, SIGNATORY])
firms = st.sampled_from([ALFA, ALFA, ALFA, BETA, None])
hashes = st.sampled_from([BYLAWS, POLICIES, OTHER])
cited = st.lists(hashes, max_size=3).map(tuple)
criteria = st.sampled_from(Criterion)
results = st.sampled_from(Result)
item_ids = st.sampled_from([*(item.item_id for item in SCHEME_V1.items), "3.6-b"])
scopes: st.SearchStrategy[Any] = st.sampled_from(["support", "review"])

appointment_commands: st.SearchStrategy[AppointmentCommand] = st.one_of(
    st.builds(
        ProposeAppointment,
        appointment_id=ids,
        person_id=people,
        role=st.sampled_from(Role),
        areas=st.sampled_from([(), AREAS]),
        schemes=st.just(("v1",)),
        competence=cited,
        competence_note=reasons,
        valid_from=days,
        valid_until=days,
        proposer_id=people,
        at=instants,
    ),
    st.builds(
        ApproveAppointment,
        appointment_id=ids,
        approver_id=people,
        reason=reasons,
        language=languages,
        evidence=cited,
        at=instants,
    ),
    st.builds(
        EnterFoundingAppointment,
        appointment_id=ids,
        person_id=people,
        role=st.sampled_from(Role),
        schemes=st.just(("v1",)),
        valid_from=days,
        valid_until=days,
        at=instants,
    ),
)
tie_commands = st.builds(
    DeclareTie,
    tie_id=ids,
    person_id=people,
    organisation_number=st.sampled_from([ALFA, BETA]),
    kind=st.sampled_from(TieKind),
    from_on=days,
    until_on=st.one_of(st.none(), days),
    at=instants,
)
casefile_commands: st.SearchStrategy[CaseFileCommand] = st.one_of(
    st.builds(
        NotePart,
        application_id=st.just(APPLICATION),
        person_id=people,
        part=st.sampled_from(Part),
        last_on=days,
        at=instants,
    ),
    st.builds(
        NoteAgreement,
        application_id=st.just(APPLICATION),
        agreement=st.sampled_from([AGREEMENT, "agreement-2020"]),
        at=instants,
    ),
    st.builds(
        NoteSignatory,
        application_id=st.just(APPLICATION),
        signatory_id=people,
        mandate_id=ids,
        at=instants,
    ),
)
cohort_commands: st.SearchStrategy[CohortCommand] = st.one_of(
    st.builds(
        NoteEnrolment,
        application_id=ids,
        round_id=st.just(ROUND),
        organisation_number=st.sampled_from([ALFA, BETA]),
        organisation_name=st.just("Alfa"),
        scheme=st.just("v1"),
        applicant_id=people,
        signatory_id=people,
        at=instants,
    ),
    st.builds(NoteRoundStart, round_id=st.just(ROUND), at=instants),
)
workspace_commands: st.SearchStrategy[WorkspaceCommand] = st.one_of(
    st.builds(
        RequestWorkspace,
        application_id=st.just(APPLICATION),
        organisation_number=st.just(ALFA),
        scheme=st.just("v1"),
        applicant_id=people,
        signatory_id=people,
        at=instants,
    ),
    st.builds(CreateWorkspace, organisation=firms, at=instants),
    st.builds(
        GrantAccess,
        organisation=firms,
        grant_id=ids,
        person_id=people,
        scope=scopes,
        from_at=instants,
        until_at=instants,
        at=instants,
    ),
    st.builds(GrantReviewAccess, grant_id=ids, person_id=people, until_at=instants, at=instants),
    st.builds(EndReviewAccess, at=instants),
    st.builds(RevokeAccess, organisation=firms, grant_id=ids, at=instants),
    st.builds(ApplyKit, kit=st.sampled_from(["v1", "v2"]), supervisor_id=people, at=instants),
    st.builds(
        WriteText,
        organisation=firms,
        evidence_id=ids,
        title=reasons,
        text=reasons,
        evidence_hash=hashes,
        at=instants,
    ),
    st.builds(
        UploadFile,
        organisation=firms,
        evidence_id=ids,
        file_name=st.just("policies.pdf"),
        evidence_hash=hashes,
        size_bytes=st.integers(1, 1_000),
        media_type=st.just("application/pdf"),
        at=instants,
    ),
    st.builds(
        LinkEvidence,
        organisation=firms,
        evidence_id=ids,
        item_id=item_ids,
        kind=st.sampled_from(EvidenceKind),
        at=instants,
    ),
    st.builds(FreezeWorkspace, manifest=cited, manifest_root=st.just(OTHER), at=instants),
)
assessment_commands: st.SearchStrategy[AssessmentCommand] = st.one_of(
    st.builds(
        StartPreparation,
        application_id=st.just(APPLICATION),
        round_id=st.just(ROUND),
        organisation_number=st.just(ALFA),
        organisation_name=st.just("Alfa"),
        scheme=st.just("v1"),
        at=st.sampled_from([started.started_at, datetime(2019, 10, 31, tzinfo=UTC)]),
    ),
    st.builds(
        AnswerItem,
        organisation=firms,
        item_id=item_ids,
        answer_id=ids,
        text=reasons,
        at=instants,
    ),
    st.builds(MarkItemReady, organisation=firms, item_id=item_ids, at=instants),
    st.builds(RemindDeadline, days_left=st.sampled_from([30, 14, 7, 1]), at=instants),
    st.builds(PassDeadline, at=instants),
    st.builds(
        SubmitSelfAssessment,
        organisation=firms,
        signatory_id=people,
        signatories=st.just(frozenset({SIGNATORY})),
        manifest=cited,
        kinds=st.sampled_from([{}, KINDS]),
        at=instants,
    ),
    st.builds(LockSelfAssessment, at=instants),
)
standings = st.sampled_from([NOTHING, NOTHING, BARRED])
agreements = st.sampled_from([AGREEMENT, AGREEMENT, None])
competences = st.sampled_from([ALL_AREAS, ALL_AREAS, frozenset[Criterion]()])


@st.composite
def given_results(draw: st.DrawFn, kind: type[ReviewCriterion | ReviseCriterion]) -> Any:
    """Return the wish to give a criterion a result, mostly with results for its items."""
    criterion, result = draw(criteria), draw(results)
    return kind(
        criterion=criterion,
        result=result,
        items=draw(st.sampled_from([items(criterion, result), items(criterion), ()])),
        reason=draw(reasons),
        language=draw(languages),
        evidence=draw(cited),
        reviewer_id=draw(people),
        standing=draw(standings),
        competence=draw(competences),
        at=draw(instants),
    )


def _decisions(kind: type[ApproveCertification | RefuseCertification]) -> st.SearchStrategy[Any]:
    """Return wishes to decide."""
    return st.builds(
        kind,
        decision_id=ids,
        reason=reasons,
        language=languages,
        certifier_id=people,
        standing=standings,
        competence=competences,
        signed_in_at=st.one_of(st.none(), instants),
        at=instants,
    )


review_commands: st.SearchStrategy[ReviewCommand] = st.one_of(
    st.builds(
        OpenReview,
        review_id=st.just(REVIEW),
        application_id=st.just(APPLICATION),
        organisation_number=st.sampled_from([ALFA, BETA]),
        organisation_name=st.just("Alfa"),
        round_id=st.just(ROUND),
        scheme=st.just("v1"),
        signatory_id=people,
        manifest=cited,
        at=instants,
    ),
    st.builds(DeclareImpartiality, person_id=people, at=instants),
    st.builds(
        PlanReview,
        reviewers=st.lists(
            st.builds(PlannedReviewer, person_id=people, areas=st.just(AREAS)), max_size=2
        ).map(tuple),
        certifier_id=people,
        from_on=days,
        until_on=days,
        method=st.just("documents"),
        sampled_units=st.just(1),
        at=instants,
    ),
    st.builds(
        AssignReviewer,
        reviewer_id=people,
        areas=st.sampled_from([AREAS, (), (Criterion.STAFF,)]),
        lead=st.booleans(),
        standing=standings,
        competence=competences,
        agreement=agreements,
        at=instants,
    ),
    st.builds(
        AssignCertifier,
        certifier_id=people,
        standing=standings,
        competence=competences,
        agreement=agreements,
        at=instants,
    ),
    given_results(ReviewCriterion),
    given_results(ReviseCriterion),
    st.builds(
        AssessOverall,
        definition_confirmed=st.booleans(),
        reason=reasons,
        language=languages,
        reviewer_id=people,
        standing=standings,
        at=instants,
    ),
    st.builds(IssueReport, summary=reasons, language=languages, reviewer_id=people, at=instants),
    st.builds(
        CommentReport,
        organisation=firms,
        comment_id=ids,
        comment=reasons,
        language=languages,
        at=instants,
    ),
    st.builds(WaiveComment, organisation=firms, at=instants),
    st.builds(FinaliseReport, reviewer_id=people, at=instants),
    st.builds(
        RecommendDecision,
        recommendation=st.sampled_from(["approve", "refuse"]),
        reason=reasons,
        language=languages,
        reviewer_id=people,
        standing=standings,
        at=instants,
    ),
    _decisions(ApproveCertification),
    _decisions(RefuseCertification),
)

TestAppointmentLaws = laws(
    appointment.decider, commands=appointment_commands, histories=st.just(())
)
TestTieLaws = laws(tie.decider, commands=tie_commands, histories=st.just(()))
TestCaseFileLaws = laws(casefile.decider, commands=casefile_commands, histories=st.just(()))
TestCohortLaws = laws(cohort.decider, commands=cohort_commands, histories=st.just(()))
TestWorkspaceLaws = laws(
    workspace.decider,
    commands=workspace_commands,
    histories=st.sampled_from(
        [
            (),
            (requested,),
            made,
            full,
            (*made, equipped, review_shared),
            (*full, review_shared, frozen),
        ]
    ),
)
TestAssessmentLaws = laws(
    assessment.decider,
    commands=assessment_commands,
    histories=st.sampled_from([(), (started,), all_ready, (*all_ready, submitted)]),
)
review_starts: tuple[tuple[ReviewEvent, ...], ...] = (
    (),
    (opened,),
    (opened, planned),
    staffed,
    (*staffed, *all_reviewed_but(Criterion.STAFF)),
    (*staffed, *all_reviewed_but()),
    (*staffed, *all_reviewed_but(), assessed, reported),
    (*staffed, *all_reviewed_but(), assessed, reported, final),
    ready,
)
TestReviewLaws = laws(
    review_rules.decider, commands=review_commands, histories=st.sampled_from(review_starts)
)
