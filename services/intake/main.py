"""Composition root: ``python -m services.intake.main migrate|api|worker|relay|all``."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fastapi import FastAPI

from services.intake.api import (
    applications,
    enrolment,
    groups,
    invoices,
    offer,
    rounds,
    screening,
    surveys,
)
from services.intake.api.desk import Desk
from services.intake.api.meanings import MEANINGS
from services.intake.api.operations import OPERATIONS
from services.intake.consumers import subscriptions
from services.intake.decider import application, group, invoice, invoiceseries, mandate
from services.intake.decider import organisation as organisation_rules
from services.intake.decider import round as round_rules
from services.intake.queries import PostgresLists
from services.intake.settings import Settings
from services.intake.views import application as application_view
from services.intake.views import group as group_view
from services.intake.views import invoice as invoice_view
from services.intake.views import round as round_view
from services.intake.views.round_deadline import round_deadlines
from shared.decider import Decider
from shared.eventlog import Handler
from shared.process import Parts, Service, run
from shared.web import Edge, Limits, access_log_routes, create_app, disclosure_routes, ledger_routes

SCHEMA: Final = (Path(__file__).parent / "schema.sql").read_text()

DECIDERS: Final[Mapping[str, Decider[Any, Any, Any]]] = {
    "application": application.decider,
    "organisation": organisation_rules.decider,
    "round": round_rules.decider,
    "group": group.decider,
    "invoice": invoice.decider,
    "invoiceseries": invoiceseries.decider,
    "mandate": mandate.decider,
}


def app_of(desk: Desk, limits: Limits) -> FastAPI:
    """Return the HTTP application over ``desk``."""
    parts = (applications, surveys, screening, enrolment, rounds, groups, invoices)
    return create_app(
        "Intake",
        routers=[
            offer.routes(),
            *(part.routes(desk) for part in parts),
            access_log_routes(desk.edge),
            ledger_routes(desk.edge),
            disclosure_routes(desk.edge),
        ],
        operations=OPERATIONS,
        meanings=MEANINGS,
        limits=limits,
    )


async def firm_of(handler: Handler, case: UUID) -> str | None:
    """SOD-14: return the number of the firm that applies; ``None``: there is no such application."""
    opening = (await handler.look(f"application-{case}")).state.opening
    return None if opening is None else str(opening.organisation_number)


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
        case_of=parts.handler.case_of,
        firm_of=partial(firm_of, parts.handler),
        ledgers=parts.pool,
        vault=parts.vault,
    )
    desk = Desk(
        edge=edge,
        handler=parts.handler,
        vault=parts.vault,
        lists=PostgresLists(parts.pool),
        reached=parts.positions.reached,
        now=parts.now,
        new_id=parts.new_id,
    )
    return app_of(desk, Limits(body_bytes_max=parts.settings.request_body_bytes_max))


service: Final = Service(
    name="intake",
    settings=Settings,
    deciders=DECIDERS,
    schema=SCHEMA,
    api=build_api,
    views=(
        application_view.applications,
        round_view.rounds,
        group_view.groups,
        invoice_view.invoices,
    ),
    timers=(round_deadlines,),
    subscriptions=subscriptions,
)

if __name__ == "__main__":
    run(service)
