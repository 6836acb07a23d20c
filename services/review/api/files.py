"""Files over HTTP: streamed in and out, never in one piece in memory."""

from base64 import b64encode
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response, status

from services.review.api.acting import Acting, firm_of
from services.review.api.evidence_files import (
    UPLOAD_BODY,
    UPLOAD_HEADERS,
    ComingIn,
    checked,
    digest_of,
    disposition_of,
    media_type_of,
    name_of,
    whole,
)
from services.review.api.workspaces import OWNER, PREFIX, EvidenceMade, refuse_early
from services.review.commands.workspace import UploadFile
from services.review.decider.workspace import Workspace, refuse_unless_reader
from services.review.views.workspace_case import workspace_case
from shared.decider import Refusal, RefusalKind
from shared.vault import BrokenSeal
from shared.vault.objects import ObjectMissing, Objects
from shared.web import Caller, Edge, Reader, Upload, if_match, made, problems, tell
from shared.web.streamed import Streamed

FILES: Final = f"{PREFIX}/files"
UPLOAD_TIMEOUT_S: Final = 300.0


def upload_of(bytes_max: int) -> Upload:
    """Return the operation whose body streams past the limit of all others."""
    return Upload(FILES, bytes_max, UPLOAD_TIMEOUT_S)


def file_routes(*, edge: Edge, acting: Acting, objects: Objects) -> APIRouter:
    """Return how files come in."""
    router = APIRouter(prefix=PREFIX, tags=["workspaces"])
    coming_in = ComingIn()

    @router.post(
        "/files",
        status_code=status.HTTP_201_CREATED,
        responses={
            **problems(
                "media_type_not_accepted",
                "file_name_malformed",
                "content_digest_malformed",
                "evidence_empty",
                "content_digest_mismatch",
                *OWNER,
            ),
            **made("evidence_id"),
        },
        openapi_extra={"parameters": [*UPLOAD_HEADERS], "requestBody": {**UPLOAD_BODY}},
    )
    async def upload_file(  # noqa: PLR0913, PLR0917 -- the headers of an upload
        application_id: UUID,
        request: Request,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
        content_disposition: Annotated[str | None, Header(include_in_schema=False)] = None,
        content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
        content_digest: Annotated[list[str] | None, Header(include_in_schema=False)] = None,
    ) -> EvidenceMade:
        """Put in a file as evidence: its bytes are the body, its name stands in a header.

        Safe to repeat with the same key, name, type and file.
        """
        media_type, name = media_type_of(content_type), name_of(content_disposition)
        named = digest_of(content_digest or ())
        stream = f"workspace-{application_id}"
        await refuse_early(acting, by, application_id, expected_version)
        content = checked(whole(request.stream(), named), media_type)
        with coming_in.one(application_id):
            kept = await objects.put(application_id, content)
        command = UploadFile(
            organisation=firm_of(by.principal, by.role),
            evidence_id=by.cause.command_id,
            file_name=name,
            evidence_hash=kept.content_hash,
            size_bytes=kept.size_bytes,
            media_type=media_type,
            at=acting.now(),
        )
        by = by.over(f"{kept.content_hash}\0{media_type}\0{name}".encode())
        tell(response, await acting.put(by, stream, command, expected_version=expected_version))
        return EvidenceMade(id=by.cause.command_id, evidence_hash=kept.content_hash)

    return router


def file_readings(*, edge: Edge, acting: Acting, objects: Objects) -> APIRouter:
    """Return how files go out."""
    router = APIRouter(prefix=PREFIX, tags=["workspaces"])

    @router.get(
        "/files/{evidence_id}",
        response_class=Streamed,
        responses=problems("evidence_not_found", "workspace_not_found", "access_not_granted"),
    )
    async def read_file(
        application_id: UUID,
        evidence_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
    ) -> Streamed:
        """Return a file. What people of SKOOPI read is remembered in the access log."""
        stream = f"workspace-{application_id}"
        history = await acting.handler.log.load(stream)
        firm = firm_of(by.principal, by.role)
        try:
            state: Workspace = acting.folded(stream, history)
            refuse_unless_reader(state, by.principal.person, firm, acting.now())
        except Refusal as no:
            await acting.refuse_read(by, "read_file", stream, history.case, no)
        shown = workspace_case(await acting.shown(stream, history))
        found = next(
            (e for e in (shown.evidence if shown else ()) if e.evidence_id == evidence_id), None
        )
        if found is None or found.form != "file":
            raise _not_found()
        if firm is None:
            await acting.remember_read(by, "read_file", stream, application_id)
        try:
            content = await objects.get(application_id, found.evidence_hash)
        except (ObjectMissing, BrokenSeal) as error:
            raise _not_found() from error
        headers = {
            "Content-Disposition": disposition_of(found.name),
            "Content-Length": str(found.size_bytes),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
            "Repr-Digest": _digest(found.evidence_hash),
        }
        return Streamed(content, media_type=found.media_type, headers=headers)

    return router


def _digest(content_hash: str) -> str:
    """RFC 9530: return the header that names the content's hash."""
    return f"sha-256=:{b64encode(bytes.fromhex(content_hash)).decode()}:"


def _not_found() -> Refusal:
    """Return that there is no such file."""
    return Refusal(RefusalKind.NOT_FOUND, "evidence_not_found", "There is no such file.")
