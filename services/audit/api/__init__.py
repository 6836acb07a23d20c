"""HTTP in: one history over all services, what is mirrored, and what did not agree. For auditors."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter

from services.audit.api.differences import difference_routes
from services.audit.api.exports import Exporting, export_routes
from services.audit.api.findings import finding_routes
from services.audit.api.histories import history_routes
from services.audit.api.involvement import involvement_routes
from services.audit.api.lineages import lineage_routes
from services.audit.api.mirrors import mirror_routes
from services.audit.queries import Histories
from shared.auth import Operations
from shared.contracts.roles import Role
from shared.web import (
    ACCESS_LOG_READERS,
    DISCLOSURE_OPERATIONS,
    LEDGER_OPERATIONS,
    Edge,
    access_log_routes,
    disclosure_routes,
    ledger_routes,
)

AUDITOR: Final = (Role.AUDITOR,)

HISTORY_OPERATIONS: Final[Operations] = {
    "read_history": AUDITOR,
    "read_difference": AUDITOR,
    "read_lineage": AUDITOR,
    "list_involvement": AUDITOR,
    "make_export": AUDITOR,
    "list_mirrors": (Role.AUDITOR, Role.OPERATOR),
    "read_record": AUDITOR,
    "list_findings": (Role.AUDITOR, Role.OPERATOR, Role.STEERING_GROUP),
    "list_access_log": ACCESS_LOG_READERS,
    **LEDGER_OPERATIONS,
    **DISCLOSURE_OPERATIONS,
}
"""SOD-15: the *by* columns of the lifecycles; a person with several roles acts in the first."""


def routes(
    *,
    histories: Histories,
    exporting: Exporting,
    edge: Edge,
    reached: Callable[..., Any],
) -> tuple[APIRouter, ...]:
    """Return all routes of audit, wired to what the composition root gives them."""
    return (
        history_routes(histories=histories, edge=edge),
        difference_routes(histories=histories, edge=edge),
        lineage_routes(histories=histories, edge=edge),
        involvement_routes(histories=histories, edge=edge),
        export_routes(exporting=exporting, edge=edge),
        mirror_routes(histories=histories, edge=edge),
        finding_routes(histories=histories, edge=edge, reached=reached),
        access_log_routes(edge),
        ledger_routes(edge),
        disclosure_routes(edge),
    )


__all__ = ["HISTORY_OPERATIONS", "Exporting", "routes"]
