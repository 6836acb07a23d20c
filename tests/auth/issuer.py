"""An issuer for tests: real keys and real signatures, made here, and tokens of every kind."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey

from shared.auth import Authenticator
from shared.contracts.roles import Role

ISSUER = "http://issuer.example"
AUDIENCE = "review"
NOW = datetime(2019, 6, 18, 9, tzinfo=UTC)
PERSON = UUID("0190a3c2-7a10-4c00-8000-000000000007")
ORGANISATION = "5560000167"
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})


def key_set() -> KeySet:
    """Return the public keys, as an issuer publishes them."""
    return KeySet.import_key_set(KeySet([EC, ED]).as_dict(private=False))


async def published() -> KeySet:
    """Return the public keys: a key source without a network."""
    return key_set()


def claims(*roles: Role, **changed: Any) -> dict[str, Any]:
    """Return the claims of a good token for a person in ``roles``; ``None`` takes one away."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(PERSON),
        "client_id": "browser",
        "scope": "openid",
        "jti": "one",
        "iat": int(NOW.timestamp()),
        "auth_time": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=10)).timestamp()),
        "roles": [role.value for role in roles or (Role.REVIEWER,)],
        **changed,
    }
    return {name: value for name, value in good.items() if value is not None}


def token(
    said: Mapping[str, Any] | None = None,
    *,
    key: Any = EC,
    alg: str = "ES256",
    header: Mapping[str, Any] | None = None,
) -> str:
    """Return an access token that says ``said``; ``None`` in a header takes it away."""
    full = {"typ": "at+jwt", "alg": alg, "kid": key.kid, **(header or {})}
    kept = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(kept, dict(said or claims()), key, algorithms=[alg], default_type=None)


def authenticator() -> Authenticator:
    """Return an authenticator that trusts this issuer, at ``NOW``."""
    return Authenticator(ISSUER, AUDIENCE, lambda: NOW, keys=published)
