"""The access log over HTTP: who was told no on grounds of role or duty, and who read what."""

import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from shared.contracts.base import Instant
from shared.contracts.roles import Role
from shared.web.edge import Edge, Reader
from shared.web.paging import Page, link_next, page
from shared.web.problem import Problem

POSITION: Final = re.compile(r"[0-9]{1,18}")
"""What a cursor of ours looks like."""

ACCESS_LOG_READERS: Final = (Role.AUDITOR, Role.STEERING_GROUP)
"""Of the operation ``list_access_log`` in every service (AUD-1, APT-5)."""


class AccessShown(BaseModel):
    """One entry.

    Attributes:
        code: The refusal's; ``read`` where a reading is remembered.
    """

    position: int
    person_id: UUID
    role: str
    command: str
    stream: str
    code: str
    case: UUID | None
    at: Instant


def access_log_routes(edge: Edge) -> APIRouter:
    """Return what auditors, and the yearly review of impartiality, read (GEN-8, APT-5)."""
    router = APIRouter(prefix="/v1", tags=["access log"])

    @router.get("/access-log")
    async def list_access_log(
        _by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        case: Annotated[UUID | None, Query(description="The application's id.")] = None,
    ) -> list[AccessShown]:
        """Return entries of the access log, oldest first."""
        if asked.after is not None and not POSITION.fullmatch(asked.after):
            raise Problem(400, "request_malformed")
        found = await edge.access.entries(case=case, after=int(asked.after or 0), limit=asked.fetch)
        more = str(found[asked.limit - 1].position) if len(found) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [
            AccessShown(
                position=placed.position,
                person_id=placed.entry.actor.person,
                role=str(placed.entry.actor.role),
                command=placed.entry.command,
                stream=placed.entry.stream,
                code=placed.entry.code,
                case=placed.entry.case,
                at=placed.entry.at,
            )
            for placed in found[: asked.limit]
        ]

    return router
