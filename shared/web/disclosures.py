"""What a service discloses of a case to the audit service: sealed texts with their salts.

Which fields: ``shared.contracts.disclosure``. The audit service asks on behalf of an auditor, and
this service's access log says so before anything is shown (GEN-8, House: ADR-0023).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from shared.auth import Operations
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.disclosure import auditor_may_see
from shared.contracts.record import decode
from shared.contracts.roles import Role
from shared.ledger.store import Database
from shared.vault import Vault
from shared.web.edge import Edge, Reader
from shared.web.openapi import problems
from shared.web.paging import Page, link_next, number_after, page
from shared.web.problem import Problem, later

DISCLOSURE_OPERATIONS: Final[Operations] = {"read_disclosures": (Role.SERVICE,)}
"""What every service's table says of ``disclosure_routes``."""

STREAM: Final = r"^[a-z]+-[0-9a-f-]{36}$"
"""Names of streams that can hold sealed fields."""

_RECORDS: Final = """
SELECT pos, version, leaf FROM log.event WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3
"""


class DisclosedShown(BaseModel):
    """A sealed text, and what it takes to hold it against the record's commitment.

    Attributes:
        position: Of the record, in the log of this service.
        salt: 32 bytes, hexadecimal.
    """

    model_config = ConfigDict(frozen=True)

    position: int
    field: str
    salt: str
    value: str


def disclosure_routes(edge: Edge) -> APIRouter:
    """Return what the audit service asks of every service; see ``DISCLOSURE_OPERATIONS``."""
    router = APIRouter(prefix="/v1/disclosures", tags=["disclosures"])

    @router.get("/{application_id}", responses=problems("request_malformed"))
    async def read_disclosures(
        application_id: UUID,
        by: Annotated[Reader, Depends(edge.reader)],
        stream: Annotated[str, Query(pattern=STREAM)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[DisclosedShown]:
        """Return what an auditor may see of a stream's part in a case, by version and field.

        What has been erased is absent. On behalf of whom is required, and remembered.
        """
        if by.actor.on_behalf_of is None:
            raise Problem(400, "request_malformed", "Name the auditor in On-Behalf-Of.")
        database, vault = _opened(edge)
        rows = await database.fetch(_RECORDS, stream, number_after(asked), asked.fetch)
        more = str(rows[asked.limit - 1]["version"]) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        positions, events = _of_case(application_id, rows[: asked.limit])
        found = await vault.disclose(stream, events, may=auditor_may_see)
        if found:
            await edge.remember(by, "read_disclosures", stream=stream, case=application_id)
        return [
            DisclosedShown(
                position=positions[each.version],
                field=each.field,
                salt=each.salt.hex(),
                value=each.value,
            )
            for each in found
        ]

    return router


def _opened(edge: Edge) -> tuple[Database, Vault]:
    """Return where the records lie, and where their texts do.

    Raises:
        Problem: 503: this process has neither.
    """
    if edge.ledgers is None or edge.vault is None:
        raise later("temporarily_unavailable")
    return edge.ledgers, edge.vault


def _of_case(case: UUID, rows: list[Any]) -> tuple[Mapping[int, int], Mapping[int, Event]]:
    """Return the records that belong to ``case``: their positions and events, by version."""
    positions: dict[int, int] = {}
    events: dict[int, Event] = {}
    for row in rows:
        record = decode(row["leaf"])
        event = event_of(record)
        if record.correlation_id == case and event is not None:
            positions[row["version"]], events[row["version"]] = row["pos"], event
    return positions, events
