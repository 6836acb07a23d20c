"""Findings over HTTP: what did not agree, for whoever must act."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.audit.api.cursors import number_of
from services.audit.queries import Histories
from shared.contracts.audit import TamperSuspected
from shared.web import Edge, Page, Reader, link_next, page, problems, wait_for


def finding_routes(*, histories: Histories, edge: Edge, reached: Callable[..., Any]) -> APIRouter:
    """Return how what did not agree is listed."""
    router = APIRouter(prefix="/v1/findings", tags=["findings"])

    @router.get(
        "",
        dependencies=[Depends(wait_for(partial(reached, "finding_list")))],
        responses=problems("request_malformed"),
    )
    async def list_findings(
        _by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[TamperSuspected]:
        """Return every gap, difference and broken chain, in the order in which they were found."""
        after = number_of(asked.after or "0")
        rows = await histories.findings(after=after, limit=asked.fetch)
        more = str(rows[asked.limit - 1].position) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [row.finding for row in rows[: asked.limit]]

    return router
