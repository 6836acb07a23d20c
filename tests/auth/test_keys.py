"""Where keys come from: the issuer's own documents, kept, and fetched again when needed."""

from typing import Any

import httpx2
import pytest
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.auth import Authenticator, PublishedKeys
from shared.auth.keys import (
    DOCUMENT_BYTES_MAX,
    KEEP_S,
    REFRESH_FLOOR_S,
    KeyRing,
    KeysUnavailable,
)
from shared.web.server import server
from tests.auth.issuer import AUDIENCE, ISSUER, NOW, PERSON, claims, key_set, token
from tests.web.running import running


def issuer(about: Any = None, keys: Any = None, url: str = ISSUER) -> Starlette:
    """Return an issuer that publishes ``about`` and ``keys``, or what it should."""

    async def configuration(_: Request) -> Response:
        return _answer(about, {"issuer": url, "jwks_uri": f"{url}/jwks"})

    async def jwks(_: Request) -> Response:
        return _answer(keys, key_set().as_dict(private=False))

    return Starlette(
        routes=[Route("/.well-known/openid-configuration", configuration), Route("/jwks", jwks)]
    )


def _answer(said: Any, otherwise: Any) -> Response:
    """Return ``said``, if anything."""
    return said if isinstance(said, Response) else JSONResponse(said or otherwise)


def published(**more: Any) -> PublishedKeys:
    """Return the keys that such an issuer publishes, reached without a network."""
    return PublishedKeys(f"{ISSUER}/", transport=httpx2.ASGITransport(issuer(**more)))


async def test_keys_are_found_through_the_issuers_own_description() -> None:
    """OpenID Connect Discovery: the address of the keys is the issuer's to say."""
    assert [key.kid for key in await published()()] == ["ec", "ed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": {"issuer": "http://evil.example", "jwks_uri": f"{ISSUER}/jwks"}},
        {"about": {"issuer": ISSUER}},
        {"about": [1]},
        {"about": {"issuer": ISSUER, "jwks_uri": "http://[::1"}},
        {"about": {"issuer": ISSUER, "jwks_uri": 7}},
        {"about": PlainTextResponse("[" * 5_000)},
        {"about": PlainTextResponse("{")},
        {"about": PlainTextResponse("gone", 500)},
        {"keys": PlainTextResponse("moved", 404)},
        {"keys": {"keys": []}},
        {"keys": {"keys": [{"kty": "oct", "k": 7}]}},
        {"keys": {"keys": "none"}},
        {"keys": PlainTextResponse(" " * (DOCUMENT_BYTES_MAX + 1) + '{"keys": []}')},
    ],
)
async def test_what_is_no_key_set_gives_no_keys(wrong: dict[str, Any]) -> None:
    """House: an issuer that talks nonsense is away, as far as we are concerned."""
    with pytest.raises(KeysUnavailable):
        await published(**wrong)()


class Source:
    """A source that counts, and is away when told."""

    def __init__(self) -> None:
        self.calls = 0
        self.away = False

    async def __call__(self) -> KeySet:
        """Return the keys."""
        self.calls += 1
        if self.away:
            raise KeysUnavailable
        return key_set()


def ring(source: Source, elapsed: list[float]) -> KeyRing:
    """Return a ring whose seconds are in the hands of the test."""
    return KeyRing(source, lambda: elapsed[0])


async def test_keys_are_kept_and_fetched_again_after_an_hour() -> None:
    """House: a withdrawn key stops to count, and a lasting one costs no requests."""
    source, elapsed = Source(), [0.0]
    keys = ring(source, elapsed)
    for _ in range(5):
        assert await keys.find("ec", "EC", "P-256")
    assert source.calls == 1
    elapsed[0] = KEEP_S + 1
    assert await keys.find("ec", "EC", "P-256")
    assert source.calls == 2


async def test_old_keys_serve_while_the_issuer_is_away() -> None:
    """Architecture 4: services survive each other's absence."""
    source, elapsed = Source(), [0.0]
    keys = ring(source, elapsed)
    assert await keys.find("ec", "EC", "P-256")
    source.away = True
    elapsed[0] = KEEP_S + REFRESH_FLOOR_S + 1
    assert await keys.find("ec", "EC", "P-256")
    assert await keys.find("ec", "EC", "P-256")
    assert source.calls == 2


async def test_a_key_is_found_by_name_type_and_curve() -> None:
    """RFC 8725 section 3.1: a key is for one algorithm; the token does not choose."""
    keys = ring(Source(), [0.0])
    assert await keys.find("ec", "OKP", "Ed25519") is None
    assert await keys.find("ed", "OKP", "Ed25519") is not None
    assert await keys.find("no", "EC", "P-256") is None


@pytest.mark.integration
async def test_a_token_is_checked_with_keys_from_a_real_issuer() -> None:
    """Conventions 2: keys from the issuer's JWKS, over HTTP."""
    bare = Starlette()
    async with running(server(bare, host="127.0.0.1", port=0)) as url:
        bare.router.routes.extend(issuer(url=url).routes)
        trusting = Authenticator(url, AUDIENCE, lambda: NOW)
        found = await trusting.authenticate(token(claims(iss=url)))
    assert found.person == PERSON
