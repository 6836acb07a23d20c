"""The table behind the register topic: what it takes, what it sends, where it stops."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.certificates.consumers.register_check import Compared, Published, compared
from services.certificates.queries import KeptEntry
from services.certificates.streams import Gap, take
from services.certificates.views.register import RegisterEntry, register_entry, register_value
from shared.contracts.base import Event
from shared.contracts.catalogue import NewerVersionError
from shared.contracts.envelope import Actor, Cause
from shared.eventlog import Stored, Write
from shared.testing.memory import MemoryLog
from tests.certificates.facts import (
    APPLICATION,
    CERTIFICATE,
    NUMBER,
    expired,
    granted,
    issued,
    listed,
    prepared,
    unlisted,
)

STREAM = f"certificate-{CERTIFICATE}"


class Topic:
    """What was sent, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, Any], Mapping[str, bytes]]] = []

    async def send(self, key: str, value: bytes, headers: Mapping[str, bytes]) -> None:
        """Remember a record."""
        self.sent.append((key, orjson.loads(value), headers))


async def recorded(*writes: tuple[str, tuple[Event, ...]]) -> tuple[Stored, ...]:
    """Return events as they are on record."""
    log = MemoryLog("certificates")
    for index, (stream, events) in enumerate(writes):
        made = UUID(int=index + 1)
        cause = Cause(Actor(made, "policy"), made, made, made)
        await log.append([Write(stream, events, 0)], cause=cause)
    return await log.tail(0, limit=100)


def marks(stored: Stored) -> list[tuple[str, bytes]]:
    """Return the headers of a record."""
    return [("ce_position", b"%d" % stored.position)]


async def test_the_latest_public_state_goes_out_after_each_change() -> None:
    """CER-19: from the issue on; the name comes and goes with consent."""
    table: dict[str, Any] = {}
    topic = Topic()
    history = (prepared, issued, listed, unlisted, expired)
    for each in await recorded((f"issuance-{APPLICATION}", (granted,)), (STREAM, history)):
        await take(table, topic.send, each.leaf, marks(each))
    assert [key for key, _, _ in topic.sent] == [NUMBER] * 4
    assert [said["status"] for _, said, _ in topic.sent] == ["active"] * 3 + ["expired"]
    assert [said["holder"] is not None for _, said, _ in topic.sent] == [False, True, False, False]
    assert [int(head["ce_position"]) for _, _, head in topic.sent] == [3, 4, 5, 6]
    assert [int(head["ce_sequence"]) for _, _, head in topic.sent] == [2, 3, 4, 5]
    assert table.keys() == {STREAM}


async def test_what_was_taken_before_is_not_sent_again() -> None:
    """House: at least once in, no second record out; the table knows how far it is."""
    table: dict[str, Any] = {}
    topic = Topic()
    records = await recorded((STREAM, (prepared, issued, listed)))
    for each in (*records, *records):
        await take(table, topic.send, each.leaf, marks(each))
    assert len(topic.sent) == 2


async def test_a_table_that_is_made_anew_ends_with_the_same_record() -> None:
    """House: derived state can be rebuilt from the topic alone."""
    records = await recorded((STREAM, (prepared, issued, listed, expired)))
    ends: list[object] = []
    for _ in range(2):
        table: dict[str, Any] = {}
        topic = Topic()
        for each in records:
            await take(table, topic.send, each.leaf, marks(each))
        ends.append(topic.sent[-1])
    assert ends[0] == ends[1]


async def test_a_missing_event_stops_the_table() -> None:
    """House: a gap is an alarm; what follows would make the register wrong without a word."""
    records = await recorded((STREAM, (prepared, issued, listed)))
    topic = Topic()
    with pytest.raises(Gap, match="version 2 came after 0"):
        await take({}, topic.send, records[1].leaf, marks(records[1]))
    assert not topic.sent


async def test_a_type_of_a_newer_release_stops_the_table_until_it_is_newer_too() -> None:
    """ADR-0030: what it does not know may change what it shows; the newer one goes on from there."""
    table: dict[str, Any] = {}
    topic = Topic()
    records = await recorded((STREAM, (prepared, issued, listed)))
    for each in records[:2]:
        await take(table, topic.send, each.leaf, marks(each))
    newer = records[2].leaf.replace(b"ListingConsentGiven", b"HolderRenamed")
    with pytest.raises(NewerVersionError, match="HolderRenamed"):
        await take(table, topic.send, newer, marks(records[2]))
    await take(table, topic.send, records[2].leaf, marks(records[2]))
    assert [int(head["ce_sequence"]) for _, _, head in topic.sent] == [2, 3]


def entry_after(*events: Event) -> RegisterEntry:
    """Return the entry of the register after ``events``."""
    entry = None
    for event in events:
        entry = register_entry(entry, event, str(CERTIFICATE))
    assert entry is not None
    return entry


def test_the_check_tells_what_differs_from_what_is_behind() -> None:
    """CER-11: a difference at one position is a fault; a position not reached is only late."""
    entry = entry_after(issued, listed)
    kept = {NUMBER: KeptEntry(str(CERTIFICATE), 4, entry)}
    same = {NUMBER: Published(4, register_value(entry))}
    other = {NUMBER: Published(4, register_value(entry_after(issued)))}
    behind = {NUMBER: Published(3, register_value(entry_after(issued)))}
    assert compared(kept, same) == Compared(1, (), ())
    assert compared(kept, other) == Compared(1, (NUMBER,), ())
    assert compared(kept, behind) == compared(kept, {}) == Compared(1, (), (NUMBER,))
    assert compared({}, same) == Compared(1, (), (NUMBER,))
    assert compared(kept, same).agree
    assert not compared(kept, other).agree
    assert compared(kept, same).verdict == "topic and view agree"
    assert NUMBER in compared(kept, other).verdict
