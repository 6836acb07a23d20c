"""The issuer's HTTP routes."""

from collections.abc import Callable, Mapping
from datetime import datetime

from authlib.oauth2 import OAuth2Error
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from deploy.local.issuer.clients import SCOPES
from deploy.local.issuer.keys import ALGORITHM
from deploy.local.issuer.messages import Asked, audience
from deploy.local.issuer.page import sign_in_page
from deploy.local.issuer.server import Server
from deploy.local.issuer.sign_in import SignIn
from deploy.local.people import Person

_BODY_BYTES_MAX = 16_384


def application(
    server: Server, *, people: Mapping[str, Person], keys: KeySet, now: Callable[[], datetime]
) -> Starlette:
    """Return the ASGI application."""

    async def configuration(_request: Request) -> Response:
        return JSONResponse(_configuration(server.issuer))

    async def jwks(_request: Request) -> Response:
        return JSONResponse(keys.as_dict(private=False))

    async def authorize(request: Request) -> Response:
        asked = Asked(request)
        hint = asked.args.get("login_hint")
        person = people.get(hint) if hint else None
        try:
            grant = server.consent(asked, person)
        except OAuth2Error as error:
            return server.refuse(asked, error)
        if hint is None:
            return HTMLResponse(sign_in_page(people.values(), asked.args, audience(asked)))
        sign_in = SignIn(person, audience(asked), now()) if person else None
        return server.sign_in(asked, sign_in, grant)

    async def token(request: Request) -> Response:
        body = await request.body()
        if len(body) > _BODY_BYTES_MAX:
            return JSONResponse({"error": "invalid_request"}, 413)
        return server.token(Asked(request, body))

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/jwks", jwks),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/livez", health),
        ]
    )


def _configuration(issuer: str) -> dict[str, object]:
    """Return the metadata of OpenID Connect Discovery and RFC 8414."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": [
            "none",
            "client_secret_basic",
            "client_secret_post",
        ],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": sorted(SCOPES),
        "authorization_response_iss_parameter_supported": True,
    }
