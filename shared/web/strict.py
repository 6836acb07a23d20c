"""The strict front: what cannot be meant well is turned away before the framework reads it.

Plain ASGI. It reads the body whole, within limits of size and time, so that whatever follows has
a body that is well-formed and complete. Uploads stream past, within limits of their own.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message as HeaderParser
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.idempotency import BODY
from shared.web.json_text import checked_json, normal_text
from shared.web.problem import Problem, render
from shared.web.validation import Fault

HEADERS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 16_384
PATH_CHARS_MAX: Final = 2_048
QUERY_FIELDS_MAX: Final = 50
LINGER_S: Final = 1.0
LINGER_BYTES_MAX: Final = 1_048_576
"""For so long, and so much, what still comes is waited for before an answer that ends the connection."""

LEFT_SECONDS_MAX: Final = 15
LEFT_BYTES_MAX: Final = 32 * 1_048_576
LEFT_PACE: Final = 4_096
"""And after it, while so many bytes come in each second: a file that comes slowly, and no drops."""

WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PATH: Final = re.compile(r"/[\x21-\x7e]*")
"""Addresses are ASCII: whatever looks like a digit in an id is one of the ten."""
SINGLE: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"log-position",
        b"on-behalf-of",
        b"wait-for-position",
    }
)
"""Headers that two readers would understand differently if they stood twice."""

REPEATED: Final = Fault(
    detail="A parameter stands several times; each may stand once.",
    code="parameter_repeated",
    parameter="query",
)
"""Two readers would take another one of them each. Its name may be the caller's own words."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An operation whose body streams past: it reads ``request.stream()`` itself.

    Attributes:
        path: Template of the route, e.g. ``/v1/reviews/{review_id}/files``.
        timeout_s: From the headers to the last byte.
    """

    path: str
    bytes_max: int
    timeout_s: float = 300.0

    def matches(self, path: str) -> bool:
        """Return whether ``path`` is an address of this operation."""
        parts = re.split(r"\{[^}]*\}", self.path)
        return re.fullmatch("[^/]+".join(re.escape(part) for part in parts), path) is not None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of what is accepted.

    Attributes:
        body_timeout_s: From the headers to the last byte of the body.
        upload_pause_s: The longest silence inside an upload.
        uploads: The operations whose bodies stream past the limits of all others.
    """

    body_bytes_max: int = 65_536
    body_timeout_s: float = 10.0
    upload_pause_s: float = 10.0
    uploads: tuple[Upload, ...] = ()


class StrictFront:
    """Turns away what is malformed, too large or too slow, with a problem document."""

    def __init__(self, app: ASGIApp, limits: Limits | None = None) -> None:
        self.app = app
        self._limits = limits or Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive)
        send = body.answered(scope, send)
        try:
            headers = _headers(scope)
            _check_path(scope)
            scope["query_string"] = _checked_query(scope.get("query_string", b""))
            following = await self._receive(scope, body.receive, headers)
        except Problem as problem:
            if problem.status_code in {408, 413}:
                problem.headers["Connection"] = "close"
            if problem.status_code == 413:  # noqa: PLR2004 -- RFC 9110
                await _lingered(scope, body.receive)
            await render(problem)(scope, body.receive, send)
            return
        if following is not None:
            await self.app(scope, following, send)

    async def _receive(
        self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]
    ) -> Receive | None:
        """Return from where the application reads; ``None`` when the caller is gone."""
        upload = next((each for each in self._limits.uploads if each.matches(scope["path"])), None)
        if upload is not None and scope["method"] in WITH_BODY:
            _check_length(headers, upload.bytes_max)
            _check_encoding(headers)
            return _counted(receive, upload, self._limits.upload_pause_s)
        _check_length(headers, self._limits.body_bytes_max)
        body = await _whole(receive, self._limits)
        if body is None:
            return None
        if body and scope["method"] in WITH_BODY:
            _check_type(headers)
            body = checked_json(body)
        scope[BODY] = body
        return _replayed(body, receive)


class _Body:
    """The body of a request, and whether all of it has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._whole = False

    async def receive(self) -> Message:
        """Return the next message of the server."""
        message = await self._receive()
        more: bool = message.get("more_body", False)
        self._whole = self._whole or not more
        return message

    def answered(self, scope: Scope, send: Send) -> Send:
        """Return a send that ends the connection when the answer comes before the whole body.

        Nobody needs the rest, so no limit of size or time holds for it any more. But most clients
        read nothing before they have sent all, and a reset in the middle of it takes the answer
        away from them: it is read on for a while, and then the answer is over.
        """
        leaving = False

        async def closing(message: Message) -> None:
            nonlocal leaving
            if message["type"] == "http.response.start" and not self._whole:
                message, leaving = await self._left(scope, message)
            elif leaving and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await _read_to_its_end(self.receive)
                message = {"type": "http.response.body"}
            await send(message)

        return closing

    async def _left(self, scope: Scope, start: Message) -> tuple[Message, bool]:
        """Return the head of the answer, which is the last unless all has come; and whether to read on."""
        headers: list[tuple[bytes, bytes]] = [*start["headers"]]
        if any(name.lower() == b"connection" for name, _ in headers):
            return start, False  # too late or too much, which has been said with an end of its own
        await _lingered(scope, self.receive)
        if self._whole:
            return start, False
        last = {**start, "headers": [*headers, (b"connection", b"close")]}
        return last, not _waits_for_our_word(scope)


class LeavingFront:
    """Reads no body itself; leaves whoever is answered before theirs has come, and goes on sending.

    For what answers everybody alike, whatever they send: a process that starts says 503, not 413.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            body = _Body(receive)
            receive, send = body.receive, body.answered(scope, send)
        await self.app(scope, receive, send)


def _headers(scope: Scope) -> Mapping[bytes, bytes]:
    """Return the headers by name, lower case. Those that may stand once do."""
    found: list[tuple[bytes, bytes]] = scope["headers"]
    size = sum(len(name) + len(value) for name, value in found)
    if len(found) > HEADERS_MAX or size > HEADER_BYTES_MAX:
        raise Problem(431, "headers_too_large")
    headers: dict[bytes, bytes] = {}
    for name, value in found:
        lower = name.lower()
        if lower in headers and lower in SINGLE:
            raise Problem(400, "header_repeated")
        headers[lower] = value
    return headers


def _check_path(scope: Scope) -> None:
    """Refuse an address with anything in it but visible ASCII."""
    path: str = scope["path"]
    if len(path) > PATH_CHARS_MAX or PATH.fullmatch(path) is None:
        raise Problem(400, "path_malformed")


def _checked_query(query: bytes) -> bytes:
    """Return ``query``, with its texts in NFC and each name once: no parameter of ours is a list."""
    if not query:
        return query
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=QUERY_FIELDS_MAX,
        )
        normal = [(normal_text(name), normal_text(value)) for name, value in pairs]
    except (ValueError, Problem) as error:
        raise Problem(400, "query_malformed") from error
    if len({name for name, _ in normal}) < len(normal):
        raise Problem(400, "request_malformed", errors=(REPEATED,))
    return query if normal == pairs else urlencode(normal).encode()


def _check_length(headers: Mapping[bytes, bytes], bytes_max: int) -> None:
    """Refuse a body that says itself that it is too large, before reading any of it."""
    said = headers.get(b"content-length")
    if said is None:
        return
    if not said.isdigit():
        raise Problem(400, "header_malformed")
    if int(said) > bytes_max:
        raise _too_large(bytes_max)


def _too_large(bytes_max: int, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the problem of a body that is larger than what is taken here, which it says."""
    detail = f"The body is larger than the {bytes_max:,} bytes that are taken here."
    return Problem(413, "body_too_large", detail, headers=headers)


def _check_encoding(headers: Mapping[bytes, bytes]) -> None:
    """Refuse a compressed body: what is kept and hashed is what was meant."""
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Problem(415, "body_encoded")


def _check_type(headers: Mapping[bytes, bytes]) -> None:
    """Refuse a body that is not plain JSON in UTF-8."""
    if headers.get(b"content-type") == b"application/json" and b"content-encoding" not in headers:
        return  # nearly every time
    _check_encoding(headers)
    said = HeaderParser()
    said["content-type"] = headers.get(b"content-type", b"").decode("latin-1")
    kind = said.get_content_type()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise Problem(415, "body_not_json")
    if str(said.get_content_charset("utf-8")).replace("-", "") not in {"utf8", "usascii"}:
        raise Problem(415, "body_encoded")


async def _whole(receive: Receive, limits: Limits) -> bytes | None:
    """Return the whole body; ``None`` when the caller went away before its end."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                if len(body) > limits.body_bytes_max:
                    raise _too_large(limits.body_bytes_max)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise Problem(408, "body_too_slow") from error


async def _lingered(scope: Scope, receive: Receive) -> None:
    """Read on for a moment and keep nothing.

    Whoever is still sending when a connection is closed gets a reset, and never the answer.
    """
    if not _waits_for_our_word(scope):
        await _read_on(receive, LINGER_S, LINGER_BYTES_MAX)


def _waits_for_our_word(scope: Scope) -> bool:
    """RFC 9110 10.1.1: return whether nothing is sent before we say 100, which we then do not."""
    return any(name.lower() == b"expect" for name, _ in scope["headers"])


async def _read_to_its_end(receive: Receive) -> None:
    """Read what still comes after the answer, as long as it comes at a pace, and keep nothing."""
    rest = 0
    for _ in range(LEFT_SECONDS_MAX):
        came = await _read_on(receive, 1.0, LEFT_BYTES_MAX - rest)
        rest += came or 0
        if came is None or came < LEFT_PACE or rest >= LEFT_BYTES_MAX:
            return


async def _read_on(receive: Receive, seconds: float, bytes_max: int) -> int | None:
    """Read what still comes and keep nothing; return how much that was.

    ``None``: that was the end of it, or the caller has left.
    """
    rest = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while rest < bytes_max:
                message = await receive()
                rest += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return None
    return rest


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives ``body`` once, and then whatever else happens."""
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


def _counted(receive: Receive, upload: Upload, pause_s: float) -> Receive:
    """Return a receive that gives at most as much, for at most as long, as ``upload`` says."""
    count = 0
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + upload.timeout_s

    async def counting() -> Message:
        nonlocal count
        try:
            async with asyncio.timeout_at(min(deadline_s, loop.time() + pause_s)):
                message = await receive()
        except TimeoutError as error:
            raise Problem(408, "body_too_slow", headers={"Connection": "close"}) from error
        count += len(message.get("body", b""))
        if count > upload.bytes_max:
            raise _too_large(upload.bytes_max, headers={"Connection": "close"})
        return message

    return counting
