"""What cannot be applied parks its stream, in order and with the reason; other streams go on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import asyncpg
import pytest

from shared.contracts.record import decode
from shared.kafka import Outgoing, Patience, Received
from shared.kafka.headers import SEQUENCE
from shared.kafka.progress import Parked
from shared.kafka.redrive import UNREADABLE, Discard, Order, case_of, redrive, takes
from shared.relay import reconcile
from tests.faults.chance import dice
from tests.kafka.example import box
from tests.kafka.house import PATIENT, House, running, until

pytestmark = pytest.mark.integration

POISON = 66
BAD = 10_000
MANY_S = 120.0
REASONS = {
    "Unreadable: no record: UnrecordableError": 4_000,
    "Unreadable: a record without a value": 2_000,
    "Unreadable: no header ce_position": 2_000,
    "Unreadable: the headers do not agree with the record": 2_000,
}


class PoisonedError(Exception):
    """Our own mistake about one event."""


def order(house: House, *, apply: bool, discard: Discard | None = None) -> Order:
    """Return what an operator asks about box a."""
    return Order(
        group=house.group,
        topic=house.topic,
        stream=box("a"),
        by="operator on duty",
        why="the mistake is mended",
        discard=discard,
        apply=apply,
    )


async def poisoned(house: House) -> None:
    """Have box a stumble over its second event, and box b go on."""

    async def stumble(received: Received) -> None:
        if received.record.data.get("number") == POISON:
            raise PoisonedError("cannot be applied")
        await house.effect(received)

    await house.fill("a", [20, POISON, 21, 22])
    await house.fill("b", range(30, 40))
    consumer = house.consumer(stumble)
    async with running(house.relay(), consumer):
        await until(lambda: house.all_noted([20, *range(30, 40)]))
        await until(lambda: consumer.health.parked == 1)
        await house.fill("a", [23])
        await until(lambda: _parked(house, 4))


async def _parked(house: House, number: int) -> bool:
    """Return whether so many messages are parked."""
    return len(await house.parked()) == number


async def test_whoever_is_on_duty_sees_what_is_parked_and_why(house: House) -> None:
    """Event log 5: one line a stream, with how many wait, since when, and the first reason."""
    await poisoned(house)
    (found,) = await house.book.parked_streams()
    first, *_ = await house.parked()
    assert (found.stream, found.messages, found.since) == (box("a"), 4, first["parked_at"])
    assert (found.code, found.reason) == ("failed", first["reason"])


async def test_one_poisoned_stream_is_parked_while_the_others_go_on(house: House) -> None:
    """House: this and later events of the stream, in order, with the reason."""
    await poisoned(house)
    rows = await house.parked()
    assert [(each["stream"], each["version"]) for each in rows] == [
        (box("a"), version) for version in (2, 3, 4, 5)
    ]
    assert [each["code"] for each in rows] == ["failed", "behind", "behind", "behind"]
    assert rows[0]["reason"] == "PoisonedError: cannot be applied"
    leaves = [each.leaf for each in await house.log.tail(0, limit=100)]
    assert all(each["leaf"] in leaves for each in rows)
    assert await house.noted([20, 21, 22, 23]) == [1, 0, 0, 0]
    assert await house.noted(range(30, 40)) == [1] * 10


async def test_a_redrive_is_a_dry_run_until_told_otherwise(house: House) -> None:
    """House: commands for operators print what they would do."""
    await poisoned(house)
    steps = await redrive(house.book, house.effect, order(house, apply=False))
    assert [each.outcome for each in steps] == ["applied"] * 4
    assert "version 2 BoxFilled: applied (PoisonedError: cannot be applied)" in str(steps[0])
    assert len(await house.parked()) == 4
    assert await house.noted([POISON, 21, 22, 23]) == [0] * 4


async def test_a_redriven_stream_is_applied_in_order_and_goes_on(house: House) -> None:
    """House: an operator command redrives a parked case; who and why stay on record."""
    await poisoned(house)
    applied: list[int] = []

    async def mended(received: Received) -> None:
        applied.append(received.version)
        await house.effect(received)

    steps = await redrive(house.book, mended, order(house, apply=True))
    assert [each.outcome for each in steps] == ["applied"] * 4
    assert applied == [2, 3, 4, 5]
    await house.fill("a", [24])
    async with running(house.relay(), house.consumer()):
        await until(lambda: house.all_noted([24]))
    assert await house.noted([20, POISON, 21, 22, 23, 24]) == [1] * 6
    assert await house.parked() == []
    settled = await house.pool.fetch("SELECT * FROM consumer.parked ORDER BY version")
    assert {(each["settled_as"], each["settled_by"]) for each in settled} == {
        ("applied", "operator on duty")
    }
    assert settled[0]["settled_why"] == "the mistake is mended"


async def test_a_redrive_stops_at_the_first_that_still_fails(house: House) -> None:
    """House: in the order of the stream, always."""
    await poisoned(house)

    async def still(received: Received) -> None:
        if received.version == 3:
            raise PoisonedError("another one")
        await house.effect(received)

    steps = await redrive(house.book, still, order(house, apply=True), patience=PATIENT)
    assert [each.outcome for each in steps] == ["applied", "stays", "stays", "stays"]
    assert [each["version"] for each in await house.parked()] == [3, 4, 5]
    assert await house.noted([POISON, 21, 22]) == [1, 0, 0]


async def test_what_the_world_does_is_tried_again_before_a_stream_is_parked(house: House) -> None:
    """House: bounded retries with backoff; then the stream is parked with the last reason."""
    failures = {31: 2, 32: 99}

    async def shaky(received: Received) -> None:
        number = received.record.data["number"]
        if failures.get(number, 0) > 0:
            failures[number] -= 1
            raise ConnectionResetError("by the peer")
        await house.effect(received)

    await house.fill("a", [31])
    await house.fill("b", [32])
    async with running(house.relay(), house.consumer(shaky)):
        await until(lambda: house.all_noted([31]))
        await until(lambda: _parked(house, 1))
    (row,) = await house.parked()
    assert (row["stream"], row["code"]) == (box("b"), "failed")
    assert row["reason"] == "ConnectionResetError: by the peer"
    assert 99 - failures[32] == PATIENT.attempts_max + 1  # the last, after the database answered


async def test_an_effect_that_hangs_parks_its_stream(house: House) -> None:
    """House: every await that leaves the process has a time limit."""
    hasty = Patience(attempts_max=1, effect_timeout_s=0.1)

    async def hang(received: Received) -> None:
        if received.stream == box("a"):
            await until(lambda: False)
        await house.effect(received)

    await house.fill("a", [20])
    await house.fill("b", [21])
    async with running(house.relay(), house.consumer(hang, hasty)):
        await until(lambda: house.all_noted([21]))
        await until(lambda: _parked(house, 1))
    (row,) = await house.parked()
    assert (row["stream"], row["reason"]) == (box("a"), "TimeoutError")


async def test_a_gap_is_an_alarm_and_parks_the_stream(house: House) -> None:
    """House: version > last + 1 parks and reports; what is missing is never skipped."""
    await house.fill("a", range(20, 25))
    one, two, three, four, five = await house.on_record()
    consumer = house.consumer()
    async with running(consumer):
        await house.send(one, three, four)
        await until(lambda: _parked(house, 2))
        await house.send(two, five)
        await until(lambda: _parked(house, 4))
    rows = await house.parked()
    assert [(each["version"], each["code"]) for each in rows] == [
        (3, "gap"),
        (4, "behind"),
        (2, "behind"),
        (5, "behind"),
    ]
    assert rows[0]["reason"] == "version 3 came after 1"
    steps = await redrive(house.book, house.effect, order(house, apply=True))
    assert [(each.version, each.outcome) for each in steps] == [
        (version, "applied") for version in (2, 3, 4, 5)
    ]
    assert await house.noted(range(20, 25)) == [1] * 5


async def test_a_redrive_across_a_gap_leaves_the_stream_parked(house: House) -> None:
    """House: it never skips, not even when an operator asks."""
    await house.fill("a", range(20, 23))
    one, _, three = await house.on_record()
    async with running(house.consumer()):
        await house.send(one, three)
        await until(lambda: _parked(house, 1))
    (step,) = await redrive(house.book, house.effect, order(house, apply=True))
    assert (step.outcome, step.reason) == ("stays", "version 3 after 1: a gap")
    assert await house.noted([20, 21, 22]) == [1, 0, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": b"no record"}, "Unreadable: no record: UnrecordableError"),
        ({"value": None}, "Unreadable: a record without a value"),
        ({"headers": []}, "Unreadable: no header ce_position"),
        ({"key": box("a")}, "Unreadable: the key is not the record's stream"),
    ],
)
async def test_what_is_no_record_parks_the_stream_of_its_key(
    house: House, change: dict[str, object], reason: str
) -> None:
    """House: malformed records are kept with the reason; other streams go on."""
    await house.fill("b", [20, 21])
    first, second = await house.on_record()
    broken = replace(first, **{"key": box("a"), **change})  # type: ignore[arg-type]
    async with running(house.consumer()):
        await house.send(broken, first, second)
        await until(lambda: house.all_noted([20, 21]))
        await until(lambda: _parked(house, 1))
    (row,) = await house.parked()
    assert (row["stream"], row["version"], row["reason"]) == (box("a"), None, reason)


async def test_an_operator_may_set_aside_what_can_never_be_applied(house: House) -> None:
    """House: one message, by its place, with who and why; it stays on record."""
    await house.fill("a", [20, 21])
    one, two = await house.on_record()
    async with running(house.consumer()):
        await house.send(one, Outgoing(box("a"), b"garbage", []), two)
        await until(lambda: _parked(house, 2))
    refused, behind = await house.parked()
    assert (refused["code"], behind["code"]) == ("unreadable", "behind")
    stays = await redrive(house.book, house.effect, order(house, apply=True))
    assert [each.outcome for each in stays] == ["stays", "stays"]
    asked = order(house, apply=True, discard=(refused["partition"], refused["offset"]))
    steps = await redrive(house.book, house.effect, asked)
    assert [each.outcome for each in steps] == ["discarded", "applied"]
    assert await house.noted([20, 21]) == [1, 1]
    await house.rewind()
    again = house.consumer()
    async with running(again):
        await until(lambda: again.health.repeats == 3)
    assert await house.parked() == []


async def test_who_sets_aside_takes_no_stream_of_which_nothing_is(house: House) -> None:
    """House: ADR-0033: that something can never be applied is not said of what is only applied again."""
    await poisoned(house)
    first, *_ = await house.parked()
    here = (first["partition"], first["offset"])
    elsewhere = (first["partition"], first["offset"] + 1_000)
    asked = order(house, apply=True, discard=UNREADABLE)
    assert await takes(house.book, order(house, apply=True))
    assert await takes(house.book, order(house, apply=True, discard=here))
    assert not await takes(house.book, order(house, apply=True, discard=elsewhere))
    assert not await takes(house.book, asked)
    come_meanwhile = order(house, apply=True, discard=here)
    for each in (asked, come_meanwhile):
        steps = await redrive(house.book, house.effect, each, taken=False)
        assert {(step.outcome, step.reason) for step in steps} == {
            ("stays", "nothing of its stream is set aside: redrive it for its own reason")
        }
    assert len(await house.parked()) == 4
    assert await house.noted([POISON, 21, 22, 23]) == [0] * 4


async def test_ten_thousand_that_are_no_records_are_parked_and_set_aside_by_one_order(
    house: House,
) -> None:
    """Event log 5: each with its reason, others unaffected; and the stream goes on."""
    await house.fill("a", range(20, 30))
    await house.fill("b", range(60, 80))
    on_record = await house.on_record()
    of_a, of_b = ([each for each in on_record if each.key == box(name)] for name in "ab")
    bad = [*garbage(of_a[0])]
    async with running(house.consumer()):
        await house.send(*of_a[:9], *bad[:7_000], *of_b, *bad[7_000:], of_a[9])
        await until(lambda: house.all_noted(range(60, 80)), limit_s=MANY_S)
        await until(lambda: _parked(house, BAD + 1), limit_s=MANY_S)
        rows = await house.parked()
        assert Counter(each["reason"] for each in rows[:-1]) == REASONS
        assert await house.noted(range(20, 30)) == [1] * 9 + [0]
        dry = await redrive(house.book, house.effect, order(house, apply=False))
        assert (len(dry), {each.outcome for each in dry}) == (BAD + 1, {"stays"})
        asked = order(house, apply=True, discard=UNREADABLE)
        steps = await redrive(house.book, house.effect, asked)
        assert Counter(each.outcome for each in steps) == {"discarded": BAD, "applied": 1}
        await house.fill("a", [99])
        await house.send((await house.on_record())[-1])
        await until(lambda: house.all_noted([99]))
    assert await house.noted([*range(20, 30), *range(60, 80), 99]) == [1] * 31
    assert await house.parked() == []


def garbage(good: Outgoing) -> Iterator[Outgoing]:
    """Yield messages of box a that are no records, of five kinds in turns."""
    chance = dice(1, "garbage")
    whole = good.value or b""
    for _ in range(BAD // 5):
        yield replace(good, value=chance.randbytes(chance.randrange(1, 400)))
        yield replace(good, value=None)
        yield replace(good, headers=[])
        yield replace(good, value=whole[: chance.randrange(1, len(whole))])
        yield replace(good, headers=[*good.headers, (SEQUENCE, b"7")])


async def test_the_case_of_a_parked_stream_is_that_of_its_first_record(house: House) -> None:
    """ADR-0033: so that whoever reads the case's history learns of the redrive."""
    await poisoned(house)
    (known,) = {decode(each["leaf"]).correlation_id for each in await house.parked()}
    assert await case_of(house.book, box("a")) == known
    assert await case_of(house.book, box("b")) is None


async def test_a_stream_that_is_freed_meanwhile_is_taken_and_not_parked(house: House) -> None:
    """House: between reading "parked" and writing "behind" an operator may have redriven."""
    await poisoned(house)
    await house.fill("a", [24])
    await house.fill("c", [50])

    async def redrive_on_the_way(received: Received) -> None:
        if received.stream == box("c"):
            await redrive(house.book, house.effect, order(house, apply=True))
        await house.effect(received)

    async with running(house.relay()):
        await until(lambda: _on_topic(house))
    async with running(house.consumer(redrive_on_the_way)):
        await until(lambda: house.all_noted([24, 50]))
    assert await house.parked() == []


async def test_the_book_writes_nothing_about_a_stream_that_was_freed(house: House) -> None:
    """House: the caller is told, and takes its messages again."""
    await poisoned(house)
    late = again(house, (await house.parked())[-1])
    behind = Parked(late, 6, "behind", "its stream is parked")
    await redrive(house.book, house.effect, order(house, apply=True))
    assert await house.book.write({}, [behind]) == {box("a")}
    assert await house.parked() == []


async def test_what_another_member_has_applied_is_not_parked(house: House) -> None:
    """House: after a rebalance two members may meet the same message."""
    await poisoned(house)
    late = again(house, (await house.parked())[-1])
    await redrive(house.book, house.effect, order(house, apply=True))
    assert await house.book.write({}, [Parked(late, 5, "failed", "too late")]) == {box("a")}
    assert await house.parked() == []


async def _on_topic(house: House) -> bool:
    """Return whether the relay has sent the whole log."""
    head = await house.log.head()
    return (await reconcile(house.brokers, house.topic, 1, head)).complete


@dataclass(frozen=True, slots=True)
class _Message:
    """A message that arrives once more."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def again(house: House, row: asyncpg.Record) -> _Message:
    """Return the parked message ``row``, at a later offset."""
    offset = row["offset"] + 100
    return _Message(house.topic, row["partition"], offset, row["key"], row["leaf"])
