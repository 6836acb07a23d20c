"""Many boxes, filled side by side: each filling has one note, in the order of its box, or it is said."""

import asyncio

from shared.kafka.headers import SEQUENCE
from tests.kafka.example import box
from tests.kafka.house import House

BOXES = range(1, 25)
APART = 1_000
"""Between the numbers that are put into one box and those of the next."""


def numbers(each: int, first: int, last: int) -> range:
    """Return what is put into a box from its ``first`` filling on, up to and without its ``last``."""
    return range(each * APART + first, each * APART + last)


def stream_of_box(each: int) -> str:
    """Return the stream of a box."""
    return box(_name(each))


async def fill_boxes(house: House, first: int, last: int) -> None:
    """Have every box filled: see ``numbers``."""
    async with asyncio.TaskGroup() as group:
        for each in BOXES:
            group.create_task(house.fill(_name(each), numbers(each, first, last)))


async def send_fillings(house: House, first: int, last: int) -> None:
    """Put every filling of every box on the topic, without a relay: see ``numbers``."""
    streams = {stream_of_box(each) for each in BOXES}
    versions = {str(each + 1).encode() for each in range(first, last)}
    await house.send(
        *(
            each
            for each in await house.on_record()
            if each.key in streams and dict(each.headers)[SEQUENCE] in versions
        )
    )


async def all_boxes_noted(house: House, last: int) -> bool:
    """Return whether every filling of every box up to the ``last`` was noted, once or more."""
    every = {number for each in BOXES for number in numbers(each, 0, last)}
    return every <= set(await house.notes())


async def require_one_note_each(house: House, last: int) -> None:
    """L4, L10: fail unless each filling was noted once, each box in its order, and nothing is parked."""
    notes = await house.notes()
    for each in BOXES:
        mine = [number for number in notes if number // APART == each]
        assert mine == list(numbers(each, 0, last)), f"box {each} was noted as {mine}"
    assert len(notes) == len(BOXES) * last
    assert await house.parked() == []


def _name(each: int) -> str:
    """Return what a box is called."""
    return f"box {each}"
