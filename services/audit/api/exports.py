"""Exports over HTTP: a history that is taken away, on record before a byte of it leaves.

House: ADR-0021. It is made twice: once to be counted and hashed, then the event, then again to be
sent. That the two are the same follows from the vector that both are read as of.
"""

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends

from services.audit.api.asking import AS_OF, Asked, bound, too_long
from services.audit.api.export_lines import WRITTEN, LineFormat
from services.audit.api.remembering import remember_shown
from services.audit.commands import MakeExport
from services.audit.queries import Histories, TooLong, pages
from services.audit.views.as_of import Vector, vector_from, vector_parts, vector_text
from services.audit.views.facets import cases_of
from shared.contracts.audit import ExportMade
from shared.contracts.record import decode
from shared.decider import Refusal, RefusalKind
from shared.eventlog import Answer, Handler
from shared.web import Caller, Edge, Reader, problems
from shared.web.streamed import Streamed

RECORDS_MAX: Final = 100_000
"""Of one export."""


class ExportBody(Asked):
    """Which records, in which form."""

    format: LineFormat


class Counted(NamedTuple):
    """An export that was made and not sent.

    Attributes:
        hash: SHA-256 of its bytes, hexadecimal.
        cases: That it shows.
    """

    as_of: Vector
    records: int
    hash: str
    cases: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Exporting:
    """What exports are made from."""

    histories: Histories
    handler: Handler
    now: Callable[[], datetime]

    async def said(
        self, body: ExportBody, by: Caller
    ) -> tuple[Answer, ExportMade, frozenset[UUID]]:
        """AUD-2: return the event of this export, which is on record by then, and the cases it shows.

        A repeat finds the first one (GEN-4). Whatever is sent has been seen to be what it says.

        Raises:
            Refusal: The same records have other bytes now than they had.
            Problem: 422: too many records; 503: the mirror does not hold all of it yet.
        """
        known = await self.handler.log.recall(by.cause.command_id, digest=by.cause.digest)
        if known is None:
            made = await self._counted(body, await bound(self.histories, body.as_of_sizes))
            known = await self._put(body, by, made)
            event = _event_of(known)
            if event.as_of == vector_parts(made.as_of):
                return known, event, made.cases
        event = _event_of(known)
        made = await self._counted(body, vector_of(event))
        if (made.hash, made.records) != (event.content_hash, event.records):
            raise Refusal(
                RefusalKind.CONFLICT, "export_differs", "The export has other bytes by now."
            )
        return known, event, made.cases

    async def content(self, body: ExportBody, as_of: Vector) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the export, page by page."""
        written = WRITTEN[body.format]
        yield written.head
        async for rows in pages(self.histories, body.wanted(as_of), limit=RECORDS_MAX):
            yield written.lines(rows)

    async def _counted(self, body: ExportBody, as_of: Vector) -> Counted:
        """Return how many records the export has, and the hash of its bytes."""
        written, records = WRITTEN[body.format], 0
        hashed, cases = sha256(written.head), set[UUID]()
        try:
            async for rows in pages(self.histories, body.wanted(as_of), limit=RECORDS_MAX):
                hashed.update(written.lines(rows))
                records += len(rows)
                cases.update(case for row in rows for case in cases_of(decode(row.leaf)))
        except TooLong as error:
            raise too_long() from error
        return Counted(as_of, records, hashed.hexdigest(), frozenset(cases))

    async def _put(self, body: ExportBody, by: Caller, made: Counted) -> Answer:
        """Put the export on record; return what became of it, which may be its twin's."""
        command = MakeExport(
            export_id=by.cause.command_id,
            case=body.case,
            format=body.format,
            query_hash=body.digest(),
            as_of=vector_parts(made.as_of),
            records=made.records,
            content_hash=made.hash,
            at=self.now(),
        )
        return await self.handler.put(f"export-{command.export_id}", command, by.cause)


def export_routes(*, exporting: Exporting, edge: Edge) -> APIRouter:
    """Return how a history is taken away."""
    router = APIRouter(prefix="/v1/exports", tags=["exports"])

    @router.post(
        "",
        response_class=Streamed,
        responses={
            **problems("answer_too_long", "export_differs", "history_incomplete"),
            200: {"content": {each.media_type.partition(";")[0]: {} for each in WRITTEN.values()}},
        },
    )
    async def make_export(
        body: ExportBody, by: Annotated[Caller, Depends(edge.caller)]
    ) -> Streamed:
        """Return all records that are asked for, 100,000 at most, as JSONL or CSV.

        That it was made is an event before the first byte is sent: who, the question's digest, the
        sizes, how many records, and the SHA-256 of the bytes. The same key gives the same bytes again.
        """
        answer, event, cases = await exporting.said(body, by)
        as_of = vector_of(event)
        reader = Reader(by.principal, by.role, by.cause.actor)
        stream = f"export-{event.export_id}"
        await edge.remember(reader, "make_export", stream=stream, case=body.case)
        if body.case is None:
            await remember_shown(edge, reader, "make_export", stream=stream, cases=cases)
        headers = {
            AS_OF: vector_text(as_of),
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{event.export_id}.{body.format}"',
            "Log-Position": str(answer.position),
            "Repr-Digest": f"sha-256=:{b64encode(bytes.fromhex(event.content_hash)).decode()}:",
        }
        return Streamed(
            exporting.content(body, as_of),
            media_type=WRITTEN[body.format].media_type,
            headers=headers,
        )

    return router


def vector_of(event: ExportMade) -> Vector:
    """Return how much of each log an export holds."""
    return vector_from(",".join(event.as_of))


def _event_of(answer: Answer) -> ExportMade:
    """Return the event of an export."""
    event = answer.events[-1]
    assert isinstance(event, ExportMade), "a command of this operation makes an export"
    return event
