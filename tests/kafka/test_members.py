"""Members of one group come and go each second, and its offsets go back: no effect is there twice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from shared.kafka import Consumer, Received
from shared.kafka.clients import Place, place, speaking_for
from shared.kafka.reading import ends_of, has_read
from shared.kafka.topics import PARTITIONS
from tests.kafka.boxes import BOXES, fill_boxes, require_one_note_each
from tests.kafka.house import House, until

pytestmark = pytest.mark.integration

ROUND_S = 1.0
THERE_MAX = 2
LIMIT_S = 90.0
EFFECT_S = 0.02
"""Of one effect: long enough that whoever leaves leaves something undone."""

FILLINGS = 32
PARTS = 8
AGAIN_MIN = 500


@dataclass(slots=True)
class Crowd:
    """Members of one group that come and go.

    Attributes:
        every: Each of them, since the beginning.
        there: The tasks of those that were not sent away, the eldest first.
    """

    house: House
    every: list[Consumer] = field(default_factory=list[Consumer])
    there: list["asyncio.Task[None]"] = field(default_factory=list["asyncio.Task[None]"])
    _leaving: list["asyncio.Task[None]"] = field(default_factory=list["asyncio.Task[None]"])

    @property
    def repeats(self) -> int:
        """Return how many records they were given that had been applied before."""
        return sum(each.health.repeats for each in self.every)

    @property
    def applied(self) -> int:
        """Return how many effects they have had, those included that were there already."""
        return sum(each.health.applied for each in self.every)

    async def change(self) -> None:
        """Have one come, and the eldest go when there are too many; let a second pass."""
        member = self.house.consumer(self._slowly)
        self.every.append(member)
        self.there.append(asyncio.ensure_future(member.run()))
        if len(self.there) > THERE_MAX:
            self._send_away(self.there.pop(0))
        await asyncio.sleep(ROUND_S)

    async def leave(self) -> None:
        """Have all of them go, and return when they are gone."""
        while self.there:
            self._send_away(self.there.pop(0))
        for each in self._leaving:
            await asyncio.wait([each])
            assert each.cancelled() or each.exception() is None
        self._leaving.clear()

    def _send_away(self, task: "asyncio.Task[None]") -> None:
        """Have one go: every second one finishes its batch, and the others drop what they do."""
        gone = len(self.every) - len(self.there) - 1
        if gone % 2:
            self.every[gone].stopping.set()
        else:
            task.cancel()
        self._leaving.append(task)

    async def _slowly(self, received: Received) -> None:
        """Have the effect, after a while."""
        await asyncio.sleep(EFFECT_S)
        await self.house.effect(received)


async def test_members_come_and_go_each_second_and_offsets_are_set_back(house: House) -> None:
    """House: at least once: 500 records delivered again, and then all from zero, change nothing."""
    await fill_boxes(house, 0, FILLINGS)
    record = await house.on_record()
    size = len(record) // PARTS
    parts = [record[at : at + size] for at in range(0, len(record), size)]
    crowd = Crowd(house)
    try:
        for part in parts[:6]:
            await house.send(*part)
            await crowd.change()
        await _all_read(house, crowd)
        again, before = await _set_back(house, tenths=1), crowd.repeats
        assert again >= AGAIN_MIN
        for part in parts[6:]:
            await house.send(*part)
            await crowd.change()
        await _all_read(house, crowd)
        assert crowd.repeats - before >= again
        await require_one_note_each(house, FILLINGS)
        assert await _set_back(house, tenths=0) == len(record)
        await house.pool.execute("DELETE FROM consumer.progress")
        before = crowd.applied
        for _ in range(3):
            await crowd.change()
        await _all_read(house, crowd)
        assert crowd.applied - before >= len(record)
    finally:
        await crowd.leave()
    await require_one_note_each(house, FILLINGS)
    versions = await house.pool.fetch("SELECT version FROM consumer.progress")
    assert [each["version"] for each in versions] == [FILLINGS] * len(BOXES)


async def _all_read(house: House, crowd: Crowd) -> None:
    """Return when the group has read the topic, and everybody has left it."""
    ends = await ends_of(house.brokers, house.topic)
    await until(lambda: has_read(house.brokers, house.group, ends), limit_s=LIMIT_S)
    await crowd.leave()


async def _set_back(house: House, *, tenths: int) -> int:
    """Have the group, which has no members, begin after so many tenths; return how much it reads again."""
    places = [place(house.topic, each) for each in range(PARTITIONS)]
    async with speaking_for(house.brokers, group=house.group, places=places) as speaker:
        had: Mapping[Place, int] = {each: await speaker.committed(each) or 0 for each in places}
        to = {each: offset * tenths // 10 for each, offset in had.items()}
        await speaker.commit(to)
    return sum(had.values()) - sum(to.values())
