"""Step 1 over HTTP: interest, mandate, commitment, submission; and applications as they are read."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import Field, SecretStr, StrictInt

from services.intake.api.desk import (
    FIRM,
    Desk,
    Receipt,
    organisation,
    receipt,
    under_declaration,
)
from services.intake.api.forms import MailAddress, PersonName, TitleText
from services.intake.commands.application import (
    DeclareCommitment,
    DeclareMandate,
    RegisterInterest,
    RoundSeen,
    SubmitApplication,
)
from services.intake.commands.organisation import RecordOpenApplication
from services.intake.commands.organisation_number import organisation_number
from services.intake.queries import ApplicationFilter
from services.intake.views.application import ApplicationDocument, ApplicationRow, Status
from shared.contracts.intake import ApplicationKind
from shared.contracts.requirements import REQUIREMENTS_V1
from shared.contracts.roles import Role
from shared.decider import Asked
from shared.web import (
    Body,
    Caller,
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

ORGANISATIONS = UUID("0f2f0a5e-3d53-5b3f-8f2c-6a1d1c7e4b10")
"""Name space of organisations' streams: one number, one stream (APP-1)."""


class InterestBody(Body):
    """An interest, with the person to write to.

    Attributes:
        organisation_number: Ten digits, with or without hyphen and prefix 16. Never a personal
            number: it is kept secret until it has been checked.
    """

    organisation_number: Annotated[SecretStr, Field(max_length=20)]
    organisation_name: TitleText
    contact_name: PersonName
    contact_email: MailAddress
    language: Literal["sv", "en"] = "sv"


class InterestTaken(Receipt):
    """The application that came of an interest."""

    application_id: UUID


class MandateBody(Body):
    """A declaration to bind the enterprise (SV-10)."""

    name: PersonName
    email: MailAddress
    basis: Literal["alone", "jointly", "power_of_attorney"]
    language: Literal["sv", "en"] = "sv"


class CommitmentBody(Body):
    """The time that is set aside."""

    hours_per_month: Annotated[StrictInt, Field(ge=1, le=744)]


class SubmissionBody(Body):
    """The round that is applied to."""

    round_id: UUID


def routes(desk: Desk) -> APIRouter:
    """Return the routes of step 1, but for the survey."""
    router = APIRouter(prefix="/v1/applications", tags=["applications"])
    _reading(router, desk)
    _interest(router, desk)
    _declarations(router, desk)
    _submission(router, desk)
    return router


def organisation_stream(number: str) -> str:
    """APP-1: return the stream of the organisation with this number."""
    return f"organisation-{uuid5(ORGANISATIONS, number)}"


def _reading(router: APIRouter, desk: Desk) -> None:
    """Add what is read."""

    @router.get("", dependencies=[Depends(wait_for(partial(desk.reached, "applications")))])
    async def list_applications(
        by: Annotated[Reader, Depends(desk.edge.reader)],
        asked: Annotated[Page, Depends(page)],
        request: Request,
        response: Response,
        status: Status | None = None,
        round_id: UUID | None = None,
    ) -> list[ApplicationRow]:
        """List applications in the order of registration: an enterprise its own, staff all."""
        wanted = ApplicationFilter(
            organisation_number=organisation(by) if by.role in FIRM else None,
            status=status,
            round_id=round_id,
            screener_id=by.principal.person if by.role is Role.REVIEWER else None,
        )
        rows = await desk.lists.applications(wanted, after=asked.after, limit=asked.fetch)
        shown = list(rows[: asked.limit])
        more = str(shown[-1].application.application_id) if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        return shown

    @router.get("/{application_id}", responses=problems("application_not_found"))
    async def read_application(
        application_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> ApplicationDocument:
        """Read one application as it stands now. The ETag is what changes of it name."""
        document, _, look = await desk.shown(application_id, by)
        show(response, look, seen)
        return document


def _interest(router: APIRouter, desk: Desk) -> None:
    """Add how an application begins."""

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems(
            "organisation_number_not_accepted",
            "application_already_open",
            "application_exists",
            "not_the_owner",
            "mandate_missing",
            "mandate_ended",
        ),
    )
    async def register_interest(
        at: Annotated[datetime, Depends(desk.received)],
        by: Annotated[Caller, Depends(desk.edge.caller)],
        body: InterestBody,
        response: Response,
    ) -> InterestTaken:
        """Show interest for the own enterprise; a project leader, for one that wrote by mail."""
        number = organisation_number(body.organisation_number.get_secret_value())
        application_id = uuid5(by.cause.command_id, "application")
        by_mail = by.role is Role.PROJECT_LEADER
        firm = None if by_mail else organisation(by)
        wish = RegisterInterest(
            application_id=application_id,
            organisation=firm,
            organisation_number=number,
            organisation_name=body.organisation_name,
            kind=ApplicationKind.INITIAL,
            channel="mail" if by_mail else "web",
            contact_id=desk.new_id() if by_mail else by.person,
            contact_name=body.contact_name,
            contact_email=body.contact_email,
            language=body.language,
            at=at,
        )
        stream = f"application-{application_id}"
        asked = (
            Asked(
                organisation_stream(number),
                RecordOpenApplication(firm, number, application_id, at),
            ),
            Asked(stream, wish),
        )
        cause = await desk.mandated(by, wish, stream) if by_mail else by.cause
        answer = await desk.handler.put_all(asked, cause)
        told = receipt(response, answer, location=f"/v1/applications/{application_id}")
        return InterestTaken(application_id=application_id, **told.model_dump())


def _declarations(router: APIRouter, desk: Desk) -> None:
    """Add what the signatory declares before submitting."""

    @router.post(
        "/{application_id}/mandate",
        responses=problems("application_not_found", "application_submitted"),
    )
    async def declare_mandate(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: MandateBody,
        response: Response,
    ) -> Receipt:
        """Declare that one signs for the enterprise. A later declaration takes the place of it."""
        await desk.application(application_id, by)
        wish = DeclareMandate(
            organisation=organisation(by),
            mandate_id=uuid5(by.cause.command_id, "mandate"),
            signatory_id=by.person,
            signatory_name=body.name,
            signatory_email=body.email,
            language=body.language,
            basis=body.basis,
            at=at,
        )
        stream = f"application-{application_id}"
        answer = await desk.handler.put(stream, wish, by.cause, expected_version=expected_version)
        return receipt(response, answer)

    @router.post(
        "/{application_id}/commitment",
        responses=problems(
            "application_not_found",
            "application_submitted",
            "mandate_missing",
            "not_the_signatory",
        ),
    )
    async def declare_commitment(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: CommitmentBody,
        response: Response,
    ) -> Receipt:
        """Set aside the time that preparation takes."""
        state = await desk.application(application_id, by)
        wish = DeclareCommitment(organisation(by), by.person, body.hours_per_month, at)
        answer = await desk.handler.put(
            f"application-{application_id}",
            wish,
            under_declaration(by, state),
            expected_version=expected_version,
        )
        return receipt(response, answer)


def _submission(router: APIRouter, desk: Desk) -> None:
    """Add how the draft becomes an application to a round."""

    @router.post(
        "/{application_id}/submission",
        responses=problems(
            "application_not_found",
            "application_submitted",
            "round_not_found",
            "mandate_missing",
            "not_the_signatory",
            "requirements_not_disclosed",
            "survey_incomplete",
            "commitment_missing",
            "round_closed",
            "precertification_missing",
            "not_invited",
        ),
    )
    async def submit_application(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: SubmissionBody,
        response: Response,
    ) -> Receipt:
        """Apply to a round. In time is what has been received before its deadline."""
        state = await desk.application(application_id, by)
        round_ = await desk.round(body.round_id)
        assert round_.plan is not None, "desk.round refuses what is not there"
        seen = RoundSeen(
            round_id=body.round_id,
            code=round_.plan.code,
            kind=round_.plan.kind,
            receives=round_.receives(at),
            invited=application_id in round_.invited,
        )
        wish = SubmitApplication(
            organisation=organisation(by),
            signatory_id=by.person,
            round=seen,
            next_round=await desk.lists.next_round(at=at, but=body.round_id),
            requirements=REQUIREMENTS_V1.version,
            at=at,
        )
        answer = await desk.handler.put(
            f"application-{application_id}",
            wish,
            under_declaration(by, state),
            expected_version=expected_version,
        )
        return receipt(response, answer)
