"""HTTP in: the history of a case, what is mirrored, and what did not agree. For auditors only."""

import base64
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel

from services.audit.queries import BEGINNING, LOGS, Histories, HistoryRow, Place
from services.audit.views.sentences import Sentence, sentence_about
from shared.auth import Operations
from shared.contracts.audit import TamperSuspected
from shared.contracts.base import INTEGER_MAX, Instant, instant_text
from shared.contracts.record import decode
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.web import (
    ACCESS_LOG_READERS,
    Edge,
    Page,
    Problem,
    Reader,
    link_next,
    page,
    problems,
    wait_for,
)

OPERATIONS: Operations = {
    "read_history": (Role.AUDITOR,),
    "list_mirrors": (Role.AUDITOR, Role.OPERATOR),
    "read_record": (Role.AUDITOR,),
    "list_access_log": ACCESS_LOG_READERS,
    "list_findings": (Role.AUDITOR, Role.OPERATOR, Role.STEERING_GROUP),
}
ServiceName = Literal["intake", "review", "certificates", "notify", "audit"]
Position = Annotated[int, Path(ge=1, le=INTEGER_MAX)]
BAD_REQUEST: Final = 400


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


class MirrorShown(BaseModel):
    """How much of one log is mirrored.

    Attributes:
        head: The last position seen.
        missing: How many positions before it are not here (yet).
    """

    log: str
    head: int
    missing: int


def routes(*, histories: Histories, edge: Edge, reached: Callable[..., Any]) -> APIRouter:
    """Return the routes, wired to what the composition root gives them."""
    router = APIRouter(prefix="/v1", tags=["audit"])
    _history(router, histories, edge)
    _mirrors(router, histories, edge)
    _findings(router, histories, edge, reached)
    return router


def _history(router: APIRouter, histories: Histories, edge: Edge) -> None:
    """Add the history of a case."""

    @router.get("/history", responses=problems("role_may_not_act", "request_malformed"))
    async def read_history(
        by: Annotated[Reader, Depends(edge.reader)],
        case: Annotated[UUID, Query(description="The application's id.")],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[Entry]:
        """Return what happened in one case, over all services, oldest first.

        What happened at the same instant stands in the order of the process and, within one log,
        of the log. Reading it is remembered in the access log.
        """
        after = _place(asked.after)
        await edge.remember(by, "read_history", stream=f"case-{case}", case=case)
        rows = await histories.history(case, after=after, limit=asked.fetch)
        more = _cursor(rows[asked.limit - 1].place) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [_entry(row) for row in rows[: asked.limit]]


def _mirrors(router: APIRouter, histories: Histories, edge: Edge) -> None:
    """Add what is mirrored, and the bytes themselves."""

    @router.get("/mirrors")
    async def list_mirrors(_by: Annotated[Reader, Depends(edge.reader)]) -> list[MirrorShown]:
        """Return how much of each service's log is mirrored, in the order of the process."""
        return [
            MirrorShown(log=each.log, head=each.head, missing=each.missing)
            for each in await histories.states()
        ]

    @router.get(
        "/mirrors/{service}/records/{position}",
        response_class=Response,
        responses=problems("record_not_found"),
    )
    async def read_record(
        by: Annotated[Reader, Depends(edge.reader)], service: ServiceName, position: Position
    ) -> Response:
        """Return the exact bytes of one record, as hashed, sent and stored.

        Reading it is remembered in the access log.
        """
        log = f"asf/{service}"
        leaf = await histories.leaf_at(log, position)
        if leaf is None:
            raise Refusal(RefusalKind.NOT_FOUND, "record_not_found", "There is no such record.")
        case = decode(leaf).correlation_id
        await edge.remember(by, "read_record", stream=f"{log}/{position}", case=case)
        return Response(leaf, media_type="application/json")


def _findings(
    router: APIRouter, histories: Histories, edge: Edge, reached: Callable[..., Any]
) -> None:
    """Add what did not agree."""

    @router.get(
        "/findings",
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
        after = _number(asked.after or "0")
        rows = await histories.findings(after=after, limit=asked.fetch)
        more = str(rows[asked.limit - 1].position) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [row.finding for row in rows[: asked.limit]]


def _entry(row: HistoryRow) -> Entry:
    """Return ``row`` for people and programs."""
    record = decode(row.leaf)
    actor = record.actor
    return Entry(
        log=row.place.log,
        position=row.place.position,
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


def _cursor(place: Place) -> str:
    """Return ``place`` as the opaque text that names it in an address."""
    text = f"{instant_text(place.recorded_at)}|{place.log}|{place.position}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str | None) -> Place:
    """Return the place that ``cursor`` names; before everything when there is none.

    Raises:
        Problem: 400: it is none of ours.
    """
    if cursor is None:
        return BEGINNING
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        recorded_at, log, position = text.split("|")
        place = Place(datetime.fromisoformat(recorded_at), log, _number(position))
        ours = log in LOGS and _cursor(place) == cursor
    except (ValueError, OverflowError) as error:
        raise Problem(BAD_REQUEST, "request_malformed") from error
    if not ours:
        raise Problem(BAD_REQUEST, "request_malformed")
    return place


def _number(cursor: str) -> int:
    """Return the position that ``cursor`` names.

    Raises:
        Problem: 400: it is none.
    """
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= INTEGER_MAX):
        raise Problem(BAD_REQUEST, "request_malformed")
    return int(cursor)
