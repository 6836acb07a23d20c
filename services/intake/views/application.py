"""An application as it is read: where it stands and since when. Pseudonyms, no words."""

from datetime import date
from typing import Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Distinct, Event, Instant
from shared.contracts.intake import (
    AgreementCountersigned,
    AgreementSigned,
    ApplicantAdmitted,
    ApplicantEnrolled,
    ApplicationDeferred,
    ApplicationEvent,
    ApplicationKind,
    ApplicationRejected,
    ApplicationSubmitted,
    CommitmentDeclared,
    DeferralCode,
    GroupPlaceTaken,
    IndependenceReviewFlagged,
    InterestRegistered,
    InvoiceIssued,
    InvoiceSettled,
    PlaceAccepted,
    PlaceOffered,
    PreCertificationFailed,
    PreCertificationPassed,
    RequirementsDisclosed,
    ScreeningStarted,
    SignatoryMandateDeclared,
    StandardDocumentAcquired,
    SurveyAnswered,
    WaitingListJoined,
)
from shared.eventlog.views import View

Status = Literal[
    "interested",
    "drafting",
    "submitted",
    "screening",
    "admitted",
    "deferred",
    "rejected",
    "enrolled",
]
Place = Literal["none", "offered", "waiting", "accepted"]
Fee = Literal["none", "invoiced", "settled"]


class Decision(BaseModel):
    """What the screener decided.

    Attributes:
        codes: Of a deferral: what is lacking; empty otherwise.
        return_on: Of a deferral: the first day on which to come back.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Literal["admitted", "deferred", "rejected"]
    screener_id: UUID
    codes: Distinct[DeferralCode] = ()
    return_on: date | None = None
    evidence: Distinct[str]
    decided_at: Instant


class ApplicationDocument(BaseModel):
    """One application, folded from its own stream.

    Attributes:
        requirements: Versions of the requirements that were told, in order.
        flagged: Whether somebody must look at its independence (APP-13); no bar by itself.
        sections: Sections of the survey that have answers, in order of the first one.
        agreement: The version that the signatory signed; ``None`` before.
    """

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    organisation_number: str
    organisation_name: str
    kind: ApplicationKind
    channel: Literal["web", "mail"]
    applicant_id: UUID
    language: Literal["sv", "en"]
    status: Status = "interested"
    registered_at: Instant
    requirements: tuple[str, ...] = ()
    flagged: bool = False
    precertification: Literal["passed", "failed"] | None = None
    survey: str | None = None
    sections: tuple[str, ...] = ()
    signatory_id: UUID | None = None
    mandate_id: UUID | None = None
    hours_per_month: int | None = None
    round_id: UUID | None = None
    submitted_at: Instant | None = None
    screener_id: UUID | None = None
    decision: Decision | None = None
    has_document: bool = False
    agreement: str | None = None
    countersigned_at: Instant | None = None
    enrolled_at: Instant | None = None
    group_id: UUID | None = None


class ApplicationRow(BaseModel):
    """One row of the list: the application, and what round and invoice add to it."""

    model_config = ConfigDict(frozen=True)

    application: ApplicationDocument
    place: Place = "none"
    fee: Fee = "none"


def application_document(
    document: ApplicationDocument | None, event: ApplicationEvent
) -> ApplicationDocument:
    """Return the application after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, InterestRegistered):
        return document or ApplicationDocument(
            application_id=event.application_id,
            organisation_number=event.organisation_number,
            organisation_name=event.organisation_name,
            kind=event.kind,
            channel=event.channel,
            applicant_id=event.contact_id,
            language=event.language,
            registered_at=event.registered_at,
        )
    assert document is not None, f"{type(event).__name__} before InterestRegistered"
    return document.model_copy(update=_changes(document, event))


def application_row(row: ApplicationRow | None, event: Event, _key: str) -> ApplicationRow | None:
    """Return the row after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, ApplicationEvent):
        before = row.application if row else None
        application = application_document(before, event)
        return (
            row.model_copy(update={"application": application})
            if row
            else (ApplicationRow(application=application))
        )
    assert row is not None, f"{type(event).__name__} before InterestRegistered"
    match event:
        case PlaceOffered():
            return row.model_copy(update={"place": "offered"})
        case WaitingListJoined():
            return row.model_copy(update={"place": "waiting"})
        case PlaceAccepted():
            return row.model_copy(update={"place": "accepted"})
        case InvoiceIssued():
            return row.model_copy(update={"fee": "invoiced"})
        case InvoiceSettled():
            return row.model_copy(update={"fee": "settled"})
        case _:
            return row


_Beside = PlaceOffered | WaitingListJoined | PlaceAccepted | InvoiceIssued | InvoiceSettled
"""What round and invoice add to an application."""


def _keys(event: Event) -> tuple[str, ...]:
    """Return the application that ``event`` concerns; ``()`` when it concerns none."""
    if isinstance(event, ApplicationEvent | _Beside):
        return (str(event.application_id),)
    return ()


applications = View(
    name="applications", version=1, document=ApplicationRow, keys=_keys, evolve=application_row
)


def _changes(  # noqa: PLR0912 -- one case for each event
    document: ApplicationDocument, event: ApplicationEvent
) -> dict[str, object]:
    """Return the fields that ``event`` gives a new value."""
    match event:
        case InterestRegistered() | IndependenceReviewFlagged():
            return {"flagged": True}
        case RequirementsDisclosed():
            known = (r for r in document.requirements if r != event.requirements)
            return {"requirements": (*known, event.requirements)}
        case PreCertificationPassed():
            return {"precertification": "passed"}
        case PreCertificationFailed():
            return {"precertification": "failed"}
        case SurveyAnswered():
            sections = dict.fromkeys((*document.sections, event.section))
            return {"status": "drafting", "survey": event.survey, "sections": tuple(sections)}
        case SignatoryMandateDeclared():
            return {"signatory_id": event.signatory_id, "mandate_id": event.mandate_id}
        case CommitmentDeclared():
            return {"hours_per_month": event.hours_per_month}
        case ApplicationSubmitted():
            return {
                "status": "submitted",
                "round_id": event.round_id,
                "submitted_at": event.submitted_at,
            }
        case ScreeningStarted():
            return {"status": "screening", "screener_id": event.screener_id}
        case ApplicantAdmitted() | ApplicationDeferred() | ApplicationRejected():
            decision = _decision(event)
            return {"status": decision.outcome, "decision": decision}
        case StandardDocumentAcquired():
            return {"has_document": True}
        case AgreementSigned():
            return {"agreement": event.agreement}
        case AgreementCountersigned():
            return {"countersigned_at": event.countersigned_at}
        case ApplicantEnrolled():
            return {"status": "enrolled", "enrolled_at": event.enrolled_at}
        case GroupPlaceTaken():
            return {"group_id": event.group_id}
        case _:
            assert_never(event)


def _decision(event: ApplicantAdmitted | ApplicationDeferred | ApplicationRejected) -> Decision:
    """Return what was decided, without the words."""
    match event:
        case ApplicantAdmitted():
            return Decision(
                outcome="admitted",
                screener_id=event.screener_id,
                evidence=event.evidence,
                decided_at=event.admitted_at,
            )
        case ApplicationDeferred():
            return Decision(
                outcome="deferred",
                screener_id=event.screener_id,
                codes=event.codes,
                return_on=event.return_on,
                evidence=event.evidence,
                decided_at=event.deferred_at,
            )
        case ApplicationRejected():
            return Decision(
                outcome="rejected",
                screener_id=event.screener_id,
                evidence=event.evidence,
                decided_at=event.rejected_at,
            )
        case _:
            assert_never(event)
