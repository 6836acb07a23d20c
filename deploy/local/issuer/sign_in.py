"""What the issuer remembers between a sign-in and its token, and what it says of the person."""

# Authlib has no types: its classes are `Any` to mypy, and what others guess does not fit it.
# mypy: allow-subclassing-any
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportOptionalMemberAccess=false

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import AuthorizationCodeMixin

from deploy.local.people import Person
from shared.contracts.roles import Role

TOKEN_LIFETIME = timedelta(minutes=10)
CODE_LIFETIME = timedelta(minutes=1)
ORG_NUMBER_CLAIM = "https://id.oidc.se/claim/orgNumber"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person who has just signed in, in order to use one service."""

    person: Person
    audience: str
    at: datetime

    def get_user_id(self) -> str:
        """Return the pseudonym."""
        return str(self.person.sub)


@dataclass(frozen=True, slots=True)
class Code(AuthorizationCodeMixin):
    """An authorization code that was handed out and not used yet.

    Attributes:
        code_challenge: RFC 7636: the digest of what only its client knows.
    """

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    sign_in: SignIn

    def get_redirect_uri(self) -> str:
        """Return where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return what was asked for."""
        return self.scope

    def get_nonce(self) -> str | None:
        """Return what the identity token must repeat."""
        return self.nonce

    def get_auth_time(self) -> int:
        """Return when the person signed in, seconds since 1970."""
        return int(self.sign_in.at.timestamp())


def access_claims(sign_in: SignIn | None) -> dict[str, Any]:
    """Return what an access token says beyond RFC 9068; without a sign-in, of a service."""
    if sign_in is None:
        return {"roles": [str(Role.SERVICE)]}
    person = sign_in.person
    number = person.org_number
    firm = {ORG_NUMBER_CLAIM: number.replace("-", "")} if number else {}  # ten digits
    return {"roles": [str(role) for role in person.roles]} | firm


def profile_claims(person: Person, scope: str) -> dict[str, Any]:
    """Return what an identity token says about ``person``, as far as ``scope`` reaches."""
    words = scope.split()
    claims: dict[str, Any] = {"sub": str(person.sub)}
    if "profile" in words:
        claims |= {"preferred_username": person.label, "locale": person.language}
    if "email" in words:
        claims |= {"email": person.email, "email_verified": True}
    return claims


def lifetime(now: datetime) -> dict[str, int]:
    """Return when a token made ``now`` begins and ends, seconds since 1970."""
    return {"iat": int(now.timestamp()), "exp": int((now + TOKEN_LIFETIME).timestamp())}
