"""A small service to try the edge on: one of every kind of operation, over the memory log."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request, Response, status
from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.eventlog import AccessEntry, AccessPlaced, Answer, Look
from shared.testing.memory import MemoryAccessLog
from shared.web import (
    ACCESS_LOG_READERS,
    Body,
    Caller,
    Check,
    Edge,
    Language,
    Limits,
    Meaning,
    Meanings,
    Page,
    Reader,
    Seen,
    Upload,
    access_log_routes,
    create_app,
    if_match,
    if_none_match,
    language,
    link_next,
    page,
    problems,
    show,
    tell,
    wait_for,
)
from tests.auth.issuer import NOW, authenticator, claims, token

NOTE = UUID("0190a3c2-7a10-4c00-8000-0000000000aa")
CASE = UUID("0190a3c2-7a10-4c00-8000-0000000000cc")
FILE_BYTES_MAX = 100_000

MEANINGS: Meanings = {
    "note_closed": Meaning.of("The note takes no <changes> any more.", "GEN-4", "WSP-5"),
    "note_exists": Meaning.of("Another note has this id."),
}

OPERATIONS: Operations = {
    "write_note": (Role.SUPERVISOR, Role.REVIEWER),
    "change_note": (Role.REVIEWER,),
    "read_note": (Role.REVIEWER, Role.AUDITOR),
    "list_notes": (Role.REVIEWER,),
    "send_file": (Role.REVIEWER,),
    "say_hello": PUBLIC,
    "list_access_log": ACCESS_LOG_READERS,
}


class NoteBody(Body):
    """A note."""

    text: Annotated[str, Field(min_length=2, max_length=100)]
    weight: int = 1


class NoteWritten(Body):
    """What a note's writer is told."""

    text: str


async def _never(_: Caller) -> None:
    """Let every command pass."""


@dataclass
class House:
    """What the routes see and do, in the hands of the test.

    Attributes:
        act: Called by every command; may raise whatever the test is about.
        heard: Every caller that got through, in order.
        firms: Whose each case is.
    """

    act: Callable[[Caller], Awaitable[Any]] = _never
    access: MemoryAccessLog = field(default_factory=MemoryAccessLog)
    heard: list[Caller] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    version: int = 3
    applied: int = 0
    now: datetime = NOW
    firms: Mapping[UUID, str] = field(default_factory=dict[UUID, str])


def routes(present: "Present", edge: Edge) -> APIRouter:
    """Return the routes; the house that is present decides what becomes of commands."""
    router = APIRouter(prefix="/v1/notes", tags=["notes"])

    @router.post("", status_code=status.HTTP_201_CREATED, responses=problems("note_exists"))
    async def write_note(
        body: NoteBody, by: Annotated[Caller, Depends(edge.caller)], response: Response
    ) -> NoteWritten:
        """Write a note."""
        present.house.heard.append(by)
        present.house.texts.append(body.text)
        await present.act(by)
        tell(response, Answer((), f"note-{NOTE}", 1, 41), location=f"/v1/notes/{NOTE}")
        return NoteWritten(text=body.text)

    @router.put("/{note_id}/cases/{application_id}", responses=problems("note_closed"))
    async def change_note(
        note_id: UUID,
        application_id: UUID,
        body: NoteBody,
        by: Annotated[Caller, Depends(edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> None:
        """Change a note of a case."""
        del application_id  # it only names the case
        present.house.heard.append(by)
        present.house.texts.append(body.text)
        await present.act(by)
        tell(response, Answer((), f"note-{note_id}", expected_version + 1, 42))

    @router.get("/{note_id}")
    async def read_note(
        note_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> dict[str, str]:
        """Read one note."""
        await edge.remember(by, "read_note", stream=f"note-{note_id}")
        show(response, Look(None, present.house.version, 40, CASE), seen)
        return {"role": by.role}

    @router.get("", dependencies=[Depends(wait_for(present.reached))])
    async def list_notes(
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        word: str = "",
    ) -> list[int]:
        """List notes by number."""
        del by
        present.house.texts.append(word)
        first = int(asked.after or 0) + 1
        found = list(range(first, min(first + asked.fetch, 6)))
        more = str(found[asked.limit - 1]) if len(found) > asked.limit else None
        link_next(request, response, asked, after=more)
        return found[: asked.limit]

    @router.put("/{note_id}/file")
    async def send_file(
        note_id: UUID, by: Annotated[Caller, Depends(edge.caller)], request: Request
    ) -> int:
        """Send a file, which streams past."""
        del note_id
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        present.house.heard.append(by.over(str(size).encode()))
        return size

    return router


def public_routes() -> APIRouter:
    """Return the routes that anyone may use."""
    router = APIRouter(prefix="/v1/hello")

    @router.get("/{name}")
    async def say_hello(name: str, tongue: Annotated[Language, Depends(language)]) -> str:
        """Greet."""
        return f"{'Hej' if tongue == 'sv' else 'Hello'} {name}"

    return router


LIMITS = Limits(
    body_timeout_s=1.0,
    upload_pause_s=0.05,
    uploads=(Upload("/v1/notes/{note_id}/file", bytes_max=FILE_BYTES_MAX, timeout_s=0.2),),
)


class Present:
    """The house whose turn it is: making an application takes longer than most tests of it."""

    def __init__(self) -> None:
        self.house = House()

    async def act(self, by: Caller) -> None:
        """Do what the house does."""
        await self.house.act(by)

    async def reached(self, position: int) -> bool:
        """Return whether the list has come so far."""
        return position <= self.house.applied

    async def firm_of(self, case: UUID) -> str | None:
        """Return the number of the firm whose case it is."""
        return self.house.firms.get(case)

    async def record(self, entry: AccessEntry) -> None:
        """Keep ``entry`` in the house's access log."""
        await self.house.access.record(entry)

    async def entries(self, **asked: Any) -> tuple[AccessPlaced, ...]:
        """Return what the access log of the house has."""
        return await self.house.access.entries(**asked)


_present = Present()


@cache
def made() -> FastAPI:
    """Return the application, made once."""
    return make()


def make(checks: Mapping[str, Check] | None = None) -> FastAPI:
    """Return the application; what it does is up to the house that is present."""
    edge = Edge(
        authenticator=authenticator(),
        operations=OPERATIONS,
        access=_present,
        now=lambda: _present.house.now,
        firm_of=_present.firm_of,
    )
    inner = APIRouter()  # a router inside a router, as services have them
    inner.include_router(routes(_present, edge))
    inner.include_router(access_log_routes(edge))
    return create_app(
        "Notes",
        routers=[inner, public_routes()],
        operations=OPERATIONS,
        meanings=MEANINGS,
        checks=checks,
        limits=LIMITS,
    )


def application(house: House, checks: Mapping[str, Check] | None = None) -> ASGIApp:
    """Return the application of ``house``: one test, one house."""
    app = made() if checks is None else make(checks)

    async def at_home(scope: Scope, receive: Receive, send: Send) -> None:
        _present.house = house
        await app(scope, receive, send)

    return at_home


def client(house: House, checks: Mapping[str, Check] | None = None) -> httpx2.AsyncClient:
    """Return a client of ``house``, who is a reviewer and has a key for every command."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(application(house, checks)),
        base_url="http://notes",
        headers=REVIEWER,
    )


REVIEWER = {
    "Authorization": f"Bearer {token(claims(Role.REVIEWER))}",
    "Idempotency-Key": '"a-key"',
}
