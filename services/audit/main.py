"""Composition root of the audit service."""

from pathlib import Path

from fastapi import FastAPI

from services.audit.api import OPERATIONS, routes
from services.audit.consumers import subscriptions, watch_for_gaps
from services.audit.decider import decider
from services.audit.settings import Settings
from services.audit.views.finding_list import finding_list
from shared.process import Parts, Service, run
from shared.web import Edge, Limits, create_app

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
    )
    return create_app(
        "Audit",
        routers=[routes(pool=parts.pool, edge=edge, reached=parts.positions.reached)],
        operations=OPERATIONS,
        limits=Limits(body_bytes_max=parts.settings.request_body_bytes_max),
    )


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
