"""Puts the edge together: every service's HTTP application is made here and reads the same."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.types import Lifespan

from shared.auth import Operations
from shared.web.edge import check_total
from shared.web.health import LIVE, READY, Check, add_health
from shared.web.meanings import Meanings
from shared.web.observed import Observed
from shared.web.openapi import finish
from shared.web.pages import add_pages
from shared.web.preconditions import render_unchanged
from shared.web.problem import render_problems
from shared.web.strict import LeavingFront, Limits, StrictFront

NO_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""The framework's own: it would put paths and queries as called on its spans."""


class Application(FastAPI):
    """A FastAPI application whose OpenAPI document says what the edge does as well."""

    operations: Operations = MappingProxyType({})
    meanings: Meanings = MappingProxyType({})
    finished: dict[str, Any] | None = None

    def openapi(self) -> dict[str, Any]:
        """Return the document, OpenAPI 3.1. Made once, and again when routes are added."""
        schema = super().openapi()
        if schema is not self.finished:
            self.finished = finish(schema, self.operations, self.meanings)
        return schema


def create_app(  # noqa: PLR0913 -- wiring, keyword by keyword
    title: str,
    *,
    routers: Sequence[APIRouter],
    operations: Operations,
    meanings: Meanings = MappingProxyType({}),
    checks: Mapping[str, Check] | None = None,
    limits: Limits | None = None,
    lifespan: Lifespan[Any] | None = None,
) -> FastAPI:
    """Return the HTTP application of a service.

    Args:
        title: Of the documentation page.
        routers: With all of the service's operations.
        operations: SOD-15: the table of roles; it must fit the routes exactly.
        meanings: Of the codes of the routes, beyond those of the edge.
        checks: For ``/readyz``, by name; ``None`` leaves health to the caller (``add_health``).
        limits: ``None`` takes the house's.
        lifespan: What to open before the first request and to close after the last.

    Raises:
        ValueError: The table and the routes do not fit each other (``check_total``).
    """
    app = Application(
        title=title,
        version="1",
        openapi_url=None,  # pages has it, as one text
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(Observed, untraced=(LIVE, READY)),
            Middleware(StrictFront, limits=limits),
        ],
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.operations = operations
    app.meanings = meanings
    render_problems(app)
    render_unchanged(app)
    for router in routers:
        app.include_router(router)
    check_total(app, operations)
    add_pages(app)
    if checks is not None:
        add_health(app, checks)
    return app


def bare_app() -> FastAPI:
    """Return an application with nothing in it yet, for whoever serves no more than health.

    Conventions 1: nobody traces it: neither we nor the framework, which would name its spans by
    the path as called.
    """
    return FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(LeavingFront)],
        telemetry=NO_TELEMETRY,
    )


def _operation_id(route: APIRoute) -> str:
    """Return the name of the route's function: the same in the code, the table and the document."""
    return route.name
