"""A seed plays the same round again: the same faults, the same firms."""

from itertools import islice
from typing import get_args

import pytest
from stdnum.se import orgnr

from shared.crash import POINTS
from tests.faults.firms import FIRMS_MAX, firm, people_of
from tests.faults.plan import COMMON, WHO_PASSES, Kind, plan, told

FAULTS = plan(1, 200, get_args(Kind))


def test_a_seed_gives_the_same_faults_again() -> None:
    """House: ADR-0026: a failing seed is printed, and repeats its faults."""
    assert plan(5, 20) == plan(5, 20)
    assert plan(5, 20) != plan(6, 20)
    assert plan(5, 20)[:7] == plan(5, 7)


def test_every_kind_and_every_point_comes_up() -> None:
    """House: ADR-0026: a fault that is never thrown tests nothing."""
    assert {fault.kind for fault in FAULTS} == {*get_args(Kind)}
    assert {fault.point for fault in plan(2, 400, ("crash",))} == {*POINTS}
    assert WHO_PASSES.keys() == {*POINTS}
    assert {*COMMON} <= {*get_args(Kind)}


def test_what_is_printed_can_be_played() -> None:
    """House: ADR-0026: the story of a round is a plan."""
    for fault in FAULTS:
        again = told(str(fault))
        assert str(again) == str(fault)
        assert (again.kind, again.target, again.point) == (fault.kind, fault.target, fault.point)
    with pytest.raises(ValueError, match="no fault"):
        told("hope intake")


def test_the_firms_are_nobody_and_can_apply() -> None:
    """SV-1: each number has a valid check digit, and each firm its own."""
    numbers = [firm(place).number for place in range(FIRMS_MAX)]
    assert len({*numbers}) == FIRMS_MAX
    assert all(orgnr.is_valid(number) for number in numbers)
    for one in islice(map(firm, range(FIRMS_MAX)), 3):
        assert {person.org_number for person in people_of(one)} == {one.number}
