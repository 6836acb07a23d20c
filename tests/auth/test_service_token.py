"""How one service proves to another who it is."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.auth import ServiceToken
from shared.auth.service_token import TokenUnavailable
from tests.auth.issuer import ISSUER, NOW


class Counter:
    """An issuer that gives numbered tokens to one client.

    Attributes:
        answer: What it says instead, when set.
        asked: The forms that were sent, with the credentials.
    """

    def __init__(self, lifetime_s: Any = 600) -> None:
        self.lifetime_s = lifetime_s
        self.answer: Response | None = None
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.at: datetime = NOW
        self.elapsed_s = 0.0

    def token(self) -> ServiceToken:
        """Return the tokens of ``audit`` for ``review``."""
        return ServiceToken(
            ISSUER,
            "audit",
            "secret",
            audience="review",
            now=lambda: self.at,
            transport=httpx2.ASGITransport(self._application()),
            monotonic=lambda: self.elapsed_s,
        )

    def _application(self) -> Starlette:
        async def about(_: Request) -> Response:
            return JSONResponse({"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"})

        async def token(request: Request) -> Response:
            form = parse_qs((await request.body()).decode())
            self.asked.append((request.headers["authorization"], form))
            said = {"access_token": f"token-{len(self.asked)}", "expires_in": self.lifetime_s}
            return self.answer or JSONResponse(said)

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", about),
                Route("/token", token, methods=["POST"]),
            ]
        )


async def test_a_token_is_asked_for_once_with_the_callee_as_audience() -> None:
    """Conventions 2: client credentials, RFC 8707 ``resource``; kept until it nearly expires."""
    issuer = Counter()
    tokens = issuer.token()
    assert [await tokens.token() for _ in range(3)] == ["token-1"] * 3
    (credentials, form) = issuer.asked[0]
    assert credentials.startswith("Basic ")
    assert form == {"grant_type": ["client_credentials"], "resource": ["review"]}


@pytest.mark.parametrize("moved", ["clock", "seconds"])
async def test_a_token_is_renewed_before_it_expires(moved: str) -> None:
    """House: by the clock, which may be moved, and by the seconds, while it stands still."""
    issuer = Counter(lifetime_s=600)
    tokens = issuer.token()
    await tokens.token()
    if moved == "clock":
        issuer.at += timedelta(seconds=571)
    else:
        issuer.elapsed_s += 571
    assert await tokens.token() == "token-2"


async def test_a_call_says_on_whose_behalf_it_is_made() -> None:
    """Conventions 2: service to service, carrying the original actor."""
    tokens = Counter().token()
    assert await tokens.headers() == {"Authorization": "Bearer token-1"}
    assert await tokens.headers(on_behalf_of=UUID(int=7)) == {
        "Authorization": "Bearer token-1",
        "On-Behalf-Of": "00000000-0000-0000-0000-000000000007",
    }


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"error": "invalid_client"}, 401),
        JSONResponse({}),
        JSONResponse([]),
        JSONResponse({"access_token": 7, "expires_in": 60}),
        JSONResponse({"access_token": "x", "expires_in": "soon"}),
        PlainTextResponse("{"),
    ],
)
async def test_an_issuer_that_gives_none_is_away(answer: Response) -> None:
    """House: the world fails in one way, so that callers treat one."""
    issuer = Counter()
    issuer.answer = answer
    with pytest.raises(TokenUnavailable):
        await issuer.token().token()
