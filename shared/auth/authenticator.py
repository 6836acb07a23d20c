"""Checks access tokens (RFC 9068) and says who carries them."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from shared.auth.keys import Key, KeyRing, KeySource, KeysUnavailable, PublishedKeys
from shared.auth.principal import Principal
from shared.contracts.organisation_number import read_organisation_number
from shared.contracts.roles import Role

TOKEN_CHARS_MAX = 8_192
REMEMBERED_MAX = 10_000
REMEMBERED_FOR = timedelta(seconds=60)
LEEWAY = timedelta(seconds=60)
"""How far the issuer's clock may be ahead of ours."""
NAME_CHARS_MAX = 255
INSTANT_MAX = 253_402_300_799  # the last second of the year 9999

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
"""The signatures that are accepted, each with the one type and curve of key that may make it."""
UNREADABLE = (JoseError, ValueError, TypeError, RecursionError)
"""What the library raises for a token made by somebody who means no good."""
TYPES = frozenset({"at+jwt", "application/at+jwt"})
ORGANISATION_CLAIM = "https://id.oidc.se/claim/orgNumber"


class TokenRefused(Exception):  # noqa: N818 -- an answer to the caller
    """The token does not prove who is calling. Its content is never repeated.

    Args:
        code: Stable name of the reason; part of the public API.
        detail: One sentence for a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class IssuerUnreachable(Exception):  # noqa: N818 -- the world, not a fault of ours
    """The token cannot be checked now, since the issuer's keys cannot be had."""


class _Registry(JWSRegistry):
    """Knows the accepted algorithms only; ``EdDSA`` is the older name of one of them."""

    def get_alg(self, name: str) -> Any:
        """Return the algorithm called ``name``, without a warning about its name."""
        if name == "EdDSA":
            return self.algorithms[name]
        return super().get_alg(name)


_registry = _Registry(algorithms=tuple(ALGORITHMS))


class Authenticator:
    """Says who carries a token. One for each process.

    Args:
        issuer_url: As it stands in ``iss``.
        audience: The name by which tokens for this service call it.
        now: The clock that tokens expire by; the issuer's must agree with it.
        keys: Where the issuer's keys come from; ``None``: its published key set.
        monotonic: Seconds, for the age of the keys.
    """

    def __init__(
        self,
        issuer_url: str,
        audience: str,
        now: Callable[[], datetime],
        *,
        keys: KeySource | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer_url = issuer_url
        self._audience = audience
        self._now = now
        self._ring = KeyRing(keys or PublishedKeys(issuer_url), monotonic)
        self._remembered: OrderedDict[bytes, tuple[Principal, datetime]] = OrderedDict()

    async def authenticate(self, token: str) -> Principal:
        """Return who carries ``token``. A token seen lately costs a hash, a new one a signature.

        Raises:
            TokenRefused: It proves nothing: malformed, forged, expired, or for somebody else.
            IssuerUnreachable: The keys cannot be had; ask again later.
        """
        if not token.isascii() or len(token) > TOKEN_CHARS_MAX:
            raise TokenRefused("token_invalid", "The access token is malformed.")
        digest = sha256(token.encode()).digest()
        now = self._now()
        known = self._remembered.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        claims = await self._verified(token)
        expires_at = self._check(claims, now)
        principal = self._principal(claims, now)
        self._remember(digest, principal, min(expires_at, now + REMEMBERED_FOR))
        return principal

    def _remember(self, digest: bytes, principal: Principal, until: datetime) -> None:
        """Keep who carries the token until then, and at most ``REMEMBERED_MAX`` of them."""
        self._remembered.pop(digest, None)
        while len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        self._remembered[digest] = (principal, until)

    async def _verified(self, token: str) -> Mapping[str, Any]:
        """Return the claims of ``token``, whose signature is the issuer's."""
        key = await self._key(token)
        try:
            return jwt.decode(token, key, registry=_registry).claims
        except (*UNREADABLE, KeyError) as error:
            raise TokenRefused("token_invalid", "The access token is not genuine.") from error

    async def _key(self, token: str) -> Key:
        """RFC 9068 section 4: return the key that ``token``, by its header, was signed with."""
        try:
            header: Mapping[str, Any] = jws.extract_compact(token.encode()).headers()
            _registry.check_header(dict(header))
            algorithm, kind = header["alg"], str(header["typ"]).lower()
            kid = header.get("kid")
        except (*UNREADABLE, KeyError, AttributeError) as error:
            raise TokenRefused("token_invalid", "The access token is malformed.") from error
        if kind not in TYPES:
            raise TokenRefused("token_invalid", "This is a token, but no access token.")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise TokenRefused("token_invalid", "The token is signed in a way not accepted here.")
        if kid is not None and not isinstance(kid, str):
            raise TokenRefused("token_invalid", "The access token is malformed.")
        try:
            key = await self._ring.find(kid, *ALGORITHMS[algorithm])
        except KeysUnavailable as error:
            raise IssuerUnreachable("The issuer's keys cannot be had.") from error
        if key is None:
            raise TokenRefused("token_invalid", "The token's key is not one of the issuer's.")
        return key

    def _check(self, claims: Mapping[str, Any], now: datetime) -> datetime:
        """RFC 9068 section 4: return when the token expires, having checked whom it is for."""
        if claims.get("iss") != self._issuer_url:
            raise TokenRefused("token_invalid", "The token is from another issuer.")
        named = claims.get("aud")
        if self._audience not in (_listed(named) or (named,)):
            raise TokenRefused("token_for_another_service", "The token is for another service.")
        expires_at = _instant(claims, "exp")
        if now >= expires_at:
            raise TokenRefused("token_expired", "The token has expired; sign in again.")
        if "nbf" in claims and now + LEEWAY < _instant(claims, "nbf"):
            raise TokenRefused("token_invalid", "The token is not valid yet.")
        for claim in ("jti", "client_id"):
            _text(claims, claim)
        if not isinstance(claims.get("scope", ""), str):
            raise TokenRefused("token_invalid", "The token's scope is malformed.")
        return expires_at

    def _principal(self, claims: Mapping[str, Any], now: datetime) -> Principal:
        """Return who the claims are about."""
        subject = _text(claims, "sub")
        client = subject == claims["client_id"]
        signed_in_at = _instant(claims, "iat" if client else "auth_time")
        if signed_in_at > now + LEEWAY:
            raise TokenRefused("token_invalid", "The token's sign-in lies in the future.")
        return Principal(
            person=_pseudonym(self._issuer_url, subject),
            roles=_roles(claims.get("roles")),
            organisation=_organisation(claims.get(ORGANISATION_CLAIM)),
            signed_in_at=signed_in_at,
            client=client,
        )


def _pseudonym(issuer_url: str, subject: str) -> UUID:
    """SV-9: return the subject, which is pairwise; one that is no UUID is turned into one."""
    try:
        found = UUID(subject)
    except ValueError:
        found = None
    if found is not None and str(found) == subject:
        return found
    return uuid5(NAMESPACE_URL, f"{issuer_url}#{subject}")


def _roles(named: object) -> frozenset[Role]:
    """Return the roles of ours among ``named``; a token without any is of no use here."""
    several = _listed(named)
    known = {role.value for role in Role}
    roles = frozenset(Role(each) for each in several if isinstance(each, str) and each in known)
    if not roles:
        raise TokenRefused("token_without_role", "The token names no role of this house.")
    return roles


def _organisation(number: object) -> str | None:
    """SV-9: return the number of the caller's firm; ``None`` when the token names none.

    SV-2: a sole trader's number is a person's. It comes no further than here.
    """
    if number is None:
        return None
    if isinstance(number, str) and read_organisation_number(number) == number:
        return number
    raise TokenRefused("token_invalid", "The token's organisation number is malformed.")


def _listed(value: object) -> tuple[object, ...]:
    """Return the members of ``value``, in their order; ``()`` when it is no list."""
    return tuple(cast("list[object]", value)) if isinstance(value, list) else ()


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    """Return the instant of the claim ``name``, which is in seconds since 1970."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("token_invalid", f"The token's {name} is missing or malformed.")
    if not 0 <= value <= INSTANT_MAX:  # refuses NaN too
        raise TokenRefused("token_invalid", f"The token's {name} is missing or malformed.")
    return datetime.fromtimestamp(value, UTC)


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Return the claim ``name``, which must be text."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= NAME_CHARS_MAX:
        raise TokenRefused("token_invalid", f"The token's {name} is missing or malformed.")
    return value
