"""A member stands still past its session in the middle of a batch; when it wakes, others were there."""

import signal
from pathlib import Path

import pytest

from shared.kafka.reading import ends_of, has_read
from tests.kafka.boxes import (
    BOXES,
    all_boxes_noted,
    fill_boxes,
    require_one_note_each,
    send_fillings,
)
from tests.kafka.house import House, running, until
from tests.kafka.member_process import member

pytestmark = pytest.mark.integration

FILLINGS = 6
LATER = 8
EFFECT_S = 0.3
LIMIT_S = 90.0


async def test_a_member_frozen_past_its_session_is_replaced_and_comes_back(
    house: House, tmp_path: Path
) -> None:
    """House: what it does when it wakes was done by another, and its offsets do not count."""
    await fill_boxes(house, 0, FILLINGS)
    await send_fillings(house, 0, FILLINGS)
    ends = await ends_of(house.brokers, house.topic)
    other = house.consumer()
    with member(house, tmp_path, "sleeper", effect_s=EFFECT_S) as sleeper:
        await until(house.notes, limit_s=LIMIT_S)
        sleeper.send_signal(signal.SIGSTOP)
        undone = len(BOXES) * FILLINGS - len(await house.notes())
        assert undone > 0
        async with running(other):
            await until(lambda: all_boxes_noted(house, FILLINGS), limit_s=LIMIT_S)
            await until(lambda: has_read(house.brokers, house.group, ends), limit_s=LIMIT_S)
            assert other.health.applied > undone  # what has no progress is asked for once more
            sleeper.send_signal(signal.SIGCONT)
            await until(lambda: house.has_members(2), limit_s=LIMIT_S)
            await fill_boxes(house, FILLINGS, LATER)
            await send_fillings(house, FILLINGS, LATER)
            await until(lambda: all_boxes_noted(house, LATER), limit_s=LIMIT_S)
            sleeper.terminate()
            await until(lambda: sleeper.poll() is not None, limit_s=LIMIT_S)
        assert sleeper.poll() == 0
    await require_one_note_each(house, LATER)
