"""The history over HTTP: one over all services, for auditors only."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from services.audit.api.asking import AS_OF, Asked, bound
from services.audit.api.cursors import BAD_REQUEST, CURSOR_CHARS_MAX, cursor_of, place_of
from services.audit.api.remembering import remember_shown
from services.audit.queries import BEGINNING, Histories, HistoryRow, Place
from services.audit.views.as_of import Vector, vector_from, vector_text
from services.audit.views.facets import cases_of
from services.audit.views.sentences import Sentence, sentence_about
from shared.contracts.base import Instant
from shared.contracts.record import decode
from shared.web import Edge, Page, Problem, Reader, link_next, problems
from shared.web.paging import LIMIT_DEFAULT, LIMIT_MAX


class ActorShown(BaseModel):
    """Who did it: a pseudonym and a role.

    Attributes:
        organisation: Number of the firm that the person acted for.
        mandate: The appointment or declaration under which the person acted.
    """

    person: UUID
    role: str
    organisation: str | None
    on_behalf_of: UUID | None
    mandate: UUID | None


class Entry(BaseModel):
    """One record of the history.

    Attributes:
        log: Whose, e.g. ``asf/review``.
        position: In that log, from 1.
        hash: RFC 6962 leaf hash of the record's bytes, hexadecimal.
        record: The record as it is stored; ``GET /v1/mirrors/.../records/...`` gives the bytes.
    """

    log: str
    position: int
    type: str
    recorded_at: Instant
    effective_at: Instant
    actor: ActorShown
    sentence: Sentence
    hash: str
    record: dict[str, Any]


class Listed(Asked):
    """A page of a history.

    Attributes:
        limit: How many entries, at most.
        after: Where the page before ended; from its `Link`. The page is as of what that one was, and
            of the same question: with other filters it is refused.
    """

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    after: Annotated[
        str | None,
        Field(min_length=1, max_length=CURSOR_CHARS_MAX, pattern=r"^[\x21-\x7e]+$"),
    ] = None


def history_routes(*, histories: Histories, edge: Edge) -> APIRouter:
    """Return how the history is read."""
    router = APIRouter(prefix="/v1", tags=["history"])

    @router.get(
        "/history",
        responses=problems("role_may_not_act", "request_malformed", "history_incomplete"),
    )
    async def read_history(
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Listed, Query()],
        request: Request,
        response: Response,
    ) -> list[Entry]:
        """Return what happened, over all services, oldest first.

        What happened at the same instant stands in the order of the process and, within one log,
        of the log. All pages of an answer are as of the same sizes, which `Asf-As-Of` names; given
        as `as_of_sizes` they have the same answer at any later time. Reading is remembered in
        the access log, and under each case that the page shows.
        """
        after, as_of = await _begun(histories, asked)
        await edge.remember(by, "read_history", stream=asked.stream, case=asked.case)
        rows = await histories.history(asked.wanted(as_of), after=after, limit=asked.limit + 1)
        if asked.case is None:
            cases = {each for row in rows[: asked.limit] for each in cases_of(decode(row.leaf))}
            await remember_shown(edge, by, "read_history", stream=asked.stream, cases=cases)
        response.headers[AS_OF] = vector_text(as_of)
        if len(rows) > asked.limit:
            more = cursor_of(rows[asked.limit - 1].place(asked.order_by), as_of, asked.digest())
            link_next(request, response, Page(asked.limit, asked.after), after=more)
        return [entry_of(row) for row in rows[: asked.limit]]

    return router


async def _begun(histories: Histories, asked: Listed) -> tuple[Place, Vector]:
    """Return where the page begins, and as of what it is read.

    Raises:
        Problem: 400: the cursor is none of ours, or of another question.
    """
    if asked.after is None:
        return BEGINNING, await bound(histories, asked.as_of_sizes)
    after, as_of = place_of(asked.after, asked.digest())
    if asked.as_of_sizes is not None and vector_from(asked.as_of_sizes) != as_of:
        raise Problem(BAD_REQUEST, "request_malformed")
    return after, await bound(histories, vector_text(as_of))


def entry_of(row: HistoryRow) -> Entry:
    """Return ``row`` for people and programs."""
    record = decode(row.leaf)
    actor = record.actor
    return Entry(
        log=row.log,
        position=row.position,
        type=record.type,
        recorded_at=record.recorded_at,
        effective_at=record.effective_at,
        actor=ActorShown(
            person=actor.person,
            role=str(actor.role),
            organisation=actor.organisation,
            on_behalf_of=actor.on_behalf_of,
            mandate=actor.mandate,
        ),
        sentence=sentence_about(record),
        hash=row.hash,
        record=orjson.loads(row.leaf),
    )
