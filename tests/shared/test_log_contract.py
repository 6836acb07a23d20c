"""What every log must do, in memory and on PostgreSQL alike. L1 to L11 name its promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from deploy.local.stack import Stack
from shared.contracts.base import Event
from shared.contracts.record import LEAF_BYTES_MAX, decode, leaf_hash
from shared.eventlog import (
    Answer,
    CommandReused,
    History,
    RecordRefused,
    StreamMoved,
    Write,
)
from shared.eventlog.composing import EVENTS_MAX
from shared.eventlog.postgres import PostgresLog
from shared.testing.memory import MemoryLog
from shared.vault import Vault
from tests.eventlog.house import fresh_database, open_house
from tests.eventlog.samples import (
    CASE,
    SPEAKER,
    Counted,
    Dated,
    Opened,
    Spoken,
    cause,
    event_of,
    opened,
    spoken,
)

WRITERS = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """A log, and the vault that belongs to it."""

    log: PostgresLog | MemoryLog
    vault: Vault

    async def put(self, number: int, stream: str, *events: Event, at: int = 0) -> Answer:
        """Append ``events`` to ``stream``, expected at version ``at``, as command ``number``."""
        return await self.log.append([Write(stream, events, at)], cause=cause(number))


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
async def kind(request: pytest.FixtureRequest) -> AsyncIterator[Kind]:
    """Return an empty log of each kind in turn."""
    if request.param == "memory":
        memory = MemoryLog(event_of=event_of)
        yield Kind(memory, memory.vault)
    else:
        stack: Stack = request.getfixturevalue("stack")
        async with (
            fresh_database(stack.postgres_admin_dsn) as database,
            open_house(database) as house,
        ):
            yield Kind(house.log, house.vault)


async def test_events_come_back_whole_and_oldest_first(kind: Kind) -> None:
    """L2: the log is the memory of the organisation; it alters nothing."""
    events = (opened, Counted(number=1), Counted(number=2))
    answer = await kind.put(1, "box-1", *events)
    history = await kind.log.load("box-1")
    assert answer == Answer(events, "box-1", version=3, position=3)
    assert (history.events, history.version, history.position) == (events, 3, 3)
    assert history.case == CASE
    assert history.recorded == tuple(sorted(history.recorded))


async def test_a_stream_without_events_is_empty_and_no_error(kind: Kind) -> None:
    """L2: whoever begins a stream begins at version 0."""
    assert await kind.log.load("box-1") == History((), 0, None, ())
    assert (await kind.log.head(), await kind.log.tail(0, limit=10)) == (0, ())


async def test_of_many_simultaneous_writers_exactly_one_wins(kind: Kind) -> None:
    """L2: two decisions on the same history would contradict each other."""
    writers = (kind.put(number, "box-1", opened) for number in range(1, WRITERS + 1))
    answers = await asyncio.gather(*writers, return_exceptions=True)
    assert sum(isinstance(answer, StreamMoved) for answer in answers) == WRITERS - 1
    assert (await kind.log.load("box-1")).version == 1


async def test_positions_are_dense_over_all_streams(kind: Kind) -> None:
    """L3: a reader who has seen position p never has to look back."""
    places = [(await kind.put(n, f"box-{n}", opened)).position for n in (1, 2, 3)]
    assert places == [1, 2, 3]


async def test_a_command_that_comes_too_late_leaves_nothing_behind(kind: Kind) -> None:
    """L2: all or none; half a decision is worse than none."""
    await kind.put(1, "box-1", opened)
    with pytest.raises(StreamMoved):
        await kind.put(2, "box-1", Counted(number=1), Counted(number=2))
    assert (await kind.log.load("box-1")).events == (opened,)
    assert await kind.log.recall(UUID(int=2), digest=None) is None


async def test_a_command_that_comes_too_early_is_refused_as_well(kind: Kind) -> None:
    """L2: nobody can have decided on a history that is not there."""
    with pytest.raises(StreamMoved):
        await kind.put(1, "box-1", opened, at=3)


async def test_a_known_command_gets_its_first_answer_again(kind: Kind) -> None:
    """L4, L5: whoever lost the connection asks again, and learns what became of it."""
    first = await kind.put(1, "box-1", opened, Counted(number=1))
    await kind.put(2, "box-1", Counted(number=2), at=2)
    again = await kind.put(1, "box-1", opened, Counted(number=1))
    recalled = await kind.log.recall(UUID(int=1), digest=None)
    assert first == again == recalled
    assert (await kind.log.load("box-1")).version == 3


async def test_a_known_command_with_sealed_fields_gets_the_same_answer(kind: Kind) -> None:
    """L4: salts are fresh each time, and still the first answer is the one that counts."""
    first = await kind.put(1, "box-1", spoken)
    again = await kind.put(1, "box-1", spoken)
    assert first == again
    assert (await kind.log.load("box-1")).events == first.events


async def test_a_known_command_with_another_request_is_told_apart(kind: Kind) -> None:
    """L4: the same key for another body is a mistake of the caller, not a repeat."""
    write = [Write("box-1", (opened,), 0)]
    await kind.log.append(write, cause=cause(1, digest=5))
    with pytest.raises(CommandReused):
        await kind.log.append(write, cause=cause(1, digest=6))
    with pytest.raises(CommandReused):
        await kind.log.recall(UUID(int=1), digest=None)
    assert await kind.log.recall(UUID(int=1), digest=UUID(int=5)) is not None


async def test_a_handler_begins_with_the_stream_unless_the_command_is_known(kind: Kind) -> None:
    """L4: one round trip says both; a known command is recalled and nothing is decided again."""
    assert await kind.log.begin("box-1", UUID(int=1)) == History((), 0, None, ())
    await kind.put(1, "box-1", opened, Counted(number=1))
    assert await kind.log.begin("box-1", UUID(int=1)) is None
    assert await kind.log.begin("box-2", UUID(int=1)) is None
    assert await kind.log.begin("box-1", UUID(int=2)) == await kind.log.load("box-1")
    assert await kind.log.begin("box-2", UUID(int=2)) == History((), 0, None, ())
    await kind.put(3, "box-1", Counted(number=2), at=2)  # links to what was begun with
    assert (await kind.log.load("box-1")).version == 3


async def test_a_command_over_several_streams_happens_whole(kind: Kind) -> None:
    """L10: one answer, that of its own stream, which is named last."""
    writes = [Write("box-1", (opened,), 0), Write("box-2", (opened, Counted(number=1)), 0)]
    answer = await kind.log.append(writes, cause=cause(1))
    assert (answer.stream, answer.version, answer.position) == ("box-2", 2, 3)
    assert answer.events == (opened, Counted(number=1))
    assert await kind.log.append(writes, cause=cause(1)) == answer


async def test_a_command_over_several_streams_happens_whole_or_not_at_all(kind: Kind) -> None:
    """L10: one stream that has moved on turns the whole command down."""
    await kind.put(1, "box-1", opened)
    with pytest.raises(StreamMoved):
        await kind.log.append(
            [Write("box-2", (opened,), 0), Write("box-1", (opened,), 0)], cause=cause(2)
        )
    assert (await kind.log.load("box-2")).version == 0
    assert await kind.log.head() == 1


async def test_each_record_names_the_one_before_it(kind: Kind) -> None:
    """Section 4: a missing middle of a case shows, also across commands."""
    await kind.put(1, "box-1", opened, Counted(number=1))
    await kind.put(2, "box-2", opened)
    await kind.put(3, "box-1", Counted(number=2), at=2)
    leaves = [stored.leaf for stored in await kind.log.tail(0, limit=10)]
    previous = [decode(leaf).previous for leaf in leaves]
    assert previous == [None, leaf_hash(leaves[0]), None, leaf_hash(leaves[1])]


async def test_a_record_says_who_when_and_under_which_rules(kind: Kind) -> None:
    """GEN-2, GEN-5: what is needed to judge a decision in ten years stands in its record."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    writes = [Write("box-1", (opened, Dated(effective_at=long_ago)), 0, scheme="v1")]
    await kind.log.append(writes, cause=cause(7))
    first, second = (decode(stored.leaf) for stored in await kind.log.tail(0, limit=2))
    assert (first.type, first.stream, first.version, first.scheme) == ("Opened", "box-1", 1, "v1")
    assert (first.command_id, first.causation_id) == (UUID(int=7), UUID(int=7))
    assert (first.actor, first.policy) == (cause(7).actor, "1")
    assert first.effective_at == first.recorded_at == second.recorded_at
    assert second.effective_at == long_ago
    assert first.event_id != second.event_id


async def test_a_record_belongs_to_the_case_of_its_stream(kind: Kind) -> None:
    """House: what an event does not say itself, its stream's first event has said."""
    await kind.put(1, "box-1", opened, Counted(number=1))
    await kind.put(2, "box-2", Counted(number=1))
    cases = [decode(stored.leaf).correlation_id for stored in await kind.log.tail(0, limit=10)]
    assert cases == [CASE, CASE, cause(2).correlation_id]


async def test_a_tail_is_read_in_pages_without_looking_back(kind: Kind) -> None:
    """L3: every event exactly once."""
    for number in range(1, 6):
        await kind.put(number, f"box-{number}", opened)
    pages = [await kind.log.tail(after, limit=2) for after in (0, 2, 4, 5)]
    assert [[stored.position for stored in page] for page in pages] == [[1, 2], [3, 4], [5], []]


@pytest.mark.parametrize(
    "event",
    [
        Opened(application_id=CASE, label="a" * LEAF_BYTES_MAX),
        Opened(application_id=CASE, label="NUL \x00"),
        Opened(application_id=CASE, label="half a character \ud800"),
        Opened(application_id=CASE, label="not composed: a\u030a"),
        Counted(number=2**53),
        Spoken(speaker_id=SPEAKER, words="NUL \x00"),
        Spoken(speaker_id=SPEAKER, words="half a character \ud800"),
        Spoken(speaker_id=SPEAKER, words="a" * 70_000),
    ],
    ids=["large", "NUL", "surrogate", "decomposed", "integer", "sealed NUL", "sealed", "long"],
)
async def test_what_no_record_may_hold_is_refused(kind: Kind, event: Event) -> None:
    """L8: one bad value must not fail what others asked in the same instant."""
    with pytest.raises(RecordRefused):
        await kind.put(1, "box-1", event)
    assert await kind.log.head() == 0


async def test_a_command_with_too_many_events_is_refused(kind: Kind) -> None:
    """House: everything has a limit."""
    with pytest.raises(RecordRefused):
        await kind.put(1, "box-1", *(Counted(number=n) for n in range(EVENTS_MAX + 1)))


async def test_a_call_that_makes_no_sense_is_our_own_mistake(kind: Kind) -> None:
    """House: no stream, one named twice, and a stream without events are faults in the program."""
    box = Write("box-1", (opened,), 0)
    for writes in ([], [box, box], [Write("box-1", (), 0)]):
        with pytest.raises(ValueError, match="stream"):
            await kind.log.append(writes, cause=cause(1))


async def test_the_log_holds_commitments_and_the_vault_the_texts(kind: Kind) -> None:
    """L11, section 8: text about a person can be erased; the log cannot."""
    said = Spoken(speaker_id=SPEAKER, words="Vi är redo.", aside="tyst")
    answer = await kind.put(1, "box-1", opened, said)
    (_, stored) = await kind.log.tail(0, limit=2)
    (_, read) = (await kind.log.load("box-1")).events
    assert b"redo" not in stored.leaf
    assert isinstance(read, Spoken)
    assert read == answer.events[1] != said
    assert len(read.words) == 64
    assert await kind.vault.reveal("box-1", 2, read) == said
    assert await kind.vault.reveal_all("box-1", answer.events) == (opened, said)


async def test_a_refused_command_leaves_nothing_in_the_vault(kind: Kind) -> None:
    """L11: no sealed value without its event."""
    await kind.put(1, "box-1", opened)
    with pytest.raises(StreamMoved):
        await kind.put(2, "box-1", spoken)
    (kept,) = (await kind.put(3, "box-1", Counted(number=1), at=1)).events
    assert await kind.vault.reveal("box-1", 1, Spoken(speaker_id=SPEAKER, words="0" * 64)) is None
    assert kept == Counted(number=1)


async def test_who_waits_for_a_position_hears_of_it(kind: Kind) -> None:
    """L3: a reader is told, and what it is told of can be read."""
    waiting = asyncio.ensure_future(kind.log.wait(0, timeout_s=30))
    await asyncio.sleep(0)
    await kind.put(1, "box-1", opened)
    assert await waiting == 1
    assert await kind.log.wait(1, timeout_s=0.01) == 1
