"""What the witness finds is a finding like any other: named once for all, and said in words."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from services.audit.decider import decider
from services.audit.policy import CheckpointKind, when_signed_otherwise
from services.audit.views.words import WORDS
from shared.contracts.audit import TamperSuspected

AT = datetime(2019, 6, 17, 8, tzinfo=UTC)
KINDS: tuple[CheckpointKind, ...] = get_args(CheckpointKind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_said_in_swedish(kind: CheckpointKind) -> None:
    """AUD-3: the sentence of a finding names what was found."""
    assert kind in WORDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_finding_is_one_event(kind: CheckpointKind) -> None:
    """AUD-3: whoever finds it, and however often: the id is made from what was signed."""
    one = when_signed_otherwise("asf/review", 7, kind, expected=bytes(32), found=b"1" * 32, at=AT)
    other = when_signed_otherwise("asf/review", 7, kind, expected=None, found=b"1" * 32, at=AT)
    another = when_signed_otherwise("asf/review", 7, kind, expected=None, found=b"2" * 32, at=AT)
    assert one.stream == other.stream != another.stream
    (event,) = decider.decide(one.command, decider.initial)
    assert isinstance(event, TamperSuspected)
    assert (event.finding, event.position, event.found) == (kind, 7, (b"1" * 32).hex())
    assert decider.decide(one.command, decider.evolve(decider.initial, event)) == ()
