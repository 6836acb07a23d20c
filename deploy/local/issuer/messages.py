"""Requests and answers, between Starlette and Authlib."""

# Authlib has no types: its classes are `Any` to mypy, and what others guess does not fit it.
# mypy: allow-subclassing-any
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportIncompatibleMethodOverride=false, reportOptionalMemberAccess=false

from collections.abc import Mapping
from urllib.parse import parse_qs

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Payload
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from deploy.local.issuer.clients import AUDIENCES


class InvalidTargetError(OAuth2Error):
    """RFC 8707: the token is asked for a service that is not here, or for none."""

    error = "invalid_target"


class Answer(Response):
    """An answer whose ``Location`` Authlib may extend."""

    @property
    def location(self) -> str | None:
        """Where the browser is sent; None: nowhere."""
        return self.headers.get("location")

    @location.setter
    def location(self, value: str) -> None:
        MutableHeaders(raw=self.raw_headers)["location"] = value


class Payload(OAuth2Payload):
    """The parameters of a request, from its address or from its body."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    @property
    def data(self) -> dict[str, str]:
        """Every parameter, the last of several."""
        return {name: several[-1] for name, several in self._values.items()}

    @property
    def datalist(self) -> Mapping[str, list[str]]:
        """Every parameter, with all its values."""
        return self._values


class Asked(OAuth2Request):
    """A request as Authlib reads it."""

    def __init__(self, request: Request, body: bytes = b"") -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        text = body.decode(errors="replace") if request.method == "POST" else request.url.query
        self.payload = Payload(parse_qs(text, keep_blank_values=True))

    @property
    def args(self) -> dict[str, str]:
        """The parameters of a GET."""
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        """The parameters of a POST."""
        return self.payload.data


def audience(request: OAuth2Request) -> str:
    """RFC 8707: return the one service that the token is asked for.

    Raises:
        InvalidTargetError: None is named, or several, or one that is not here.
    """
    several = request.payload.datalist
    asked = {*several.get("resource", ()), *several.get("audience", ())}
    if len(asked) != 1 or not asked <= AUDIENCES:
        raise InvalidTargetError(f"Name one resource of: {', '.join(sorted(AUDIENCES))}")
    return str(asked.pop())
