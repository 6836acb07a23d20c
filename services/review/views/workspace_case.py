"""A workspace as it is read: whose it is, who may read it, and what lies in it."""

from collections.abc import Iterable
from typing import Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Instant
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
from shared.contracts.scheme import EvidenceKind


class Link(BaseModel):
    """To which item a piece of evidence is put, and as what."""

    model_config = ConfigDict(frozen=True)

    item_id: str
    kind: EvidenceKind


class Evidence(BaseModel):
    """A piece of evidence.

    Attributes:
        name: The text's title or the file's name; ``None`` when it has been erased.
        text: The text itself; ``None`` for a file, and when it has been erased.
        media_type: As found in the content.
        links: In the order in which they were made.
    """

    model_config = ConfigDict(frozen=True)

    evidence_id: UUID
    form: Literal["text", "file"]
    evidence_hash: str
    size_bytes: int
    media_type: str
    name: str | None
    text: str | None
    added_at: Instant
    links: tuple[Link, ...] = ()


class Grant(BaseModel):
    """Who may read, what, from when and until when (both instants; the last is outside)."""

    model_config = ConfigDict(frozen=True)

    grant_id: UUID
    person_id: UUID
    scope: Literal["support", "review"]
    from_at: Instant
    until_at: Instant
    revoked_at: Instant | None = None


class WorkspaceCase(BaseModel):
    """One workspace.

    Attributes:
        status: How far it is.
        kit: Its version; ``None`` before the supervisor has put it in.
        evidence: In the order in which it was added.
        grants: In the order in which they were given, also those that have ended.
        manifest_root: Of what was frozen; ``None`` before.
    """

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    organisation_number: str
    scheme: str
    status: Literal["requested", "created", "shared", "equipped", "frozen"] = "requested"
    kit: str | None = None
    evidence: tuple[Evidence, ...] = ()
    grants: tuple[Grant, ...] = ()
    manifest_root: str | None = None


def workspace_case(events: Iterable[WorkspaceEvent]) -> WorkspaceCase | None:
    """Return the workspace after ``events``, oldest first; ``None`` before it was requested.

    Events whose texts were revealed show them; where texts are ``None`` they have been erased.
    """
    view: WorkspaceCase | None = None
    for event in events:
        if view is None:
            assert isinstance(event, WorkspaceRequested), (
                f"{type(event).__name__} before WorkspaceRequested"
            )
            view = WorkspaceCase(
                application_id=event.application_id,
                organisation_number=event.organisation_number,
                scheme=event.scheme,
            )
        else:
            view = view.model_copy(update=_changed(view, event))
    return view


def _changed(view: WorkspaceCase, event: WorkspaceEvent) -> dict[str, object]:
    """Return what changes with ``event``."""
    match event:
        case WorkspaceRequested():
            return {}
        case WorkspaceCreated():
            return {"status": "created"}
        case AccessGranted():
            grant = Grant(**event.model_dump(include=set(Grant.model_fields)))
            shared = {"status": "shared"} if view.status == "created" else {}
            return {**shared, "grants": (*view.grants, grant)}
        case AccessRevoked():
            return {
                "grants": tuple(
                    each.model_copy(update={"revoked_at": event.revoked_at})
                    if each.grant_id == event.grant_id
                    else each
                    for each in view.grants
                )
            }
        case WorkspaceKitApplied():
            return {"status": "equipped", "kit": event.kit}
        case EvidenceTextWritten() | EvidenceFileUploaded():
            return {"evidence": (*view.evidence, _evidence(event))}
        case EvidenceLinkedToCriterion():
            link = Link(item_id=event.item_id, kind=event.kind)
            return {
                "evidence": tuple(
                    each.model_copy(update={"links": (*each.links, link)})
                    if each.evidence_id == event.evidence_id
                    else each
                    for each in view.evidence
                )
            }
        case WorkspaceFrozen():
            return {"status": "frozen", "manifest_root": event.manifest_root}
        case _:
            assert_never(event)


def _evidence(event: EvidenceTextWritten | EvidenceFileUploaded) -> Evidence:
    """Return the piece of evidence that ``event`` added."""
    if isinstance(event, EvidenceTextWritten):
        return Evidence(
            evidence_id=event.evidence_id,
            form="text",
            evidence_hash=event.evidence_hash,
            size_bytes=event.size_bytes,
            media_type="text/plain",
            name=event.title,
            text=event.text,
            added_at=event.written_at,
        )
    return Evidence(
        evidence_id=event.evidence_id,
        form="file",
        evidence_hash=event.evidence_hash,
        size_bytes=event.size_bytes,
        media_type=event.media_type,
        name=event.file_name,
        text=None,
        added_at=event.uploaded_at,
    )
