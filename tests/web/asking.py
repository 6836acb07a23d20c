"""Asks an application over bare ASGI, message by message: what no client library would send."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

from shared.contracts.roles import Role
from tests.auth.issuer import claims, token

Header = tuple[bytes, bytes]
JSON: Header = (b"content-type", b"application/json")
IDENTIFIED: tuple[Header, ...] = (
    (b"host", b"notes"),
    (b"authorization", f"Bearer {token(claims(Role.REVIEWER))}".encode()),
    (b"idempotency-key", b'"a-key"'),
)


@dataclass(frozen=True)
class Answered:
    """What came back.

    Attributes:
        headers: By name, lower case.
        read: How many messages of the request were taken.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    read: int

    @property
    def code(self) -> str:
        """Return the code of the problem document."""
        assert self.headers["content-type"] == "application/problem+json"
        return str(json.loads(self.body)["code"])


def chunks(*parts: bytes) -> list[Message]:
    """Return the messages of a body that comes in ``parts``."""
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]


async def ask(
    app: ASGIApp,
    messages: Iterable[Message],
    *,
    path: str = "/v1/notes",
    method: str = "POST",
    headers: Iterable[Header] = (JSON,),
    query: bytes = b"",
) -> Answered | None:
    """Return the answer; ``None`` when there was none. After the last message comes silence."""
    waiting = list(messages)
    total = len(waiting)
    sent: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("notes", 80),
        "client": ("127.0.0.1", 1),
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": [*IDENTIFIED, *headers],
    }
    async with asyncio.timeout(5):
        await app(scope, receive, send)
    if not sent:
        return None
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answered(sent[0]["status"], found, body, total - len(waiting))
