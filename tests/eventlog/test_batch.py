"""Many commands in one commit: what one of them does must not be felt by the others."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.base import Event
from shared.contracts.record import LEAF_BYTES_MAX
from shared.eventlog import (
    Answer,
    CommandReused,
    LogBusy,
    OutcomeUnknown,
    RecordRefused,
    StreamMoved,
    Write,
)
from shared.eventlog.committer import BATCH_COMMANDS_MAX, QUEUE_COMMANDS_MAX
from shared.eventlog.composing import Command, Entry
from shared.eventlog.connection import Connection
from tests.eventlog.house import Database, House, open_house, until
from tests.eventlog.samples import CASE, Counted, Opened, cause, opened, spoken

pytestmark = pytest.mark.integration


async def put(house: House, number: int, stream: str, *events: Event, at: int = 0) -> Answer:
    """Append ``events`` as command ``number``."""
    return await house.log.append([Write(stream, events, at)], cause=cause(number))


async def together(database: Database, house: House, *puts: Coroutine[Any, Any, Any]) -> list[Any]:
    """Return what becomes of ``puts`` when all of them wait for the same commit.

    The head of the log is held meanwhile, with one command on its way: it is ``box-first``.
    """
    async with database.as_admin() as admin, database.as_admin() as other:
        transaction = admin.transaction()
        await transaction.start()
        await admin.execute("SELECT FROM log.log_head FOR UPDATE")
        first = asyncio.ensure_future(put(house, 1_000_000, "box-first", opened))
        await held_up(other, database.service)
        tasks = [asyncio.ensure_future(each) for each in puts]
        await until(lambda: house.log.waiting >= len(puts) or any(task.done() for task in tasks))
        await transaction.rollback()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await first
    return answers


async def held_up(connection: Connection, database: str) -> None:
    """Return when somebody waits for a lock in ``database``."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1
    """
    while not await connection.fetchval(waiting, database):  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(0.01)


async def commits(database: Database) -> int:
    """Return in how many transactions the events were appended."""
    async with database.as_admin() as admin:
        number: int = await admin.fetchval("SELECT count(DISTINCT xmin::text) FROM log.event")
        return number


def poison(number: int, stream: str, leaf: bytes) -> Command:
    """Return a command that no composer would make."""
    return Command(UUID(int=number), None, (Entry(stream, 1, leaf),))


async def test_what_queued_during_a_commit_is_the_next_one(
    database: Database, house: House
) -> None:
    """Section 3: no timer and no delay; load makes the batches."""
    puts = (put(house, number, f"box-{number}", opened) for number in range(1, 65))
    answers = await together(database, house, *puts)
    assert [answer.position for answer in answers] == list(range(2, 66))
    assert await commits(database) == 2


async def test_a_batch_has_a_limit(database: Database, house: House) -> None:
    """House: everything has a limit; what is beyond waits for the next commit."""
    puts = (put(house, n, f"box-{n}", opened) for n in range(1, BATCH_COMMANDS_MAX + 2))
    await together(database, house, *puts)
    assert await commits(database) == 3


async def test_a_stale_command_in_a_batch_is_turned_down_alone(
    database: Database, house: House
) -> None:
    """L8: its neighbours commit, in the same transaction and without gaps."""
    await put(house, 1, "box-1", opened)
    answers = await together(
        database,
        house,
        put(house, 2, "box-2", opened, Counted(number=1)),
        put(house, 3, "box-1", opened),
        put(house, 4, "box-3", spoken),
    )
    assert [type(answer) for answer in answers] == [Answer, StreamMoved, Answer]
    assert [answers[0].position, answers[2].position] == [4, 5]
    assert await commits(database) == 3
    assert await house.vault.reveal("box-3", 1, answers[2].events[0]) == spoken


async def test_repeated_and_reused_commands_in_a_batch_get_their_own_answers(
    database: Database, house: House
) -> None:
    """L4, L8: each command of a batch is judged by itself."""
    first = await put(house, 1, "box-1", opened)
    box = [Write("box-9", (opened,), 0)]
    answers = await together(
        database,
        house,
        put(house, 1, "box-1", opened),
        put(house, 2, "box-2", opened),
        house.log.append(box, cause=cause(1, digest=7)),
    )
    assert answers[0] == first
    assert answers[1].position == 3
    assert isinstance(answers[2], CommandReused)


async def test_a_command_over_two_streams_in_a_batch_stays_whole(
    database: Database, house: House
) -> None:
    """L10: one stale stream turns down the other as well, and nobody else."""
    await put(house, 1, "box-1", opened)
    two = [Write("box-2", (opened, spoken), 0), Write("box-1", (opened,), 0)]
    good = [Write("box-3", (opened, spoken), 0), Write("box-4", (opened,), 0)]
    answers = await together(
        database,
        house,
        house.log.append(two, cause=cause(2)),
        house.log.append(good, cause=cause(3)),
    )
    assert [type(answer) for answer in answers] == [StreamMoved, Answer]
    assert (await house.log.load("box-2")).version == 0
    assert answers[1].position == await house.log.head() == 5


async def test_an_oversized_command_is_refused_before_it_is_queued(
    database: Database, house: House
) -> None:
    """L8: what would fail everybody's batch does not get that far."""
    large = Opened(application_id=CASE, label="a" * LEAF_BYTES_MAX)
    answers = await together(
        database, house, put(house, 2, "box-2", opened), put(house, 3, "box-3", large)
    )
    assert [type(answer) for answer in answers] == [Answer, RecordRefused]


@pytest.mark.parametrize(
    ("stream", "version"), [("half a character \ud800", 1), ("box-3", 2**40)], ids=repr
)
async def test_what_cannot_even_be_sent_fails_alone(
    database: Database, house: House, stream: str, version: int
) -> None:
    """L8: a mistake of ours in one command does not cost the others their connection."""
    unsendable = Command(UUID(int=3), None, (Entry(stream, version, b"{}"),))
    answers = await together(
        database,
        house,
        put(house, 2, "box-2", opened),
        house.log._committer.submit(unsendable),
        put(house, 4, "box-4", opened),
    )
    assert [type(answer) for answer in answers] == [Answer, RecordRefused, Answer]


@pytest.mark.parametrize(
    "leaf",
    [b"a" * (LEAF_BYTES_MAX + 1), b"not JSON", b'{"nul": "\\u0000"}', b"\xff", b"{}"],
    ids=["oversized", "no JSON", "NUL", "no UTF-8", "no record"],
)
async def test_a_poisonous_command_fails_alone(
    database: Database, house: House, leaf: bytes
) -> None:
    """L8: should a batch fail all the same, only the culprit is turned down."""
    committer = house.log._committer
    answers = await together(
        database,
        house,
        put(house, 2, "box-2", opened),
        committer.submit(poison(3, "box-3", leaf)),
        put(house, 4, "box-4", opened),
    )
    assert [type(answer) for answer in answers] == [Answer, RecordRefused, Answer]
    assert [answers[0].position, answers[2].position] == [2, 3]


async def test_the_same_stream_twice_is_two_commits(database: Database, house: House) -> None:
    """Section 3: at most one command per stream in a batch, so both are judged on what is there."""
    answers = await together(
        database,
        house,
        put(house, 2, "box-2", opened),
        put(house, 3, "box-2", Counted(number=1)),
        put(house, 4, "box-4", opened),
    )
    assert [type(answer) for answer in answers] == [Answer, StreamMoved, Answer]


async def test_of_many_who_race_for_a_hot_stream_one_wins_each_version(
    database: Database, house: House
) -> None:
    """L2: nobody waits for a lock, nobody overwrites, and everybody gets there in the end."""
    racers, turns = 16, 5

    async def race(racer: int, house: House) -> int:
        lost = 0
        for turn in range(turns):
            number = 1 + racer * turns + turn
            while True:
                version = (await house.log.load("box-hot")).version
                try:
                    await put(house, number, "box-hot", Counted(number=number), at=version)
                    break
                except StreamMoved:
                    lost += 1
        return lost

    async with open_house(database) as other:
        lost = await asyncio.gather(
            *(race(racer, (house, other)[racer % 2]) for racer in range(racers))
        )
    history = await house.log.load("box-hot")
    numbers = {event.number for event in history.events if isinstance(event, Counted)}
    assert numbers == set(range(1, racers * turns + 1))
    assert history.version == history.position == racers * turns
    assert sum(lost) > 0


async def test_whoever_waits_when_the_connection_is_lost_may_ask_again(
    database: Database, house: House
) -> None:
    """L5: sent or only queued, the outcome is unknown, and the same command id resolves it."""

    async def cut() -> None:
        await until(lambda: house.log.waiting == 3)
        async with database.as_admin() as admin:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = $1",
                f"sigill {database.service} committer",
            )

    numbers = (2, 3, 4)
    puts = [put(house, number, f"box-{number}", opened) for number in numbers]
    with pytest.raises(OutcomeUnknown):  # the first, which was on its way
        await together(database, house, *puts, cut())
    again = [await put_until_known(house, number, f"box-{number}") for number in numbers]
    assert [answer.version for answer in again] == [1, 1, 1]
    assert await house.log.head() in {3, 4}


async def put_until_known(house: House, number: int, stream: str) -> Answer:
    """Return what becomes of a command, while the connection may still be missing."""
    while True:
        try:
            return await put(house, number, stream, opened)
        except OutcomeUnknown:
            await asyncio.sleep(0.01)


async def test_a_server_that_cannot_just_now_is_told_apart_from_a_bad_command(
    database: Database,
) -> None:
    """L5, L8: whoever lost to a limit of the moment may ask again; nothing is wrong with it."""
    async with database.as_admin() as admin:
        await admin.execute(f"ALTER ROLE {database.service}_app SET lock_timeout = '50ms'")
        async with open_house(database) as house:
            async with admin.transaction():
                await admin.execute("SELECT FROM log.log_head FOR UPDATE")
                with pytest.raises(OutcomeUnknown):
                    await put(house, 2, "box-2", opened)
            assert (await put(house, 2, "box-2", opened)).position == 1


async def test_a_caller_who_goes_away_does_not_take_the_command_back(
    database: Database, house: House
) -> None:
    """L5: who hangs up may ask again with the same id, and learns that it happened."""

    async def ask_and_go_away() -> bool:
        asked = asyncio.ensure_future(put(house, 2, "box-2", opened))
        await until(lambda: house.log.waiting > 0)
        asked.cancel()
        await asyncio.wait([asked])
        return asked.cancelled()

    assert await together(database, house, ask_and_go_away()) == [True]
    await put(house, 3, "box-3", opened)
    known = await house.log.recall(UUID(int=2), digest=None)
    assert known == Answer((opened,), "box-2", version=1, position=2)


async def test_a_full_queue_says_so_and_takes_more_later(database: Database, house: House) -> None:
    """L9: bounded; whoever is turned away knows that nothing was queued."""
    puts = (put(house, n, f"box-{n}", opened) for n in range(1, QUEUE_COMMANDS_MAX + 11))
    answers = await together(database, house, *puts)
    busy = [number for number, answer in enumerate(answers, 1) if isinstance(answer, LogBusy)]
    assert len(busy) == 10
    assert all(isinstance(each, Answer) for each in answers if not isinstance(each, LogBusy))
    assert await house.log.recall(UUID(int=busy[0]), digest=None) is None
    again = await put(house, busy[0], f"box-{busy[0]}", opened)
    assert again.version == 1


async def test_closing_lets_what_is_queued_finish(database: Database) -> None:
    """L1: a process that stops in good order leaves nobody without an answer."""
    async with open_house(database) as house:
        puts = [asyncio.ensure_future(put(house, n, f"box-{n}", opened)) for n in range(1, 301)]
        await until(lambda: house.log.waiting > 0)
    answers = await asyncio.gather(*puts, return_exceptions=True)
    assert all(isinstance(answer, Answer | LogBusy) for answer in answers)
    assert sum(isinstance(answer, Answer) for answer in answers) > 0
