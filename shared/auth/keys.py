"""Where the issuer's public keys come from: its key set, kept, and fetched again when needed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey

FETCH_TIMEOUT_S = 5.0
REFRESH_FLOOR_S = 10.0
"""At least so long between two fetches: tokens with invented key ids cause no storm."""
KEEP_S = 3_600.0
"""After so long the set is fetched again, so that a withdrawn key is noticed."""
KEYS_MAX = 16
DOCUMENT_BYTES_MAX = 65_536

UNREADABLE = (AttributeError, JoseError, RecursionError, TypeError, ValueError)
"""What a document leads to that is none of an issuer's."""

Key = ECKey | OKPKey
KeySource = Callable[[], Awaitable[KeySet]]


class KeysUnavailable(Exception):  # noqa: N818 -- the world, not a fault of ours
    """The issuer's keys cannot be had now."""


class PublishedKeys:
    """The issuer's key set, found through its discovery document (RFC 8414, OpenID Connect)."""

    def __init__(self, issuer_url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._issuer_url = issuer_url.rstrip("/")
        self._transport = transport

    async def __call__(self) -> KeySet:
        """Return the keys as published now. Two requests.

        Raises:
            KeysUnavailable: The issuer does not answer, or not with a key set.
        """
        try:
            async with (
                asyncio.timeout(FETCH_TIMEOUT_S),
                httpx2.AsyncClient(transport=self._transport, timeout=FETCH_TIMEOUT_S) as http,
            ):
                about = await _document(
                    http, f"{self._issuer_url}/.well-known/openid-configuration"
                )
                if about.get("issuer") != self._issuer_url:
                    raise KeysUnavailable("the issuer calls itself otherwise")
                return KeySet.import_key_set(await _document(http, str(about["jwks_uri"])))
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, KeyError, *UNREADABLE) as error:
            raise KeysUnavailable("the issuer's keys cannot be had") from error


async def _document(http: httpx2.AsyncClient, url: str) -> Any:
    """Return the JSON document at ``url``; a larger one than any key set is refused."""
    answer = (await http.get(url)).raise_for_status()
    if len(answer.content) > DOCUMENT_BYTES_MAX:
        raise ValueError("the document is too large")
    return answer.json()


class KeyRing:
    """The keys in use. Fetched when an unknown one is asked for, but not more often than said.

    Attributes:
        monotonic: Seconds that never go back; not the clock of the process, which may stand still.
    """

    def __init__(self, source: KeySource, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self._source = source
        self._keys: tuple[Key, ...] = ()
        self._fetched_s: float | None = None
        self._tried_s: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, kid: str | None, key_type: str, curve: str) -> Key | None:
        """Return the key ``kid`` of that type and curve; ``None`` when there is none.

        A token without a key id is given the one key that fits, if it is the only one.

        Raises:
            KeysUnavailable: There are no keys at all yet, and none can be had.
        """
        if self._stale():
            await self._refresh()
        found = self._look(kid, key_type, curve)
        if found is None:
            await self._refresh()
            found = self._look(kid, key_type, curve)
        return found

    def _look(self, kid: str | None, key_type: str, curve: str) -> Key | None:
        """Return the key as ``find`` does, out of those in hand."""
        fitting = [
            key
            for key in self._keys
            if key.key_type == key_type
            and key.curve_name == curve
            and (kid is None or key.kid == kid)
            and key.get("use", "sig") == "sig"
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _stale(self) -> bool:
        """Return whether the keys are missing or have been kept long enough."""
        return self._fetched_s is None or self.monotonic() - self._fetched_s > KEEP_S

    async def _refresh(self) -> None:
        """Fetch the keys, unless somebody has just tried; keep the old ones if that fails."""
        async with self._lock:
            recent = (
                self._tried_s is not None and self.monotonic() - self._tried_s < REFRESH_FLOOR_S
            )
            if not recent:
                self._tried_s = self.monotonic()
                try:
                    fetched = await self._source()
                    self._keys = tuple(
                        key for key in fetched.keys[:KEYS_MAX] if isinstance(key, ECKey | OKPKey)
                    )
                    self._fetched_s = self.monotonic()
                except KeysUnavailable:
                    if self._fetched_s is None:
                        self._tried_s = None  # nothing to live on: the next caller tries again
                        raise
            if self._fetched_s is None:
                raise KeysUnavailable("the issuer's keys cannot be had")
