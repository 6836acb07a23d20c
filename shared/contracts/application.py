"""Events of an application, from interest to enrolment. Said by the intake service."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Distinct, Event, Instant, Sealed, Value


class ApplicationKind(StrEnum):
    """What is applied for (APP-1)."""

    INITIAL = "initial"
    RENEWAL = "renewal"
    SCOPE = "scope"


class DeferralCode(StrEnum):
    """Why an ASF is asked to come back later (APP-10)."""

    PREPAREDNESS = "preparedness"
    TRAINING = "training"
    COMPETENCE = "competence"


class SurveyValue(Value):
    """One answer: yes or no, a whole number, or the code of a choice. Never free text."""

    question: str
    value: bool | int | str


# --- the application: step 1 and 2 ---------------------------------------------------------------


class InterestRegistered(Event):
    """An ASF showed interest (step 1).

    Attributes:
        organisation_number: Ten digits, checked (SV-1, SV-2).
        contact_id: Pseudonym of the contact person, whose name and address are sealed.
        language: Of the letters to the contact: ``sv`` or ``en``.
    """

    integration: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "contact_id"

    application_id: UUID
    organisation_number: str
    organisation_name: str
    kind: ApplicationKind
    channel: Literal["web", "mail"]
    contact_id: UUID
    contact_name: Sealed[str]
    contact_email: Sealed[str]
    language: Literal["sv", "en"]
    registered_at: Instant


class RequirementsDisclosed(Event):
    """The ASF was told what is required (step 1, Q-071).

    Attributes:
        requirements: Version of the requirements that was shown.
    """

    application_id: UUID
    requirements: str
    disclosed_at: Instant


class PreCertificationPassed(Event):
    """A pilot firm passed the pre-certification (APP-6)."""

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    decided_at: Instant


class PreCertificationFailed(Event):
    """A pilot firm did not pass the pre-certification (APP-6)."""

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    decided_at: Instant


class SurveyAnswered(Event):
    """One section of the web survey was answered, for the first time or anew (step 1).

    Attributes:
        survey: Version of the survey.
        answers: All answers of the section, in the order of its questions.
        remarks: What the ASF adds in its own words.
    """

    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    survey: str
    section: str
    answers: tuple[SurveyValue, ...]
    remarks: Sealed[str | None]
    answered_at: Instant


class IndependenceReviewFlagged(Event):
    """The organisation number is of the public group: somebody must look (APP-13, SV-3)."""

    application_id: UUID
    flagged_at: Instant


class SignatoryMandateDeclared(Event):
    """A person declared that they may bind the ASF (SV-10).

    Attributes:
        mandate_id: The declaration, cited as the mandate of what the signatory does.
        basis: What it rests on: alone or jointly by registration, or a power of attorney.
    """

    integration: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "signatory_id"

    application_id: UUID
    organisation_number: str
    mandate_id: UUID
    signatory_id: UUID
    signatory_name: Sealed[str]
    signatory_email: Sealed[str]
    language: Literal["sv", "en"]
    basis: Literal["alone", "jointly", "power_of_attorney"]
    declared_at: Instant


class CommitmentDeclared(Event):
    """The signatory committed the time that preparation takes (Q-063)."""

    application_id: UUID
    signatory_id: UUID
    hours_per_month: int
    declared_at: Instant


class ApplicationSubmitted(Event):
    """The ASF applied to a round (step 1)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    kind: ApplicationKind
    survey: str
    signatory_id: UUID
    submitted_at: Instant


class ScreeningStarted(Event):
    """A person was named to screen the application (step 2, K-02)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    screener_id: UUID
    started_at: Instant


class ApplicantAdmitted(Event):
    """The ASF was admitted to the round (step 2)."""

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    organisation_number: str
    round_id: UUID
    screener_id: UUID
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    admitted_at: Instant


class ApplicationDeferred(Event):
    """The ASF may come back later, better prepared (step 2, APP-10).

    Attributes:
        return_on: The first day on which it may come back.
        actions: What to do until then, in words.
    """

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    organisation_number: str
    round_id: UUID
    screener_id: UUID
    codes: Distinct[DeferralCode]
    return_on: date
    actions: Sealed[str]
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    deferred_at: Instant


class ApplicationRejected(Event):
    """The application was turned down (step 2)."""

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    organisation_number: str
    round_id: UUID
    screener_id: UUID
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    rejected_at: Instant


# --- the application: from admission to enrolment -------------------------------------------------


class StandardDocumentAcquired(Event):
    """The ASF confirmed that it has the SIS document (Q-061, APP-12)."""

    application_id: UUID
    confirmed_at: Instant


class AgreementSigned(Event):
    """The signatory signed the certification agreement (K-01)."""

    application_id: UUID
    agreement: str
    signatory_id: UUID
    signed_at: Instant


class AgreementCountersigned(Event):
    """SKOOPI signed the agreement too: it is in force (APP-12, CER-3)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    agreement: str
    countersigned_at: Instant


class GroupPlaceTaken(Event):
    """The ASF has its place in one group, and in that one only (GRP-2)."""

    application_id: UUID
    group_id: UUID
    taken_at: Instant


class ApplicantEnrolled(Event):
    """The ASF takes part in the round (APP-12).

    Attributes:
        scheme: Version of the criteria bound to the round; it is assessed by it (SCH-5).
        screener_id: Who screened it (SOD-9).
        project_leader_id: Of the round (SOD-9).
    """

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    scheme: str
    applicant_id: UUID
    signatory_id: UUID
    screener_id: UUID
    project_leader_id: UUID
    enrolled_at: Instant


# --- one open application per organisation --------------------------------------------------------


class OpenApplicationRecorded(Event):
    """The organisation has this open application and may have no other (APP-1)."""

    organisation_number: str
    application_id: UUID
    recorded_at: Instant


class OpenApplicationEnded(Event):
    """The organisation's application is no longer open (APP-1)."""

    organisation_number: str
    application_id: UUID
    ended_at: Instant
