"""HTTP in: the list of letters, for whoever must act when one cannot be sent."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.notify.queries import Letters
from services.notify.views import NotificationRow, NotificationState
from shared.auth import Operations
from shared.contracts.roles import Role
from shared.web import (
    ACCESS_LOG_OVERSIGHT,
    DISCLOSURE_OPERATIONS,
    LEDGER_OPERATIONS,
    Edge,
    Meaning,
    Meanings,
    Page,
    Problem,
    Reader,
    link_next,
    page,
    problems,
    wait_for,
)

OPERATIONS: Operations = {
    "list_access_log": ACCESS_LOG_OVERSIGHT,
    **LEDGER_OPERATIONS,
    **DISCLOSURE_OPERATIONS,
    "list_notifications": (Role.REGISTRAR, Role.PROJECT_LEADER, Role.AUDITOR, Role.OPERATOR),
}
MEANINGS: Final[Meanings] = {
    "notification_not_found": Meaning.of("There is no such letter. Said between services only."),
}
BAD_REQUEST: Final = 400


def routes(*, letters: Letters, edge: Edge, reached: Callable[..., Any]) -> APIRouter:
    """Return the routes, wired to what the composition root gives them."""
    router = APIRouter(prefix="/v1/notifications", tags=["notifications"])

    @router.get(
        "",
        dependencies=[Depends(wait_for(partial(reached, "notification_list")))],
        responses=problems("request_malformed"),
    )
    async def list_notifications(
        _by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        case: Annotated[UUID | None, Query(description="The application's id.")] = None,
        state: NotificationState | None = None,
    ) -> list[NotificationRow]:
        """Return letters by case and state: pseudonyms, never an address or a text."""
        rows = await letters.letters(
            application_id=case, state=state, after=_key(asked.after), limit=asked.fetch
        )
        more = str(rows[asked.limit - 1].notification_id) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return list(rows[: asked.limit])

    return router


def _key(cursor: str | None) -> UUID | None:
    """Return the letter that ``cursor`` names; ``None``: from the beginning.

    Raises:
        Problem: 400: it is none of ours.
    """
    if cursor is None:
        return None
    try:
        key = UUID(cursor)
    except ValueError as error:
        raise Problem(BAD_REQUEST, "request_malformed") from error
    if str(key) != cursor:
        raise Problem(BAD_REQUEST, "request_malformed")
    return key
