"""Members are killed wherever it hurts: before the effect, before the progress, before the offset."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.crash import Point
from shared.kafka.producer import partition_of
from shared.kafka.reading import ends_of, has_read
from shared.kafka.topics import PARTITIONS
from tests.kafka.boxes import (
    BOXES,
    all_boxes_noted,
    fill_boxes,
    numbers,
    require_one_note_each,
    send_fillings,
    stream_of_box,
)
from tests.kafka.house import House, running, until
from tests.kafka.member_process import member

pytestmark = pytest.mark.integration

FILLINGS = 4
LIMIT_S = 90.0
POINTS: tuple[Point, ...] = ("consumer.polled", "consumer.applied", "consumer.settled")


async def test_three_members_are_killed_and_a_fourth_takes_over(
    house: House, tmp_path: Path
) -> None:
    """House: effect, then progress, then offset: whoever dies in between makes repeats, not gaps."""
    await fill_boxes(house, 0, FILLINGS)
    with ExitStack() as processes:
        dying = [
            processes.enter_context(member(house, tmp_path, point, crash_at=point))
            for point in POINTS
        ]
        await until(lambda: house.has_members(len(POINTS)), limit_s=LIMIT_S)
        await send_fillings(house, 0, FILLINGS)
        await until(lambda: all(each.poll() == -9 for each in dying), limit_s=LIMIT_S)
    assert await _found(house) == {(False, False), (True, False), (True, True)}
    survivor = house.consumer()
    ends = await ends_of(house.brokers, house.topic)
    begun = [await has_read(house.brokers, house.group, {each: 1}) for each in ends if ends[each]]
    assert not any(begun)
    async with running(survivor):
        await until(lambda: all_boxes_noted(house, FILLINGS), limit_s=LIMIT_S)
        await until(lambda: has_read(house.brokers, house.group, ends), limit_s=LIMIT_S)
    assert survivor.health.repeats > 0
    assert survivor.health.repeats + survivor.health.applied == len(BOXES) * FILLINGS
    await require_one_note_each(house, FILLINGS)


async def _found(house: House) -> set[tuple[bool, bool]]:
    """Return of each partition whether anything in it was noted, and whether progress says so."""
    notes = set(await house.notes())
    standings = await house.book.standings(map(stream_of_box, BOXES))
    found: dict[int, set[tuple[bool, bool]]] = {}
    for each in BOXES:
        stream = stream_of_box(each)
        state = not notes.isdisjoint(numbers(each, 0, FILLINGS)), standings[stream].version > 0
        found.setdefault(partition_of(stream.encode(), PARTITIONS), set()).add(state)
    return {max(states) for states in found.values()}
