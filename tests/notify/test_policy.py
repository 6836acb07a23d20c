"""Who is told of what."""

from pathlib import Path
from uuid import UUID

import pytest

from services.notify.policy import OCCASIONS, letters_for
from shared.contracts.base import Event
from shared.contracts.catalogue import EVENTS
from shared.contracts.roles import Role

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
CAUSE = UUID(int=77)


def golden(event: type[Event]) -> Event:
    """Return the published example of ``event``."""
    return event.model_validate_json((GOLDEN / f"{event.__name__}.v1.json").read_text())


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
