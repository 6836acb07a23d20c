"""Events of the review service before the review: appointments, workspace, self-assessment.

Topic: ``asf.review.events.v1``. Key: the stream.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Distinct, Event, Instant, Sealed
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion, EvidenceKind

# --- appointments and ties ---------------------------------------------------------------------------


class TieKind(StrEnum):
    """What binds a person to an organisation (SOD-3)."""

    EMPLOYMENT = "employment"
    OWNERSHIP = "ownership"
    BOARD = "board"
    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    FAMILY = "family"


class AppointmentProposed(Event):
    """A person was proposed for a role (APT-1).

    Attributes:
        areas: Criteria that the appointment covers; empty for roles that assess none.
        schemes: Versions of the scheme that it covers.
        competence: Commitments to what it rests on, hexadecimal.
        valid_until: The last valid day.
    """

    sealed_subject: ClassVar[str] = "person_id"

    appointment_id: UUID
    person_id: UUID
    role: Role
    areas: Distinct[Criterion]
    schemes: Distinct[str]
    competence: Distinct[str]
    competence_note: Sealed[str]
    valid_from: date
    valid_until: date
    proposer_id: UUID
    proposed_at: Instant


class AppointmentMade(Event):
    """A person may act in a role, within areas and a period (APT-1, K-36).

    Attributes:
        founding: Entered at installation, without a proposal: the first ones (APT-2).
    """

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "person_id"

    appointment_id: UUID
    person_id: UUID
    role: Role
    areas: Distinct[Criterion]
    schemes: Distinct[str]
    valid_from: date
    valid_until: date
    founding: bool
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    made_at: Instant


class TieDeclared(Event):
    """A person declared a tie to an organisation (SOD-3, APT-4).

    Attributes:
        until_on: The last day of the tie; ``None`` while it lasts.
    """

    integration: ClassVar[bool] = True

    tie_id: UUID
    person_id: UUID
    organisation_number: str
    kind: TieKind
    from_on: date
    until_on: date | None
    declared_at: Instant


# --- what review has heard ---------------------------------------------------------------------------


class Part(StrEnum):
    """A part that somebody had in a case before its review (SOD-1, SOD-2, SOD-9)."""

    SUPERVISOR = "supervisor"
    TRAINER = "trainer"
    SCREENER = "screener"
    PROJECT_LEADER = "project_leader"


class PartNoted(Event):
    """Review heard that a person had a part in the case; it is never forgotten (GRP-4).

    Attributes:
        last_on: The last day known of that part: the look-back counts from it.
    """

    application_id: UUID
    person_id: UUID
    part: Part
    last_on: date
    noted_at: Instant


class AgreementNoted(Event):
    """Review heard that the agreement is countersigned (REV-1)."""

    application_id: UUID
    agreement: str
    noted_at: Instant


class SignatoryNoted(Event):
    """Review heard that a person may bind the ASF (SV-10, SOD-14).

    Attributes:
        mandate_id: The declaration, cited as the mandate of what the signatory does.
    """

    application_id: UUID
    signatory_id: UUID
    mandate_id: UUID
    noted_at: Instant


class EnrolmentNoted(Event):
    """Review heard that an ASF takes part in the round."""

    application_id: UUID
    round_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    applicant_id: UUID
    signatory_id: UUID
    noted_at: Instant


class RoundStartNoted(Event):
    """Review heard that the round has started."""

    round_id: UUID
    started_at: Instant


class PreparationCalled(Event):
    """Both are true: the round runs and the ASF is enrolled (PM-5)."""

    application_id: UUID
    round_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    starts_at: Instant


def manifest_root(manifest: Iterable[str]) -> str:
    """WSP-5: return the SHA-256 over the canonical JSON of ``manifest``, ascending, no repeats."""
    text = ",".join(f'"{entry}"' for entry in sorted(set(manifest)))
    return sha256(f"[{text}]".encode()).hexdigest()


# --- the workspace: step 4 -----------------------------------------------------------------------------


class WorkspaceRequested(Event):
    """The ASF is asked to make its workspace (PM-5)."""

    application_id: UUID
    organisation_number: str
    scheme: str
    applicant_id: UUID
    signatory_id: UUID
    requested_at: Instant


class WorkspaceCreated(Event):
    """The ASF made its workspace and owns it (step 4, WSP-1)."""

    application_id: UUID
    created_at: Instant


class AccessGranted(Event):
    """A person may read the workspace (WSP-2).

    Attributes:
        scope: ``support`` also applies the kit and comments; ``review`` reads what is frozen.
        from_at: The first instant of access.
        until_at: The first instant without access.
    """

    application_id: UUID
    grant_id: UUID
    person_id: UUID
    scope: Literal["support", "review"]
    from_at: Instant
    until_at: Instant
    granted_at: Instant


class AccessRevoked(Event):
    """A person's access ended early: the ASF withdrew it, or the review ended (WSP-1, PM-7)."""

    application_id: UUID
    grant_id: UUID
    revoked_at: Instant


class WorkspaceKitApplied(Event):
    """The supervisor put in the folders and the writing template (step 4, WSP-9)."""

    application_id: UUID
    kit: str
    supervisor_id: UUID
    applied_at: Instant


class EvidenceTextWritten(Event):
    """The ASF wrote a text as evidence (Q-094).

    Attributes:
        evidence_hash: Keyed hash of the text, hexadecimal; what findings cite. The same text has
            the same hash in its workspace, and nobody can guess it from outside (WSP-3).
        size_bytes: Of the text in UTF-8.
    """

    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    evidence_id: UUID
    title: Sealed[str]
    text: Sealed[str]
    evidence_hash: str
    size_bytes: int
    written_at: Instant


class EvidenceFileUploaded(Event):
    """The ASF uploaded a file as evidence (Q-094).

    Attributes:
        evidence_hash: SHA-256 of the file's bytes, hexadecimal; what findings cite.
        media_type: As found in the content.
    """

    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    evidence_id: UUID
    file_name: Sealed[str]
    evidence_hash: str
    size_bytes: int
    media_type: str
    uploaded_at: Instant


class EvidenceLinkedToCriterion(Event):
    """A piece of evidence was put to one item of the self-assessment (Q-094, SAS-3)."""

    application_id: UUID
    evidence_id: UUID
    item_id: str
    kind: EvidenceKind
    linked_at: Instant


class WorkspaceFrozen(Event):
    """The evidence stands as it was submitted (WSP-5).

    Attributes:
        manifest: Hashes of every piece of evidence.
        manifest_root: SHA-256 over the manifest's canonical JSON, hexadecimal.
    """

    application_id: UUID
    manifest: Distinct[str]
    manifest_root: str
    frozen_at: Instant


# --- the self-assessment: steps 5 and 6 --------------------------------------------------------------


class PreparationStarted(Event):
    """The clock of the self-assessment started (SAS-2).

    Attributes:
        deadline_at: The first instant that is too late: 24:00 local of the last day.
    """

    integration: ClassVar[bool] = True

    application_id: UUID
    round_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    started_on: date
    deadline_at: Instant
    started_at: Instant


class SelfAssessmentItemAnswered(Event):
    """The ASF answered one item, for the first time or anew (step 5).

    Attributes:
        answer_id: The same for the same wish, so that a repeat is told from a new answer.
    """

    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    item_id: str
    answer_id: UUID
    text: Sealed[str]
    answered_at: Instant


class SelfAssessmentItemMarkedReady(Event):
    """The ASF finds one item finished."""

    application_id: UUID
    item_id: str
    marked_at: Instant


class DeadlineReminded(Event):
    """A reminder of the deadline was due (SAS-2).

    Attributes:
        days_left: 30, 14, 7 or 1.
    """

    integration: ClassVar[bool] = True

    application_id: UUID
    days_left: int
    deadline_at: Instant
    effective_at: Instant


class DeadlinePassed(Event):
    """The deadline passed without a submission: a task for the project leader (SAS-5, GEN-1)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    effective_at: Instant


class SelfAssessmentSubmitted(Event):
    """The ASF accounts for its work (step 6).

    Attributes:
        manifest: Hashes of every piece of evidence at that instant.
        manifest_root: SHA-256 over the manifest's canonical JSON, hexadecimal.
    """

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    scheme: str
    signatory_id: UUID
    manifest: Distinct[str]
    manifest_root: str
    submitted_at: Instant


class SelfAssessmentLocked(Event):
    """The review has begun: the self-assessment is not returned any more (SAS-9)."""

    application_id: UUID
    locked_at: Instant


AppointmentEvent = AppointmentProposed | AppointmentMade
TieEvent = TieDeclared
CaseFileEvent = PartNoted | AgreementNoted | SignatoryNoted
CohortEvent = EnrolmentNoted | RoundStartNoted | PreparationCalled
WorkspaceEvent = (
    WorkspaceRequested
    | WorkspaceCreated
    | AccessGranted
    | AccessRevoked
    | WorkspaceKitApplied
    | EvidenceTextWritten
    | EvidenceFileUploaded
    | EvidenceLinkedToCriterion
    | WorkspaceFrozen
)
SelfAssessmentEvent = (
    PreparationStarted
    | SelfAssessmentItemAnswered
    | SelfAssessmentItemMarkedReady
    | DeadlineReminded
    | DeadlinePassed
    | SelfAssessmentSubmitted
    | SelfAssessmentLocked
)
PreparationEvent = (
    AppointmentEvent | TieEvent | CaseFileEvent | CohortEvent | WorkspaceEvent | SelfAssessmentEvent
)
