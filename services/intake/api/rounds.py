"""Rounds over HTTP: planned and run by project leaders, read by anyone."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Self
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from services.intake.api.desk import Desk, Receipt, folded, receipt
from services.intake.api.forms import ApplicationBody, TitleText
from services.intake.commands.round import (
    AnnounceRound,
    BindScheme,
    DraftRound,
    InviteOrganisation,
    OpenRound,
    RoundCommand,
    SetFees,
    StartRound,
)
from services.intake.decider.application_state import known
from services.intake.views.cost import Cost, cost
from services.intake.views.round import RoundDocument, RoundStatus, rounds
from shared.contracts.base import Instant
from shared.contracts.intake import RoundKind
from shared.contracts.policy import POLICY_V1
from shared.contracts.requirements import REQUIREMENTS_V1
from shared.contracts.scheme import SCHEMES
from shared.decider import Refusal, RefusalKind
from shared.eventlog import Answer, Look
from shared.web import (
    Body,
    Caller,
    Day,
    Page,
    Reader,
    Seen,
    check_period,
    if_match,
    if_none_match,
    link_next,
    page,
    problems,
    show,
    wait_for,
)

FEE_ORE_MAX = 100_000_000
MANDATE = ("mandate_missing", "mandate_ended")


class RoundBody(Body):
    """A round as it is planned. Days are in Europe/Stockholm; a deadline ends with its day."""

    code: Annotated[str, Field(pattern=r"^[A-Z][0-9A-Z]{1,9}$")]
    name_sv: TitleText
    name_en: TitleText
    kind: RoundKind
    places: Annotated[StrictInt, Field(ge=1, le=1_000)]
    opens_on: Day
    application_deadline_on: Day
    admission_on: Day
    starts_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse a round that closes before it opens."""
        check_period(self.opens_on, self.application_deadline_on)
        return self


class FeesBody(Body):
    """The fee, in whole öre before VAT."""

    fee_ore: Annotated[StrictInt, Field(ge=0, le=FEE_ORE_MAX)]
    vat_percent: Annotated[StrictInt, Field(ge=0, le=100)] = POLICY_V1.vat_percent


class SchemeBody(Body):
    """The version of the criteria."""

    scheme: Annotated[str, Field(min_length=1, max_length=40)]


class RoundTaken(Receipt):
    """The round that was planned."""

    round_id: UUID


class RoundShown(BaseModel):
    """A round as anyone may read it (Q-126).

    Attributes:
        deadline_at: The first instant that is too late.
        cost: ``None`` while the fee is not set.
    """

    model_config = ConfigDict(frozen=True)

    round_id: UUID
    code: str
    name_sv: str
    name_en: str
    kind: RoundKind
    status: RoundStatus
    places: int
    places_offered: int
    opens_on: date
    application_deadline_on: date
    deadline_at: Instant
    admission_on: date
    starts_on: date
    scheme: str | None
    cost: Cost | None


def routes(desk: Desk) -> APIRouter:
    """Return the routes of rounds."""
    router = APIRouter(prefix="/v1/rounds", tags=["rounds"])
    _reading(router, desk)
    _planning(router, desk)
    _terms(router, desk)
    _running(router, desk)
    return router


def shown(document: RoundDocument) -> RoundShown:
    """Return what anyone may read of a round: terms and numbers, no firm and no person."""
    fee, vat_percent = document.fee_ore, document.vat_percent
    known_cost = None
    if fee is not None and vat_percent is not None:
        known_cost = cost(
            fee_ore=fee,
            sis_document_ore=POLICY_V1.sis_document_ore,
            vat_percent=vat_percent,
            own_hours=REQUIREMENTS_V1.own_hours,
        )
    kept = document.model_dump(include=set(RoundShown.model_fields))
    return RoundShown(**kept, places_offered=len(document.offers), cost=known_cost)


async def _document(desk: Desk, round_id: UUID, *, drafts: bool) -> tuple[RoundDocument, Look]:
    """Return a round as its stream says it is.

    Raises:
        Refusal: 404 ``round_not_found``: also for a draft, unless ``drafts``.
    """
    history = await desk.history(f"round-{round_id}")
    document = folded(rounds, history, round_id)
    if document is None or (document.status == "draft" and not drafts):
        raise Refusal(RefusalKind.NOT_FOUND, "round_not_found", "There is no such round.")
    return document, Look(document, history.version, history.position, history.case)


async def _put(
    desk: Desk, by: Caller, round_id: UUID, wish: RoundCommand, expected_version: int
) -> Answer:
    """Return what became of a project leader's wish, put to the round."""
    stream = f"round-{round_id}"
    cause = await desk.mandated(by, wish, stream)
    return await desk.handler.put(stream, wish, cause, expected_version=expected_version)


def _reading(router: APIRouter, desk: Desk) -> None:
    """Add what is read."""

    @router.get(
        "",
        responses=problems(),
        dependencies=[Depends(wait_for(partial(desk.reached, "rounds")))],
    )
    async def list_rounds(
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        coming: bool = False,
    ) -> list[RoundShown]:
        """List announced rounds by opening day; ``coming``: those one can still apply to."""
        coming_at = desk.now() if coming else None
        found = await desk.lists.rounds(coming_at=coming_at, after=asked.after, limit=asked.fetch)
        kept = found[: asked.limit]
        more = str(kept[-1].round_id) if len(found) > asked.limit else None
        link_next(request, response, asked, after=more)
        return [shown(each) for each in kept]

    @router.get("/{round_id}", responses=problems("round_not_found"))
    async def read_round(
        round_id: UUID, seen: Annotated[Seen, Depends(if_none_match)], response: Response
    ) -> RoundShown:
        """Read one announced round: dates, places, cost before and with VAT, own hours apart."""
        document, look = await _document(desk, round_id, drafts=False)
        show(response, look, seen)
        return shown(document)

    @router.get("/{round_id}/places", responses=problems("round_not_found"))
    async def read_round_places(
        round_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> RoundDocument:
        """Read a round with its invitations, offers and waiting list; also a draft."""
        del by  # the table says who may
        document, look = await _document(desk, round_id, drafts=True)
        show(response, look, seen)
        return document


def _planning(router: APIRouter, desk: Desk) -> None:
    """Add how a round is planned."""

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems("admission_before_deadline", "round_exists", *MANDATE),
    )
    async def draft_round(
        at: Annotated[datetime, Depends(desk.received)],
        by: Annotated[Caller, Depends(desk.edge.caller)],
        body: RoundBody,
        response: Response,
    ) -> RoundTaken:
        """Plan a round; the caller is its project leader."""
        round_id = uuid5(by.cause.command_id, "round")
        wish = DraftRound(
            round_id=round_id, project_leader_id=by.person, at=at, **body.model_dump()
        )
        cause = await desk.mandated(by, wish, f"round-{round_id}")
        answer = await desk.handler.put(f"round-{round_id}", wish, cause)
        told = receipt(response, answer, location=f"/v1/rounds/{round_id}")
        return RoundTaken(round_id=round_id, **told.model_dump())


def _terms(router: APIRouter, desk: Desk) -> None:
    """Add the terms and the announcement."""

    @router.put(
        "/{round_id}/fees", responses=problems("round_not_found", "round_terms_fixed", *MANDATE)
    )
    async def set_fees(
        at: Annotated[datetime, Depends(desk.received)],
        round_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: FeesBody,
        response: Response,
    ) -> Receipt:
        """Set the fee; opening fixes it."""
        wish = SetFees(body.fee_ore, body.vat_percent, at)
        return receipt(response, await _put(desk, by, round_id, wish, expected_version))

    @router.put(
        "/{round_id}/scheme",
        responses=problems("round_not_found", "round_terms_fixed", "scheme_not_found", *MANDATE),
    )
    async def bind_scheme(
        at: Annotated[datetime, Depends(desk.received)],
        round_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: SchemeBody,
        response: Response,
    ) -> Receipt:
        """Set the version of the criteria; opening fixes it."""
        wish = BindScheme(body.scheme, frozenset(SCHEMES), at)
        return receipt(response, await _put(desk, by, round_id, wish, expected_version))

    @router.post("/{round_id}/announcement", responses=problems("round_not_found", *MANDATE))
    async def announce_round(
        at: Annotated[datetime, Depends(desk.received)],
        round_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Make places and dates public."""
        wish = AnnounceRound(at)
        return receipt(response, await _put(desk, by, round_id, wish, expected_version))


def _running(router: APIRouter, desk: Desk) -> None:
    """Add what a round does once it is public."""

    @router.post(
        "/{round_id}/opening",
        responses=problems(
            "round_not_found", "round_not_announced", "round_terms_missing", *MANDATE
        ),
    )
    async def open_round(
        at: Annotated[datetime, Depends(desk.received)],
        round_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Begin to receive applications."""
        wish = OpenRound(at)
        return receipt(response, await _put(desk, by, round_id, wish, expected_version))

    @router.post(
        "/{round_id}/invitations",
        responses=problems(
            "round_not_found",
            "application_not_found",
            "round_not_pilot",
            "precertification_missing",
            "round_closed",
            *MANDATE,
        ),
    )
    async def invite_organisation(
        at: Annotated[datetime, Depends(desk.received)],
        round_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: ApplicationBody,
        response: Response,
    ) -> Receipt:
        """Invite a firm that passed the pre-certification to a pilot round."""
        state = await desk.application(body.application_id, by)
        wish = InviteOrganisation(
            application_id=body.application_id,
            organisation_number=known(state).organisation_number,
            precertified=state.precertified is True,
            at=at,
        )
        return receipt(response, await _put(desk, by, round_id, wish, expected_version))

    @router.post(
        "/{round_id}/start", responses=problems("round_not_found", "round_not_closed", *MANDATE)
    )
    async def start_round(
        at: Annotated[datetime, Depends(desk.received)],
        round_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Let preparation begin for whoever is enrolled."""
        wish = StartRound(at)
        return receipt(response, await _put(desk, by, round_id, wish, expected_version))
