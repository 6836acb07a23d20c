"""The access log over HTTP: who was told no on grounds of role or duty, and who read what."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from shared.contracts.base import Instant
from shared.contracts.roles import Role
from shared.eventlog import AccessPlaced
from shared.web.edge import Edge, Reader
from shared.web.openapi import problems
from shared.web.paging import Page, link_next, number_after, page
from shared.web.problem import Problem

FIRM: Final = frozenset({Role.APPLICANT, Role.SIGNATORY})
READ: Final = "read"

ACCESS_LOG_OVERSIGHT: Final = (Role.AUDITOR, Role.STEERING_GROUP)
"""Of the operation ``list_access_log`` in every service (AUD-1, APT-5)."""
ACCESS_LOG_READERS: Final = (*ACCESS_LOG_OVERSIGHT, Role.SIGNATORY, Role.APPLICANT)
"""The same where the service knows whose a case is: the firm sees who looked at its own."""


class AccessShown(BaseModel):
    """One entry.

    Attributes:
        code: The refusal's; ``read`` where a reading is remembered.
        on_behalf_of: For whom a service asked; ``None`` for whoever asked for themselves.
    """

    position: int
    person_id: UUID
    role: str
    on_behalf_of: UUID | None
    command: str
    stream: str
    code: str
    case: UUID | None
    at: Instant


def access_log_routes(edge: Edge) -> APIRouter:
    """Return what auditors, the yearly review of impartiality, and each firm read (GEN-8, APT-5)."""
    router = APIRouter(prefix="/v1", tags=["access log"])

    @router.get("/access-log", responses=problems("not_found", "request_malformed"))
    async def list_access_log(
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        case: Annotated[UUID | None, Query(description="The application's id.")] = None,
    ) -> list[AccessShown]:
        """Return entries of the access log, oldest first.

        A firm names one of its own cases, and sees who read of it; a page may hold fewer entries
        than asked for, or none, although there are more.
        """
        after = number_after(asked)
        firm = by.role in FIRM
        if firm:
            await _require_own(edge, by, case)
        found = await edge.access.entries(case=case, after=after, limit=asked.fetch)
        more = str(found[asked.limit - 1].position) if len(found) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [
            _shown(placed)
            for placed in found[: asked.limit]
            if not firm or placed.entry.code == READ
        ]

    return router


async def _require_own(edge: Edge, by: Reader, case: UUID | None) -> None:
    """SOD-14: do nothing when ``case`` is that of the caller's own firm.

    Raises:
        Problem: 400: no case is named. 404: it is another firm's, or nobody's.
    """
    if case is None:
        raise Problem(400, "request_malformed", "Name a case of your own.")
    if (await edge.firm_of(case)) != (by.principal.organisation or ""):
        raise Problem(404, "not_found")


def _shown(placed: AccessPlaced) -> AccessShown:
    """Return an entry as it is listed."""
    entry = placed.entry
    return AccessShown(
        position=placed.position,
        person_id=entry.actor.person,
        role=str(entry.actor.role),
        on_behalf_of=entry.actor.on_behalf_of,
        command=entry.command,
        stream=entry.stream,
        code=entry.code,
        case=entry.case,
        at=entry.at,
    )
