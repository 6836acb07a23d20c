"""A person at a browser: signs in at the issuer, asks the services, knows what they saw.

Everything goes over real HTTP: the authorization code flow with PKCE, an Idempotency-Key on each
command, and If-Match with the version that the person last saw.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import httpx2

from shared.ids import new_id

T = TypeVar("T")

CLIENT_ID = "demo"
REDIRECT = "http://127.0.0.1/signed-in"
PATIENCE_S = 60.0
PAUSE_S = 0.1
REQUEST_TIMEOUT_S = 30.0
OK = 200
HTTP_ERROR = 400
UNAUTHORIZED = 401
MOVED = 412
READS_MAX = 5


class UnexpectedAnswerError(AssertionError):
    """A service answered something else than the play expects."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        body: Parsed JSON; ``None`` when there is none.
        code: Of a problem document; ``None`` when it is none.
    """

    status: int
    headers: Mapping[str, str]
    body: Any

    def said(self, name: str) -> Any:
        """Return one member of the answer; ``None`` when it has none of that name."""
        match self.body:
            case dict():
                return cast("dict[str, Any]", self.body).get(name)
            case _:
                return None

    @property
    def code(self) -> str | None:
        """Return the refusal code, if it was refused."""
        match self.body:
            case {"code": str(code)}:
                return code
            case _:
                return None


@dataclass
class World:
    """Where everything is, and one HTTP client for all people.

    Attributes:
        services: Address of each service, by name.
    """

    issuer: str
    services: Mapping[str, str]
    http: httpx2.AsyncClient = field(
        default_factory=lambda: httpx2.AsyncClient(timeout=REQUEST_TIMEOUT_S)
    )

    async def __aenter__(self) -> Self:
        """Open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.http.aclose()

    def person(self, label: str) -> "Person":
        """Return whoever the issuer knows as ``label``."""
        return Person(self, label)

    async def public(self, service: str, path: str, **query: str) -> Reply:
        """Return what anybody gets who asks without signing in."""
        return _reply(await self.http.get(f"{self.services[service]}{path}", params=query))


@dataclass
class Person:
    """Somebody with a browser.

    Attributes:
        says: Headers that the browser adds to every request.
    """

    world: World
    label: str
    tokens: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, service: str) -> None:
        """Get a fresh token for ``service``: code flow with PKCE (RFC 7636)."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "scope": "openid",
            "resource": service,
            "state": secrets.token_urlsafe(8),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": self.label,
        }
        http = self.world.http
        answer = await http.get(
            f"{self.world.issuer}/authorize", params=asked, follow_redirects=False
        )
        if answer.status_code not in {302, 303}:
            raise UnexpectedAnswerError(f"{self.label} cannot sign in: {answer.text[:300]}")
        returned = parse_qs(urlsplit(answer.headers["location"]).query)
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "code": returned["code"][0],
            "code_verifier": verifier,
            "resource": service,
        }
        token = await http.post(f"{self.world.issuer}/token", data=form)
        if token.status_code != OK:
            raise UnexpectedAnswerError(f"{self.label} gets no token: {token.text[:300]}")
        self.tokens[service] = token.json()["access_token"]

    async def get(self, service: str, path: str, **query: str) -> Reply:
        """Return the answer to a GET, signed in."""
        return await self._send("GET", service, path, params=query)

    async def create(self, service: str, path: str, body: object) -> Reply:
        """Return the answer to a command that makes something new."""
        headers = {"Idempotency-Key": f'"{new_id()}"'}
        return await self._send("POST", service, path, json=body, headers=headers)

    async def act(
        self,
        service: str,
        resource: str,
        what: str,
        body: object,
        *,
        method: str = "POST",
        below: str | None = None,
    ) -> Reply:
        """Return the answer to a command on ``resource`` as the person last saw it.

        The person reads the resource first, and names that version in If-Match. The command's
        address is ``what`` below the resource, or below ``below`` where it is read elsewhere.
        """
        key = f'"{new_id()}"'
        sent = {} if body is None else {"json": body}
        path = (below or resource) + what
        reply = Reply(MOVED, {}, None)
        for _ in range(READS_MAX):
            seen = await self.get(service, resource)
            if seen.status >= HTTP_ERROR:
                return seen
            headers = {"Idempotency-Key": key, "If-Match": seen.headers["etag"]}
            reply = await self._send(method, service, path, headers=headers, **sent)
            if reply.status != MOVED:  # a timer or another person was first: read again
                break
        return reply

    async def upload(
        self, service: str, resource: str, what: str, content: bytes, headers: Mapping[str, str]
    ) -> Reply:
        """Return the answer to a file sent as it is."""
        seen = await self.get(service, resource)
        own = {
            "Idempotency-Key": f'"{new_id()}"',
            "If-Match": seen.headers["etag"],
            **headers,
        }
        return await self._send("POST", service, resource + what, content=content, headers=own)

    async def fetch(self, service: str, path: str, body: object, *, key: str) -> httpx2.Response:
        """Return the whole answer to a command that is answered with a file."""
        headers = {"Idempotency-Key": f'"{key}"'}
        return await self._answer("POST", service, path, json=body, headers=headers)

    async def _send(self, method: str, service: str, path: str, **request: Any) -> Reply:
        """Send, and return what came back."""
        return _reply(await self._answer(method, service, path, **request))

    async def _answer(
        self, method: str, service: str, path: str, **request: Any
    ) -> httpx2.Response:
        """Send, and once more with a fresh token when the first one was too old."""
        headers = self.says | request.pop("headers", {})
        if service not in self.tokens:
            await self.sign_in(service)
        url = f"{self.world.services[service]}{path}"
        answer = await self.world.http.request(
            method, url, headers={**headers, **self._bearer(service)}, **request
        )
        if answer.status_code == UNAUTHORIZED:
            await self.sign_in(service)
            answer = await self.world.http.request(
                method, url, headers={**headers, **self._bearer(service)}, **request
            )
        return answer

    def _bearer(self, service: str) -> dict[str, str]:
        """Return the header that holds the token for ``service``."""
        return {"Authorization": f"Bearer {self.tokens[service]}"}


def _reply(answer: httpx2.Response) -> Reply:
    """Return ``answer`` as the play sees it."""
    json = "json" in answer.headers.get("content-type", "")
    body = answer.json() if json and answer.content else None
    return Reply(answer.status_code, answer.headers, body)


def done(reply: Reply) -> Reply:
    """Return ``reply``, which must be a success.

    Raises:
        UnexpectedAnswerError: It is a refusal or an error.
    """
    if reply.status >= HTTP_ERROR:
        raise UnexpectedAnswerError(f"{reply.status}: {reply.body}")
    return reply


async def eventually(ask: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Return the first answer that is not ``None``: what other services do comes a moment later.

    Raises:
        UnexpectedAnswerError: It did not come within ``PATIENCE_S``.
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await ask()) is None:  # noqa: ASYNC110 -- another process, no event
                await asyncio.sleep(PAUSE_S)
            return answer
    except TimeoutError:
        raise UnexpectedAnswerError(f"waited {PATIENCE_S:.0f} s for {what}") from None
