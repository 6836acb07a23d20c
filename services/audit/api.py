"""HTTP in: the history of a case, what is mirrored, and what did not agree. For auditors only."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from services.audit.queries import (
    HistoryRow,
    Place,
    findings,
    history,
    leaf_at,
    mirrors,
)
from services.audit.views.sentences import Sentence, sentence_of, unknown_sentence
from shared.auth import Operations
from shared.contracts.audit import TamperSuspected
from shared.contracts.base import Instant
from shared.contracts.catalogue import event_of
from shared.contracts.record import decode
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.web import Edge, Page, Problem, Reader, link_next, page, problems, wait_for

OPERATIONS: Operations = {
    "read_history": (Role.AUDITOR,),
    "list_mirrors": (Role.AUDITOR, Role.OPERATOR),
    "read_record": (Role.AUDITOR,),
    "list_findings": (Role.AUDITOR, Role.OPERATOR, Role.STEERING_GROUP),
}
ServiceName = Literal["intake", "review", "certificates", "notify", "audit"]
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


def routes(*, pool: Any, edge: Edge, reached: Callable[..., Any]) -> APIRouter:
    """Return the routes, wired to what the composition root gives them."""
    router = APIRouter(prefix="/v1", tags=["audit"])

    @router.get("/history", responses=problems("role_may_not_act"))
    async def read_history(
        case: Annotated[UUID, Query(description="The application's id.")],
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[Entry]:
        """Return what happened in one case, over all services, oldest first.

        Reading it is remembered in the access log.
        """
        await edge.remember(by, "read_history", stream=f"case-{case}", case=case)
        rows = await history(pool, case=case, after=_place(asked.after), limit=asked.fetch)
        more = _cursor(rows[asked.limit - 1].place) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [_entry(row) for row in rows[: asked.limit]]

    @router.get("/mirrors")
    async def list_mirrors(_by: Annotated[Reader, Depends(edge.reader)]) -> list[MirrorShown]:
        """Return how much of each service's log is mirrored."""
        return [
            MirrorShown(log=m.log, head=m.head, missing=m.head - m.kept)
            for m in await mirrors(pool)
        ]

    @router.get(
        "/mirrors/{service}/records/{position}",
        response_class=Response,
        responses=problems("record_not_found"),
    )
    async def read_record(
        service: ServiceName,
        position: int,
        by: Annotated[Reader, Depends(edge.reader)],
    ) -> Response:
        """Return the exact bytes of one record, as hashed, sent and stored."""
        log = f"asf/{service}"
        leaf = await leaf_at(pool, log, position)
        if leaf is None:
            raise Refusal(RefusalKind.NOT_FOUND, "record_not_found", "There is no such record.")
        await edge.remember(by, "read_record", stream=f"{log}/{position}")
        return Response(leaf, media_type="application/json")

    @router.get(
        "/findings",
        dependencies=[Depends(wait_for(partial(reached, "finding_list")))],
    )
    async def list_findings(
        _by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[TamperSuspected]:
        """Return every gap, difference and broken chain that was found."""
        rows = await findings(pool, after=asked.after or "", limit=asked.fetch)
        more = rows[asked.limit - 1][0] if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [finding for _, finding in rows[: asked.limit]]

    return router


def _entry(row: HistoryRow) -> Entry:
    """Return ``row`` for people and programs."""
    record = decode(row.leaf)
    event = event_of(record)
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
        sentence=unknown_sentence(record.type) if event is None else sentence_of(event),
        hash=row.hash,
        record=orjson.loads(row.leaf),
    )


def _cursor(place: Place) -> str:
    """Return ``place`` as the opaque text that names it in an address."""
    text = f"{place.recorded_at.isoformat()}|{place.log}|{place.position}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str | None) -> Place | None:
    """Return the place that ``cursor`` names.

    Raises:
        Problem: 400: it is none of ours.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        recorded_at, log, position = text.split("|")
        return Place(datetime.fromisoformat(recorded_at).astimezone(UTC), log, int(position))
    except (ValueError, binascii.Error) as error:
        raise Problem(BAD_REQUEST, "request_malformed") from error
