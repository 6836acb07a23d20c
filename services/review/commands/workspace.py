"""What may be asked of a workspace. Imperative; time and identifiers included.

``organisation`` is the number of the firm that the caller acts for; ``None``: for none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.contracts.scheme import EvidenceKind


@dataclass(frozen=True, slots=True)
class RequestWorkspace:
    """Ask the ASF to make its workspace."""

    application_id: UUID
    organisation_number: str
    scheme: str
    applicant_id: UUID
    signatory_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class CreateWorkspace:
    """Make the workspace, as its owner."""

    organisation: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantAccess:
    """Let a person in, as the owner.

    Attributes:
        from_at: The first instant of access.
        until_at: The first instant without access.
    """

    organisation: str | None
    grant_id: UUID
    person_id: UUID
    scope: Literal["support", "review"]
    from_at: datetime
    until_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantReviewAccess:
    """Let a member of the review team in, as the signed agreement says."""

    grant_id: UUID
    person_id: UUID
    until_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class EndReviewAccess:
    """End the access of the review team: the review is decided."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RevokeAccess:
    """Withdraw a person's access, as the owner."""

    organisation: str | None
    grant_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ApplyKit:
    """Put in the folders and the writing template.

    Attributes:
        kit: Its version, which is the scheme's.
    """

    kit: str
    supervisor_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class WriteText:
    """Write a text as evidence.

    Attributes:
        evidence_hash: Keyed hash of ``text``, made at the edge.
    """

    organisation: str | None
    evidence_id: UUID
    title: str
    text: str
    evidence_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UploadFile:
    """Put in a file as evidence; its bytes are kept already.

    Attributes:
        evidence_hash: SHA-256 of its bytes.
    """

    organisation: str | None
    evidence_id: UUID
    file_name: str
    evidence_hash: str
    size_bytes: int
    media_type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """Put a piece of evidence to one item of the self-assessment."""

    organisation: str | None
    evidence_id: UUID
    item_id: str
    kind: EvidenceKind
    at: datetime


@dataclass(frozen=True, slots=True)
class FreezeWorkspace:
    """Let the evidence stand as it was submitted."""

    manifest: tuple[str, ...]
    manifest_root: str
    at: datetime


WorkspaceCommand = (
    RequestWorkspace
    | CreateWorkspace
    | GrantAccess
    | GrantReviewAccess
    | EndReviewAccess
    | RevokeAccess
    | ApplyKit
    | WriteText
    | UploadFile
    | LinkEvidence
    | FreezeWorkspace
)
