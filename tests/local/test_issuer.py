"""The development issuer: real flows, refusals, and tokens that anybody can verify."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from deploy.local.errors import StackError
from deploy.local.issuer.sign_in import ORG_NUMBER_CLAIM
from deploy.local.people import people
from deploy.local.stack import Stack
from deploy.local.tokens import challenge, service_token, sign_in
from shared.clock import set_clock
from shared.contracts.roles import Role

pytestmark = pytest.mark.system

_VERIFIER = "a-verifier-that-only-its-client-knows-0123456789"
_REDIRECT_URI = "http://127.0.0.1:49152/signed-in"
_ASKED = {
    "response_type": "code",
    "client_id": "demo",
    "redirect_uri": _REDIRECT_URI,
    "resource": "review",
    "scope": "openid profile email",
    "state": "a-state",
    "nonce": "a-nonce",
    "code_challenge": challenge(_VERIFIER),
    "code_challenge_method": "S256",
}


@pytest.fixture
def issuer(stack: Stack) -> Iterator[httpx2.Client]:
    """A client of the shared stack's issuer; redirections are not followed."""
    with httpx2.Client(base_url=stack.issuer_url, timeout=10) as client:
        yield client


def test_a_person_signs_in_with_a_code_and_pkce(issuer: httpx2.Client, stack: Stack) -> None:
    """RFC 9068: the token says who, in which role, for which organisation, for which service."""
    code = _told(issuer, login_hint="alfa-signatory")["code"]
    answer = issuer.post("/token", data=_exchange(code)).json()

    token = _verified(issuer, answer["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert token.claims["iss"] == stack.issuer_url
    assert token.claims["aud"] == "review"
    assert token.claims["sub"] == str(people()["alfa-signatory"].sub)
    assert token.claims["roles"] == ["signatory"]
    assert token.claims["https://id.oidc.se/claim/orgNumber"] == "7699990011"
    assert token.claims["client_id"] == "demo"
    assert token.claims["exp"] - token.claims["iat"] == 600
    assert token.claims["auth_time"] <= token.claims["iat"]
    assert token.claims["jti"]
    assert token.claims["scope"] == _ASKED["scope"]


def test_the_identity_token_is_for_the_client(issuer: httpx2.Client) -> None:
    """OpenID Connect: it repeats the nonce, and it is no access token."""
    code = _told(issuer, login_hint="A1")["code"]
    answer = issuer.post("/token", data=_exchange(code)).json()

    token = _verified(issuer, answer["id_token"])
    assert token.header["typ"] == "JWT"
    assert token.claims["aud"] == ["demo"]
    assert token.claims["nonce"] == "a-nonce"
    assert token.claims["preferred_username"] == "A1"
    assert token.claims["email"] == "a1@sigill.example"


def test_a_person_of_no_firm_has_no_organisation(issuer: httpx2.Client, stack: Stack) -> None:
    """House: whoever belongs to the certifying house speaks for no enterprise."""
    claims = _verified(issuer, sign_in(stack.issuer_url, "R1", "review")).claims

    assert claims["roles"] == ["reviewer"]
    assert "https://id.oidc.se/claim/orgNumber" not in claims


def test_a_service_gets_a_token_for_another(issuer: httpx2.Client, stack: Stack) -> None:
    """RFC 6749 4.4: by its secret, in the role of a service."""
    secret = stack.settings.client_secret.get_secret_value()

    claims = _verified(issuer, service_token(stack.issuer_url, "notify", secret, "intake")).claims

    assert claims["sub"] == "notify"
    assert claims["aud"] == "intake"
    assert claims["roles"] == ["service"]
    assert "auth_time" not in claims


def test_a_partner_speaks_for_its_firm(issuer: httpx2.Client, stack: Stack) -> None:
    """House: a partner's system acts as the firm that it was given to, by client credentials."""
    secret = stack.settings.client_secret.get_secret_value()
    claims = _verified(issuer, service_token(stack.issuer_url, "partner", secret, "intake")).claims
    epsilon = people()["epsilon-applicant"]
    assert (claims["sub"], claims["aud"]) == (str(epsilon.sub), "intake")
    assert claims["roles"] == ["applicant"]
    assert claims[ORG_NUMBER_CLAIM] == epsilon.org_number


def test_times_come_from_the_clock(issuer: httpx2.Client, stack: Stack) -> None:
    """House: the whole house runs in simulated time, tokens too."""
    at = datetime(2019, 6, 19, 8, 0, tzinfo=UTC)
    clock = stack.settings.clock
    assert clock is not None
    before = clock.read_text()
    try:
        set_clock(clock, at)
        claims = _verified(issuer, sign_in(stack.issuer_url, "C1", "review")).claims
    finally:
        clock.write_text(before)

    assert claims["iat"] == claims["auth_time"] == int(at.timestamp())
    assert claims["exp"] == int(at.timestamp()) + 600


def test_a_code_is_good_once(issuer: httpx2.Client) -> None:
    """RFC 6749 4.1.2: a used code is worth nothing."""
    code = _told(issuer, login_hint="PL1")["code"]

    assert issuer.post("/token", data=_exchange(code)).status_code == 200
    assert issuer.post("/token", data=_exchange(code)).json()["error"] == "invalid_grant"


def test_a_code_is_worthless_without_its_verifier(issuer: httpx2.Client) -> None:
    """RFC 7636: who has seen the code only gets no token."""
    code = _told(issuer, login_hint="PL1")["code"]
    other = _exchange(code) | {"code_verifier": _VERIFIER[::-1]}

    assert issuer.post("/token", data=other).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"resource": "portal"}, "invalid_target"),
        ({"resource": None}, "invalid_target"),
        ({"login_hint": "nobody"}, "access_denied"),
        ({"login_hint": None, "prompt": "none"}, "login_required"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_a_sign_in_that_may_not_be_goes_back_with_the_reason(
    issuer: httpx2.Client, stack: Stack, changed: dict[str, str | None], error: str
) -> None:
    """RFC 6749 4.1.2.1: the client hears which rule it broke, and from whom (RFC 9207)."""
    told = _told(issuer, **({"login_hint": "PL1"} | changed))

    assert told["error"] == error
    assert told["state"] == "a-state"
    assert told["iss"] == stack.issuer_url


@pytest.mark.parametrize(
    "changed", [{"redirect_uri": "https://stranger.example/"}, {"client_id": "stranger"}]
)
def test_nobody_is_sent_to_a_stranger(issuer: httpx2.Client, changed: dict[str, str]) -> None:
    """RFC 6749 4.1.2.1: an address that was not agreed on is never gone to."""
    answer = issuer.get("/authorize", params=_ASKED | {"login_hint": "PL1"} | changed)

    assert answer.status_code in {400, 401}
    assert "location" not in answer.headers


def test_a_wrong_secret_gets_no_token(stack: Stack) -> None:
    """RFC 6749 5.2: a service must prove itself."""
    with pytest.raises(StackError, match="invalid_client"):
        service_token(stack.issuer_url, "notify", "wrong", "intake")


def test_the_page_offers_everybody(issuer: httpx2.Client) -> None:
    """House: a person clicks on who to be, and the link carries the rest of the request."""
    page = issuer.get("/authorize", params=_ASKED).text

    assert all(f">{label}</a>" in page for label in people())
    assert "state=a-state" in page


def test_the_issuer_describes_itself(issuer: httpx2.Client, stack: Stack) -> None:
    """OpenID Connect Discovery: the issuer's name is its address."""
    told = issuer.get("/.well-known/openid-configuration").json()

    assert told["issuer"] == stack.issuer_url
    assert told["jwks_uri"] == f"{stack.issuer_url}/jwks"
    assert all("d" not in key for key in issuer.get("/jwks").json()["keys"])


def test_everybody_of_the_scenarios_is_there_with_one_role() -> None:
    """Golden scenarios, fixture: labels, and people who hold nothing else."""
    everybody = people()
    firms = ("alfa", "beta", "gamma", "delta", "epsilon", "zeta")

    assert all(len(person.roles) == 1 for person in everybody.values())
    held = {role for person in everybody.values() for role in person.roles}
    assert held == set(Role) - {Role.SERVICE}
    assert len({person.sub for person in everybody.values()}) == len(everybody)
    for firm in firms:
        applicant, signatory = everybody[f"{firm}-applicant"], everybody[f"{firm}-signatory"]
        assert applicant.org_number == signatory.org_number is not None
        assert (*applicant.roles, *signatory.roles) == (Role.APPLICANT, Role.SIGNATORY)


def _told(issuer: httpx2.Client, **changed: str | None) -> dict[str, str]:
    """Ask to sign in and return what the client is told."""
    asked = {name: value for name, value in (_ASKED | changed).items() if value is not None}
    answer = issuer.get("/authorize", params=asked)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(_REDIRECT_URI)
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in told.items()}


def _exchange(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": "demo",
        "code": code,
        "redirect_uri": _REDIRECT_URI,
        "code_verifier": _VERIFIER,
    }


def _verified(issuer: httpx2.Client, token: str) -> Any:
    """Return the token after checking its signature against the published keys."""
    keys = KeySet.import_key_set(issuer.get("/jwks").json())
    return jwt.decode(token, keys, algorithms=["ES256"])
