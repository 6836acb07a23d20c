"""Events of the intake service. Topic: ``asf.intake.events.v1``. Key: the stream."""

from shared.contracts.application import (
    AgreementCountersigned,
    AgreementSigned,
    ApplicantAdmitted,
    ApplicantEnrolled,
    ApplicationDeferred,
    ApplicationKind,
    ApplicationRejected,
    ApplicationSubmitted,
    CommitmentDeclared,
    DeferralCode,
    GroupPlaceTaken,
    IndependenceReviewFlagged,
    InterestRegistered,
    OpenApplicationEnded,
    OpenApplicationRecorded,
    PreCertificationFailed,
    PreCertificationPassed,
    RequirementsDisclosed,
    ScreeningStarted,
    SignatoryMandateDeclared,
    StandardDocumentAcquired,
    SurveyAnswered,
    SurveyValue,
)
from shared.contracts.rounds import (
    CohortGroupFormed,
    FeeScheduleSet,
    GroupMemberAdded,
    GroupSizeDeviationApproved,
    GroupStarted,
    InvoiceIssued,
    InvoiceNumberTaken,
    InvoiceSettled,
    MandateNoted,
    OrganisationInvited,
    PaymentRegistered,
    PlaceAccepted,
    PlaceOffered,
    RoundAnnounced,
    RoundClosed,
    RoundDrafted,
    RoundKind,
    RoundOpened,
    RoundStarted,
    SchemeVersionBound,
    SupervisorAssigned,
    TieNoted,
    TrainerAssigned,
    WaitingListJoined,
)

__all__ = [
    "AgreementCountersigned",
    "AgreementSigned",
    "ApplicantAdmitted",
    "ApplicantEnrolled",
    "ApplicationDeferred",
    "ApplicationEvent",
    "ApplicationKind",
    "ApplicationRejected",
    "ApplicationSubmitted",
    "CohortGroupFormed",
    "CommitmentDeclared",
    "DeferralCode",
    "FeeScheduleSet",
    "GroupEvent",
    "GroupMemberAdded",
    "GroupPlaceTaken",
    "GroupSizeDeviationApproved",
    "GroupStarted",
    "IndependenceReviewFlagged",
    "IntakeEvent",
    "InterestRegistered",
    "InvoiceEvent",
    "InvoiceIssued",
    "InvoiceNumberTaken",
    "InvoiceSeriesEvent",
    "InvoiceSettled",
    "MandateEvent",
    "MandateNoted",
    "OpenApplicationEnded",
    "OpenApplicationRecorded",
    "OrganisationEvent",
    "OrganisationInvited",
    "PaymentRegistered",
    "PlaceAccepted",
    "PlaceOffered",
    "PreCertificationFailed",
    "PreCertificationPassed",
    "RequirementsDisclosed",
    "RoundAnnounced",
    "RoundClosed",
    "RoundDrafted",
    "RoundEvent",
    "RoundKind",
    "RoundOpened",
    "RoundStarted",
    "SchemeVersionBound",
    "ScreeningStarted",
    "SignatoryMandateDeclared",
    "StandardDocumentAcquired",
    "SupervisorAssigned",
    "SurveyAnswered",
    "SurveyValue",
    "TieNoted",
    "TrainerAssigned",
    "WaitingListJoined",
]

ApplicationEvent = (
    InterestRegistered
    | RequirementsDisclosed
    | PreCertificationPassed
    | PreCertificationFailed
    | SurveyAnswered
    | IndependenceReviewFlagged
    | SignatoryMandateDeclared
    | CommitmentDeclared
    | ApplicationSubmitted
    | ScreeningStarted
    | ApplicantAdmitted
    | ApplicationDeferred
    | ApplicationRejected
    | StandardDocumentAcquired
    | AgreementSigned
    | AgreementCountersigned
    | GroupPlaceTaken
    | ApplicantEnrolled
)
OrganisationEvent = OpenApplicationRecorded | OpenApplicationEnded
RoundEvent = (
    RoundDrafted
    | FeeScheduleSet
    | SchemeVersionBound
    | RoundAnnounced
    | RoundOpened
    | OrganisationInvited
    | RoundClosed
    | PlaceOffered
    | WaitingListJoined
    | PlaceAccepted
    | RoundStarted
)
GroupEvent = (
    CohortGroupFormed
    | GroupMemberAdded
    | GroupSizeDeviationApproved
    | SupervisorAssigned
    | TrainerAssigned
    | GroupStarted
)
InvoiceEvent = InvoiceIssued | PaymentRegistered | InvoiceSettled
InvoiceSeriesEvent = InvoiceNumberTaken
MandateEvent = MandateNoted | TieNoted
IntakeEvent = (
    ApplicationEvent
    | OrganisationEvent
    | RoundEvent
    | GroupEvent
    | InvoiceEvent
    | InvoiceSeriesEvent
    | MandateEvent
)
