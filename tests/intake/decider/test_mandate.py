"""What intake has heard of people who act for SKOOPI."""

from dataclasses import replace
from datetime import date

from services.intake.commands.mandate import NoteMandate, NoteTie
from services.intake.decider.mandate import decider
from shared.contracts.intake import MandateNoted, TieNoted
from shared.contracts.roles import Role
from shared.testing import Scenario
from tests.intake.facts import ALFA, APPOINTMENT, DECLARATION, MONDAY, SUPERVISOR

person = Scenario(decider)
note = NoteMandate(
    SUPERVISOR, APPOINTMENT, Role.SUPERVISOR, date(2018, 3, 1), date(2027, 12, 31), MONDAY
)
noted = MandateNoted(
    person_id=SUPERVISOR,
    appointment_id=APPOINTMENT,
    role=Role.SUPERVISOR,
    valid_from=date(2018, 3, 1),
    valid_until=date(2027, 12, 31),
    noted_at=MONDAY,
)
tie = NoteTie(SUPERVISOR, DECLARATION, ALFA, date(2018, 1, 1), None, MONDAY)
tie_noted = TieNoted(
    person_id=SUPERVISOR,
    tie_id=DECLARATION,
    organisation_number=ALFA,
    from_on=date(2018, 1, 1),
    until_on=None,
    noted_at=MONDAY,
)


def test_an_appointment_is_noted_once() -> None:
    """APT-3, GRP-3: heard twice, noted once; a longer one is news."""
    person.when(note).then(noted)
    person.given(noted).when(note).then_nothing()
    longer = replace(note, valid_until=date(2028, 12, 31))
    assert person.given(noted).when(longer).refusal is None
    assert len(person.given(noted).when(longer).events) == 1


def test_a_tie_is_noted_once_and_its_end_is_news() -> None:
    """SOD-10, GRP-3: the last word on it counts, and by APT-4 for 24 months more."""
    person.when(tie).then(tie_noted)
    person.given(tie_noted).when(tie).then_nothing()
    ended = replace(tie, until_on=date(2018, 6, 30))
    (fact,) = person.given(tie_noted).when(ended).events
    heard = decider.fold((tie_noted, fact)).acting_as(Role.SUPERVISOR)
    assert heard.tied_to(ALFA, date(2020, 6, 30))
    assert not heard.tied_to(ALFA, date(2020, 7, 1))


def test_a_mandate_counts_in_its_role_and_period() -> None:
    """GEN-2: the first and the last day included, no other role."""
    known = decider.fold((noted,))
    heard = known.acting_as(Role.SUPERVISOR)
    for day, counts in (
        (date(2018, 2, 28), False),
        (date(2018, 3, 1), True),
        (date(2027, 12, 31), True),
        (date(2028, 1, 1), False),
    ):
        assert (heard.mandate_on(day) is not None) is counts
    assert heard.had_mandate_before(date(2028, 1, 1))
    assert not heard.had_mandate_before(date(2027, 12, 31))
    other = known.acting_as(Role.TRAINER)
    assert other.mandate_on(date(2019, 1, 1)) is None
    assert not other.had_mandate_before(date(2028, 1, 1))
