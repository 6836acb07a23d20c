"""Get tokens from the issuer as a program would: for a person, or for a service.

The whole way is walked each time: authorization code with PKCE for people, client credentials for
services. With any other OpenID provider the person's part needs a browser.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx2

from deploy.local.errors import StackError
from deploy.local.people import people
from deploy.local.settings import service_secret

CLIENT_ID = "demo"
REDIRECT_URI = "http://127.0.0.1/signed-in"
_TIMEOUT_S = 10
_VERIFIER_BYTES = 32


def sign_in(issuer_url: str, label: str, audience: str) -> str:
    """Sign in as the person ``label`` and return an access token for the service ``audience``.

    Raises:
        StackError: There is no such person or service; the issuer's own words are in it.
    """
    verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "resource": audience,
        "scope": "openid",
        "state": secrets.token_urlsafe(8),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "login_hint": label,
    }
    with _speaking_to(issuer_url) as client:
        answer = client.get("/authorize", params=asked)
        told = parse_qs(urlsplit(answer.headers.get("location", "")).query)
        if "code" not in told:
            why = " - ".join(told.get("error", []) + told.get("error_description", []))
            known = "" if label in people() else f" (known are {', '.join(people())})"
            raise StackError(f"{label} cannot sign in to {audience}: {why or answer.text}{known}")
        if told.get("state") != [asked["state"]] or told.get("iss") != [issuer_url]:
            raise StackError(f"the issuer answered another sign-in than that of {label}")
        body = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": told["code"][0],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier,
        }
        return _access_token(client.post("/token", data=body))


def service_token(issuer_url: str, service: str, secret: str, audience: str) -> str:
    """Return a token with which ``service`` calls ``audience``; ``secret`` as in the settings."""
    body = {"grant_type": "client_credentials", "resource": audience}
    with _speaking_to(issuer_url) as client:
        auth = (service, service_secret(service, secret))
        return _access_token(client.post("/token", data=body, auth=auth))


@contextmanager
def _speaking_to(issuer_url: str) -> Generator[httpx2.Client]:
    """Yield a client of the issuer.

    Raises:
        StackError: The issuer does not answer.
    """
    try:
        with httpx2.Client(base_url=issuer_url, timeout=_TIMEOUT_S) as client:
            yield client
    except httpx2.TransportError as error:
        raise StackError(f"the issuer does not answer at {issuer_url}: make up") from error


def challenge(verifier: str) -> str:
    """RFC 7636: return the S256 challenge of ``verifier``."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _access_token(answer: httpx2.Response) -> str:
    if not answer.is_success:
        raise StackError(f"the issuer gives no token: {answer.text}")
    return str(answer.json()["access_token"])
