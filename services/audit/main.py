"""Composition root of the audit service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from services.audit.api import HISTORY_OPERATIONS, Exporting, routes
from services.audit.api.meanings import MEANINGS
from services.audit.bundles.api import BUNDLE_OPERATIONS, Bundling, bundle_routes, bundling_for
from services.audit.bundles.records import MirroredRecords
from services.audit.consumers import subscriptions
from services.audit.consumers.gaps import watch_for_gaps
from services.audit.consumers.listing import list_what_is_not
from services.audit.decider import decider, export_decider
from services.audit.queries import Archive, Histories
from services.audit.settings import Settings
from services.audit.views.finding_list import finding_list
from services.audit.witness.api import ADD_CHECKPOINT, WITNESS_OPERATIONS, witness_routes
from services.audit.witness.remembering import memories
from services.audit.witness.submitting import Submitting, submitting_for
from services.audit.witness.watching import watch_the_logs
from shared.auth import Operations
from shared.process import Parts, Service, run
from shared.web import Edge, Limits, create_app

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()
OPERATIONS: Final[Operations] = {
    **HISTORY_OPERATIONS,
    **WITNESS_OPERATIONS,
    **BUNDLE_OPERATIONS,
}
"""SOD-15: of the whole service; witness and bundles stand on the edge, and not beside it."""


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
        firm_of=MirroredRecords(parts.pool).firm_of,
        ledgers=parts.pool,
        vault=parts.vault,
    )
    histories = Archive(parts.pool)
    return app_of(
        histories=histories,
        exporting=Exporting(histories, parts.handler, parts.now),
        edge=edge,
        reached=parts.positions.reached,
        limits=Limits(
            body_bytes_max=parts.settings.request_body_bytes_max, uploads=(ADD_CHECKPOINT,)
        ),
        witness=submitting_for(parts),
        bundles=bundling_for(parts),
    )


def app_of(  # noqa: PLR0913 -- wiring, keyword by keyword
    *,
    histories: Histories,
    exporting: Exporting,
    edge: Edge,
    reached: Callable[..., Any],
    limits: Limits,
    witness: Submitting | None = None,
    bundles: Bundling | None = None,
) -> FastAPI:
    """Return the HTTP application over whatever keeps the histories."""
    routers = (
        *routes(histories=histories, exporting=exporting, edge=edge, reached=reached),
        witness_routes(edge, witness),
        bundle_routes(edge, bundles),
    )
    return create_app(
        "Audit", routers=routers, operations=OPERATIONS, meanings=MEANINGS, limits=limits
    )


service = Service(
    name="audit",
    settings=Settings,
    deciders={"finding": decider, "export": export_decider},
    schema=SCHEMA,
    api=build_api,
    views=(finding_list,),
    subscriptions=subscriptions,
    background=(
        list_what_is_not,
        watch_for_gaps,
        watch_the_logs,
    ),
    checks=memories,
)

if __name__ == "__main__":
    run(service)
