"""The development issuer and the house understand each other: its tokens, checked for real."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey, KeySet

from deploy.local.issuer.app import application
from deploy.local.issuer.clients import clients
from deploy.local.issuer.server import Server
from deploy.local.people import people
from deploy.local.settings import service_secret
from deploy.local.tokens import challenge
from shared.auth import Authenticator, PublishedKeys, ServiceToken, TokenRefused
from shared.auth.service_token import TokenUnavailable
from shared.contracts.roles import Role
from tests.auth.issuer import NOW

ISSUER = "https://issuer.example"
SECRET_END = "for-tests"  # noqa: S105 -- a development issuer's
VERIFIER = "a-verifier-that-only-its-client-knows-0123456789"
REDIRECT_URI = "http://127.0.0.1:49152/signed-in"


@pytest.fixture
def transport() -> httpx2.AsyncBaseTransport:
    """Return the way to a development issuer in this process."""
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    keys = KeySet([key])
    server = Server(issuer=ISSUER, clients=clients(SECRET_END), keys=keys, now=lambda: NOW)
    app = application(server, people=people(), keys=keys, now=lambda: NOW)
    return httpx2.ASGITransport(app)


def authenticator(transport: httpx2.AsyncBaseTransport, audience: str) -> Authenticator:
    """Return an authenticator of the service ``audience``."""
    keys = PublishedKeys(ISSUER, transport)
    return Authenticator(ISSUER, audience, lambda: NOW, keys=keys)


async def signed_in(transport: httpx2.AsyncBaseTransport, label: str, audience: str) -> str:
    """Return the access token of the person ``label``, who signs in for ``audience``."""
    asked = {
        "response_type": "code",
        "client_id": "demo",
        "redirect_uri": REDIRECT_URI,
        "resource": audience,
        "scope": "openid",
        "state": "s",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
        "login_hint": label,
    }
    form = {
        "grant_type": "authorization_code",
        "client_id": "demo",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        sent = await http.get("/authorize", params=asked)
        code = parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]
        answer = await http.post("/token", data={**form, "code": code})
        return str(answer.raise_for_status().json()["access_token"])


async def test_a_person_who_signed_in_is_known_by_role_and_firm(
    transport: httpx2.AsyncBaseTransport,
) -> None:
    """Conventions 2: one user per role, RFC 9068, the Swedish claim."""
    made = await signed_in(transport, "alfa-signatory", "review")
    found = await authenticator(transport, "review").authenticate(made)
    person = people()["alfa-signatory"]
    assert (found.person, found.organisation) == (person.sub, person.org_number)
    assert found.roles == {Role.SIGNATORY}
    assert (found.signed_in_at, found.client) == (NOW, False)


async def test_a_token_for_one_service_is_worth_nothing_to_another(
    transport: httpx2.AsyncBaseTransport,
) -> None:
    """Issue 3: a token for another service."""
    made = await signed_in(transport, "alfa-signatory", "intake")
    with pytest.raises(TokenRefused) as refused:
        await authenticator(transport, "review").authenticate(made)
    assert refused.value.code == "token_for_another_service"


async def test_a_service_proves_itself_to_another(transport: httpx2.AsyncBaseTransport) -> None:
    """Conventions 2: client credentials with the callee as audience."""
    tokens = ServiceToken(
        ISSUER,
        "notify",
        service_secret("notify", SECRET_END),
        audience="intake",
        now=lambda: NOW,
        transport=transport,
    )
    found = await authenticator(transport, "intake").authenticate(await tokens.token())
    assert found.roles == {Role.SERVICE}
    assert found.client


async def test_a_service_with_the_wrong_secret_gets_nothing(
    transport: httpx2.AsyncBaseTransport,
) -> None:
    """RFC 6749: invalid_client is, for the caller, an issuer that gives no token."""
    tokens = ServiceToken(
        ISSUER, "notify", "wrong", audience="intake", now=lambda: NOW, transport=transport
    )
    with pytest.raises(TokenUnavailable):
        await tokens.token()
