"""A repair of what goes over Kafka is on record before it is done: the rules, and the real thing."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.record import encode
from shared.contracts.repair import RedriveOrdered, ResendOrdered
from shared.decider import Refusal
from shared.kafka import Brokers, Outgoing, producing, send_page
from shared.kafka.headers import headers_of
from shared.process.repair import OrderRedrive, OrderResend, decider, stream_of
from tests.faults import made
from tests.process.house import MONDAY, House, eventually

REPAIR, SOMEBODY = UUID(int=40), UUID("0190a3c2-7a10-4c00-8000-00000000000d")
TOPIC, GROUP = "asf.example.events.v1", "example.when_example"
REDRIVE = OrderRedrive(
    repair_id=REPAIR,
    consumer=GROUP,
    topic=TOPIC,
    stream="letter-1",
    messages=4,
    set_aside=None,
    reason="cause_mended",
    decided_by=SOMEBODY,
    at=MONDAY,
)
GAPPED = "letter-0190a3c2-7a10-4c00-8000-00000000000e"
STRANGERS = ("letter-1", "someone@alfa.example")
ASKED = ("redrive", GROUP, TOPIC, "--all", "--decided-by", str(SOMEBODY))


def test_a_redrive_is_ordered_once() -> None:
    """ADR-0033: who, what and why; an order that is repeated is the same order."""
    (event,) = decider.decide(REDRIVE, decider.initial)
    assert isinstance(event, RedriveOrdered)
    assert (event.decided_by, event.reason, event.messages) == (SOMEBODY, "cause_mended", 4)
    assert decider.decide(REDRIVE, decider.fold([event])) == ()


def test_a_resend_is_ordered_once() -> None:
    """ADR-0033: the same for a topic."""
    order = OrderResend(REPAIR, TOPIC, 1204, "topic_lost", SOMEBODY, MONDAY)
    (event,) = decider.decide(order, decider.initial)
    assert isinstance(event, ResendOrdered)
    assert decider.decide(order, decider.fold([event])) == ()


@pytest.mark.parametrize(
    "order",
    [replace(REDRIVE, set_aside="2:17"), replace(REDRIVE, reason="never_applicable")],
)
def test_what_is_set_aside_is_said_to_be(order: OrderRedrive) -> None:
    """ADR-0033: nobody sets a message aside as mended, nor says so of one that is applied."""
    with pytest.raises(Refusal) as no:
        decider.decide(order, decider.initial)
    assert no.value.code == "redrive_reason_differs"


@pytest.mark.system
async def test_a_redrive_is_an_event_with_actor_and_reason(house: House) -> None:
    """Event log 5: every parked stream by one order; the keys of strangers are not repeated."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        await _send_garbage(house)
        assert await asyncio.to_thread(eventually, lambda: _parked(house) == len(STRANGERS))
        left = house.command(*ASKED, "--why", "cause_mended")
        assert (left.returncode, "with --apply: taken 0, left parked 2" in left.stdout) == (1, True)
        assert "--why never_applicable --discard unreadable" in left.stdout
        wrong = (*ASKED, "--why", "cause_mended", "--discard", "unreadable")
        for words in (wrong, (*wrong, "--apply")):
            no = house.command(*words)
            assert (no.returncode, "redrive_reason_differs" in no.stdout) == (1, True)
        words = (*ASKED, "--why", "never_applicable", "--discard", "unreadable")
        dry = house.command(*words)
        assert (dry.returncode, "with --apply: taken 2, left parked 0" in dry.stdout) == (0, True)
        assert "--discard" not in dry.stdout
        assert await _on_record(house) == []
        assert house.command(*words, "--apply").returncode == 0
        assert house.command("parked").returncode == 0
        again = house.command(*words, "--apply")
        assert (again.returncode, again.stdout.strip()) == (0, f"nothing is parked of {GROUP}")
        named = [word if word != "--all" else "letter-9" for word in words]
        mistyped = house.command(*named)
        assert (mistyped.returncode, mistyped.stdout.strip()) == (
            1,
            "nothing is parked of letter-9",
        )
    orders = await _on_record(house)
    assert len(orders) == len(STRANGERS)
    for each in orders:
        told, actor = json.loads(each["data"]), json.loads(each["actor"])
        assert each["stream"] == stream_of(UUID(told["repair_id"]))
        assert (told["decided_by"], told["reason"]) == (str(SOMEBODY), "never_applicable")
        assert (told["stream"], told["messages"], told["set_aside"]) == (None, 1, "unreadable")
        assert actor["role"] == "policy"


@pytest.mark.system
async def test_what_is_not_set_aside_is_not_said_to_be(house: House) -> None:
    """ADR-0033: an order of all streams that sets aside leaves those of which nothing is, unordered."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        await _send_garbage(house, _behind_a_gap())
        assert await asyncio.to_thread(eventually, lambda: _parked(house) == len(STRANGERS) + 1)
        words = (*ASKED, "--why", "never_applicable", "--discard", "unreadable", "--apply")
        done = house.command(*words)
        assert (done.returncode, f"{GAPPED} " in done.stdout) == (1, True)
        assert "redrive it for its own reason" in done.stdout
        assert _parked(house) == 1
    orders = [json.loads(each["data"]) for each in await _on_record(house)]
    assert [each["set_aside"] for each in orders] == ["unreadable"] * len(STRANGERS)


def _behind_a_gap() -> Outgoing:
    """Return a record that can be read, of a stream of which the first is missing."""
    record = made.record("example", "InterestRegistered", GAPPED, 2, previous="0" * 64)
    leaf = encode(record)
    return Outgoing(GAPPED, leaf, headers_of(json.loads(leaf), 2))


async def _send_garbage(house: House, *others: Outgoing) -> None:
    """Put what is no record on the topic that the example hears, and ``others``."""
    brokers = Brokers(house.stack.kafka_bootstrap)
    garbage = [Outgoing(key, b"garbage", []) for key in STRANGERS]
    async with producing(brokers, client_id="stranger") as producer:
        await send_page(producer, TOPIC, [*garbage, *others])


def _parked(house: House) -> int:
    """Return how many streams wait for an operator."""
    return sum(f"{GROUP} {TOPIC}" in line for line in house.command("parked").stdout.splitlines())


async def _on_record(house: House) -> list[asyncpg.Record]:
    """Return the redrives that were ordered."""
    connection = await asyncpg.connect(house.stack.postgres_admin_dsn, database="example")
    try:
        asked = "SELECT stream, data, actor FROM log.record WHERE type = 'RedriveOrdered'"
        found: list[asyncpg.Record] = await connection.fetch(asked)
        return found
    finally:
        await connection.close()
