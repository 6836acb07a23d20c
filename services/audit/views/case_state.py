"""How far a case had come: a few words for each part of it, and what differs between two instants.

A table and not a ``match``: it is read as a list, and a test holds it against the catalogue of events,
so that an event is either a stage of something or is said to be none. Fields stand in braces.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from services.audit.views.placed import Cited, Placed, cited
from shared.contracts.base import Value

STAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "InterestRegistered": ("application", "interest registered"),
        "RequirementsDisclosed": ("requirements", "version {requirements}"),
        "PreCertificationPassed": ("pre-certification", "passed"),
        "PreCertificationFailed": ("pre-certification", "failed"),
        "SurveyAnswered": ("survey {section}", "answered"),
        "IndependenceReviewFlagged": ("independence", "to be looked at"),
        "SignatoryMandateDeclared": ("signatory", "{signatory_id}"),
        "CommitmentDeclared": ("commitment", "{hours_per_month} hours a month"),
        "ApplicationSubmitted": ("application", "submitted"),
        "ScreeningStarted": ("application", "in screening"),
        "ApplicantAdmitted": ("application", "admitted"),
        "ApplicationDeferred": ("application", "deferred until {return_on}"),
        "ApplicationRejected": ("application", "rejected"),
        "StandardDocumentAcquired": ("SIS document", "acquired"),
        "AgreementSigned": ("agreement", "signed"),
        "AgreementCountersigned": ("agreement", "in force"),
        "GroupPlaceTaken": ("group", "{group_id}"),
        "ApplicantEnrolled": ("application", "enrolled"),
        "OpenApplicationRecorded": ("organisation", "application open"),
        "OpenApplicationEnded": ("organisation", "application ended"),
        "OrganisationInvited": ("invitation", "invited"),
        "PlaceOffered": ("place", "offered"),
        "WaitingListJoined": ("place", "waiting"),
        "PlaceAccepted": ("place", "accepted"),
        "InvoiceIssued": ("fee", "invoiced"),
        "InvoiceSettled": ("fee", "settled"),
        "PreparationCalled": ("preparation", "called"),
        "PreparationStarted": ("preparation", "started, until {deadline_at}"),
        "DeadlinePassed": ("preparation", "deadline passed"),
        "SelfAssessmentSubmitted": ("preparation", "submitted"),
        "SelfAssessmentLocked": ("preparation", "locked"),
        "SelfAssessmentItemAnswered": ("item {item_id}", "answered"),
        "SelfAssessmentItemMarkedReady": ("item {item_id}", "ready"),
        "WorkspaceRequested": ("workspace", "requested"),
        "WorkspaceCreated": ("workspace", "created"),
        "WorkspaceKitApplied": ("workspace", "kit {kit}"),
        "WorkspaceFrozen": ("workspace", "frozen"),
        "ReviewOpened": ("review", "opened"),
        "ReviewPlanSet": ("review", "planned"),
        "CriterionReviewed": ("criterion {criterion}", "{result}"),
        "CriterionReviewRevised": ("criterion {criterion}", "{result}"),
        "OverallAssessmentMade": ("overall", "definition confirmed: {definition_confirmed}"),
        "ReviewReportIssued": ("report", "issued"),
        "ReportCommented": ("report", "commented"),
        "ReportCommentWaived": ("report", "comment waived"),
        "ReportFinalised": ("report", "final"),
        "DecisionRecommended": ("recommendation", "{recommendation}"),
        "CertificationApproved": ("decision", "approved"),
        "CertificationRefused": ("decision", "refused"),
        "CertificatePrepared": ("certificate", "prepared"),
        "IssuanceCleared": ("certificate", "cleared"),
        "CertificateIssued": ("certificate", "active until {valid_until}"),
        "CertificateExpired": ("certificate", "expired"),
        "ListingConsentGiven": ("listing", "consented"),
        "ListingConsentWithdrawn": ("listing", "withdrawn"),
    }
)
"""For each event that changes how far something has come: of what, and how far."""

NO_STAGE: Final = frozenset(
    {
        *("RoundDrafted", "FeeScheduleSet", "SchemeVersionBound", "RoundAnnounced", "RoundOpened"),
        *("RoundClosed", "RoundStarted", "CohortGroupFormed", "GroupMemberAdded", "GroupStarted"),
        *("GroupSizeDeviationApproved", "SupervisorAssigned", "TrainerAssigned"),
        *("PaymentRegistered", "InvoiceNumberTaken", "MandateNoted", "TieNoted"),
        *("AppointmentProposed", "AppointmentMade", "TieDeclared", "PartNoted", "AgreementNoted"),
        *("SignatoryNoted", "EnrolmentNoted", "RoundStartNoted", "AccessGranted", "AccessRevoked"),
        *("EvidenceTextWritten", "EvidenceFileUploaded", "EvidenceLinkedToCriterion"),
        *("DeadlineReminded", "ImpartialityDeclared", "ReviewerAssigned", "CertifierAssigned"),
        *("GrantNoted", "GateNoted", "NumberTaken", "NotificationPlanned", "NotificationSent"),
        *("NotificationFailed", "NotificationMerged", "NotificationGivenUp"),
        *("TamperSuspected", "ExportMade", "PersonalDataErased"),
        *("LegalHoldPlaced", "LegalHoldLifted", "RedriveOrdered", "ResendOrdered"),
    }
)
"""Events that happen in a case, or beside it, and are no stage of anything."""


class Standing(Value):
    """How far one part of a case has come.

    Attributes:
        rests_on: The record that says so.
    """

    value: str
    rests_on: Cited


class Change(Value):
    """What is different about one part of a case; ``None``: there was nothing yet."""

    part: str
    before: Standing | None
    after: Standing | None


class _Open(dict[str, object]):
    """The fields of an event; one that is not there reads as a question mark."""

    def __missing__(self, _: str) -> str:
        return "?"


def state_of(records: Iterable[Placed]) -> dict[str, Standing]:
    """Return how far each part of a case has come after ``records``, oldest first. Total."""
    state: dict[str, Standing] = {}
    for each in records:
        stage = STAGES.get(each.record.type)
        if stage is not None:
            part, value = (text.format_map(_Open(each.record.data)) for text in stage)
            state[part] = Standing(value=value, rests_on=cited(each))
    return state


def changes(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> tuple[Change, ...]:
    """Return which parts of a case have another value in ``after`` than in ``before``, by name."""
    return tuple(
        Change(part=part, before=before.get(part), after=after.get(part))
        for part in sorted(before.keys() | after.keys())
        if _value(before.get(part)) != _value(after.get(part))
    )


def _value(standing: Standing | None) -> str | None:
    """Return how far that is."""
    return None if standing is None else standing.value
