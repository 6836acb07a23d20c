"""What may be asked of an application, in the order of the process.

``organisation`` is always the firm that the caller acts for: whose case it is stands in the
application, and the rule compares (SOD-14). ``at`` is the instant of receipt (GEN-6).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.intake.commands.mandate import Heard
from shared.contracts.intake import ApplicationKind, DeferralCode, RoundKind, SurveyValue


@dataclass(frozen=True, slots=True)
class RegisterInterest:
    """Show interest (step 1).

    Attributes:
        organisation: The firm that the caller acts for; ``None`` for a project leader, who has
            read a mail.
        organisation_number: Ten digits, accepted by SV-1 and SV-2.
    """

    application_id: UUID
    organisation: str | None
    organisation_number: str
    organisation_name: str
    kind: ApplicationKind
    channel: Literal["web", "mail"]
    contact_id: UUID
    contact_name: str
    contact_email: str
    language: Literal["sv", "en"]
    at: datetime


@dataclass(frozen=True, slots=True)
class DiscloseRequirements:
    """Tell the ASF what is required (PM-1)."""

    requirements: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordPreCertification:
    """Record whether a firm passed the pre-certification for a pilot round (APP-6).

    Attributes:
        by: What intake has heard of the person who decides.
    """

    passed: bool
    reason: str
    language: Literal["sv", "en"]
    evidence: tuple[str, ...]
    by: Heard
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """Answer questions of one section; those left out keep their answers.

    Attributes:
        survey: The version that the section is of.
    """

    organisation: str
    survey: str
    section: str
    answers: tuple[SurveyValue, ...]
    remarks: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeclareMandate:
    """Declare that one may bind the ASF (SV-10)."""

    organisation: str
    mandate_id: UUID
    signatory_id: UUID
    signatory_name: str
    signatory_email: str
    language: Literal["sv", "en"]
    basis: Literal["alone", "jointly", "power_of_attorney"]
    at: datetime


@dataclass(frozen=True, slots=True)
class DeclareCommitment:
    """Commit the time that preparation takes (Q-063)."""

    organisation: str
    signatory_id: UUID
    hours_per_month: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RoundSeen:
    """A round as it is at the instant of receipt; looked up at the edge.

    Attributes:
        receives: Whether it receives applications at that instant (GEN-6).
        invited: Whether this application's organisation is invited.
    """

    round_id: UUID
    code: str
    kind: RoundKind
    receives: bool
    invited: bool


@dataclass(frozen=True, slots=True)
class SubmitApplication:
    """Apply to a round.

    Attributes:
        requirements: The version in force.
        next_round: Code of the next round that will receive applications; ``None``: not known.
    """

    organisation: str
    signatory_id: UUID
    round: RoundSeen
    next_round: str | None
    requirements: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StartScreening:
    """Name the person who screens.

    Attributes:
        screener: What intake has heard of the person.
        supervisor_ids: Everyone who supported the organisation, in whichever round.
    """

    screener_id: UUID
    screener: Heard
    supervisor_ids: frozenset[UUID]
    at: datetime


@dataclass(frozen=True, slots=True)
class AdmitApplicant:
    """Admit the ASF to the round."""

    screener_id: UUID
    reason: str
    language: Literal["sv", "en"]
    evidence: tuple[str, ...]
    by: Heard
    at: datetime


@dataclass(frozen=True, slots=True)
class DeferApplication:
    """Ask the ASF to come back later.

    Attributes:
        return_on: The first day on which it may come back; ``None`` when the caller left it out.
        actions: What to do until then.
    """

    screener_id: UUID
    codes: tuple[DeferralCode, ...]
    return_on: date | None
    actions: str
    reason: str
    language: Literal["sv", "en"]
    evidence: tuple[str, ...]
    by: Heard
    at: datetime


@dataclass(frozen=True, slots=True)
class RejectApplication:
    """Turn the application down."""

    screener_id: UUID
    reason: str
    language: Literal["sv", "en"]
    evidence: tuple[str, ...]
    by: Heard
    at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmDocumentAccess:
    """Confirm that the ASF has the SIS document."""

    organisation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignAgreement:
    """Sign the certification agreement for the ASF.

    Attributes:
        agreement: The version that was read.
        in_force: The version that is in force.
    """

    organisation: str
    signatory_id: UUID
    agreement: str
    in_force: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CountersignAgreement:
    """Sign the certification agreement for SKOOPI."""

    at: datetime


@dataclass(frozen=True, slots=True)
class EnrolApplicant:
    """Let the ASF take part in its round.

    Attributes:
        place_accepted: Whether its place in the round is accepted; looked up at the edge.
        scheme: The version of the criteria that the round is bound to; likewise.
        project_leader_id: Of the round; likewise.
    """

    place_accepted: bool
    scheme: str
    project_leader_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class TakeGroupPlace:
    """Take the ASF's one place in a group; asked together with the group's ``AddMember``.

    Attributes:
        round_id: The group's round.
    """

    group_id: UUID
    round_id: UUID
    at: datetime


ScreeningDecision = AdmitApplicant | DeferApplication | RejectApplication
ApplicationCommand = (
    RegisterInterest
    | DiscloseRequirements
    | RecordPreCertification
    | AnswerSurvey
    | DeclareMandate
    | DeclareCommitment
    | SubmitApplication
    | StartScreening
    | ScreeningDecision
    | ConfirmDocumentAccess
    | SignAgreement
    | CountersignAgreement
    | EnrolApplicant
    | TakeGroupPlace
)
