"""What intake does when it hears something."""

from datetime import date

from services.intake.commands.application import DiscloseRequirements
from services.intake.commands.mandate import NoteMandate, NoteTie
from services.intake.commands.round import OfferPlace
from services.intake.policy import when_intake, when_review
from shared.contracts.preparation import AppointmentMade, TieDeclared, TieKind
from shared.contracts.roles import Role
from shared.decider import Asked
from tests.intake.facts import (
    ALFA,
    APPLICATION,
    APPOINTMENT,
    DECLARATION,
    LATER,
    MONDAY,
    REASON,
    ROUND,
    SUPERVISOR,
    admitted,
    interested,
    submitted,
)

appointed = AppointmentMade(
    appointment_id=APPOINTMENT,
    person_id=SUPERVISOR,
    role=Role.SUPERVISOR,
    areas=(),
    schemes=("v1",),
    valid_from=date(2018, 3, 1),
    valid_until=date(2027, 12, 31),
    founding=False,
    reason=REASON,
    language="sv",
    evidence=(),
    made_at=MONDAY,
)
tied = TieDeclared(
    tie_id=DECLARATION,
    person_id=SUPERVISOR,
    organisation_number=ALFA,
    kind=TieKind.EMPLOYMENT,
    from_on=date(2018, 1, 1),
    until_on=None,
    declared_at=MONDAY,
)


def test_interest_discloses_the_requirements() -> None:
    """PM-1: the version in force, to the application that showed interest."""
    wish = DiscloseRequirements("1", MONDAY)
    assert when_intake(interested) == (Asked(f"application-{APPLICATION}", wish),)


def test_an_admission_offers_a_place_in_its_round() -> None:
    """PM-3: or a place in the waiting list; that is for the round to say."""
    wish = OfferPlace(APPLICATION, 14, LATER)
    assert when_intake(admitted) == (Asked(f"round-{ROUND}", wish),)


def test_an_appointment_is_noted_with_its_person() -> None:
    """GRP-3, APT-3: role and period."""
    wish = NoteMandate(
        SUPERVISOR, APPOINTMENT, Role.SUPERVISOR, date(2018, 3, 1), date(2027, 12, 31), MONDAY
    )
    assert when_review(appointed) == (Asked(f"mandate-{SUPERVISOR}", wish),)


def test_a_tie_is_noted_with_its_person() -> None:
    """SOD-10, GRP-3: so that who screens and supports is free of ties."""
    wish = NoteTie(SUPERVISOR, DECLARATION, ALFA, date(2018, 1, 1), None, MONDAY)
    assert when_review(tied) == (Asked(f"mandate-{SUPERVISOR}", wish),)


def test_every_other_event_leads_to_nothing() -> None:
    """GEN-9: policies execute; most of the time there is nothing to carry out."""
    assert when_intake(submitted) == ()
    assert when_review(submitted) == ()
