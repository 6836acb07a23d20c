"""Who may ask for tokens: pages and programs for people, services for themselves."""

# Authlib has no types: its classes are `Any` to mypy, and what others guess does not fit it.
# mypy: allow-subclassing-any
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportOptionalMemberAccess=false

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from deploy.local.settings import SERVICES, service_secret

AUDIENCES = frozenset(SERVICES)
SCOPES = frozenset({"openid", "profile", "email"})
PUBLIC_CLIENTS = ("demo", "portal")
PARTNERS = {"partner": "epsilon-applicant"}
"""Other people's systems, and for whom each speaks, by label."""
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):
    """One client.

    Attributes:
        secret: None for a public client, which proves itself with PKCE alone.
        person: Label of the person whom a partner's system speaks for; None for all others.
        audience: Whom the token that is being made is for; set while a request is served.
    """

    client_id: str
    secret: str | None = None
    person: str | None = None
    audience: str | None = None

    def get_client_id(self) -> str:
        """Return the identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Return None: the address to go back to must be said."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return what of ``scope`` is known here, in the order asked for."""
        return " ".join(word for word in (scope or "").split() if word in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """RFC 8252: return whether ``redirect_uri`` stays on this machine, on any port."""
        parts = urlsplit(redirect_uri)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether ``client_secret`` is this client's."""
        return self.secret is not None and secrets.compare_digest(self.secret, client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Return whether this client may prove itself by ``method``."""
        return (method == "none") == (self.secret is None)

    def check_response_type(self, response_type: str) -> bool:
        """Return whether people sign in to this client."""
        return response_type == "code" and self.secret is None

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether this client gets tokens by ``grant_type``."""
        return grant_type == ("authorization_code" if self.secret is None else "client_credentials")


def clients(secret: str) -> dict[str, Client]:
    """Return every client by its identifier; ``secret`` is what the services' own end with."""
    public = [Client(name) for name in PUBLIC_CLIENTS]
    services = [Client(name, service_secret(name, secret)) for name in SERVICES]
    partners = [
        Client(name, service_secret(name, secret), person) for name, person in PARTNERS.items()
    ]
    return {client.client_id: client for client in (*public, *services, *partners)}
