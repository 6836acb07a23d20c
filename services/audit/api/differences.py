"""What came in between two instants in a case, and what is different about it, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, model_validator

from services.audit.api.asking import AS_OF, AsOf, At, bound, placed, span, too_long
from services.audit.api.histories import Entry, entry_of
from services.audit.queries import Histories, Order, Span, TooLong, Wanted, whole
from services.audit.views.as_of import vector_text
from services.audit.views.case_state import Change, changes, state_of
from services.audit.views.facets import key_of
from shared.contracts.base import Instant
from shared.web import Edge, Reader, check_period, problems

RECORDS_MAX = 10_000
"""Of a case that is read whole."""


class Compared(AsOf):
    """Which case, and between which instants: what was so at `from`, and what at `to`.

    Attributes:
        time: Whether the instants are of knowing (`recorded`) or of the world (`effective`).
    """

    case: UUID
    first: Annotated[At, Field(alias="from")]
    last: Annotated[At, Field(alias="to")]
    time: Order = "recorded"

    @model_validator(mode="after")
    def _makes_sense(self) -> "Compared":
        """Refuse a period that ends before it begins."""
        check_period(self.first, self.last)
        return self

    def up_to(self) -> tuple[Span, Span]:
        """Return up to where is read, in the time of knowing and in that of the world."""
        recorded, effective = self.as_of_recorded, self.as_of_effective
        if self.time == "recorded":
            recorded = min(filter(None, (recorded, self.last)))
        else:
            effective = min(filter(None, (effective, self.last)))
        return span(None, None, recorded), span(None, None, effective)


class Difference(BaseModel):
    """What lies between two instants of a case.

    Attributes:
        between: What came after `from` and up to `to`, in the order of that time.
        changed: What of the case's state is different, by the name of the part.
    """

    case: UUID
    time: Order
    since: Instant
    until: Instant
    between: list[Entry]
    changed: list[Change]


def difference_routes(*, histories: Histories, edge: Edge) -> APIRouter:
    """Return how two instants of a case are compared."""
    router = APIRouter(prefix="/v1/history", tags=["history"])

    @router.get("/difference", responses=problems("answer_too_long", "history_incomplete"))
    async def read_difference(
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Compared, Query()],
        response: Response,
    ) -> Difference:
        """Return what came in between, and what is different about the case then.

        Reads the whole case, 10,000 records at most. Reading is remembered in the access log.
        """
        as_of = await bound(histories, asked.as_of_sizes)
        await edge.remember(by, "read_difference", stream=f"case-{asked.case}", case=asked.case)
        recorded, effective = asked.up_to()
        wanted = Wanted(
            (key_of("case", str(asked.case)),), as_of, recorded, effective, order=asked.time
        )
        try:
            rows = await whole(histories, wanted, limit=RECORDS_MAX)
        except TooLong as error:
            raise too_long() from error
        count = sum(row.place(asked.time).at <= asked.first for row in rows)
        after = state_of(map(placed, rows))
        response.headers[AS_OF] = vector_text(as_of)
        return Difference(
            case=asked.case,
            time=asked.time,
            since=asked.first,
            until=asked.last,
            between=[entry_of(row) for row in rows[count:]],
            changed=list(changes(state_of(map(placed, rows[:count])), after)),
        )

    return router
