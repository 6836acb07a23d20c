"""The mirrors over HTTP: how much of each log is here, and its bytes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel

from services.audit.queries import Histories
from shared.contracts.base import INTEGER_MAX
from shared.contracts.record import decode
from shared.decider import Refusal, RefusalKind
from shared.web import Edge, Reader, problems

ServiceName = Literal["intake", "review", "certificates", "notify", "audit"]
Position = Annotated[int, Path(ge=1, le=INTEGER_MAX)]


class MirrorShown(BaseModel):
    """How much of one log is mirrored.

    Attributes:
        head: The last position seen.
        missing: How many positions before it are not here (yet).
    """

    log: str
    head: int
    missing: int


def mirror_routes(*, histories: Histories, edge: Edge) -> APIRouter:
    """Return how much is mirrored, and the bytes themselves."""
    router = APIRouter(prefix="/v1/mirrors", tags=["mirrors"])

    @router.get("")
    async def list_mirrors(_by: Annotated[Reader, Depends(edge.reader)]) -> list[MirrorShown]:
        """Return how much of each service's log is mirrored, in the order of the process."""
        return [
            MirrorShown(log=each.log, head=each.head, missing=each.missing)
            for each in await histories.states()
        ]

    @router.get(
        "/{service}/records/{position}",
        response_class=Response,
        responses=problems("record_not_found"),
    )
    async def read_record(
        by: Annotated[Reader, Depends(edge.reader)], service: ServiceName, position: Position
    ) -> Response:
        """Return the exact bytes of one record, as hashed, sent and stored.

        Reading it is remembered in the access log.
        """
        log = f"asf/{service}"
        leaf = await histories.leaf_at(log, position)
        if leaf is None:
            raise Refusal(RefusalKind.NOT_FOUND, "record_not_found", "There is no such record.")
        case = decode(leaf).correlation_id
        await edge.remember(by, "read_record", stream=f"{log}/{position}", case=case)
        return Response(leaf, media_type="application/json")

    return router
