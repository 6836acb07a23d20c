"""A command's way to the log, when the way is crowded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest

from shared.contracts.base import Event
from shared.contracts.envelope import Cause
from shared.decider import Asked, Decider, Refusal, RefusalKind
from shared.eventlog import (
    ATTEMPTS_MAX,
    AccessEntry,
    Answer,
    CommandReused,
    Handler,
    History,
    StreamMoved,
    Write,
)
from shared.testing.memory import MemoryAccessLog, MemoryLog
from tests.eventlog.samples import CASE, Counted, Opened, cause, event_of, opened

WEDNESDAY = datetime(2027, 3, 3, 9, tzinfo=UTC)
BOX = "box-1"


@dataclass(frozen=True, slots=True)
class Count:
    """Ask that ``number`` is counted. Nobody may count 13, and 0 is always counted."""

    number: int


def decide(command: Count, counted: tuple[int, ...]) -> tuple[Event, ...]:
    """Return what is new."""
    if command.number == 13:
        raise Refusal(RefusalKind.NOT_PERMITTED, "not_thirteen", "Nobody counts 13.")
    if command.number < 0:
        raise Refusal(RefusalKind.CONFLICT, "below_zero", "There is nothing below 0.")
    return () if command.number in (0, *counted) else (Counted(number=command.number),)


def evolve(counted: tuple[int, ...], event: Event) -> tuple[int, ...]:
    """Return what has been counted."""
    return (*counted, event.number) if isinstance(event, Counted) else counted


def scheme(counted: tuple[int, ...]) -> str:
    """Return a version of the criteria that shows when it was asked for."""
    return f"v{len(counted)}"


counting: Decider[Count, Event, tuple[int, ...]] = Decider((), decide, evolve, scheme)


class CrowdedLog(MemoryLog):
    """A log in which another writer slips in before each of our first ``rivals`` appends."""

    def __init__(self, rivals: int = 0) -> None:
        super().__init__(now=lambda: WEDNESDAY, event_of=event_of)
        self.rivals = rivals
        self.asked: list[Sequence[Write]] = []

    async def append(self, writes: Sequence[Write], *, cause: Cause) -> Answer:
        """Append, but perhaps after a rival."""
        if self.rivals:
            self.rivals -= 1
            stream = writes[-1].stream
            version = (await self.load(stream)).version
            rival = Write(stream, (Counted(number=1_000 + version),), version)
            await super().append([rival], cause=rivals_cause(version))
        self.asked.append(writes)
        return await super().append(writes, cause=cause)


def rivals_cause(number: int) -> Cause:
    """Return the cause of a rival."""
    return cause(1_000_000 + number)


def way_to(log: MemoryLog, access: MemoryAccessLog | None = None) -> Handler:
    """Return the handler on ``log`` and ``access``, on Wednesday."""
    access = access or MemoryAccessLog(now=lambda: WEDNESDAY)
    return Handler(log, {"box": counting}, access, now=lambda: WEDNESDAY)


async def opened_log(rivals: int = 0) -> CrowdedLog:
    """Return a log in which the box has been opened."""
    log = CrowdedLog()
    await log.append([Write(BOX, (opened,), 0)], cause=cause(999))
    log.rivals = rivals
    log.asked.clear()
    return log


async def test_losing_a_race_means_deciding_again_on_the_new_history() -> None:
    """House: two rivals got in first; the command still lands, after theirs."""
    handler = way_to(await opened_log(rivals=ATTEMPTS_MAX - 1))
    answer = await handler.put(BOX, Count(5), cause(9))
    assert (answer.version, answer.events) == (4, (Counted(number=5),))


async def test_a_race_lost_too_often_is_given_back_to_the_caller() -> None:
    """House: everything has a limit; the edge turns this into 409."""
    handler = way_to(await opened_log(rivals=ATTEMPTS_MAX))
    with pytest.raises(StreamMoved):
        await handler.put(BOX, Count(5), cause(9))


async def test_a_caller_who_named_a_version_is_not_decided_for_again() -> None:
    """RFC 9110: the caller saw one version and wants no other; the edge turns this into 412."""
    log = await opened_log(rivals=1)
    with pytest.raises(StreamMoved):
        await way_to(log).put(BOX, Count(5), cause(9), expected_version=1)
    assert len(log.asked) == 1
    with pytest.raises(StreamMoved):
        await way_to(log).put(BOX, Count(5), cause(9), expected_version=1)
    assert len(log.asked) == 1
    answer = await way_to(log).put(BOX, Count(5), cause(9), expected_version=2)
    assert answer.version == 3


async def test_a_command_that_is_already_so_answers_with_where_the_stream_stands() -> None:
    """GEN-4: nothing is appended, and the caller can still wait for the position."""
    answer = await way_to(await opened_log()).put(BOX, Count(0), cause(9))
    assert answer == Answer((), BOX, version=1, position=1)
    answer = await way_to(await opened_log()).put("box-2", Count(0), cause(9))
    assert answer == Answer((), "box-2", version=0, position=0)


async def test_a_repeated_command_is_answered_without_deciding_again() -> None:
    """GEN-4, L4: the first answer counts, even where the rule would now say something else."""
    log = await opened_log()
    first = await way_to(log).put(BOX, Count(5), cause(9, digest=1))
    await way_to(log).put(BOX, Count(6), cause(10))
    again = await way_to(log).put(BOX, Count(-1), cause(9, digest=1), expected_version=1)
    assert first == again
    with pytest.raises(CommandReused):
        await way_to(log).put(BOX, Count(5), cause(9, digest=2))


class TwinLog(CrowdedLog):
    """A log in which the same command, sent twice, lands just after our first look."""

    twin: Handler | None = None

    async def begin(self, stream: str, command_id: UUID) -> History | None:
        """Return the stream; then let the twin do all of its work."""
        begun = await super().begin(stream, command_id)
        if self.twin is not None:
            handler, self.twin = self.twin, None
            await handler.put_all((Asked(BOX, Count(5)), Asked("box-2", Count(5))), cause(9), 0)
        return begun


async def test_of_two_that_are_the_same_both_get_the_one_answer() -> None:
    """L4: the later of two twins hears what the first led to, never that the stream moved."""
    log = TwinLog()
    await log.append([Write(BOX, (opened,), 0)], cause=cause(999))
    log.twin = way_to(log)
    asked = (Asked(BOX, Count(5)), Asked("box-2", Count(5)))
    answer = await way_to(log).put_all(asked, cause(9), 0)
    assert (answer.stream, answer.version) == ("box-2", 1)
    assert len(log.leaves) == 3


async def test_a_command_over_two_streams_is_decided_on_both() -> None:
    """L10: all of it happens, and a stream with nothing new is not written to."""
    log = await opened_log()
    handler = way_to(log)
    answer = await handler.put_all((Asked("box-2", Count(7)), Asked(BOX, Count(7))), cause(9))
    assert (answer.stream, answer.version, answer.position) == (BOX, 2, 3)
    answer = await handler.put_all((Asked("box-2", Count(7)), Asked(BOX, Count(8))), cause(10))
    assert [write.stream for write in log.asked[-1]] == [BOX]
    assert answer.version == 3


async def test_a_refusal_on_one_of_two_streams_leaves_nothing_on_the_other() -> None:
    """L10: a command that a rule turns down did not happen anywhere."""
    log = await opened_log()
    with pytest.raises(Refusal):
        await way_to(log).put_all((Asked("box-2", Count(7)), Asked(BOX, Count(-1))), cause(9))
    assert await log.head() == 1


async def test_a_look_shows_the_state_and_where_it_stands() -> None:
    """House: a single resource is answered by folding its stream."""
    log = await opened_log()
    await way_to(log).put(BOX, Count(5), cause(9))
    look = await way_to(log).look(BOX)
    assert (look.state, look.version, look.position, look.case) == ((5,), 2, 2, CASE)


async def test_what_is_written_carries_its_case_and_its_scheme() -> None:
    """GEN-2: the case of the stream's first event, and the criteria after the decision."""
    log = await opened_log()
    await way_to(log).put(BOX, Count(5), cause(9))
    (write,) = log.asked[-1]
    assert (write.case, write.scheme, write.expected_version) == (CASE, "v1", 1)


async def test_a_refusal_on_grounds_of_duty_is_kept_once_and_leaves_no_event() -> None:
    """GEN-8: auditors see who asked for what, and asking again adds no second entry."""
    log, access = await opened_log(), MemoryAccessLog(now=lambda: WEDNESDAY)
    for _ in range(2):
        with pytest.raises(Refusal, match="13"):
            await way_to(log, access).put(BOX, Count(13), cause(9))
    entry = AccessEntry(
        command_id=uuid5(UUID(int=9), f"{BOX}:Count"),
        actor=cause(9).actor,
        command="Count",
        stream=BOX,
        code="not_thirteen",
        at=WEDNESDAY,
        case=CASE,
    )
    assert [placed.entry for placed in await access.entries()] == [entry]
    assert await log.head() == 1


async def test_a_reused_key_hides_no_second_try() -> None:
    """GEN-8: a refused command leaves no trace in the log, so its id alone tells nothing apart."""
    access = MemoryAccessLog(now=lambda: WEDNESDAY)
    for stream in (BOX, "box-2"):
        with pytest.raises(Refusal, match="13"):
            await way_to(await opened_log(), access).put(stream, Count(13), cause(9))
    assert [placed.entry.stream for placed in await access.entries()] == [BOX, "box-2"]


async def test_a_refusal_on_other_grounds_is_not_kept() -> None:
    """GEN-8: the access log is about roles and duties; a number below zero is neither."""
    access = MemoryAccessLog(now=lambda: WEDNESDAY)
    with pytest.raises(Refusal, match="below"):
        await way_to(await opened_log(), access).put(BOX, Count(-1), cause(9))
    assert await access.entries() == ()


async def test_a_refusal_that_cannot_be_kept_is_not_told() -> None:
    """GEN-8: the entry is there before the caller hears; no entry, no answer."""

    class FullAccessLog(MemoryAccessLog):
        async def record(self, entry: AccessEntry) -> None:
            raise TimeoutError(replace(entry, code=""))

    with pytest.raises(TimeoutError):
        await way_to(await opened_log(), FullAccessLog()).put(BOX, Count(13), cause(9))


def test_an_opened_box_belongs_to_its_case() -> None:
    """House: the sample says what the tests above rely on."""
    assert opened == Opened(application_id=CASE)
