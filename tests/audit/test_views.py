"""The list of findings."""

from services.audit.views.finding_list import finding, finding_list
from shared.contracts.base import Event
from tests.audit.test_decider import said


def test_a_finding_is_its_own_row() -> None:
    """AUD-3: as it was said; replaying the same event changes nothing."""
    key = str(said.finding_id)
    assert finding_list.keys(said) == (key,)
    assert finding(None, said, key) == said
    assert finding(said, said, key) == said


def test_nothing_else_has_a_row() -> None:
    """House: a view names its documents."""
    assert finding_list.keys(Event()) == ()
    assert finding(None, Event(), "x") is None
    assert finding(said, Event(), "x") == said
