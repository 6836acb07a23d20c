"""The ledgers of a service over HTTP: C2SP tlog-tiles for anyone, the records for who may read them.

The ledger of the log stands at the root of the service, that of its access log below ``/access``:
these are the prefixes that a client of tlog-tiles is told. Hashes, checkpoints and proofs say
nothing about anybody, so they are public; entries are records, pseudonymous and not anonymous.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.ledger import proving
from shared.ledger.entries import bundle_bytes
from shared.ledger.errors import MalformedError
from shared.ledger.hashes import SIZE_MAX
from shared.ledger.lines import base64_of
from shared.ledger.proving import NotSealed
from shared.ledger.store import LOGS, Database, Log, Store
from shared.ledger.tiles import TILE_WIDTH, Bundle, Tile, from_path
from shared.web.edge import Edge, Reader
from shared.web.openapi import problems
from shared.web.problem import Problem, later

ENTRY_READERS: Final = (Role.AUDITOR, Role.SERVICE)
"""Of the operations ``read_entries`` and ``read_access_entries``: whoever may read every record."""

LEDGER_OPERATIONS: Final[Operations] = {
    "read_checkpoint": PUBLIC,
    "read_checkpoint_of_size": PUBLIC,
    "read_tile": PUBLIC,
    "read_entries": ENTRY_READERS,
    "prove_record": PUBLIC,
    "prove_growth": PUBLIC,
    "read_access_checkpoint": PUBLIC,
    "read_access_checkpoint_of_size": PUBLIC,
    "read_access_tile": PUBLIC,
    "read_access_entries": ENTRY_READERS,
    "prove_access_record": PUBLIC,
    "prove_access_growth": PUBLIC,
}
"""What every service's table says of ``ledger_routes``."""

TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
JSON: Final = "application/json"
LEVEL_KEPT_MAX: Final = 7
"""Higher tiles would take more records than a position can count."""

NOW: Final = {"Cache-Control": "no-cache"}
"""It is another one soon."""
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
FOR_THE_READER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}

Size = Annotated[int, Query(ge=0, le=SIZE_MAX)]


class Grown(BaseModel):
    """That a log at one size became the log at another. RFC 6962 section 2.1.2.

    Attributes:
        hashes: The consistency proof, each hash in base64; ``[]`` from nothing, and from ``new``.
    """

    model_config = ConfigDict(frozen=True)

    old: int
    new: int
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ledger:
    """One ledger to read from, and the entries behind it."""

    database: "Database | None"
    log: Log

    @property
    def store(self) -> Store:
        """Return where it is kept."""
        if self.database is None:
            raise later("temporarily_unavailable")
        return Store(self.database, self.log)

    async def latest_size(self) -> int:
        """Return how many records are under a signed checkpoint."""
        latest = await self.store.latest()
        if latest is None:
            raise Problem(404, "not_sealed")
        return latest.size

    async def place(self, path: str, kind: type[Tile] | type[Bundle]) -> Tile | Bundle:
        """Return what has the path, when the log has come so far."""
        try:
            place = from_path(path)
        except MalformedError as error:
            raise Problem(404, "not_found") from error
        if not isinstance(place, kind):
            raise Problem(404, "not_found")
        return place

    async def entries(self, bundle: Bundle) -> bytes:
        """Return the records of ``bundle``, as they are in the log."""
        first = bundle.index * TILE_WIDTH
        if first + bundle.width > await self.latest_size():
            raise Problem(404, "not_found")
        rows = await self.store.database.fetch(
            f"SELECT leaf FROM {self.log}.event"  # noqa: S608 -- one of two
            " WHERE pos > $1 AND pos <= $2 ORDER BY pos",
            *(first, first + bundle.width),
        )
        return bundle_bytes(row["leaf"] for row in rows)


def ledger_routes(edge: Edge) -> APIRouter:
    """Return how both ledgers of a service are read and proved; see ``LEDGER_OPERATIONS``."""
    router = APIRouter(tags=["ledger"])
    for log in LOGS:
        ledger = _Ledger(edge.ledgers, log)
        _add_checkpoints(router, ledger)
        _add_tiles(router, ledger, edge)
        _add_proofs(router, ledger)
    return router


def _add_checkpoints(router: APIRouter, ledger: _Ledger) -> None:
    """Add what was signed: the latest, and each that ever was."""

    async def read_checkpoint() -> Response:
        """Return the latest signed checkpoint (C2SP tlog-checkpoint)."""
        latest = await ledger.store.latest()
        if latest is None:
            raise Problem(404, "not_sealed")
        return Response(latest.note, headers=NOW, media_type=TEXT)

    async def read_checkpoint_of_size(size: Annotated[int, Path(ge=0, le=SIZE_MAX)]) -> Response:
        """Return the checkpoint that was signed at exactly this size. They are kept for ever."""
        kept = await ledger.store.at(size)
        if kept is None:
            raise Problem(404, "not_found")
        return Response(kept.note, headers=FOR_EVER, media_type=TEXT)

    at_size = "/v1/ledger/checkpoints/{size}"
    _get(router, ledger, "/checkpoint", read_checkpoint, (TEXT, "not_sealed"))
    _get(router, ledger, at_size, read_checkpoint_of_size, (TEXT, "not_found"))


def _add_tiles(router: APIRouter, ledger: _Ledger, edge: Edge) -> None:
    """Add what the tree and the log consist of. C2SP tlog-tiles."""

    async def read_entries(path: str, by: Annotated[Reader, Depends(edge.reader)]) -> Response:
        """Return 256 records, or fewer with `.p/<width>`: pseudonymous, for auditors and services."""
        bundle = await ledger.place(f"tile/entries/{path}", Bundle)
        assert isinstance(bundle, Bundle)
        data = await ledger.entries(bundle)
        if by.role is not Role.SERVICE:
            await edge.remember(by, _name(ledger.log, "read_entries"), stream=bundle.path)
        return Response(data, headers=FOR_THE_READER, media_type=BYTES)

    async def read_tile(path: str) -> Response:
        """Return 256 hashes of one level of the tree, or fewer with `.p/<width>`."""
        place = await ledger.place(f"tile/{path}", Tile)
        assert isinstance(place, Tile)
        data = await ledger.store.tile(place) if place.level <= LEVEL_KEPT_MAX else None
        if data is None:
            raise Problem(404, "not_found")
        return Response(data, headers=FOR_EVER, media_type=BYTES)

    _get(router, ledger, "/tile/entries/{path:path}", read_entries, (BYTES, "not_found"))
    _get(router, ledger, "/tile/{path:path}", read_tile, (BYTES, "not_found"))


def _add_proofs(router: APIRouter, ledger: _Ledger) -> None:
    """Add proofs made from the tiles."""

    async def prove_record(position: Annotated[int, Path(ge=1, le=SIZE_MAX)]) -> Response:
        """Return the proof that the record at this position is in the log (C2SP tlog-proof@v1)."""
        try:
            proof = await proving.prove_record(ledger.store, position)
        except NotSealed as error:
            raise Problem(404, "not_sealed") from error
        return Response(proof.encode(), headers=NOW, media_type=TEXT)

    async def prove_growth(old: Size, new: Size) -> Grown:
        """Return the proof that the log of `new` records grew from the log of `old` records."""
        if old > new:
            raise Problem(400, "request_malformed")
        if new > await ledger.latest_size():
            raise Problem(404, "not_sealed")
        hashes = await proving.consistency(ledger.store, old, new) if old else ()
        return Grown(old=old, new=new, hashes=tuple(map(base64_of, hashes)))

    _get(router, ledger, "/v1/ledger/proofs/{position}", prove_record, (TEXT, "not_sealed"))
    _get(router, ledger, "/v1/ledger/consistency", prove_growth, (JSON, "not_sealed"))


def _get(
    router: APIRouter, ledger: _Ledger, path: str, endpoint: Any, says: tuple[str, str]
) -> None:
    """Add one operation: what it answers with is the first of ``says``, its refusal the second."""
    media, code = says
    said = problems(code)
    if media != JSON:
        said[200] = {"content": {media.partition(";")[0]: {}}}
    router.add_api_route(
        f"/access{path}" if ledger.log == "access" else path,
        endpoint,
        methods=["GET"],
        name=_name(ledger.log, endpoint.__name__),
        responses=said,
        response_class=JSONResponse if media == JSON else Response,
    )


def _name(log: Log, operation: str) -> str:
    """Return the name of an operation on the ledger of ``log``, as the table has it."""
    return operation.replace("_", "_access_", 1) if log == "access" else operation
