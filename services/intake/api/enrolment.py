"""From admission to enrolment over HTTP: place, document, agreement; and whom to write to."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.desk import (
    Desk,
    Receipt,
    last_of,
    organisation,
    receipt,
    under_declaration,
)
from services.intake.commands.application import (
    ConfirmDocumentAccess,
    CountersignAgreement,
    EnrolApplicant,
    SignAgreement,
)
from services.intake.commands.round import AcceptPlace
from services.intake.decider.round import Round
from services.intake.views.application import Place
from shared.contracts.base import Instant
from shared.contracts.intake import InterestRegistered, SignatoryMandateDeclared
from shared.contracts.requirements import AGREEMENT_V1
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.web import Body, Caller, Reader, Seen, if_match, if_none_match, problems, show


class AgreementBody(Body):
    """The version of the agreement that was read."""

    agreement: Annotated[str, Field(min_length=1, max_length=40)]


class PlaceShown(BaseModel):
    """An application's place in its round.

    Attributes:
        stands_until: The first instant at which an offer has ended; ``None``: no offer.
    """

    model_config = ConfigDict(frozen=True)

    round_id: UUID
    place: Place
    stands_until: Instant | None


class Contact(BaseModel):
    """A person of the enterprise, in clear."""

    model_config = ConfigDict(frozen=True)

    role: Literal[Role.APPLICANT, Role.SIGNATORY]
    person_id: UUID
    name: str
    email: str
    language: Literal["sv", "en"]


class Contacts(BaseModel):
    """Whom to write to in one case; whoever has been erased is left out."""

    model_config = ConfigDict(frozen=True)

    organisation_number: str
    organisation_name: str
    contacts: tuple[Contact, ...]


def routes(desk: Desk) -> APIRouter:
    """Return the routes from admission to enrolment."""
    router = APIRouter(prefix="/v1/applications", tags=["enrolment"])
    _place(router, desk)
    _agreement(router, desk)
    _countersigning(router, desk)
    _enrolment(router, desk)
    _contacts(router, desk)
    return router


def _round_of(round_id: UUID | None) -> UUID:
    """Return the round that an application was submitted to.

    Raises:
        Refusal: 404 ``place_not_found``: it was not.
    """
    if round_id is None:
        raise Refusal(
            RefusalKind.NOT_FOUND, "place_not_found", "The application has no round to have one in."
        )
    return round_id


def _shown(application_id: UUID, round_id: UUID, round_: Round) -> PlaceShown:
    """Return the place as the round knows it."""
    offer = round_.offer_to(application_id)
    place: Place = "none"
    if application_id in round_.accepted:
        place = "accepted"
    elif offer is not None:
        place = "offered"
    elif application_id in round_.waiting:
        place = "waiting"
    stands_until = offer.stands_until if offer else None
    return PlaceShown(round_id=round_id, place=place, stands_until=stands_until)


def _place(router: APIRouter, desk: Desk) -> None:
    """Add the place in the round. Its version is that of the round."""

    @router.get(
        "/{application_id}/place",
        responses=problems("application_not_found", "place_not_found"),
    )
    async def read_place(
        application_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> PlaceShown:
        """Read the place in the round; its ETag is what accepting it names."""
        document, _, _ = await desk.shown(application_id, by)
        round_id = _round_of(document.round_id)
        look = await desk.handler.look(f"round-{round_id}")
        show(response, look, seen)
        return _shown(application_id, round_id, look.state)

    @router.post(
        "/{application_id}/place",
        responses=problems(
            "application_not_found",
            "place_not_found",
            "not_the_signatory",
            "round_full",
            "place_not_offered",
            "place_offer_ended",
        ),
    )
    async def accept_place(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Accept the place that is offered."""
        state = await desk.application(application_id, by)
        declared = state.mandate.signatory_id if state.mandate else None
        answer = await desk.handler.put(
            f"round-{_round_of(state.round_id)}",
            AcceptPlace(application_id, by.person, declared, at),
            under_declaration(by, state),
            expected_version=expected_version,
        )
        return receipt(response, answer)


def _agreement(router: APIRouter, desk: Desk) -> None:
    """Add document and agreement."""

    @router.post(
        "/{application_id}/document-access",
        responses=problems("application_not_found", "application_not_admitted"),
    )
    async def confirm_document_access(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Confirm that the enterprise has the SIS document."""
        await desk.application(application_id, by)
        answer = await desk.handler.put(
            f"application-{application_id}",
            ConfirmDocumentAccess(organisation(by), at),
            by.cause,
            expected_version=expected_version,
        )
        return receipt(response, answer)

    @router.post(
        "/{application_id}/agreement",
        responses=problems(
            "application_not_found",
            "application_not_admitted",
            "mandate_missing",
            "not_the_signatory",
            "agreement_not_in_force",
        ),
    )
    async def sign_agreement(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: AgreementBody,
        response: Response,
    ) -> Receipt:
        """Sign the certification agreement for the enterprise."""
        state = await desk.application(application_id, by)
        wish = SignAgreement(organisation(by), by.person, body.agreement, AGREEMENT_V1, at)
        answer = await desk.handler.put(
            f"application-{application_id}",
            wish,
            under_declaration(by, state),
            expected_version=expected_version,
        )
        return receipt(response, answer)


def _countersigning(router: APIRouter, desk: Desk) -> None:
    """Add SKOOPI's signature."""

    @router.post(
        "/{application_id}/agreement/countersignature",
        responses=problems(
            "application_not_found", "agreement_missing", "mandate_missing", "mandate_ended"
        ),
    )
    async def countersign_agreement(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Sign the agreement for SKOOPI; then it is in force."""
        stream, wish = f"application-{application_id}", CountersignAgreement(at)
        cause = await desk.mandated(by, wish, stream)
        answer = await desk.handler.put(stream, wish, cause, expected_version=expected_version)
        return receipt(response, answer)


def _enrolment(router: APIRouter, desk: Desk) -> None:
    """Add the enrolment."""

    @router.post(
        "/{application_id}/enrolment",
        responses=problems(
            "application_not_found",
            "place_not_found",
            "application_not_admitted",
            "agreement_missing",
            "document_access_missing",
            "place_missing",
            "mandate_missing",
            "mandate_ended",
        ),
    )
    async def enrol_applicant(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        response: Response,
    ) -> Receipt:
        """Let the enterprise take part in its round."""
        state = await desk.application(application_id, by)
        round_ = await desk.round(_round_of(state.round_id))
        assert round_.plan is not None, "desk.round refuses what is not there"
        assert round_.scheme is not None, "a round that admits has its terms"
        wish = EnrolApplicant(
            place_accepted=application_id in round_.accepted,
            scheme=round_.scheme,
            project_leader_id=round_.plan.project_leader_id,
            at=at,
        )
        stream = f"application-{application_id}"
        cause = await desk.mandated(by, wish, stream)
        answer = await desk.handler.put(stream, wish, cause, expected_version=expected_version)
        return receipt(response, answer)


def _contacts(router: APIRouter, desk: Desk) -> None:
    """Add what other services ask when they write to somebody (MSG-2)."""

    @router.get("/{application_id}/contacts", responses=problems("application_not_found"))
    async def read_contacts(
        application_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        response: Response,
    ) -> Contacts:
        """Read whom to write to, in clear. For services only; nothing of it may be kept."""
        document, history, _ = await desk.shown(application_id, by)
        stream = f"application-{application_id}"
        contacts: list[Contact] = []
        if (shown := last_of(history, InterestRegistered)) is not None:
            applicant = await desk.vault.reveal(stream, *shown)
            if applicant is not None:
                contacts.append(
                    Contact(
                        role=Role.APPLICANT,
                        person_id=applicant.contact_id,
                        name=applicant.contact_name,
                        email=applicant.contact_email,
                        language=applicant.language,
                    )
                )
        if (declared := last_of(history, SignatoryMandateDeclared)) is not None:
            signatory = await desk.vault.reveal(stream, *declared)
            if signatory is not None:
                contacts.append(
                    Contact(
                        role=Role.SIGNATORY,
                        person_id=signatory.signatory_id,
                        name=signatory.signatory_name,
                        email=signatory.signatory_email,
                        language=signatory.language,
                    )
                )
        response.headers["Cache-Control"] = "private, no-store"
        return Contacts(
            organisation_number=document.organisation_number,
            organisation_name=document.organisation_name,
            contacts=tuple(contacts),
        )
