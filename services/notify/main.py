"""Composition root of the notify service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.notify.api import MEANINGS, OPERATIONS, routes
from services.notify.consumers import subscriptions
from services.notify.decider import decider
from services.notify.letters.sending import send_letters
from services.notify.queries import Letters, Lists
from services.notify.settings import Settings
from services.notify.views import notification_list
from shared.process import Parts, Service, run
from shared.web import Edge, Limits, access_log_routes, create_app, disclosure_routes, ledger_routes

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
        ledgers=parts.pool,
        vault=parts.vault,
    )
    return app_of(
        letters=Lists(parts.pool),
        edge=edge,
        reached=parts.positions.reached,
        limits=Limits(body_bytes_max=parts.settings.request_body_bytes_max),
    )


def app_of(*, letters: Letters, edge: Edge, reached: Callable[..., Any], limits: Limits) -> FastAPI:
    """Return the HTTP application over whatever lists the letters."""
    routers = [
        routes(letters=letters, edge=edge, reached=reached),
        access_log_routes(edge),
        ledger_routes(edge),
        disclosure_routes(edge),
    ]
    return create_app(
        "Notify", routers=routers, operations=OPERATIONS, meanings=MEANINGS, limits=limits
    )


service = Service(
    name="notify",
    settings=Settings,
    deciders={"notification": decider},
    schema=SCHEMA,
    api=build_api,
    views=(notification_list,),
    subscriptions=subscriptions,
    background=(send_letters,),
)

if __name__ == "__main__":
    run(service)
