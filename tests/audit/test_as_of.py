"""Vectors of sizes: what they show for ever, how they are written, and what holds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.views.as_of import (
    HOLES_MAX,
    LOGS,
    Extent,
    Hole,
    Vector,
    covers,
    extent_of,
    vector_from,
    vector_parts,
    vector_text,
)

positions = st.sets(st.integers(1, 60))
sizes = st.integers(0, 60)


def a_log(held: set[int], size: int) -> Extent:
    """Return the extent of a log of which only ``held`` is here, up to ``size``."""
    return extent_of(size, [(p, p) for p in range(1, size + 1) if p not in held])


def one(extent: Extent) -> Vector:
    """Return a vector in which only the first log has something."""
    return {log: extent if log == LOGS[0] else Extent() for log in LOGS}


@given(positions, sizes)
def test_an_extent_shows_what_is_held_up_to_its_size(held: set[int], size: int) -> None:
    """AUD-1: no more and no less."""
    extent = a_log(held, size)
    assert {p for p in range(70) if extent.shows(p)} == {p for p in held if p <= size}


@given(positions, positions, sizes, sizes)
def test_what_was_held_is_covered_whatever_came_since(
    first: set[int], more: set[int], size: int, growth: int
) -> None:
    """AUD-1: a vector that was given once can be answered for ever: holes fill in, logs grow."""
    then, now = a_log(first, size), a_log(first | more, size + growth)
    assert covers(one(now), one(then))


@given(positions, positions, sizes, sizes)
def test_a_vector_is_covered_only_when_all_it_shows_is_held(
    held: set[int], asked: set[int], size: int, other: int
) -> None:
    """AUD-1: one that shows more than is here is not answered with less."""
    have, want = a_log(held, size), a_log(asked, other)
    shown = {p for p in range(1, 61) if want.shows(p)}
    if covers(one(have), one(want)):
        assert all(have.shows(p) for p in shown)
    elif other <= size:
        assert not all(have.shows(p) for p in shown)


@given(st.lists(st.tuples(positions, sizes), min_size=len(LOGS), max_size=len(LOGS)))
def test_a_vector_is_read_as_it_was_written(held: list[tuple[set[int], int]]) -> None:
    """House: one vector, one text."""
    vector = {log: a_log(*each) for log, each in zip(LOGS, held, strict=True)}
    assert vector_from(vector_text(vector)) == vector
    assert vector_from(",".join(vector_parts(vector))) == vector


def test_a_vector_is_written_for_people_too() -> None:
    """AUD-1: sizes by log in the order of the process, and what was missing."""
    vector = one(Extent(45, (Hole(7, 7), Hole(20, 22))))
    assert vector_text(vector).startswith("asf/intake@45!7!20-22, asf/review@0, ")


def test_a_log_that_is_not_named_has_nothing_in_it() -> None:
    """House: a vector of before a service was there still means what it meant."""
    assert vector_from("asf/review@3") == {
        log: Extent(3 if log == "asf/review" else 0) for log in LOGS
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "asf/intake",
        "asf/nowhere@1",
        "asf/intake@1,asf/intake@1",
        "asf/intake@01",
        "asf/intake@-1",
        "asf/intake@1.5",
        "asf/intake@9007199254740992",
        "asf/intake@\u0663",
        "asf/intake@5!0",
        "asf/intake@5!6",
        "asf/intake@5!3!2",
        "asf/intake@5!2!3",
        "asf/intake@5!3-2",
        "asf/intake@5!3-3",
        "asf/intake@5!",
        "asf/intake@200" + "".join(f"!{2 * n}" for n in range(1, HOLES_MAX + 2)),
    ],
)
def test_what_is_no_vector_is_refused(text: str) -> None:
    """House: one form only: what two would read differently is not read."""
    with pytest.raises(ValueError, match=r".*"):
        vector_from(text)


def test_a_hole_that_is_not_closed_ends_the_extent() -> None:
    """L3: what has not been reported missing may still come: nothing beyond it is shown."""
    assert extent_of(9, [(4, 12)]) == Extent(3)
    assert extent_of(9, [(10, 12)]) == Extent(9)
    assert extent_of(9, [(2, 3), (3, 4), (5, 5)]) == Extent(9, (Hole(2, 5),))


def test_a_vector_names_a_bounded_number_of_holes() -> None:
    """House: a log that is full of holes has a short vector, and an alarm for each hole."""
    extent = extent_of(1_000, [(2 * n, 2 * n) for n in range(1, 400)])
    assert len(extent.holes) == HOLES_MAX
    assert extent.size == 2 * (HOLES_MAX + 1) - 1
