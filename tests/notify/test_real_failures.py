"""What the world does to a sender: nothing is lost, attempts are bounded, nobody is told twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from services.notify.decider import PAUSES
from services.notify.letters.lease import SETTLE_S
from services.notify.policy import letters_for
from shared.contracts.certificates import CertificateIssued
from shared.contracts.intake import InterestRegistered
from shared.contracts.notify import (
    NotificationFailed,
    NotificationGivenUp,
    NotificationPlanned,
    NotificationSent,
)
from shared.contracts.roles import Role
from shared.ids import new_id
from tests.notify.running import Running, entries, eventually, mandate, person

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
GOLDEN = Path(__file__).parents[1] / "contracts" / "golden" / "CertificateIssued.v1.json"
LEASE = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sigill notify sender'"
CUT = """
SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'sigill notify sender'
"""
WAITING = """
SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND NOT granted AND application_name = ''
"""
LISTED = "SELECT key FROM notify.notification_list WHERE key = $1"


@pytest.fixture
def refusing(running: Running) -> Iterator[Running]:
    """A mail server that is busy, until the end of the test at the latest."""
    running.house.stack.mail.reply_with("451 4.3.0 Try again later")
    try:
        yield running
    finally:
        running.house.stack.mail.reply_with(None)


async def the_letter(running: Running, case: UUID) -> UUID:
    """Return the letter about the interest of ``case``, once it is planned."""
    (planned,) = await eventually(lambda: running.happened(case, NotificationPlanned))
    return planned.notification_id


async def failed(running: Running, case: UUID, count: int) -> NotificationFailed:
    """Return the failure of an attempt, once it is on record."""
    found = await eventually(lambda: running.happened(case, NotificationFailed), count=count)
    return found[-1]


async def test_a_busy_mail_server_is_asked_again_when_the_clock_comes_to_it(
    refusing: Running,
) -> None:
    """MSG-3: the failure is on record with the next instant; then the letter goes out."""
    case = await refusing.enterprise(person("kim"))
    first = await failed(refusing, case, 1)
    assert (first.cause, first.attempt) == ("refused", 1)
    assert first.again_at - first.failed_at == PAUSES[0]
    refusing.pass_time(PAUSES[0])
    second = await failed(refusing, case, 2)
    assert second.again_at - second.failed_at == PAUSES[1]
    refusing.house.stack.mail.reply_with(None)
    refusing.pass_time(PAUSES[1])
    (sent,) = await eventually(lambda: refusing.happened(case, NotificationSent))
    assert sent.attempt == 3
    assert len(refusing.mail(sent.notification_id)) == 1


async def test_a_clock_that_stands_still_holds_no_letter_back(refusing: Running) -> None:
    """House: ADR-0011: the pause also ends by the seconds that pass, after a restart too."""
    case = await refusing.enterprise(person("lea"))
    assert (await failed(refusing, case, 1)).attempt == 1
    await asyncio.to_thread(refusing.house.kill, "notify")
    refusing.house.stack.mail.reply_with(None)
    await asyncio.to_thread(refusing.house.restart, "notify")
    (sent,) = await eventually(lambda: refusing.happened(case, NotificationSent))
    assert sent.attempt == 2
    assert sent.sent_at == refusing.now


async def test_a_mailbox_that_is_gone_becomes_a_task_for_the_registrar(
    refusing: Running,
) -> None:
    """MSG-3: a bounded number of attempts with growing pauses, then it is given up, for good."""
    refusing.house.stack.mail.reply_with("550 5.1.1 No such mailbox")
    case = await refusing.enterprise(person("mia"))
    for attempt, pause in enumerate(PAUSES, 1):
        await failed(refusing, case, attempt)
        refusing.pass_time(pause)
    (given_up,) = await eventually(lambda: refusing.happened(case, NotificationGivenUp))
    assert given_up.attempts == len(PAUSES) + 1
    refusing.house.stack.mail.reply_with(None)
    refusing.pass_time(timedelta(days=30))
    later = await refusing.enterprise(person("nils"))
    await eventually(lambda: refusing.happened(later, NotificationSent))
    assert await refusing.happened(case, NotificationSent) == []
    assert refusing.mail(given_up.notification_id) == []
    (row,) = await refusing.database(
        "notify",
        "SELECT state FROM notify.notification_list WHERE key = $1",
        str(given_up.notification_id),
    )
    assert row["state"] == "given_up"


async def test_a_mail_server_that_is_away_loses_nothing(running: Running) -> None:
    """MSG-3: refused connections are failed attempts; once it is back the letters go out."""
    await asyncio.to_thread(running.house.stack.kill, "mail")
    try:
        cases = [await running.enterprise(person("otto")) for _ in range(3)]
        for case in cases:
            assert (await failed(running, case, 1)).cause == "unreachable"
    finally:
        await asyncio.to_thread(running.house.stack.restart, "mail")
    running.pass_time(PAUSES[0])
    for case in cases:
        (sent,) = await eventually(partial(running.happened, case, NotificationSent))
        assert len(running.mail(sent.notification_id)) == 1


async def test_a_neighbour_that_is_away_is_asked_again(running: Running) -> None:
    """MSG-2: without the recipient nothing is sent; nothing is remembered in the meantime."""
    running.house.stack.mail.reply_with("451 4.3.0 Try again later")
    case = await running.enterprise(person("pia"))
    assert (await failed(running, case, 1)).cause == "refused"
    await asyncio.to_thread(running.house.kill, "intake")
    try:
        running.house.stack.mail.reply_with(None)
        running.pass_time(PAUSES[0])
        assert (await failed(running, case, 2)).cause == "unreachable"
    finally:
        running.house.stack.mail.reply_with(None)
        await asyncio.to_thread(running.house.restart, "intake")
    running.pass_time(PAUSES[1])
    await eventually(lambda: running.happened(case, NotificationSent))


async def test_whoever_is_not_known_yet_is_written_to_when_they_are(running: Running) -> None:
    """MSG-2: the person is found when the letter is sent, and not when it is planned."""
    case = await running.enterprise(person("rut"))
    golden = CertificateIssued.model_validate_json(GOLDEN.read_text())
    await running.heard_from(
        "certificates",
        golden.model_copy(update={"application_id": case, "issued_at": running.now}),
    )
    assert (await failed(running, case, 1)).cause == "recipient_unknown"
    await running.say(mandate(case, person("sam"), running.now))
    running.pass_time(PAUSES[0])
    await eventually(lambda: running.happened(case, NotificationSent), count=3)


async def test_a_letter_that_cannot_be_written_holds_up_nobody(running: Running) -> None:
    """House: one mistake of ours is said aloud and tried again; the other letters go out."""
    case = await running.enterprise(person("tor"))
    await eventually(lambda: running.happened(case, NotificationSent))
    made = new_id()
    hollow = NotificationPlanned(
        notification_id=made,
        application_id=case,
        cause_id=new_id(),
        letter="certificate",
        recipient_role=Role.APPLICANT,
        legal_effect=False,
        facts=(),
        planned_at=running.now - timedelta(days=1),
    )
    async with running.on_record("notify") as say:
        await say(f"notification-{made}", hollow)
    assert (await failed(running, case, 1)).cause == "unwritable"
    other = await running.enterprise(person("ulla"))
    await eventually(lambda: running.happened(other, NotificationSent))
    (said, *_) = entries(running.said_by("notify"), "notify.unwritable")
    assert said["error"] == ["jinja2.exceptions.UndefinedError"]


async def many(running: Running, count: int) -> list[UUID]:
    """Put many interests on record at once; return the letters about them."""
    made: list[UUID] = []
    for _ in range(count):
        case = await running.enterprise(person("vera"))
        (record,) = [
            r for r in await running.records("intake", case) if r.type == "InterestRegistered"
        ]
        event = InterestRegistered.model_validate(record.data)
        made += [a.command.notification_id for a in letters_for(event, record.event_id)]
    return made


async def all_sent(running: Running, letters: list[UUID]) -> list[NotificationSent]:
    """Return the record of each of ``letters``, once all are sent."""

    async def sent() -> list[str]:
        rows = await running.database(
            "notify",
            "SELECT key FROM notify.notification_list WHERE state = 'sent' AND key = ANY($1)",
            [str(each) for each in letters],
        )
        return [row["key"] for row in rows]

    await eventually(sent, count=len(letters))
    records = [r for r in await running.records() if r.type == "NotificationSent"]
    events = [NotificationSent.model_validate(r.data, strict=False) for r in records]
    return [event for event in events if event.notification_id in letters]


def taken(running: Running, letters: list[UUID]) -> Counter[UUID]:
    """Return how often the mail server took each of ``letters``."""
    found = [UUID(m["Message-ID"].strip("<>").partition("@")[0]) for m in running.mail()]
    return Counter(each for each in found if each in letters)


async def test_two_senders_send_one_letter_and_one_takes_over(running: Running) -> None:
    """MSG-1: one works at a time; when its connection is cut, again and again, none goes twice."""
    async with asyncio.TaskGroup() as group:
        second = running.second()
        process = await asyncio.to_thread(second.__enter__)
        try:
            making = group.create_task(many(running, 25))
            for _ in range(4):
                await asyncio.sleep(0.7 + SETTLE_S)
                await running.database("notify", CUT)
            letters = await making
            sent = await all_sent(running, letters)
            assert process.poll() is None
        finally:
            await asyncio.to_thread(second.__exit__, None, None, None)
    assert taken(running, letters) == dict.fromkeys(letters, 1)
    assert len(sent) == len(letters)
    assert {each.attempt for each in sent} == {1}


async def test_only_one_sender_holds_the_lease(running: Running) -> None:
    """ADR-0016: the other one waits for it."""
    with running.second():

        async def two() -> list[object]:
            return [row["pid"] for row in await running.database("notify", LEASE)]

        await eventually(two, count=2)
        [row] = await running.database(
            "notify",
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted"
            " AND application_name = 'sigill notify sender'",
        )
        assert row["count"] == 1


@asynccontextmanager
async def held(running: Running, query: str) -> AsyncIterator[None]:
    """Hold what ``query`` locks in the database of notify."""
    dsn = running.house.stack.postgres_admin_dsn.rpartition("/")[0] + "/notify"
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(query)
            yield
    finally:
        await connection.close()


async def test_a_new_sender_counts_for_a_failure_that_the_list_does_not_show_yet(
    refusing: Running,
) -> None:
    """House: ADR-0016: else the letter would wait for a clock that stands still."""
    lock = "SELECT pg_advisory_xact_lock(hashtext('notify.sender'))"
    async with AsyncExitStack() as list_stands_still:
        async with asyncio.TaskGroup() as group, AsyncExitStack() as no_sender:
            waiting = group.create_task(no_sender.enter_async_context(held(refusing, lock)))

            async def asked(given: asyncio.Task[None] = waiting) -> bool:
                """Return whether the lock is waited for, or ours: a sender may be without it now."""
                return given.done() or bool(await refusing.database("notify", WAITING))

            await eventually(asked)
            await refusing.database("notify", CUT)
            await waiting
            case = await refusing.enterprise(person("ylva"))
            letter = str(await the_letter(refusing, case))
            await eventually(lambda: refusing.database("notify", LISTED, letter))
            await list_stands_still.enter_async_context(
                held(refusing, "SELECT FROM notify.view_state FOR UPDATE")
            )
        assert (await failed(refusing, case, 1)).attempt == 1
        refusing.house.stack.mail.reply_with(None)
        await refusing.database("notify", CUT)
        await asyncio.sleep(SETTLE_S + 1)
    (sent,) = await eventually(lambda: refusing.happened(case, NotificationSent))
    assert sent.attempt == 2


@pytest.mark.parametrize("part", ["postgres", "kafka"])
async def test_it_goes_on_when_a_part_has_been_away(running: Running, part: str) -> None:
    """ADR-0016: killed and started again while letters are on their way: each goes out once."""
    stack = running.house.stack
    before = await many(running, 6)
    await asyncio.to_thread(stack.kill, part)
    await asyncio.sleep(1)
    await asyncio.to_thread(stack.restart, part)
    after = await many(running, 3)
    await all_sent(running, before + after)
    assert taken(running, before + after) == dict.fromkeys(before + after, 1)


async def test_a_sender_that_is_killed_or_told_to_end_leaves_nothing_behind(
    running: Running,
) -> None:
    """ADR-0016, MSG-3: whatever was on its way goes out after the start."""
    letters: list[UUID] = []
    for end in (running.house.kill, running.house.restart):
        letters += await many(running, 5)
        await asyncio.to_thread(end, "notify")
    await asyncio.to_thread(running.house.restart, "notify")
    await all_sent(running, letters)
    assert set(taken(running, letters)) == set(letters)
