"""What intake does when it hears something. Pure: an event in, commands out; it decides nothing."""

from datetime import datetime
from uuid import UUID

from services.intake.commands.application import DiscloseRequirements
from services.intake.commands.mandate import NoteMandate, NoteTie
from services.intake.commands.round import OfferPlace
from shared.contracts.base import Event
from shared.contracts.intake import ApplicantAdmitted, InterestRegistered
from shared.contracts.policy import POLICY_V1
from shared.contracts.preparation import AppointmentMade, TieDeclared
from shared.contracts.requirements import REQUIREMENTS_V1
from shared.decider import Asked

Reaction = Asked[DiscloseRequirements] | Asked[OfferPlace] | Asked[NoteMandate] | Asked[NoteTie]


def when_intake(event: Event) -> tuple[Reaction, ...]:
    """PM-1, PM-3: interest discloses the requirements; an admission offers a place."""
    match event:
        case InterestRegistered():
            return (_disclose(event.application_id, event.registered_at),)
        case ApplicantAdmitted():
            offer = OfferPlace(event.application_id, POLICY_V1.place_days, event.admitted_at)
            return (Asked(f"round-{event.round_id}", offer),)
        case _:
            return ()


def when_review(event: Event) -> tuple[Reaction, ...]:
    """GRP-3, SOD-10, APT-3: appointments and ties are noted; every other event leads to nothing."""
    match event:
        case AppointmentMade():
            noted = NoteMandate(
                person_id=event.person_id,
                appointment_id=event.appointment_id,
                role=event.role,
                valid_from=event.valid_from,
                valid_until=event.valid_until,
                at=event.made_at,
            )
            return (Asked(f"mandate-{event.person_id}", noted),)
        case TieDeclared():
            tie = NoteTie(
                person_id=event.person_id,
                tie_id=event.tie_id,
                organisation_number=event.organisation_number,
                from_on=event.from_on,
                until_on=event.until_on,
                at=event.declared_at,
            )
            return (Asked(f"mandate-{event.person_id}", tie),)
        case _:
            return ()


def _disclose(application_id: UUID, at: datetime) -> Asked[DiscloseRequirements]:
    """Return the telling of the requirements in force."""
    return Asked(f"application-{application_id}", DiscloseRequirements(REQUIREMENTS_V1.version, at))
