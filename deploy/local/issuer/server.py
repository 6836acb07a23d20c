"""Authlib's authorization server, told about our people, clients, keys and clock.

Every class here fills in what Authlib leaves to its host. The protocol itself (codes, PKCE,
client authentication, errors, RFC 9068 tokens) is Authlib's.
"""

# Authlib has no types: its classes are `Any` to mypy, and what others guess does not fit it.
# mypy: allow-subclassing-any
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportAssignmentType=false, reportIncompatibleMethodOverride=false
# pyright: reportOptionalMemberAccess=false

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.grants import OpenIDCode
from joserfc.jwk import KeySet
from starlette.responses import JSONResponse, Response

from deploy.local.issuer.clients import Client
from deploy.local.issuer.keys import ALGORITHM
from deploy.local.issuer.messages import Answer, Asked, audience
from deploy.local.issuer.sign_in import (
    CODE_LIFETIME,
    TOKEN_LIFETIME,
    Code,
    SignIn,
    access_claims,
    lifetime,
    profile_claims,
)
from deploy.local.people import Person, people

CODES_MAX = 1_000


class OneAudience:
    """Refuses a sign-in that does not say which service it is for."""

    def __call__(self, grant: Any) -> None:
        """Hook into ``grant``."""
        grant.register_hook(
            "after_validate_authorization_request_payload",
            lambda grant, _redirect_uri: audience(grant.request),
        )


class Pkce(CodeChallenge):
    """RFC 9700: PKCE with S256 is required of everybody."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[list[str]] = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a sign-in without a challenge."""
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: code_challenge_method=S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):
    """Hands out codes, each good for one token and one minute."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["none"]

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Remember ``code`` until it is used."""
        data = request.payload.data
        self.server.remember(
            Code(
                code=code,
                client_id=request.client.client_id,
                redirect_uri=data["redirect_uri"],
                scope=request.scope or "",
                nonce=data.get("nonce"),
                code_challenge=data["code_challenge"],
                code_challenge_method=data["code_challenge_method"],
                sign_in=request.user,
            )
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Return the code if it is ``client``'s and still good."""
        found: Code | None = self.server.codes.get(code)
        if found is None or found.client_id != client.client_id:
            return None
        return None if self.server.now() > found.sign_in.at + CODE_LIFETIME else found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Forget a code that was used."""
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> SignIn:
        """Return who had signed in."""
        return authorization_code.sign_in


class ServiceGrant(grants.ClientCredentialsGrant):
    """Gives a service a token of its own, for one other service; a partner, its person's."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic", "client_secret_post"]

    def validate_token_request(self) -> None:
        """Add to the client whom the token is for."""
        super().validate_token_request()
        self.request.client = replace(self.request.client, audience=audience(self.request))

    def generate_token(self, **asked: Any) -> dict[str, Any]:
        """Return the token; a partner's says for whom it speaks."""
        client: Client = self.request.client
        if client.person is not None:
            person = people()[client.person]
            asked["user"] = SignIn(person, client.audience or "", self.server.now())
        token: dict[str, Any] = super().generate_token(**asked)
        return token


class AccessTokens(JWTBearerTokenGenerator):
    """RFC 9068 tokens, with our claims and by our clock."""

    def __init__(self, issuer: str, keys: KeySet, now: Callable[[], datetime]) -> None:
        super().__init__(
            issuer=issuer,
            alg=ALGORITHM,
            expires_generator=lambda *_: int(TOKEN_LIFETIME.total_seconds()),
        )
        self._keys = keys
        self._now = now

    def get_jwks(self) -> KeySet:
        """Return the private keys."""
        return self._keys

    def get_audiences(self, client: Client, user: SignIn | None, _scope: str) -> str:
        """Return whom the token is for."""
        named = user.audience if user else client.audience
        assert named is not None
        return named

    def get_auth_time(self, user: SignIn | None) -> int | None:
        """Return when the person signed in; None for a service."""
        return int(user.at.timestamp()) if user else None

    def get_extra_claims(
        self, _client: Client, _grant_type: str, user: SignIn | None, _scope: str
    ) -> dict[str, Any]:
        """Return our claims; the times among them replace those of the wall clock."""
        return access_claims(user) | lifetime(self._now())


class IdentityTokens(OpenIDCode):
    """OpenID Connect: who signed in, for the client that asked."""

    def __init__(self, issuer: str, keys: KeySet, now: Callable[[], datetime]) -> None:
        super().__init__(require_nonce=False)
        self._issuer = issuer
        self._keys = keys
        self._now = now

    def exists_nonce(self, _nonce: str, _request: OAuth2Request) -> bool:
        """Return False: whoever develops may repeat a sign-in."""
        return False

    def resolve_client_private_key(self, _client: Client) -> KeySet:
        """Return the private keys."""
        return self._keys

    def get_client_algorithm(self, _client: Client) -> str:
        """Return the one algorithm."""
        return ALGORITHM

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        """Return by whom, for whom and for how long."""
        return {"iss": self._issuer, "aud": [client.client_id], **lifetime(self._now())}

    def generate_user_info(self, user: SignIn, scope: str) -> dict[str, Any]:
        """Return what is said about the person."""
        return profile_claims(user.person, scope)


class OwnName(IssuerParameter):
    """RFC 9207: says in every answer by sign-in who answers."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        super().__call__(server)

    def get_issuer(self) -> str:
        """Return the issuer's address."""
        return self._server.issuer


class Server(AuthorizationServer):
    """The authorization server.

    Attributes:
        codes: Handed out and not used yet, oldest first.
    """

    def __init__(
        self,
        *,
        issuer: str,
        clients: Mapping[str, Client],
        keys: KeySet,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self.issuer = issuer
        self.now = now
        self.codes: dict[str, Code] = {}
        self._clients = clients
        self.register_token_generator("default", AccessTokens(issuer, keys, now))
        self.register_grant(
            CodeGrant, [Pkce(required=True), OneAudience(), IdentityTokens(issuer, keys, now)]
        )
        self.register_grant(ServiceGrant)
        self.register_extension(OwnName)

    def remember(self, code: Code) -> None:
        """Keep ``code``, and no more than `CODES_MAX`."""
        while len(self.codes) >= CODES_MAX:
            del self.codes[next(iter(self.codes))]
        self.codes[code.code] = code

    def consent(self, asked: Asked, person: Person | None) -> Any:
        """Return what ``asked`` grants, if it may be asked at all.

        Args:
            asked: A request to sign in.
            person: Who does; None: that is yet to be chosen.

        Raises:
            OAuth2Error: It may not; see `refuse`.
        """
        return self.get_consent_grant(asked, end_user=person)

    def refuse(self, asked: Asked, error: OAuth2Error) -> Response:
        """Return the answer to a sign-in that cannot begin, with our name in it as in others."""
        response: Response = self.handle_error_response(asked, error)
        if isinstance(response, Answer):
            self.execute_hook("after_create_authorization_response", response)
        return response

    def sign_in(self, asked: Asked, sign_in: SignIn | None, grant: Any) -> Response:
        """Return the way back to the client, with a code; without a sign-in, with a refusal."""
        response: Response = self.create_authorization_response(asked, sign_in, grant)
        return response

    def token(self, asked: Asked) -> Response:
        """Return the answer to a request for a token."""
        response: Response = self.create_token_response(asked)
        return response

    def query_client(self, client_id: str) -> Client | None:
        """Return the client, if it is known."""
        return self._clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Keep nothing: whoever has the keys can check a token."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        """Return ``request``, which `app` has made already."""
        return request

    def handle_response(
        self, status: int, body: dict[str, Any] | str, headers: list[tuple[str, str]]
    ) -> Response:
        """Return the HTTP answer."""
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        return Answer(body, status, dict(headers))
