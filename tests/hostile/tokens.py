"""Tokens that prove nothing, or nothing here: forged, of another kind, of another time, for another."""

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from deploy.local.house import House
from deploy.local.people import people
from deploy.local.tokens import CLIENT_ID, REDIRECT_URI, challenge, sign_in
from shared.clock import set_clock
from tests.hostile.scene import Scene

SERVICE: Final = "review"
SOMEBODY: Final = "R1"
INVALID: Final = "token_invalid"
LONG: Final = 9_000
NONE: Final = "a"
AHEAD: Final = timedelta(hours=1)


def bad_tokens(scene: Scene) -> Mapping[str, tuple[str, str]]:
    """Return tokens by what is wrong with them, each with the code that must answer it."""
    good = scene.tokens[SERVICE][SOMEBODY]
    head, claims, signature = good.split(".")
    said, kid = _read(claims), _read(head)["kid"]
    stranger = ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})
    signed = {"typ": "at+jwt", "alg": "ES256", "kid": kid}
    more = _written({**said, "roles": ["certifier", "steering_group"]})
    return {
        "expired": (scene.old_token, "token_expired"),
        "of the next hour": (_early(scene.house), INVALID),
        "for another service": (scene.tokens["intake"][SOMEBODY], "token_for_another_service"),
        "who somebody is, and not what they may": (identity_token(scene.house), INVALID),
        "without a signature": (f"{head}.{claims}.", INVALID),
        "that needs no signature": (f"{_written({**signed, 'alg': 'none'})}.{claims}.", INVALID),
        "with the public key for a secret": (_mac(scene.house, kid, claims), INVALID),
        "signed by a stranger": (jwt.encode(signed, said, stranger), INVALID),
        "with a key of its own": (
            jwt.encode({**signed, "jwk": stranger.as_dict(private=False)}, said, stranger),
            INVALID,
        ),
        "of a key that nobody knows": (jwt.encode({**signed, "kid": "?"}, said, stranger), INVALID),
        "with more roles than were signed": (f"{head}.{more}.{signature}", INVALID),
        "beyond all measure": (good + "a" * LONG, INVALID),
        "no token": (NONE, INVALID),
    }


def person() -> UUID:
    """Return the pseudonym of ``SOMEBODY``."""
    return people()[SOMEBODY].sub


def _early(house: House) -> str:
    """Return a token that the issuer will give in an hour."""
    file = house.stack.settings.clock
    assert file is not None
    written = file.read_text()
    try:
        set_clock(file, datetime.fromisoformat(written.split()[1]) + AHEAD)
        return sign_in(house.stack.issuer_url, SOMEBODY, SERVICE)
    finally:
        file.write_text(written)


def identity_token(house: House) -> str:
    """Return the identity token that comes with a sign-in (OpenID Connect), not the access token."""
    verifier = secrets.token_urlsafe(32)
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "resource": SERVICE,
        "scope": "openid",
        "state": "s",
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "login_hint": SOMEBODY,
    }
    with httpx2.Client(base_url=house.stack.issuer_url) as http:
        told = http.get("/authorize", params=asked).headers["location"]
        body = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": parse_qs(urlsplit(told).query)["code"][0],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier,
        }
        token: str = http.post("/token", data=body).raise_for_status().json()["id_token"]
        return token


def _mac(house: House, kid: str, claims: str) -> str:
    """Return a token whose secret is what the issuer publishes (CVE-2015-9235)."""
    with httpx2.Client(base_url=house.stack.issuer_url) as http:
        about = http.get("/.well-known/openid-configuration").json()
        published = KeySet.import_key_set(http.get(about["jwks_uri"]).json())
    key = next(each for each in published.keys if each.kid == kid)
    assert isinstance(key, ECKey)
    signed = f"{_written({'typ': 'at+jwt', 'alg': 'HS256', 'kid': kid})}.{claims}"
    mac = hmac.new(key.as_pem(private=False), signed.encode(), "sha256").digest()
    return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _read(part: str) -> dict[str, Any]:
    """Return one part of a token."""
    found: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _written(part: Mapping[str, Any]) -> str:
    """Return one part of a token, as it is written."""
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
