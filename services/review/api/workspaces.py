"""Workspaces over HTTP: whose they are, who may read them, and the texts that lie in them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from services.review.api.acting import Acting, firm_of
from services.review.api.bodies import GrantBody, KitBody, LinkBody, Made, TextBody
from services.review.commands.workspace import (
    ApplyKit,
    CreateWorkspace,
    GrantAccess,
    LinkEvidence,
    RevokeAccess,
    WriteText,
)
from services.review.decider.workspace import Workspace, refuse_unless_reader, writable
from services.review.views.workspace_case import WorkspaceCase, workspace_case
from shared.decider import Refusal
from shared.eventlog import CommandReused, Look, StreamMoved
from shared.web import (
    Caller,
    Edge,
    Problem,
    Reader,
    Seen,
    if_match,
    if_none_match,
    made,
    problems,
    show,
    tell,
)

PREFIX: Final = "/v1/workspaces/{application_id}"
OWNER: Final = (
    "workspace_not_found",
    "not_the_owner",
    "workspace_frozen",
    "evidence_limit_reached",
)


class EvidenceMade(Made):
    """The id of a piece of evidence, and the hash that findings cite."""

    evidence_hash: str


def access_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return how a firm makes its workspace, and lets people in and out."""
    router = APIRouter(prefix=PREFIX, tags=["workspaces"])

    @router.put("", responses=problems(*OWNER))
    async def create_workspace(
        application_id: UUID,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Make the workspace that was requested, as its owner."""
        command = CreateWorkspace(firm_of(by.principal, by.role), acting.now())
        stream = f"workspace-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.post(
        "/grants",
        status_code=status.HTTP_201_CREATED,
        responses={**problems("grant_malformed", *OWNER), **made("grant_id")},
    )
    async def grant_access(
        application_id: UUID,
        body: GrantBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Made:
        """Let a person in: who, what, from when and until when."""
        if body.until_at <= body.from_at:
            raise Problem(422, "grant_malformed", "The grant ends before it begins.")
        command = GrantAccess(
            organisation=firm_of(by.principal, by.role),
            grant_id=by.cause.command_id,
            person_id=body.person_id,
            scope=body.scope,
            from_at=body.from_at,
            until_at=body.until_at,
            at=acting.now(),
        )
        stream = f"workspace-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))
        return Made(id=by.cause.command_id)

    @router.delete("/grants/{grant_id}", responses=problems("access_grant_not_found", *OWNER))
    async def revoke_access(
        application_id: UUID,
        grant_id: UUID,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Withdraw a person's access."""
        command = RevokeAccess(firm_of(by.principal, by.role), grant_id, acting.now())
        stream = f"workspace-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def content_routes(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return how the kit, texts and links come into a workspace."""
    router = APIRouter(prefix=PREFIX, tags=["workspaces"])

    @router.put("/kit", responses=problems("access_not_granted", "kit_version_mismatch", *OWNER))
    async def apply_kit(
        application_id: UUID,
        body: KitBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Put in the folders and the writing template."""
        command = ApplyKit(body.kit, by.person, acting.now())
        stream = f"workspace-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    @router.post("/texts", status_code=status.HTTP_201_CREATED, responses=problems(*OWNER))
    async def write_text(
        application_id: UUID,
        body: TextBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> EvidenceMade:
        """Write a text as evidence."""
        made = by.cause.command_id
        await refuse_early(acting, by, application_id, expected_version)
        command = WriteText(
            organisation=firm_of(by.principal, by.role),
            evidence_id=made,
            title=body.title,
            text=body.text,
            evidence_hash=await acting.vault.fingerprint(str(application_id), body.text),
            at=acting.now(),
        )
        stream = f"workspace-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))
        return EvidenceMade(id=made, evidence_hash=command.evidence_hash)

    @router.post(
        "/links",
        status_code=status.HTTP_201_CREATED,
        responses=problems("evidence_not_found", "criterion_not_in_scheme", *OWNER),
    )
    async def link_evidence(
        application_id: UUID,
        body: LinkBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Put a piece of evidence to one item of the self-assessment."""
        command = LinkEvidence(
            organisation=firm_of(by.principal, by.role),
            evidence_id=body.evidence_id,
            item_id=body.item_id,
            kind=body.kind,
            at=acting.now(),
        )
        stream = f"workspace-{application_id}"
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))

    return router


def workspace_readings(*, edge: Edge, acting: Acting) -> APIRouter:
    """Return what can be read of a workspace, and by whom."""
    router = APIRouter(prefix=PREFIX, tags=["workspaces"])

    @router.get("", responses=problems("workspace_not_found", "access_not_granted"))
    async def read_workspace(
        application_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> WorkspaceCase:
        """Return a workspace with its texts: for the firm, and for whom it has let in.

        What people of SKOOPI read here is remembered in the access log.
        """
        stream = f"workspace-{application_id}"
        history = await acting.handler.log.load(stream)
        state: Workspace = acting.folded(stream, history)
        firm = firm_of(by.principal, by.role)
        try:
            refuse_unless_reader(state, by.principal.person, firm, acting.now())
        except Refusal as no:
            await acting.refuse_read(by, "read_workspace", stream, history.case, no)
        show(response, Look(state, history.version, history.position, history.case), seen)
        if firm is None:
            await acting.remember_read(by, "read_workspace", stream, application_id)
        shown = workspace_case(await acting.shown(stream, history))
        assert shown is not None
        return shown

    return router


async def refuse_early(
    acting: Acting, by: Caller, application_id: UUID, expected_version: int
) -> None:
    """Refuse what would be refused anyway, before a file comes in or a key is made for its case.

    A known command comes first: its answer is not this one's.
    """
    stream = f"workspace-{application_id}"
    try:
        known = await acting.handler.log.recall(by.cause.command_id, digest=by.cause.digest)
    except CommandReused:
        return  # known, by a digest that has the file in it: the answer comes with the file
    look = await acting.handler.look(stream)
    if known is None:
        writable(look.state, firm_of(by.principal, by.role))
        if look.version != expected_version:
            raise StreamMoved(stream)
