"""The clients: each command is sent until its answer says what became of it, and all is written down.

An answer that does not say (no connection, a time-out, a 5xx) is repeated with the same key and the
same body, as the API's documentation tells a client to.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID, uuid5

import httpx2

from deploy.demo.client import UnexpectedAnswerError, World
from deploy.local.people import Person as Known
from shared.web.idempotency import command_id
from tests.faults.clock import Clocks
from tests.faults.history import Heard, History, Invoked, Read

PATIENCE_S: Final = 90.0
PAUSE_S: Final = 0.15
REQUEST_TIMEOUT_S: Final = 5.0
UNAUTHORIZED: Final = 401
TOO_MANY: Final = 429
SERVER_ERROR: Final = 500
OK_UNTIL: Final = 300


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be asked for.

    Attributes:
        stream: See ``Invoked.stream``; ``None``: it is made by this command.
        if_match: The version that the person saw; ``None`` for a creation.
        changes: See ``Invoked.changes``.
        must_refuse: See ``Invoked.must_refuse``.
    """

    service: str
    method: str
    path: str
    body: object
    stream: str | None = None
    if_match: int | None = None
    changes: bool = True
    must_refuse: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A round that was opened.

    Attributes:
        told: The answer to its opening.
        since_s: Before it was planned, by the monotonic clock.
        until: Before which instant one can surely apply to it.
    """

    round_id: str
    told: Heard
    since_s: float
    until: datetime


@dataclass(slots=True)
class Clients:
    """Everybody with a browser, and what they saw.

    Attributes:
        known: By label, everybody who can sign in.
        told: Called after each answer that says what became of a command.
    """

    world: World
    known: Mapping[str, Known]
    clocks: Clocks
    history: History = field(default_factory=History)
    told: Callable[[], None] = lambda: None
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    _signing: dict[tuple[str, str], asyncio.Lock] = field(
        default_factory=dict[tuple[str, str], asyncio.Lock]
    )

    def order(self, label: str, key: str, order: Order) -> Invoked:
        """Return a command that has not been sent yet, on record from now on."""
        invoked = Invoked(
            command_id=self.command_id(label, key),
            service=order.service,
            what=f"{order.method} {order.path}",
            stream=order.stream,
            changes=order.changes,
            must_refuse=order.must_refuse,
        )
        self.history.commands.append(invoked)
        return invoked

    def command_id(self, label: str, key: str) -> UUID:
        """Return under which id the house knows a key of this person (GEN-4)."""
        return command_id(self.known[label].sub, key)

    async def command(self, label: str, key: str, order: Order, *, twins: int = 1) -> Invoked:
        """Send a command until its outcome is known, so many times at once; return what was heard."""
        invoked = self.order(label, key, order)
        async with asyncio.TaskGroup() as group:
            for _ in range(twins):
                group.create_task(self._until_known(label, key, order, invoked))
        self.told()
        return invoked

    async def again(self, label: str, key: str, order: Order, invoked: Invoked) -> None:
        """Send a command whose outcome is known once more."""
        await self._until_known(label, key, order, invoked)

    async def reuse(self, label: str, key: str, order: Order) -> None:
        """Use a key once more for another body: it stands on record as a command of its own."""
        invoked = self.order(label, key, order)
        invoked.command_id = uuid5(invoked.command_id, "another body")
        await self._until_known(label, key, order, invoked)

    async def read(
        self, label: str, service: str, path: str, *, stream: str | None = None
    ) -> tuple[int, Any, int] | None:
        """Return status, body and version of a resource; ``None`` when nobody answers in time.

        With ``stream``, what it shows is held against what was acknowledged before.
        """
        least = self.history.least(stream) if stream else 0
        until = monotonic() + PATIENCE_S
        while monotonic() < until:
            answer = await self._send(label, service, "GET", path)
            if answer is not None and answer.status_code < SERVER_ERROR:
                seen = _version(answer) or 0
                ok = answer.status_code < OK_UNTIL
                if stream and ok:
                    self.history.reads.append(Read(service, path, least, seen))
                return answer.status_code, _json(answer), seen
            await asyncio.sleep(PAUSE_S)
        return None

    async def listed(self, label: str, service: str, path: str, told: Heard) -> None:
        """Read a list that must show the one thing that was acknowledged with ``told``."""
        headers = {"Wait-For-Position": str(told.position)}
        answer = await self._send(label, service, "GET", path, headers=headers)
        if answer is not None and answer.status_code < OK_UNTIL:
            self.history.reads.append(Read(service, f"{path} list", 1, len(_json(answer))))

    async def coming(self, label: str, opened: Opened) -> None:
        """Read which rounds one can still apply to: this one, unless intake's clock was ever past that."""
        headers = {"Wait-For-Position": str(opened.told.position)}
        path = "/v1/rounds?coming=true&limit=100"
        answer = await self._send(label, "intake", "GET", path, headers=headers)
        _, latest = self.clocks.span("intake", opened.since_s)
        if answer is not None and answer.status_code < OK_UNTIL and latest < opened.until:
            shown = [each["round_id"] for each in _json(answer)]
            seen = shown.count(opened.round_id)
            self.history.reads.append(Read("intake", f"{path} {opened.round_id}", 1, seen))

    async def _until_known(self, label: str, key: str, order: Order, invoked: Invoked) -> None:
        """Send again and again until an answer says what became of it, within patience."""
        until = monotonic() + PATIENCE_S
        while monotonic() < until:
            began_s = monotonic()
            heard = await self._attempt(label, key, order)
            invoked.during(*self.clocks.span(order.service, began_s))
            if heard.kind == "acknowledged":
                self._note(order, invoked, heard)
            invoked.heard.append(heard)
            if heard.kind != "unknown":
                return
            await asyncio.sleep(PAUSE_S)

    def _note(self, order: Order, invoked: Invoked, heard: Heard) -> None:
        """Take note of what an acknowledgement says about its stream."""
        if order.stream is None:
            made = json.loads(heard.body)
            name = next((name for name in made if name.endswith("_id")), None)
            if name is not None:
                invoked.stream = f"{name.removesuffix('_id')}-{made[name]}"
        if invoked.stream is not None and heard.version is not None:
            self.history.note(invoked.stream, heard.version)

    async def _attempt(self, label: str, key: str, order: Order) -> Heard:
        """Send once, and return what that says."""
        headers = {"Idempotency-Key": f'"{key}"'}
        if order.if_match is not None:
            headers["If-Match"] = f'"{order.if_match}"'
        sent: dict[str, Any] = {} if order.body is None else {"json": order.body}
        answer = await self._send(
            label, order.service, order.method, order.path, headers=headers, **sent
        )
        if answer is None:
            return Heard("unknown")
        code = _code(answer)
        status = answer.status_code
        if status >= SERVER_ERROR or status in {UNAUTHORIZED, TOO_MANY}:
            return Heard("unknown", status, code)
        if status >= OK_UNTIL:
            return Heard("refused", status, code)
        position = answer.headers.get("log-position")
        return Heard(
            "acknowledged",
            status,
            version=_version(answer),
            position=None if position is None else int(position),
            body=answer.content,
        )

    async def _send(
        self, label: str, service: str, method: str, path: str, **request: Any
    ) -> httpx2.Response | None:
        """Send, and once more with a fresh token; ``None`` when no answer comes."""
        headers = request.pop("headers", {})
        answer: httpx2.Response | None = None
        for fresh in (False, True):
            token = await self._token(label, service, fresh=fresh)
            if token is None:
                return None
            try:
                answer = await self.world.http.request(
                    method,
                    f"{self.world.services[service]}{path}",
                    headers={**headers, "Authorization": f"Bearer {token}"},
                    timeout=REQUEST_TIMEOUT_S,
                    **request,
                )
            except httpx2.HTTPError:
                return None
            if answer.status_code == SERVER_ERROR and method == "GET":
                self.history.failed.append(f"{service} {method} {path}")
            if answer.status_code != UNAUTHORIZED:
                return answer
        return answer

    async def _token(self, label: str, service: str, *, fresh: bool) -> str | None:
        """Return a token for ``service``; ``None`` while the issuer gives none."""
        whose = (label, service)
        if fresh:
            self._tokens.pop(whose, None)
        async with self._signing.setdefault(whose, asyncio.Lock()):
            if whose not in self._tokens:
                person = self.world.person(label)
                try:
                    await person.sign_in(service)
                except (httpx2.HTTPError, UnexpectedAnswerError):
                    return None
                self._tokens[whose] = person.tokens[service]
            return self._tokens.get(whose)


def _version(answer: httpx2.Response) -> int | None:
    """Return the version that ``ETag`` names."""
    tag = answer.headers.get("etag", "").strip('"')
    return int(tag) if tag.isdigit() else None


def _json(answer: httpx2.Response) -> Any:
    """Return the parsed body; ``None`` when it is no JSON."""
    return answer.json() if "json" in answer.headers.get("content-type", "") else None


def _code(answer: httpx2.Response) -> str | None:
    """Return the code of a problem document."""
    body = _json(answer) if answer.status_code >= OK_UNTIL else None
    return str(body["code"]) if isinstance(body, dict) and "code" in body else None
