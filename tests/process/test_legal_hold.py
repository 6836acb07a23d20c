"""ERA-2: what is open defers an erasure, and is on record. The rules alone."""

from uuid import UUID

import pytest

from shared.contracts.erasure import Ground, LegalHoldLifted, LegalHoldPlaced
from shared.decider import Refusal
from shared.process.legal_hold import LiftLegalHold, PlaceLegalHold, decider
from tests.process.house import MONDAY

SUBJECT, APPEAL, COMPLAINT, DECIDER = (UUID(int=number) for number in range(30, 34))


def place(hold: UUID, ground: Ground) -> PlaceLegalHold:
    """Return the command to hold the subject for ``hold``."""
    return PlaceLegalHold(SUBJECT, hold, ground, DECIDER, MONDAY)


def lift(hold: UUID) -> LiftLegalHold:
    """Return the command to hold it no longer for ``hold``."""
    return LiftLegalHold(SUBJECT, hold, DECIDER, MONDAY)


def test_each_open_matter_holds_by_itself() -> None:
    """ERA-2: an appeal that is closed does not free what a complaint needs."""
    (appeal,) = decider.decide(place(APPEAL, "appeal"), {})
    (complaint,) = decider.decide(place(COMPLAINT, "complaint"), decider.fold([appeal]))
    assert isinstance(appeal, LegalHoldPlaced)
    both = decider.fold([appeal, complaint])
    assert [*both] == [APPEAL, COMPLAINT]
    assert decider.decide(place(APPEAL, "appeal"), both) == (), "it holds already"
    (lifted,) = decider.decide(lift(APPEAL), both)
    assert isinstance(lifted, LegalHoldLifted)
    left = decider.fold([appeal, complaint, lifted])
    assert [*left.values()] == [complaint]
    assert decider.decide(place(APPEAL, "appeal"), left) == (appeal,), "it may be opened again"


def test_what_does_not_hold_cannot_be_lifted() -> None:
    """ERA-2: a mistyped id is told, and frees nothing."""
    held = decider.fold(decider.decide(place(APPEAL, "supervision"), {}))
    with pytest.raises(Refusal) as no:
        decider.decide(lift(COMPLAINT), held)
    assert no.value.code == "legal_hold_not_found"
