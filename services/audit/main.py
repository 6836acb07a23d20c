"""Composition root of the audit service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.audit.api import OPERATIONS, routes
from services.audit.consumers import subscriptions
from services.audit.consumers.gaps import watch_for_gaps
from services.audit.decider import decider
from services.audit.queries import Histories, Mirror
from services.audit.settings import Settings
from services.audit.views.finding_list import finding_list
from shared.process import Parts, Service, run
from shared.web import Edge, Limits, access_log_routes, create_app

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
    )
    return app_of(
        histories=Mirror(parts.pool),
        edge=edge,
        reached=parts.positions.reached,
        limits=Limits(body_bytes_max=parts.settings.request_body_bytes_max),
    )


def app_of(
    *, histories: Histories, edge: Edge, reached: Callable[..., Any], limits: Limits
) -> FastAPI:
    """Return the HTTP application over whatever keeps the histories."""
    routers = [routes(histories=histories, edge=edge, reached=reached), access_log_routes(edge)]
    return create_app("Audit", routers=routers, operations=OPERATIONS, limits=limits)


service = Service(
    name="audit",
    settings=Settings,
    deciders={"finding": decider},
    schema=SCHEMA,
    api=build_api,
    views=(finding_list,),
    subscriptions=subscriptions,
    background=(watch_for_gaps,),
)

if __name__ == "__main__":
    run(service)
