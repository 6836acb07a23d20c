"""A seed plays the same round again: the same faults, the same firms."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import get_args

import pytest
from stdnum.se import orgnr

from shared.crash import POINTS
from tests.faults.__main__ import ROUNDS_PER_HOUSE, asked_for, repeating
from tests.faults.ending import AT, TOWARDS, told_of
from tests.faults.firms import FIRMS_MAX, firm, people_of, places
from tests.faults.plan import COMMON, PROCESSES, WHO_PASSES, Kind, plan, told

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
    assert {*COMMON} == {*get_args(Kind)}


def test_every_process_is_ended_and_frozen() -> None:
    """House: ADR-0026: the Faust application too, which is a process of its own."""
    for kind in ("kill", "term", "freeze"):
        assert {fault.target for fault in plan(3, 400, (kind,))} == {*PROCESSES}


def test_a_campaign_ends_with_how_often_each_point_was_felt() -> None:
    """House: ADR-0026: a point that nobody came to is named as such."""
    kills, points = told_of(Counter({"kill": 2, f"{AT}relay.moved": 1, f"{TOWARDS}relay.moved": 3}))
    assert kills == "kill 2"
    assert "relay.moved 1 of 3, " in points
    assert points.count(" 0 of 0") == len(POINTS) - 1


def test_what_is_printed_can_be_played() -> None:
    """House: ADR-0026: the story of a round is a plan."""
    for fault in FAULTS:
        as_printed = replace(fault, after_s=0.5, seconds=round(fault.seconds, 1))
        assert told(str(fault)) == as_printed
    with pytest.raises(ValueError, match="no fault"):
        told("hope intake")


def test_a_seed_has_the_same_firms_wherever_it_is_played() -> None:
    """House: ADR-0026: a round is a function of its seed; those of one house share no firm."""
    for first in (1, 1000):
        seeds = range(first, first + ROUNDS_PER_HOUSE)
        met = [place for seed in seeds for place in places(seed)]
        assert len({*met}) == len(met)
        assert {*met} <= {*range(FIRMS_MAX)}


@pytest.mark.parametrize(
    "words",
    [
        "--rounds 4 --seed 7",
        "--seed 1000 --faults 80 --at-once 5 --kinds kill kill kill postgres",
        "--faults 3 --kinds usurp",
    ],
)
def test_what_is_printed_for_a_failing_seed_repeats_it(words: str) -> None:
    """House: ADR-0026: all that the plan depends on, also what this machine chose."""
    asked = asked_for(words.split())
    program, *hint = repeating(asked, range(5, 6)).split(" --")
    assert program == "python -m tests.faults"
    again = asked_for(" ".join(f"--{each}" for each in hint).split())
    assert again == asked._replace(rounds=1, seed=5)
    assert plan(again.seed, again.faults, again.kinds) == plan(5, asked.faults, asked.kinds)


def test_the_firms_are_nobody_and_can_apply() -> None:
    """SV-1: each number has a valid check digit, and each firm its own."""
    numbers = [firm(place).number for place in range(FIRMS_MAX)]
    assert len({*numbers}) == FIRMS_MAX
    assert all(orgnr.is_valid(number) for number in numbers)
    for one in islice(map(firm, range(FIRMS_MAX)), 3):
        assert {person.org_number for person in people_of(one)} == {one.number}
