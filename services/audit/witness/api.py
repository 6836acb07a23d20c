"""HTTP in: what asks for a cosignature, what was cosigned, and what speaks against a log.

The submission prefix of C2SP tlog-witness is the service itself. What was cosigned stands below
``/v1/witness/<origin hash>``, after the prefixes of C2SP tlog-mirror.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from services.audit.witness.cosigner import Overtaken
from services.audit.witness.kept import Published
from services.audit.witness.known import KnownLog, known_logs, origin_hash
from services.audit.witness.proofs import Proofs
from services.audit.witness.proving import OriginHash, add_proofs
from services.audit.witness.recomputing import NotMirrored
from services.audit.witness.submitting import Submitting, WitnessBusy
from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.ledger.errors import LedgerError
from shared.ledger.hashes import SIZE_MAX
from shared.ledger.note import signature_lines
from shared.ledger.signer import SignerBusyError
from shared.ledger.witness import SIZE_MEDIA_TYPE, No, WitnessRefusal
from shared.telemetry import get_logger
from shared.web import Edge, Problem, Reader, problems
from shared.web.ledger import FOR_EVER, NOW, TEXT
from shared.web.problem import later
from shared.web.strict import Upload

FINDING_READERS: Final = (Role.AUDITOR, Role.OPERATOR, Role.STEERING_GROUP)
WITNESS_OPERATIONS: Final[Operations] = {
    "add_checkpoint": PUBLIC,
    "show_witness": PUBLIC,
    "read_cosigned_checkpoint": PUBLIC,
    "read_cosigned_checkpoint_of_size": PUBLIC,
    "prove_cosigned_record": PUBLIC,
    "prove_cosigned_growth": PUBLIC,
    "read_evidence": FINDING_READERS,
}
"""What audit's table says of ``witness_routes``."""

ADD_CHECKPOINT: Final = Upload("/add-checkpoint", bytes_max=65_536, timeout_s=10.0)
"""Its body is no JSON, so it streams past the edge; 63 hashes and a note need a tenth of this."""

BUSY: Final = "As many checkpoints as may be are being looked at; try again."

_CODES: Final = {
    No.MALFORMED: "request_malformed",
    No.UNTRUSTED: "checkpoint_untrusted",
    No.UNKNOWN_LOG: "log_unknown",
    No.INCONSISTENT: "checkpoint_inconsistent",
}
_log = get_logger(__name__)


class WitnessedLog(BaseModel):
    """A log that is witnessed.

    Attributes:
        origin: The first line of its checkpoints.
        origin_hash: SHA-256 of the origin, hexadecimal: where its cosigned checkpoints stand.
        log: As its records name it.
        size: That was cosigned last; ``null``: nothing yet.
    """

    model_config = ConfigDict(frozen=True)

    origin: str
    origin_hash: str
    log: str
    size: int | None


class WitnessShown(BaseModel):
    """The witness.

    Attributes:
        name: Of its keys.
        verifier_keys: C2SP signed-note, "Verifier keys": every one that ever cosigned.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    verifier_keys: tuple[str, ...]
    logs: tuple[WitnessedLog, ...]


def witness_routes(edge: Edge, submitting: Submitting | None) -> APIRouter:
    """Return how the witness is asked; ``None``: there is none, and everything says so."""
    router = APIRouter(tags=["witness"])
    room = _Room(submitting)
    _add_submission(router, room)
    _add_cosigned(router, room)
    add_proofs(router, room.latest)
    _add_evidence(router, room, edge)
    return router


class _Room:
    """The witness, if there is one."""

    def __init__(self, submitting: Submitting | None) -> None:
        self._submitting = submitting

    @property
    def submitting(self) -> Submitting:
        """Return who takes wishes."""
        if self._submitting is None:
            raise later("temporarily_unavailable")
        return self._submitting

    @property
    def logs(self) -> tuple[KnownLog, ...]:
        """Return the logs that are known."""
        return known_logs(self.submitting.witness.parts.settings)

    async def published(self, of: str, size: int | None) -> Published:
        """Return what was cosigned of the log with the origin hash ``of``; ``size`` ``None``: last."""
        kept = self.submitting.witness.kept
        for log in self.logs:
            if origin_hash(log.origin) == of:
                found = await (kept.latest(log.log) if size is None else kept.at(log.log, size))
                if found is not None:
                    return found
        raise Problem(404, "not_found")

    async def latest(self, of: str) -> tuple[Proofs, Published]:
        """Return what was cosigned last of the log with the origin hash ``of``, and who proves."""
        witness = self.submitting.witness
        proofs = Proofs(witness.kept, witness.tiles, witness.recomputed)
        return proofs, await self.published(of, None)


def _add_submission(router: APIRouter, room: _Room) -> None:
    """Add what the specification calls the submission prefix."""

    @router.post(
        "/add-checkpoint",
        responses={
            **problems(*_CODES.values(), "body_too_large", "body_too_slow"),
            200: {"content": {"text/plain": {}}},
            409: {"content": {SIZE_MEDIA_TYPE: {}}},
        },
        response_class=Response,
    )
    async def add_checkpoint(request: Request) -> Response:
        """Cosign a checkpoint of a known log (C2SP tlog-witness); the log's signature is the permission.

        The body is text: `old <size>`, a consistency proof, an empty line, the checkpoint. Only
        what audit computed from the records itself is cosigned, its line `asf-heads-v1` too; what
        is ahead of the records is answered 503 for a while.
        """
        try:
            signatures = await room.submitting.add(await request.body())
        except WitnessRefusal as no:
            if no.why is No.STALE:
                return Response(str(no), 409, {"Content-Type": SIZE_MEDIA_TYPE})
            raise Problem(no.why.value, _CODES[no.why]) from no
        except NotMirrored as error:
            raise later("checkpoint_not_mirrored") from error
        except WitnessBusy as error:
            raise later("temporarily_unavailable", BUSY) from error
        except (Overtaken, SignerBusyError) as error:
            raise later("temporarily_unavailable") from error
        except LedgerError as error:
            _log.error("audit.witness_refused", why=str(error))
            raise later("temporarily_unavailable") from error
        return Response(signature_lines(signatures), media_type=TEXT)


def _add_cosigned(router: APIRouter, room: _Room) -> None:
    """Add who the witness is, and what it cosigned."""
    text: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}}}}

    @router.get("/v1/witness")
    async def show_witness() -> WitnessShown:
        """Return the witness's keys, and which logs it witnesses."""
        witness = room.submitting.witness
        try:
            cosigner = await witness.cosigner()
        except (LedgerError, SignerBusyError) as error:
            raise later("temporarily_unavailable") from error
        logs: list[WitnessedLog] = []
        for log in room.logs:
            latest = await witness.kept.latest(log.log)
            size, hashed = (latest.size if latest else None), origin_hash(log.origin)
            logs.append(WitnessedLog(origin=log.origin, origin_hash=hashed, log=log.log, size=size))
        keys = tuple(key.vkey for key in cosigner.verifiers)
        return WitnessShown(name=cosigner.name, verifier_keys=keys, logs=tuple(logs))

    @router.get(
        "/v1/witness/{of}/checkpoint",
        responses={**problems("not_found"), **text},
        response_class=Response,
    )
    async def read_cosigned_checkpoint(of: OriginHash) -> Response:
        """Return what was cosigned last of the log whose origin has this hash."""
        found = await room.published(of, None)
        return Response(found.note, headers=NOW, media_type=TEXT)

    @router.get(
        "/v1/witness/{of}/checkpoints/{size}",
        responses={**problems("not_found"), **text},
        response_class=Response,
    )
    async def read_cosigned_checkpoint_of_size(
        of: OriginHash, size: Annotated[int, Path(ge=0, le=SIZE_MAX)]
    ) -> Response:
        """Return what was cosigned of that log at exactly this size. It is kept for ever."""
        found = await room.published(of, size)
        return Response(found.note, headers=FOR_EVER, media_type=TEXT)


def _add_evidence(router: APIRouter, room: _Room, edge: Edge) -> None:
    """Add what speaks against a log."""

    @router.get(
        "/v1/findings/{finding_id}/evidence",
        responses={
            **problems("role_may_not_act", "not_found"),
            200: {"content": {"application/json": {}}},
        },
        response_class=Response,
    )
    async def read_evidence(
        finding_id: UUID, _by: Annotated[Reader, Depends(edge.reader)]
    ) -> Response:
        """Return the evidence of a finding as a file that stands alone; byte for byte as kept."""
        found = await room.submitting.witness.kept.evidence(finding_id)
        if found is None:
            raise Problem(404, "not_found")
        return Response(found, media_type="application/json")
