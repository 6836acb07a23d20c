"""HTTP: what can be proved under the latest cosigned checkpoint, as files that verifiers take."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from services.audit.witness.kept import Published
from services.audit.witness.proofs import Proofs
from shared.ledger.errors import MalformedError
from shared.ledger.hashes import SIZE_MAX
from shared.ledger.witness import AddCheckpoint
from shared.web import Problem, problems
from shared.web.ledger import NOW, TEXT

OriginHash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Latest = Callable[[str], Awaitable[tuple[Proofs, Published]]]
"""From an origin's hash to the checkpoint that was cosigned last, and who proves under it."""
_TEXT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/plain": {}}}}


def add_proofs(router: APIRouter, latest: Latest) -> None:
    """Add the proofs to the routes of the witness."""

    @router.get(
        "/v1/witness/{of}/proofs/{position}",
        responses={**problems("not_found", "not_sealed"), **_TEXT},
        response_class=Response,
    )
    async def prove_cosigned_record(
        of: OriginHash, position: Annotated[int, Path(ge=1, le=SIZE_MAX)]
    ) -> Response:
        """Return the `tlog-proof@v1` file of one record, under what was cosigned last.

        With the record's bytes it is what `sigill-verify record` takes.
        """
        proofs, under = await latest(of)
        if position > under.size:
            raise Problem(404, "not_sealed")
        proof = await proofs.record(under.log, under.size, position)
        return Response(proof.encode(), headers=NOW, media_type=TEXT)

    @router.get(
        "/v1/witness/{of}/growth/{old}",
        responses={**problems("not_found", "not_sealed"), **_TEXT},
        response_class=Response,
    )
    async def prove_cosigned_growth(
        of: OriginHash, old: Annotated[int, Path(ge=0, le=SIZE_MAX)]
    ) -> Response:
        """Return that the log grew from its first `old` records to what was cosigned last.

        In the form of a C2SP add-checkpoint body: with a checkpoint that was saved at that size it
        is what `sigill-verify consistency` takes.
        """
        proofs, under = await latest(of)
        try:
            hashes = await proofs.consistency(under.log, old, under.size)
        except MalformedError as error:
            raise Problem(404, "not_sealed") from error
        body = AddCheckpoint(old, hashes, under.note).encode()
        return Response(body, headers=NOW, media_type=TEXT)
