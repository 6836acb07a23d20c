"""Bundles over HTTP: an auditor asks for a case, and the asking is on record before it is answered."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from services.audit.bundles.disclosing import Services, SourceUnreachable
from services.audit.bundles.making import Bundles, CaseUnknown, Made, NotKept, NotWhole, TooLarge
from services.audit.bundles.proving import NotCovered
from services.audit.bundles.recording import Recording, Sizes
from services.audit.bundles.records import MirroredRecords
from services.audit.settings import Settings
from services.audit.witness.proofs import proofs_over
from shared.auth import Operations, ServiceToken
from shared.contracts.base import INTEGER_MAX
from shared.contracts.catalogue import SERVICES
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.process import Parts
from shared.telemetry import get_logger
from shared.web import Body, Caller, Edge, Reader, problems
from shared.web.problem import later

BUNDLE_OPERATIONS: Final[Operations] = {"export_bundle": (Role.AUDITOR,)}
ZIP: Final = "application/zip"
SAVED_MAX: Final = 20
WAIT_S: Final = 10.0
"""How long a checkpoint is waited for that covers the case."""
REFUSED: Final = ("case_not_found", "bundle_too_large", "checkpoint_not_kept", "not_sealed")

_log = get_logger(__name__)


class Saved(Body):
    """A checkpoint that the auditor kept; the bundle then shows how the log grew from it."""

    log: Literal["asf/intake", "asf/review", "asf/certificates", "asf/notify", "asf/audit"]
    size: Annotated[int, Field(ge=1, le=INTEGER_MAX)]


class BundleBody(Body):
    """Which case, and from which checkpoints growth is to be shown.

    Attributes:
        case: The application's id.
    """

    case: UUID
    saved: Annotated[tuple[Saved, ...], Field(max_length=SAVED_MAX)] = ()


@dataclass(frozen=True, slots=True)
class Bundling:
    """What makes bundles, and what puts them on record."""

    bundles: Bundles
    recording: Recording


def bundle_routes(edge: Edge, bundling: Bundling | None) -> APIRouter:
    """Return how a bundle is made; ``None``: this process makes none."""
    router = APIRouter(prefix="/v1/exports", tags=["exports"])

    @router.post(
        "/bundles",
        response_class=Response,
        responses={**problems(*REFUSED), 200: {"content": {ZIP: {}}}},
    )
    async def export_bundle(
        body: BundleBody, by: Annotated[Caller, Depends(edge.caller)]
    ) -> Response:
        """Return everything that the logs hold of one case, with proofs, as one zip.

        Its form is that of docs/bundle.md. Every record is proved at a checkpoint that audit has
        cosigned. That it was made is an event before it is sent; the same key gives the same
        checkpoints again, and what has been erased since is not in it any more.
        """
        if bundling is None:
            raise later("temporarily_unavailable")
        bundles, recording = bundling.bundles, bundling.recording
        known = await recording.known(by)
        sizes = known or await _sizes(bundles, body.case)
        made = await _made(bundles, body, sizes, by.person)
        if known is None:
            recorded = await recording.record(by, body.case, made)
            if recorded != made.sizes:  # its twin, sent at the same moment, was quicker (L4)
                made = await _made(bundles, body, recorded, by.person)
        reader = Reader(by.principal, by.role, by.cause.actor)
        await edge.remember(reader, "export_bundle", stream=f"case-{body.case}", case=body.case)
        return Response(made.data, media_type=ZIP, headers=_headers(body.case, made))

    return router


def _headers(case: UUID, made: Made) -> dict[str, str]:
    """Return what is said about a bundle beside it; the digest (RFC 9530) is on record too."""
    return {
        "Content-Disposition": f'attachment; filename="case-{case}.zip"',
        "Content-Digest": f"sha-256=:{b64encode(sha256(made.data).digest()).decode()}:",
        "Cache-Control": "no-store",
    }


async def _sizes(bundles: Bundles, case: UUID) -> Sizes:
    """Return at which checkpoints the bundle can be made.

    Raises:
        Refusal: No such case, or too much of it.
        Problem: 503: a checkpoint does not cover it yet.
    """
    try:
        return await bundles.sizes(case)
    except CaseUnknown as error:
        raise Refusal(
            RefusalKind.NOT_FOUND, "case_not_found", "No log has a record of such a case."
        ) from error
    except TooLarge as error:
        raise Refusal(
            RefusalKind.CONFLICT, "bundle_too_large", "The case has more records than one bundle."
        ) from error
    except NotCovered as error:
        raise later("not_sealed") from error


async def _made(bundles: Bundles, body: BundleBody, sizes: Sizes, on_behalf_of: UUID) -> Made:
    """Return the bundle.

    Raises:
        Refusal: A saved checkpoint is none that audit cosigned.
        Problem: 503: a service that must be asked is away.
    """
    saved = {
        f"asf/{service}": [each.size for each in body.saved if each.log == f"asf/{service}"]
        for service in SERVICES
    }
    try:
        return await bundles.made(body.case, sizes, saved=saved, on_behalf_of=on_behalf_of)
    except NotKept as error:
        raise Refusal(
            RefusalKind.CONFLICT,
            "checkpoint_not_kept",
            "Audit cosigned no such checkpoint of that log before the bundle's own.",
        ) from error
    except NotWhole as error:
        _log.warning("audit.bundle_not_whole", exc_info=error)
        raise later("not_sealed") from error
    except SourceUnreachable as error:
        _log.warning("audit.disclosure_unavailable", log=str(error), exc_info=error)
        raise later("temporarily_unavailable") from error


def bundling_for(parts: Parts[Settings]) -> Bundling:
    """Return what makes bundles in a process: mirror, witness, the services, and the log of audit."""
    settings = parts.settings
    urls = {
        f"asf/{service}": settings.ledger_url(service)
        for service in SERVICES
        if service != parts.name
    }

    @cache
    def token_of(log: str) -> ServiceToken:
        return ServiceToken(
            settings.issuer_url,
            settings.client_id or parts.name,
            settings.client_secret.get_secret_value(),
            audience=log.removeprefix("asf/"),
            now=parts.now,
        )

    bundles = Bundles(
        records=MirroredRecords(parts.pool),
        proving=proofs_over(parts.pool),
        disclosing=Services(urls, token_of),
        wait_s=WAIT_S,
    )
    return Bundling(bundles, Recording(parts.handler, parts.now))
