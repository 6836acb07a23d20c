"""People who repeat: with the same key, body and version, until an answer says what became of it.

They play the demo's own journey; what they send and hear is written down for the checks.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 -- the type of seeded dice
from time import monotonic
from typing import Any, Final, cast
from uuid import UUID

import httpx2

from deploy.demo import client
from deploy.demo.client import MOVED, OK, Person, Reply, World
from deploy.local.people import people
from shared.web.codes import CODES
from shared.web.idempotency import command_id, parse_key
from tests.faults.history import Heard, History, Invoked

PATIENCE_S: Final = 90.0
UNHURRIED_S: Final = 240.0
PAUSE_S: Final = 0.1
REQUEST_TIMEOUT_S: Final = 5.0
LOOK_S: Final = 0.002
REFUSED: Final = 300
SERVER_ERROR: Final = 500
UNAVAILABLE: Final = 503
AGAIN: Final = 0.1
"""How many of the commands that were acknowledged are sent once more."""

PROBLEM: Final = "application/problem+json"


@contextmanager
def unhurried() -> Generator[None]:
    """Let the play wait longer for what comes a moment later: a letter's third try is 155 s away."""
    usual, client.PATIENCE_S = client.PATIENCE_S, UNHURRIED_S
    try:
        yield
    finally:
        client.PATIENCE_S = usual


class StillUnknownError(AssertionError):
    """Nobody said within patience what became of a request."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a command, and what came of it.

    Attributes:
        if_match: The version that it named; ``None`` for a creation.
        status: ``None`` when no answer came.
    """

    if_match: int | None
    status: int | None


@dataclass(kw_only=True)
class Careful(World):
    """A world in which nobody gives up, nobody takes a new key, and all is written down.

    Attributes:
        dice: Who sends again what was answered.
        attempts: Of each command, in order.
        undocumented: Answers that no document of ours allows.
        under_way: How many commands each service is at.
        asked_s: When a command was sent last, by the monotonic clock.
    """

    dice: Random
    http: httpx2.AsyncClient = field(
        default_factory=lambda: httpx2.AsyncClient(timeout=REQUEST_TIMEOUT_S)
    )
    history: History = field(default_factory=History)
    attempts: dict[UUID, list[Attempt]] = field(default_factory=dict[UUID, list[Attempt]])
    undocumented: list[str] = field(default_factory=list[str])
    under_way: Counter[str] = field(default_factory=Counter[str])
    asked_s: float = field(default_factory=monotonic)

    def person(self, label: str) -> "Repeating":
        """Return whoever the issuer knows as ``label``."""
        return Repeating(self, label)

    async def public(self, service: str, path: str, **query: str) -> Reply:
        """Return what anybody gets who asks until somebody answers."""
        until = monotonic() + PATIENCE_S
        while monotonic() < until:
            try:
                reply = await super().public(service, path, **query)
            except httpx2.HTTPError:
                pass
            else:
                if reply.status < SERVER_ERROR:
                    return reply
            await asyncio.sleep(PAUSE_S)
        raise StillUnknownError(f"{service} GET {path}")

    def judge(self, answer: httpx2.Response, what: str) -> None:
        """Take note of a 5xx that is not one of the documented, temporary ones."""
        if answer.status_code < SERVER_ERROR:
            return
        form = answer.headers.get("content-type", "").startswith(PROBLEM)
        code = answer.json().get("code") if form else None
        temporary = answer.status_code == UNAVAILABLE and "retry-after" in answer.headers
        if not temporary or code not in CODES:
            self.undocumented.append(f"{what}: {answer.status_code} {code}")

    async def busy(self, service: str, within_s: float) -> bool:
        """Return as soon as a command is under way at a service; whether one was, in time."""
        until = monotonic() + within_s
        while not self.under_way[service] and monotonic() < until:  # noqa: ASYNC110 -- a bounded wait
            await asyncio.sleep(LOOK_S)
        return self.under_way[service] > 0

    @asynccontextmanager
    async def at(self, service: str) -> AsyncGenerator[None]:
        """Count a command that a service is at."""
        self.under_way[service] += 1
        self.asked_s = monotonic()
        try:
            yield
        finally:
            self.under_way[service] -= 1


@dataclass
class Repeating(Person):
    """Somebody who repeats a request until it is answered."""

    async def _answer(
        self, method: str, service: str, path: str, **request: Any
    ) -> httpx2.Response:
        """Send until an answer says what became of it; now and then once more."""
        world = cast("Careful", self.world)
        invoked = self._invoked(method, service, path, request)
        answer = await self._until_known(method, service, path, request, invoked)
        if invoked and invoked.acknowledged and world.dice.random() < AGAIN:
            return await self._until_known(method, service, path, request, invoked)
        return answer

    async def _until_known(
        self,
        method: str,
        service: str,
        path: str,
        request: dict[str, Any],
        invoked: Invoked | None,
    ) -> httpx2.Response:
        """Send the same request again and again, within patience.

        Raises:
            StillUnknownError: No answer said what became of it in time.
        """
        world, until = cast("Careful", self.world), monotonic() + PATIENCE_S
        while monotonic() < until:
            answer = await self._once(method, service, path, request, invoked)
            if answer is not None and answer.status_code < SERVER_ERROR:
                return answer
            if answer is not None:
                world.judge(answer, f"{service} {method} {path}")
            await asyncio.sleep(PAUSE_S)
        raise StillUnknownError(f"{service} {method} {path}")

    async def _once(
        self,
        method: str,
        service: str,
        path: str,
        request: dict[str, Any],
        invoked: Invoked | None,
    ) -> httpx2.Response | None:
        """Send once, and write down what that says; ``None``: no answer came."""
        world = cast("Careful", self.world)
        try:
            if invoked is None:
                return await super()._answer(method, service, path, **request)
            async with world.at(service):
                answer = await super()._answer(method, service, path, **request)
        except httpx2.HTTPError:
            if invoked is not None:
                self._note(invoked, request, None)
            return None
        self._note(invoked, request, answer)
        return answer

    def _invoked(
        self, method: str, service: str, path: str, request: dict[str, Any]
    ) -> Invoked | None:
        """Return the command of a request, on record since its key was first used; of a read none."""
        key = request.get("headers", {}).get("Idempotency-Key")
        if key is None:
            return None
        world = cast("Careful", self.world)
        known = command_id(people()[self.label].sub, parse_key(key))
        for one in world.history.commands:
            if one.command_id == known:
                return one
        invoked = Invoked(known, service, f"{method} {path}", stream=None, changes=True)
        world.history.commands.append(invoked)
        return invoked

    def _note(
        self, invoked: Invoked, request: dict[str, Any], answer: httpx2.Response | None
    ) -> None:
        """Write down what an attempt was answered.

        Whoever is told 412 reads again and names another version under the same key: that says
        nothing yet of the command.
        """
        world = cast("Careful", self.world)
        status = None if answer is None else answer.status_code
        attempt = Attempt(_version(request["headers"].get("If-Match")), status)
        world.attempts.setdefault(invoked.command_id, []).append(attempt)
        if status != MOVED:
            invoked.heard.append(_heard(answer))


def _heard(answer: httpx2.Response | None) -> Heard:
    """Return an answer as the checks know it."""
    if answer is None:
        return Heard("unknown")
    status, code = answer.status_code, None
    if status >= REFUSED:
        code = json.loads(answer.content).get("code") if answer.content else None
        return Heard("unknown" if status >= SERVER_ERROR else "refused", status, code)
    assert status >= OK
    position = answer.headers.get("log-position")
    return Heard(
        "acknowledged",
        status,
        version=_version(answer.headers.get("etag")),
        position=None if position is None else int(position),
        body=answer.content,
    )


def _version(tag: str | None) -> int | None:
    """Return the version that an entity tag names."""
    bare = (tag or "").strip('"')
    return int(bare) if bare.isdigit() else None
