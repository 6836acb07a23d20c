"""The rules of a workspace: whose it is, who may read it, and when it stands still (step 4).

Read ``decide`` for the rules and ``evolve`` for what is remembered. Both are pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, assert_never
from uuid import UUID

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
from services.review.decider.grounds import refuse_unless_own
from shared.contracts.preparation import (
    AccessGranted,
    AccessRevoked,
    EvidenceFileUploaded,
    EvidenceLinkedToCriterion,
    EvidenceTextWritten,
    WorkspaceCreated,
    WorkspaceEvent,
    WorkspaceFrozen,
    WorkspaceKitApplied,
    WorkspaceRequested,
)
from shared.contracts.scheme import SCHEMES, EvidenceKind
from shared.decider import Decider, Refusal, RefusalKind

Scope = Literal["support", "review"]
EVIDENCE_MAX = 500
"""Pieces in one workspace: its manifest must fit into one record."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a workspace must remember in order to decide. Nothing sealed.

    Attributes:
        grants: Also those that have ended.
        revoked: Grants that were withdrawn.
        evidence: By its id: the hash that findings cite.
        links: Evidence, item and kind.
    """

    request: WorkspaceRequested | None = None
    created: bool = False
    grants: Mapping[UUID, AccessGranted] = field(default_factory=lambda: MappingProxyType({}))
    revoked: frozenset[UUID] = frozenset()
    kit: str | None = None
    evidence: Mapping[UUID, str] = field(default_factory=lambda: MappingProxyType({}))
    links: frozenset[tuple[UUID, str, EvidenceKind]] = frozenset()
    frozen: bool = False


def decide(command: WorkspaceCommand, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """Return what happens; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case RequestWorkspace():
            return _request(command, workspace)
        case CreateWorkspace():
            return _create(command, workspace)
        case GrantAccess():
            return _grant(command, workspace)
        case GrantReviewAccess():
            return _grant_review(command, workspace)
        case EndReviewAccess():
            return _end_review(command, workspace)
        case RevokeAccess():
            return _revoke(command, workspace)
        case ApplyKit():
            return _apply_kit(command, workspace)
        case WriteText():
            return _write(command, workspace)
        case UploadFile():
            return _upload(command, workspace)
        case LinkEvidence():
            return _link(command, workspace)
        case FreezeWorkspace():
            return _freeze(command, workspace)
        case _:
            assert_never(command)


def evolve(workspace: Workspace, event: WorkspaceEvent) -> Workspace:
    """Return the workspace after ``event``. Total: never raises."""
    match event:
        case WorkspaceRequested():
            return replace(workspace, request=event)
        case WorkspaceCreated():
            return replace(workspace, created=True)
        case AccessGranted():
            grants = {**workspace.grants, event.grant_id: event}
            return replace(workspace, grants=MappingProxyType(grants))
        case AccessRevoked():
            return replace(workspace, revoked=workspace.revoked | {event.grant_id})
        case WorkspaceKitApplied():
            return replace(workspace, kit=event.kit)
        case EvidenceTextWritten() | EvidenceFileUploaded():
            evidence = {**workspace.evidence, event.evidence_id: event.evidence_hash}
            return replace(workspace, evidence=MappingProxyType(evidence))
        case EvidenceLinkedToCriterion():
            link = (event.evidence_id, event.item_id, event.kind)
            return replace(workspace, links=workspace.links | {link})
        case WorkspaceFrozen():
            return replace(workspace, frozen=True)
        case _:
            assert_never(event)


def _scheme(workspace: Workspace) -> str | None:
    """Return the version of the criteria that the workspace is bound to (SCH-5)."""
    return workspace.request.scheme if workspace.request else None


decider = Decider(initial=Workspace(), decide=decide, evolve=evolve, scheme=_scheme)


def writable(workspace: Workspace, organisation: str | None) -> WorkspaceRequested:
    """WSP-1, WSP-5: return the request of a workspace that ``organisation`` may write in now.

    Args:
        workspace: As it stands.
        organisation: Of the caller.

    Raises:
        Refusal: It is not the caller's, not made yet, or frozen.
    """
    request = _own(workspace, organisation)
    if workspace.frozen:
        raise Refusal(
            RefusalKind.CONFLICT, "workspace_frozen", "What was submitted stands as it was."
        )
    return request


def manifest_of(workspace: Workspace) -> tuple[str, ...]:
    """WSP-3: return the hashes of all evidence, ascending, no repeats."""
    return tuple(sorted(set(workspace.evidence.values())))


def kinds_of(workspace: Workspace) -> Mapping[str, frozenset[EvidenceKind]]:
    """SAS-3: return, by item, the kinds of the evidence put to it; items without any are absent."""
    items = {item for _, item, _ in workspace.links}
    return {
        item: frozenset(kind for _, other, kind in workspace.links if other == item)
        for item in sorted(items)
    }


def refuse_unless_reader(
    workspace: Workspace, person_id: UUID, organisation: str | None, at: datetime
) -> None:
    """WSP-2: nobody but the firm itself reads without an active grant.

    What a review grant opens is what is frozen; a support grant opens all.

    Raises:
        Refusal: There is no such workspace, or no active grant for ``person_id`` at ``at``.
    """
    request = workspace.request
    if request is None or organisation not in {None, request.organisation_number}:
        raise _not_found()
    if organisation is None and not (
        _holds(workspace, person_id, "support", at)
        or (workspace.frozen and _holds(workspace, person_id, "review", at))
    ):
        raise _no_access()


def _request(command: RequestWorkspace, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """PM-5: whoever is enrolled is asked to make a workspace."""
    if workspace.request is not None:
        return ()
    return (
        WorkspaceRequested(
            application_id=command.application_id,
            organisation_number=command.organisation_number,
            scheme=command.scheme,
            applicant_id=command.applicant_id,
            signatory_id=command.signatory_id,
            requested_at=command.at,
        ),
    )


def _create(command: CreateWorkspace, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-1: the ASF makes its workspace, and it is the ASF's."""
    if workspace.request is None:
        raise _not_found()
    owner = workspace.request.organisation_number
    refuse_unless_own(command.organisation, owner, not_found=_not_found())
    if workspace.created:
        return ()
    application_id = workspace.request.application_id
    return (WorkspaceCreated(application_id=application_id, created_at=command.at),)


def _grant(command: GrantAccess, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-1, WSP-2: the ASF says who may read, what, from when and until when."""
    request = _own(workspace, command.organisation)
    if command.grant_id in workspace.grants:
        return ()
    return (
        AccessGranted(
            application_id=request.application_id,
            grant_id=command.grant_id,
            person_id=command.person_id,
            scope=command.scope,
            from_at=command.from_at,
            until_at=command.until_at,
            granted_at=command.at,
        ),
    )


def _grant_review(command: GrantReviewAccess, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-2, PM-7: the signed agreement lets the assigned review team in."""
    if workspace.request is None:
        raise _not_found()
    if command.grant_id in workspace.grants:
        return ()
    return (
        AccessGranted(
            application_id=workspace.request.application_id,
            grant_id=command.grant_id,
            person_id=command.person_id,
            scope="review",
            from_at=command.at,
            until_at=command.until_at,
            granted_at=command.at,
        ),
    )


def _end_review(command: EndReviewAccess, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """PM-7: the access of the review team ends with the review."""
    return tuple(
        AccessRevoked(
            application_id=grant.application_id,
            grant_id=grant.grant_id,
            revoked_at=command.at,
        )
        for grant in workspace.grants.values()
        if grant.scope == "review" and grant.grant_id not in workspace.revoked
    )


def _revoke(command: RevokeAccess, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-1: the ASF can withdraw any access."""
    request = _own(workspace, command.organisation)
    if command.grant_id not in workspace.grants:
        raise Refusal(RefusalKind.NOT_FOUND, "access_grant_not_found", "There is no such grant.")
    if command.grant_id in workspace.revoked:
        return ()
    return (
        AccessRevoked(
            application_id=request.application_id,
            grant_id=command.grant_id,
            revoked_at=command.at,
        ),
    )


def _apply_kit(command: ApplyKit, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-9: access comes before the kit, and the kit follows the pinned scheme version."""
    request = workspace.request
    if request is None:
        raise _not_found()
    if not _holds(workspace, command.supervisor_id, "support", command.at):
        raise _no_access()
    if command.kit != request.scheme:
        raise Refusal(
            RefusalKind.CONFLICT,
            "kit_version_mismatch",
            f"The kit here is that of version {request.scheme}.",
        )
    if workspace.kit == command.kit:
        return ()
    writable(workspace, request.organisation_number)
    return (
        WorkspaceKitApplied(
            application_id=request.application_id,
            kit=command.kit,
            supervisor_id=command.supervisor_id,
            applied_at=command.at,
        ),
    )


def _write(command: WriteText, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-3, WSP-5: a text is evidence by its hash, and none is added to what is frozen."""
    request = writable(workspace, command.organisation)
    if _known(workspace, command.evidence_id, command.evidence_hash):
        return ()
    return (
        EvidenceTextWritten(
            application_id=request.application_id,
            evidence_id=command.evidence_id,
            title=command.title,
            text=command.text,
            evidence_hash=command.evidence_hash,
            size_bytes=len(command.text.encode()),
            written_at=command.at,
        ),
    )


def _upload(command: UploadFile, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-3, WSP-5: a file is evidence by its hash, and none is added to what is frozen."""
    request = writable(workspace, command.organisation)
    if _known(workspace, command.evidence_id, command.evidence_hash):
        return ()
    return (
        EvidenceFileUploaded(
            application_id=request.application_id,
            evidence_id=command.evidence_id,
            file_name=command.file_name,
            evidence_hash=command.evidence_hash,
            size_bytes=command.size_bytes,
            media_type=command.media_type,
            uploaded_at=command.at,
        ),
    )


def _link(command: LinkEvidence, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """SAS-1: evidence is put to an item of the pinned version, and to no other."""
    request = writable(workspace, command.organisation)
    if command.evidence_id not in workspace.evidence:
        raise Refusal(RefusalKind.NOT_FOUND, "evidence_not_found", "There is no such evidence.")
    if SCHEMES[request.scheme].item(command.item_id) is None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "criterion_not_in_scheme",
            f"Scheme version {request.scheme} has no such item.",
        )
    if (command.evidence_id, command.item_id, command.kind) in workspace.links:
        return ()
    return (
        EvidenceLinkedToCriterion(
            application_id=request.application_id,
            evidence_id=command.evidence_id,
            item_id=command.item_id,
            kind=command.kind,
            linked_at=command.at,
        ),
    )


def _freeze(command: FreezeWorkspace, workspace: Workspace) -> tuple[WorkspaceEvent, ...]:
    """WSP-5, PM-6: what was submitted stands as it was, and it is all that was there."""
    if workspace.request is None:
        raise _not_found()
    if workspace.frozen:
        return ()
    if manifest_of(workspace) != command.manifest:
        raise Refusal(
            RefusalKind.CONFLICT, "evidence_changed", "A piece came in meanwhile. Look, and repeat."
        )
    return (
        WorkspaceFrozen(
            application_id=workspace.request.application_id,
            manifest=command.manifest,
            manifest_root=command.manifest_root,
            frozen_at=command.at,
        ),
    )


def _own(workspace: Workspace, organisation: str | None) -> WorkspaceRequested:
    """WSP-1: nobody but the owner changes a workspace, once it is made."""
    if workspace.request is None:
        raise _not_found()
    owner = workspace.request.organisation_number
    refuse_unless_own(organisation, owner, not_found=_not_found())
    if not workspace.created:
        raise _not_found()
    return workspace.request


def _holds(workspace: Workspace, person_id: UUID, scope: Scope, at: datetime) -> bool:
    """WSP-2: a grant says who, what, from when and until when; the last instant is outside."""
    return any(
        grant.person_id == person_id
        and grant.scope == scope
        and grant.from_at <= at < grant.until_at
        and grant.grant_id not in workspace.revoked
        for grant in workspace.grants.values()
    )


def _known(workspace: Workspace, evidence_id: UUID, evidence_hash: str) -> bool:
    """WSP-3: return whether it is there; a version never changes, another content is another."""
    known = workspace.evidence.get(evidence_id)
    if known not in {None, evidence_hash}:
        raise Refusal(RefusalKind.CONFLICT, "evidence_exists", "Add it as another evidence.")
    if known is None and len(workspace.evidence) >= EVIDENCE_MAX:
        raise Refusal(
            RefusalKind.CONFLICT,
            "evidence_limit_reached",
            f"A workspace holds at most {EVIDENCE_MAX} pieces.",
        )
    return known is not None


def _not_found() -> Refusal:
    """GEN-4: what does not exist, or not yet, or not for this caller, gets one answer."""
    return Refusal(RefusalKind.NOT_FOUND, "workspace_not_found", "There is no such workspace.")


def _no_access() -> Refusal:
    """WSP-2: whoever was not let in is told so, and it is kept for the auditors (GEN-8)."""
    return Refusal(
        RefusalKind.NOT_PERMITTED, "access_not_granted", "The firm has not let you in here."
    )
