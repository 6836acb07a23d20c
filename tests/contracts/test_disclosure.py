"""ADR-0023: for every sealed field somebody has said whether an auditor may see it."""

import pytest

from shared.contracts.base import Event, Sealed, sealed_fields
from shared.contracts.catalogue import EVENTS
from shared.contracts.disclosure import AUDIENCES, Audience, auditor_may_see

PERSONAL = {"name", "email", "phone", "address"}
"""What a field that says who somebody is, or how to reach them, has in its name."""


@pytest.mark.parametrize("name", EVENTS)
def test_the_table_names_every_sealed_field_and_nothing_else(name: str) -> None:
    """ADR-0023: a new sealed field without an entry fails here, and so does a stale entry."""
    event = EVENTS[name]
    assert set(sealed_fields(event)) == set(AUDIENCES.get(event, {}))


def test_the_table_is_about_events_of_the_catalogue() -> None:
    """ADR-0023: an entry for an event that nobody says is a mistake."""
    assert set(AUDIENCES) <= set(EVENTS.values())


def test_no_name_and_no_address_is_for_auditors() -> None:
    """AUD-1, GEN-7: an auditor reads in pseudonyms."""
    for event, fields in AUDIENCES.items():
        for field, audience in fields.items():
            if PERSONAL & set(field.split("_")):
                assert audience is Audience.NOBODY, f"{event.__name__}.{field}"


@pytest.mark.parametrize("event", [e for e in EVENTS.values() if e.decision], ids=str)
def test_the_grounds_of_every_decision_are_for_auditors(event: type[Event]) -> None:
    """GEN-2, AUD-1: why it was decided is what an audit asks."""
    assert auditor_may_see(event, "reason")


def test_what_the_table_does_not_name_is_shown_to_nobody() -> None:
    """House: it fails closed."""

    class Whispered(Event):
        words: Sealed[str]

    assert not auditor_may_see(Whispered, "words")
    assert not auditor_may_see(EVENTS["CriterionReviewed"], "evidence")
