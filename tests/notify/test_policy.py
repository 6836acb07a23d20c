"""Who is told of what."""

from pathlib import Path
from uuid import UUID

import pytest

from services.notify.policy import OCCASIONS, letters_for, same_letters
from shared.contracts.base import Event
from shared.contracts.catalogue import EVENTS
from shared.contracts.notify import NotificationPlanned
from shared.contracts.roles import Role

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
CAUSE = UUID(int=77)


def golden(event: type[Event]) -> Event:
    """Return the published example of ``event``."""
    return event.model_validate_json(
        (GOLDEN / f"{event.__name__}.v{event.schema_version}.json").read_text()
    )


@pytest.mark.parametrize("event", OCCASIONS, ids=lambda e: e.__name__)
def test_an_occasion_plans_one_letter_for_each_role(event: type[Event]) -> None:
    """MSG-1: and the same event heard again plans the same letters."""
    asked = letters_for(golden(event), CAUSE)
    assert [a.command.recipient_role for a in asked] == list(OCCASIONS[event].to)
    assert len({a.stream for a in asked}) == len(asked)
    assert asked == letters_for(golden(event), CAUSE)
    assert not {a.stream for a in asked} & {
        a.stream for a in letters_for(golden(event), UUID(int=78))
    }


def test_whatever_has_legal_effect_goes_to_the_signatory_too() -> None:
    """MSG-3: whoever can appeal must have heard of the decision."""
    for occasion in OCCASIONS.values():
        if occasion.legal_effect:
            assert Role.SIGNATORY in occasion.to


@pytest.mark.parametrize(
    "event", [e for e in EVENTS.values() if e not in OCCASIONS], ids=lambda e: e.__name__
)
def test_nothing_else_is_an_occasion(event: type[Event]) -> None:
    """MSG-1: no letter without a row in the table."""
    assert letters_for(golden(event), CAUSE) == ()


@pytest.mark.parametrize("event", OCCASIONS, ids=lambda e: e.__name__)
def test_the_letters_of_one_occasion_know_each_other(event: type[Event]) -> None:
    """MSG-1: so that a person with two roles is told once."""
    asked = letters_for(golden(event), CAUSE)
    for each in asked:
        command = each.command
        planned = NotificationPlanned(
            notification_id=command.notification_id,
            application_id=command.application_id,
            cause_id=command.cause_id,
            letter=command.letter,
            recipient_role=command.recipient_role,
            legal_effect=command.legal_effect,
            facts=command.facts,
            planned_at=command.at,
        )
        others = {a.command.notification_id for a in asked} - {command.notification_id}
        assert set(same_letters(planned)) == others


def test_a_letter_says_open_facts_only_as_text() -> None:
    """GEN-7: codes with commas between, days and instants as they are written in the event."""
    deferred, *_ = (e for e in OCCASIONS if e.__name__ == "ApplicationDeferred")
    (first, _) = letters_for(golden(deferred), CAUSE)
    facts = {fact.name: fact.value for fact in first.command.facts}
    assert facts.keys() == {"codes", "return_on"}
    assert set(facts["codes"].split(",")) <= {"preparedness", "training", "competence"}
