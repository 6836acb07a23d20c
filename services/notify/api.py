"""HTTP in: the list of letters, for whoever must act when one cannot be sent."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.notify.queries import notifications
from services.notify.views import NotificationRow, NotificationState
from shared.auth import Operations
from shared.contracts.roles import Role
from shared.web import Edge, Page, Reader, link_next, page, wait_for

OPERATIONS: Operations = {
    "list_notifications": (Role.REGISTRAR, Role.PROJECT_LEADER, Role.AUDITOR, Role.OPERATOR),
}


def routes(*, pool: Any, edge: Edge, reached: Callable[..., Any]) -> APIRouter:
    """Return the routes, wired to what the composition root gives them."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])

    @router.get("", dependencies=[Depends(wait_for(partial(reached, "notification_list")))])
    async def list_notifications(
        _by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        case: Annotated[UUID | None, Query(description="The application's id.")] = None,
        state: NotificationState | None = None,
    ) -> list[NotificationRow]:
        """Return letters by case and state: pseudonyms, never an address or a text."""
        rows = await notifications(
            pool, after=asked.after or "", application_id=case, state=state, limit=asked.fetch
        )
        more = str(rows[asked.limit - 1].notification_id) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return list(rows[: asked.limit])

    return router
