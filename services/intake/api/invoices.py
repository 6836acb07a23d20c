"""Invoices over HTTP: the round's fee, numbered without gaps, and what is paid of it."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import Field, StrictInt

from services.intake.api.desk import (
    FIRM,
    Desk,
    Receipt,
    folded,
    organisation,
    receipt,
)
from services.intake.commands.invoice import (
    IssueInvoice,
    Line,
    LineKind,
    RegisterPayment,
    TakeInvoiceNumber,
)
from services.intake.decider.application_state import Application, Stage, known
from services.intake.decider.round import Round
from services.intake.views.invoice import InvoiceDocument, invoices
from shared.contracts.envelope import Cause
from shared.contracts.policy import POLICY_V1
from shared.decider import Asked, Refusal, RefusalKind
from shared.eventlog import ATTEMPTS_MAX, Answer, Look
from shared.web import (
    Body,
    Caller,
    Day,
    Page,
    Reader,
    Seen,
    if_match,
    if_none_match,
    link_next,
    page,
    problems,
    show,
    wait_for,
)

SERIES = "invoiceseries-7d1c7f0e-6f0a-5d52-9a0b-3a5c8f1e2b64"
"""The stream of the one series of invoice numbers (INV-2)."""

FEES = UUID("2b6f8d1a-94c7-5e0d-b7a3-5c1e9f4d7a80")
"""Name space of invoices: one application, one invoice for its fee."""

LINES_MAX = 20
ORE_MAX = 1_000_000_000


class LineBody(Body):
    """One line, in whole öre before VAT."""

    kind: LineKind
    net_ore: Annotated[StrictInt, Field(ge=0, le=ORE_MAX)]


class InvoiceBody(Body):
    """An invoice for a round's fee."""

    application_id: UUID
    lines: Annotated[tuple[LineBody, ...], Field(min_length=1, max_length=LINES_MAX)]


class PaymentBody(Body):
    """Money that arrived, in whole öre with VAT, and the day on which it did."""

    paid_ore: Annotated[StrictInt, Field(ge=1, le=ORE_MAX)]
    paid_on: Day


class InvoiceTaken(Receipt):
    """The invoice that was issued."""

    invoice_id: UUID


def routes(desk: Desk) -> APIRouter:
    """Return the routes of invoices."""
    router = APIRouter(prefix="/v1/invoices", tags=["invoices"])
    _reading(router, desk)
    _issuing(router, desk)
    _paying(router, desk)
    return router


def _reading(router: APIRouter, desk: Desk) -> None:
    """Add what is read: an enterprise its own, staff all."""

    @router.get("", dependencies=[Depends(wait_for(partial(desk.reached, "invoices")))])
    async def list_invoices(
        by: Annotated[Reader, Depends(desk.edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        application_id: UUID | None = None,
    ) -> list[InvoiceDocument]:
        """List invoices by number."""
        found = await desk.lists.invoices(
            organisation_number=organisation(by) if by.role in FIRM else None,
            application_id=application_id,
            after=asked.after,
            limit=asked.fetch,
        )
        kept = list(found[: asked.limit])
        more = str(kept[-1].invoice_id) if len(found) > asked.limit else None
        link_next(request, response, asked, after=more)
        return kept

    @router.get("/{invoice_id}", responses=problems("invoice_not_found"))
    async def read_invoice(
        invoice_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> InvoiceDocument:
        """Read one invoice as it stands now."""
        history = await desk.history(f"invoice-{invoice_id}")
        document = folded(invoices, history, invoice_id)
        foreign = by.role in FIRM and document and document.organisation_number != organisation(by)
        if document is None or foreign:
            raise Refusal(RefusalKind.NOT_FOUND, "invoice_not_found", "There is no such invoice.")
        show(response, Look(document, history.version, history.position, history.case), seen)
        return document


def _issuing(router: APIRouter, desk: Desk) -> None:
    """Add the issue of an invoice."""

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems(
            "application_not_found",
            "application_not_admitted",
            "third_party_cost",
            "fee_not_from_round",
            "invoice_exists",
            "invoice_number_taken",
            "mandate_missing",
            "mandate_ended",
        ),
    )
    async def issue_invoice(
        at: Annotated[datetime, Depends(desk.received)],
        by: Annotated[Caller, Depends(desk.edge.caller)],
        body: InvoiceBody,
        response: Response,
    ) -> InvoiceTaken:
        """Invoice an admitted enterprise for the fee of its round, and for that only."""
        state = await desk.application(body.application_id, by)
        round_: Round | None = None
        if state.round_id is not None:
            round_ = await desk.round(state.round_id)
        invoice_id = uuid5(FEES, str(body.application_id))
        wish = _wish(state, round_, invoice_id, body, at)
        cause = await desk.mandated(by, wish, f"invoice-{invoice_id}")
        answer = await _issue(desk, wish, cause)
        told = receipt(response, answer, location=f"/v1/invoices/{invoice_id}")
        return InvoiceTaken(invoice_id=invoice_id, **told.model_dump())


def _wish(
    state: Application, round_: Round | None, invoice_id: UUID, body: InvoiceBody, at: datetime
) -> IssueInvoice:
    """Return what is asked for; its number is filled in when it is put."""
    admitted = state.stage in {Stage.ADMITTED, Stage.ENROLLED}
    fees = round_.fees if round_ else None
    return IssueInvoice(
        invoice_id=invoice_id,
        application_id=body.application_id,
        organisation_number=known(state).organisation_number if admitted else None,
        number=0,
        lines=tuple(Line(line.kind, line.net_ore) for line in body.lines),
        fee_ore=fees.fee_ore if fees else None,
        vat_percent=fees.vat_percent if fees else POLICY_V1.vat_percent,
        at=at,
    )


async def _issue(desk: Desk, wish: IssueInvoice, cause: Cause) -> Answer:
    """INV-2: return what became of ``wish`` with the next number of the series.

    A number that another invoice took meanwhile is no answer: the one after it is asked for.
    """
    stream = f"invoice-{wish.invoice_id}"
    for attempt in range(1, ATTEMPTS_MAX + 1):
        if (await desk.handler.look(stream)).version > 0:
            return await desk.handler.put(stream, wish, cause)
        number = (await desk.handler.look(SERIES)).state.following
        asked = (
            Asked(SERIES, TakeInvoiceNumber(number, wish.invoice_id, wish.at)),
            Asked(stream, replace(wish, number=number)),
        )
        try:
            return await desk.handler.put_all(asked, cause)
        except Refusal as no:
            if no.code != "invoice_number_taken" or attempt == ATTEMPTS_MAX:
                raise
    raise AssertionError("unreachable")


def _paying(router: APIRouter, desk: Desk) -> None:
    """Add payments."""

    @router.post(
        "/{invoice_id}/payments",
        responses=problems(
            "invoice_not_found",
            "invoice_settled",
            "payment_not_arrived",
            "mandate_missing",
            "mandate_ended",
        ),
    )
    async def register_payment(
        at: Annotated[datetime, Depends(desk.received)],
        invoice_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: PaymentBody,
        response: Response,
    ) -> Receipt:
        """Register money that arrived. When all of it has come, the invoice is settled."""
        payment_id = uuid5(by.cause.command_id, "payment")
        wish = RegisterPayment(payment_id, body.paid_ore, body.paid_on, at)
        stream = f"invoice-{invoice_id}"
        cause = await desk.mandated(by, wish, stream)
        answer = await desk.handler.put(stream, wish, cause, expected_version=expected_version)
        return receipt(response, answer)
