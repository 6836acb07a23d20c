"""The checks are checked: a service that answers wrongly in every way is told so in every way."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from shared.web.server import server
from tests.hostile.fuzzing import Report, sent
from tests.web.running import running

pytestmark = pytest.mark.integration

JSON, PROBLEM = b"application/json", b"application/problem+json"
KEPT: Final[Mapping[str, str]] = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def problem(code: str, status: int) -> bytes:
    """Return a problem document that is whole."""
    said = {"type": f"/problems/{code}", "title": "No", "status": status, "detail": "No."}
    told = {"instance": "urn:uuid:1", "code": code, "trace_id": "1", "errors": []}
    return orjson.dumps(said | told)


WRONG: Final = (
    (500, JSON, b"{}", KEPT),
    (404, b"text/plain", b"no", KEPT),
    (404, PROBLEM, problem("made_up", 404), KEPT),
    (404, PROBLEM, problem("not_found", 409), KEPT),
    (404, PROBLEM, problem("not_found", 404), {"x-content-type-options": "nosniff"}),
    (401, PROBLEM, problem("not_found", 401), KEPT),
    (503, PROBLEM, problem("not_found", 503), KEPT),
    (200, JSON, b'{"size": "large"}', KEPT),
    (200, b"text/html", b"<html>", KEPT),
    (204, JSON, b"", KEPT),
    (200, JSON, b'{"size": 1}', {"server": "a program 1.0"}),
)
"""Status, media type, body, headers: each wrong in a way of its own."""
FOUND: Final = {
    *("ServerError", "UndefinedContentType", "UndefinedStatusCode", "JsonSchemaError"),
    *("404 is no problem document", "made_up is not on the page of problems"),
    *("made_up is not in the document of the operation", "status 404 is 409 in the body"),
    *("the no may be kept by caches", "401 without a challenge", "503 without Retry-After"),
    *("no nosniff", "the answer names the server's program"),
}


class Careless:
    """A service that answers wrongly, each time in another way."""

    def __init__(self) -> None:
        self.turn = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        del receive
        if scope["type"] == "lifespan":
            return
        status, kind, body, more = WRONG[self.turn % len(WRONG)]
        self.turn += 1
        headers = [(name.encode(), value.encode()) for name, value in more.items()]
        headers += [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def document() -> dict[str, Any]:
    """Return what the service says of itself."""
    thing = {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}
    no = {"description": "No", "x-problem-codes": ["not_found"], "content": {PROBLEM.decode(): {}}}
    ok = {"description": "One", "content": {JSON.decode(): {"schema": thing}}}
    place = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
    read = {"operationId": "read", "parameters": [place], "responses": {"200": ok, "4XX": no}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Careless", "version": "1"},
        "paths": {"/things/{number}": {"get": read}},
    }


async def told() -> Report:
    """Return what is found."""
    async with running(server(Careless(), host="127.0.0.1", port=0)) as url:
        service = {"url": url, "document": document(), "people": {}, "ids": {}}
        order = {
            "seed": 1,
            "requests": 60,
            "codes": ["not_found"],
            "of_the_edge": [],
            "head_bytes_max": 26_000,
            "services": {"careless": service},
        }
        return await asyncio.to_thread(sent, order)


async def test_every_wrong_answer_is_found() -> None:
    """House: a check that never said no has not been seen to work."""
    report = await told()
    found = {each["check"] for each in report.failures}
    found |= {each["words"] for each in report.failures if each["check"] == "promise"}
    assert found >= FOUND, FOUND - found
    assert report.sent >= 60
