"""How one service proves to another who it is: client credentials (RFC 6749 section 4.4)."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

FETCH_TIMEOUT_S = 5.0
LIFETIME_DEFAULT_S = 60
RENEW_BEFORE = timedelta(seconds=30)
RENEW_BEFORE_S = RENEW_BEFORE.total_seconds()
ON_BEHALF_OF = "On-Behalf-Of"
"""Carries the pseudonym of the person whose request a service carries out."""


UNREADABLE = (KeyError, TimeoutError, TypeError, ValueError)
"""What it leads to when the issuer is slow, or answers something else than a token."""


class TokenUnavailable(Exception):  # noqa: N818 -- the world, not a fault of ours
    """The issuer gives no token now."""


class ServiceToken:
    """Tokens for one other service, kept until shortly before they expire.

    Args:
        audience: The service that is called.
        now: The clock that tokens expire by.
        transport: How the issuer is reached; ``None``: over the network.
        monotonic: Seconds that pass even while ``now`` stands still.
    """

    def __init__(  # noqa: PLR0913 -- wiring, keyword by keyword
        self,
        issuer_url: str,
        client_id: str,
        secret: str,
        *,
        audience: str,
        now: Callable[[], datetime],
        transport: httpx2.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer_url = issuer_url.rstrip("/")
        self._client = (client_id, secret)
        self._audience = audience
        self._now = now
        self._transport = transport
        self._monotonic = monotonic
        self._token: str | None = None
        self._good_until = (now(), monotonic())
        self._lock = asyncio.Lock()

    async def headers(self, *, on_behalf_of: UUID | None = None) -> dict[str, str]:
        """Return the headers of a call: who we are, and for whom we ask.

        Raises:
            TokenUnavailable: The issuer does not answer, or gives no token.
        """
        found = {"Authorization": f"Bearer {await self.token()}"}
        if on_behalf_of is not None:
            found[ON_BEHALF_OF] = str(on_behalf_of)
        return found

    async def token(self) -> str:
        """Return a token that is still good for a while.

        Raises:
            TokenUnavailable: As for ``headers``.
        """
        async with self._lock:
            if self._token is None or not self._good():
                self._token = await self._fetch()
            return self._token

    def _good(self) -> bool:
        """Return whether the token in hand lasts, by the clock and by the seconds."""
        return self._now() < self._good_until[0] and self._monotonic() < self._good_until[1]

    async def _fetch(self) -> str:
        """Return a fresh token. Two requests."""
        try:
            async with (
                asyncio.timeout(FETCH_TIMEOUT_S),
                httpx2.AsyncClient(transport=self._transport, timeout=FETCH_TIMEOUT_S) as http,
            ):
                about = await http.get(f"{self._issuer_url}/.well-known/openid-configuration")
                answer = await http.post(
                    str(about.raise_for_status().json()["token_endpoint"]),
                    data={"grant_type": "client_credentials", "resource": self._audience},
                    auth=self._client,
                )
                body: dict[str, Any] = answer.raise_for_status().json()
                token, lifetime_s = body["access_token"], body.get("expires_in", LIFETIME_DEFAULT_S)
                good_s = max(0.0, float(lifetime_s) - RENEW_BEFORE_S)
        except (httpx2.HTTPError, httpx2.InvalidURL, *UNREADABLE) as error:
            raise TokenUnavailable("the issuer gives no token") from error
        if not isinstance(token, str):
            raise TokenUnavailable("the issuer gives no token")
        self._good_until = (self._now() + timedelta(seconds=good_s), self._monotonic() + good_s)
        return token
