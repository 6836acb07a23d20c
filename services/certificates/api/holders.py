"""What holders may ask: which certificates are theirs, and whether their name may be shown."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from services.certificates.api.public import NOT_FOUND, find, no_certificate
from services.certificates.commands.certificate import (
    Consent,
    ConsentToListing,
    WithdrawConsent,
)
from services.certificates.decider.certificate import Certificate
from services.certificates.queries import held_by
from services.certificates.views.holding import Holding
from shared.auth import Operations, Principal
from shared.contracts.base import Instant
from shared.contracts.certificate_status import Status, status
from shared.contracts.certificates import CertificateIssued
from shared.contracts.roles import Role
from shared.eventlog import Handler
from shared.web import (
    Caller,
    Edge,
    Page,
    Reader,
    Seen,
    if_match,
    if_none_match,
    link_next,
    page,
    problems,
    show,
    tell,
    wait_for,
)

HOLDER_OPERATIONS: Operations = {
    "list_holdings": (Role.SIGNATORY, Role.APPLICANT),
    "read_listing_consent": (Role.SIGNATORY, Role.APPLICANT),
    "give_listing_consent": (Role.SIGNATORY,),
    "withdraw_listing_consent": (Role.SIGNATORY,),
}
VIEW = "holding"
CONSENT = "/certificates/{number}/listing-consent"


class HoldingShown(BaseModel):
    """One certificate, as its holder sees it.

    Attributes:
        number: ``None`` while it is pending: it waits for agreement or fee (CER-3).
        valid_until_at: The first instant that is too late; ``None`` likewise.
        listed: Whether the holder's name stands in the public register.
    """

    model_config = ConfigDict(frozen=True)

    certificate_id: UUID
    application_id: UUID
    number: str | None
    status: Status | Literal["pending"]
    scheme: str
    valid_from_at: Instant | None
    valid_until_at: Instant | None
    listed: bool


class ConsentShown(BaseModel):
    """Whether the holder's name stands in the public register."""

    model_config = ConfigDict(frozen=True)

    number: str
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderParts:
    """What answers to holders are made from.

    Attributes:
        reached: Wait, for a bounded time, until a view has come to a position.
    """

    handler: Handler
    edge: Edge
    pool: Any
    reached: Callable[[str, int], Awaitable[bool]]
    now: Callable[[], datetime]


def holder_routes(parts: HolderParts) -> APIRouter:
    """Return the routes, wired to what the composition root gives them."""
    router = APIRouter(prefix="/v1", tags=["holders"])
    _add_reading(router, parts)
    _add_consenting(router, parts)
    return router


def _add_reading(router: APIRouter, parts: HolderParts) -> None:
    """Add what holders read of their own."""
    reader = parts.edge.reader

    @router.get("/holdings", dependencies=[Depends(wait_for(partial(parts.reached, VIEW)))])
    async def list_holdings(
        by: Annotated[Reader, Depends(reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
    ) -> list[HoldingShown]:
        """List the certificates of the caller's own firm, also those that are pending."""
        organisation = by.principal.organisation or ""
        rows = await held_by(parts.pool, organisation, after=asked.after or "", limit=asked.fetch)
        more = rows[asked.limit - 1][0] if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [_shown(held, parts.now()) for _, held in rows[: asked.limit]]

    @router.get(CONSENT, responses=problems(NOT_FOUND))
    async def read_listing_consent(
        number: str,
        by: Annotated[Reader, Depends(reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> ConsentShown:
        """Tell the holder whether its name is shown. The ETag is what If-Match wants."""
        look, certificate = await find(parts.handler, number)
        issued = _issued(certificate, by.principal)
        show(response, look, seen)
        return ConsentShown(number=issued.number, listed=certificate.listed)


def _add_consenting(router: APIRouter, parts: HolderParts) -> None:
    """Add what signatories say of their own."""
    caller = parts.edge.caller

    @router.post(CONSENT, responses=problems(NOT_FOUND))
    async def give_listing_consent(
        number: str,
        by: Annotated[Caller, Depends(caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> ConsentShown:
        """Let the holder's name, number and scheme stand in the public register."""
        command = ConsentToListing(by.principal.organisation or "", parts.now())
        return await _put(number, command, by, expected_version, response)

    @router.delete(CONSENT, responses=problems(NOT_FOUND))
    async def withdraw_listing_consent(
        number: str,
        by: Annotated[Caller, Depends(caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> ConsentShown:
        """Take the holder's name out of the public register. Status and dates stay public."""
        command = WithdrawConsent(by.principal.organisation or "", parts.now())
        return await _put(number, command, by, expected_version, response)

    async def _put(
        number: str, command: Consent, by: Caller, expected_version: int, response: Response
    ) -> ConsentShown:
        """Put ``command`` to the certificate with ``number``."""
        _, certificate = await find(parts.handler, number)
        issued = _issued(certificate, by.principal)
        stream = f"certificate-{issued.certificate_id}"
        answer = await parts.handler.put(
            stream, command, by.cause, expected_version=expected_version
        )
        tell(response, answer)
        return ConsentShown(number=issued.number, listed=isinstance(command, ConsentToListing))


def _issued(certificate: Certificate, by: Principal) -> CertificateIssued:
    """Return what was issued to the caller's firm.

    Raises:
        Refusal: It is another firm's: then it is not there, in whichever version (GEN-4).
    """
    issued = certificate.issued
    if issued is None or issued.organisation_number != by.organisation:
        raise no_certificate()
    return issued


def _shown(held: Holding, at: datetime) -> HoldingShown:
    """Return ``held`` as its holder is told at ``at``."""
    when = held.validity
    now = None if when is None else status(when, at)
    return HoldingShown(
        certificate_id=held.certificate_id,
        application_id=held.application_id,
        number=held.number,
        status=now or "pending",
        scheme=held.scheme,
        valid_from_at=when and when.from_at,
        valid_until_at=when and when.until_at,
        listed=held.listed,
    )
