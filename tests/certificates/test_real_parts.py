"""The service over a real broker and a real database: heard thrice, killed, made anew.

All tests are about one certificate, Alfa's; each has a service of its own, so that any order will do.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError

from deploy.local.settings import CHECKOUT, inherited_environment
from services.certificates.consumers import HEARD
from services.certificates.consumers.register_check import check_register, published_register
from services.certificates.streams import APPLICATION as STREAMS
from services.certificates.streams import SOURCE, TOPICS
from shared.contracts.certificates_public import PUBLIC_TOPIC
from shared.eventlog.connection import open_pool
from shared.kafka import ends_of, events_topic, provision
from shared.kafka.reading import whole_topic
from shared.kafka.topics import PARTITIONS
from tests.certificates.facts import (
    CONSENTED_AT,
    DECISION,
    ENDED_AT,
    INVOICE,
    ISSUED_AT,
    NUMBER,
    REVIEW,
    approved,
    countersigned,
    settled,
)
from tests.certificates.running import Running, eventually
from tests.certificates.upstream import Neighbour, neighbours
from tests.kafka.test_lost import shorten

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
STREAMS_PROCESS = "certificates-streams"
OPERATOR = "0190a3c2-7a10-4c00-8000-00000000000d"
CONSENT = f"/v1/certificates/{NUMBER}/listing-consent"


async def approve(said: dict[str, Neighbour]) -> None:
    """Let the neighbours say, once, all that Alfa's certificate waits for."""
    for name, stream, event in (
        ("review", f"review-{REVIEW}", approved),
        ("intake", f"application-{countersigned.application_id}", countersigned),
        ("intake", f"invoice-{INVOICE}", settled),
    ):
        if (await said[name].log.load(stream)).version == 0:
            await said[name].say(stream, event)


async def certified(running: Running) -> dict[str, Any]:
    """Return Alfa's certificate, as anyone sees it, as soon as it is issued."""
    async with neighbours(running.house.stack, "review", "intake", now=lambda: ISSUED_AT) as said:
        await approve(said)
        answer = await running.answer(
            f"/v1/certificates/{NUMBER}", until=lambda response: response.status_code == 200
        )
    shown: dict[str, Any] = answer.json()
    return shown


async def change_consent(running: Running, method: str) -> None:
    """Let Alfa's signatory give (POST) or withdraw (DELETE) its consent to be listed."""
    token = await asyncio.to_thread(running.token, "alfa-signatory")
    head = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=running.url, headers=head) as http:
        seen = await http.get(CONSENT)
        mark = {"If-Match": seen.headers["etag"], "Idempotency-Key": seen.headers["etag"]}
        changed = await http.request(method, CONSENT, headers=mark)
        assert changed.status_code == 200, changed.text


async def agree(running: Running) -> int:
    """Hold the register topic against the view; return how many certificates were compared."""
    dsn = running.house.environment("certificates")["CERTIFICATES_DATABASE_DSN"]
    async with open_pool(dsn, name="check") as pool:
        found = await check_register(running.brokers, pool, limit_s=60)
    assert found.agree, found
    return found.certificates


async def begin_at_zero(running: Running, group: str, topic: str) -> None:
    """Let a group begin anew with the first record, as soon as nobody is in it."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=running.house.stack.kafka_bootstrap,
        group_id=group,
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        consumer.assign(places)

        async def committed() -> bool:
            try:
                await consumer.commit(dict.fromkeys(places, 0))
            except CommitFailedError:
                return False
            return True

        await eventually(committed)
    finally:
        await consumer.stop()


async def test_what_is_heard_three_times_makes_one_certificate(running: Running) -> None:
    """CER-1, golden scenario G1, step 18: the same certificate, with the same number."""
    running.move_clock(ISSUED_AT)
    stack = running.house.stack
    async with neighbours(stack, "review", "intake", now=lambda: ISSUED_AT) as said:
        await approve(said)
        first = await running.answer(
            f"/v1/certificates/{NUMBER}", until=lambda response: response.status_code == 200
        )
        before = await running.positions()
        await asyncio.to_thread(running.house.kill, "certificates")
        await running.database("DELETE FROM consumer.progress")
        for _ in range(2):
            for neighbour in said.values():
                assert await neighbour.say_again() > 0
        for service, policy in HEARD.items():
            group = f"certificates.{policy.__name__}"
            await begin_at_zero(running, group, events_topic(service).name)
        await asyncio.to_thread(running.house.restart, "certificates")
        await eventually(lambda: _heard_all(running))
    again = await running.answer(f"/v1/certificates/{NUMBER}", until=lambda r: r.status_code == 200)
    assert again.json() == first.json()
    assert await running.positions() == before
    assert await running.database("SELECT 1 FROM consumer.parked") == []
    issued = await running.database(
        "SELECT count(*) FROM certificates.register WHERE document -> 'issued' ->> 'decision_id' = $1",
        str(DECISION),
    )
    assert issued[0]["count"] == 1


async def _heard_all(running: Running) -> bool:
    """Return whether each consumer has been through every stream again."""
    rows = await running.database("SELECT count(*) FROM consumer.progress WHERE version > 0")
    streams = await running.database("SELECT count(DISTINCT stream) FROM log.event")
    return bool(rows[0]["count"] == streams[0]["count"] + 3)


async def test_the_register_topic_equals_the_view_whatever_happens_to_the_streams(
    running: Running,
) -> None:
    """CER-11: killed in between, and made anew from the first record; the name goes again."""
    running.move_clock(CONSENTED_AT)
    await certified(running)
    await change_consent(running, "POST")
    assert await agree(running) == 1
    listed = (await published_register(running.brokers))[NUMBER]
    assert json.loads(listed.value)["holder"]["organisation_name"] == "Alfa ekonomisk förening"
    await asyncio.to_thread(running.house.kill, "certificates-streams")
    await change_consent(running, "DELETE")
    await asyncio.to_thread(running.house.restart, "certificates-streams")
    assert await agree(running) == 1
    unlisted = (await published_register(running.brokers))[NUMBER]
    assert json.loads(unlisted.value)["holder"] is None
    await asyncio.to_thread(running.house.kill, "certificates-streams")
    await begin_anew(running)
    await asyncio.to_thread(running.house.restart, "certificates-streams")
    assert await agree(running) == 1
    assert (await published_register(running.brokers))[NUMBER] == unlisted
    code, told = await asyncio.to_thread(running.command, "check-register")
    assert (code, told) == (0, "1 certificates: topic and view agree\n")


@pytest.mark.parametrize("behind", ["killed", "frozen"])
async def test_the_register_waits_for_what_a_shortened_topic_has_lost(
    running: Running, behind: str
) -> None:
    """House: the library would go on with what is left; ours says so, and goes on after ``resend``."""
    running.move_clock(CONSENTED_AT)
    await certified(running)
    await change_consent(running, "POST")
    assert await agree(running) == 1
    processes = running.house.stack.processes
    record = processes.running(STREAMS_PROCESS)
    assert record is not None
    os.kill(record.pid, signal.SIGSTOP if behind == "frozen" else signal.SIGKILL)
    for method in ("DELETE", "POST"):  # the first may be on its way to whoever sleeps
        await change_consent(running, method)
        await eventually(lambda: _all_sent(running))
    await shorten(running.brokers, SOURCE.name)
    await change_consent(running, "DELETE")
    await eventually(lambda: _all_sent(running))
    if behind == "frozen":
        os.kill(record.pid, signal.SIGCONT)

    async def ended() -> bool:
        return processes.running(STREAMS_PROCESS) is None

    await eventually(ended)
    processes.start(STREAMS_PROCESS, running.house._planned(STREAMS_PROCESS))

    async def misses() -> bool:
        return "streams.records_lost" in processes.last_words(STREAMS_PROCESS)

    await eventually(misses)
    assert not running.house.ready(STREAMS_PROCESS)
    code, _ = await asyncio.to_thread(
        running.command, "resend", "--decided-by", OPERATOR, "--why", "topic_shortened", "--apply"
    )
    assert code == 0
    with supervised(running):
        assert await agree(running) == 1
    unlisted = (await published_register(running.brokers))[NUMBER]
    assert json.loads(unlisted.value)["holder"] is None
    await eventually(lambda: _ready(running))


@contextmanager
def supervised(running: Running) -> Iterator[None]:
    """Start the streams again when they end, as whatever runs them in production does."""
    over = threading.Event()

    def supervise() -> None:
        processes = running.house.stack.processes
        while not over.wait(1):
            if processes.running(STREAMS_PROCESS) is None:
                processes.start(STREAMS_PROCESS, running.house._planned(STREAMS_PROCESS))

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def _ready(running: Running) -> bool:
    """Return whether the streams say that they are ready."""
    return await asyncio.to_thread(running.house.ready, STREAMS_PROCESS)


async def _all_sent(running: Running) -> bool:
    """Return whether everything on record is on the topic."""
    ends = await ends_of(running.brokers, SOURCE.name)
    return sum(ends.values()) == await running.positions()


async def begin_anew(running: Running) -> None:
    """Take away all that Faust has made: its offsets, its changelog, the register topic."""
    await begin_at_zero(running, STREAMS, SOURCE.name)
    admin = AIOKafkaAdminClient(bootstrap_servers=running.house.stack.kafka_bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic.name for topic in TOPICS])
    finally:
        await admin.close()
    await provision(running.brokers, TOPICS, replication=1)


async def test_a_certificate_expires_by_the_clock_and_the_record_comes_later(
    running: Running,
) -> None:
    """CER-5, golden scenario G1, steps 19 and 20: first no timer runs, then timers run."""
    running.move_clock(ISSUED_AT)
    await certified(running)
    before, last = await _expiries(running), ENDED_AT - timedelta(seconds=1)
    await asyncio.to_thread(running.house.kill, "certificates")
    with running.role("api") as url:
        async with httpx2.AsyncClient(base_url=url) as http:
            for moved, status, count in (
                (last, "active", 1),
                (ENDED_AT, "expired", 0),
                (ENDED_AT - timedelta(hours=1), "active", 1),
                (ENDED_AT.replace(year=ENDED_AT.year + 2), "expired", 0),
                (ISSUED_AT, "active", 1),
                (ENDED_AT, "expired", 0),
                (last, "active", 1),
                (ENDED_AT, "expired", 0),
            ):  # back and forth, on one process: issue 4, section 2
                running.move_clock(moved)
                answer = await http.get(f"/v1/certificates/{NUMBER}")
                assert answer.json()["status"] == status
                assert (await http.get("/v1/certificates/count")).json()["count"] == count
    assert await _expiries(running) == before
    await asyncio.to_thread(running.house.restart, "certificates")
    [record] = await eventually(lambda: _expiries(running))
    assert record["effective_at"] == "2021-06-19T22:00:00.000000Z"
    await agree(running)


async def _expiries(running: Running) -> list[dict[str, Any]]:
    """Return the records of expiry."""
    rows = await running.database("SELECT leaf FROM log.event ORDER BY pos")
    records = [json.loads(row["leaf"]) for row in rows]
    return [record for record in records if record["type"] == "CertificateExpired"]


async def test_outsiders_hear_of_each_change_and_of_nothing_else(running: Running) -> None:
    """CER-19: small CloudEvents, without the holder, read by the consumer in the documentation."""
    running.move_clock(ISSUED_AT)
    await certified(running)
    running.move_clock(ENDED_AT)
    await eventually(lambda: _expiries(running))

    async def both() -> bool:
        return len([message async for message in whole_topic(running.brokers, PUBLIC_TOPIC)]) >= 2

    await eventually(both)
    messages = [message async for message in whole_topic(running.brokers, PUBLIC_TOPIC)]
    kinds = [dict(message.headers)["ce_type"] for message in messages]
    assert kinds == [b"CertificateIssued", b"CertificateExpired"]
    for message in messages:
        assert message.key == NUMBER.encode()
        assert message.value is not None
        assert b"Alfa" not in message.value
        assert b"769999" not in message.value
    lines = await asyncio.to_thread(printed_by_the_documentation, running, len(messages))
    assert lines == [
        f"2019-06-19T08:00:00.000000Z CertificateIssued {NUMBER} active",
        f"2021-06-19T22:00:00.000000Z CertificateExpired {NUMBER} expired",
    ]


def printed_by_the_documentation(running: Running, count: int) -> list[str]:
    """Return the first lines that the consumer in docs/public-topic.md prints."""
    text = (CHECKOUT / "docs" / "public-topic.md").read_text()
    program = text.partition("```python\n")[2].partition("```")[0]
    assert len([line for line in program.splitlines() if line.strip()]) <= 12
    env = inherited_environment() | {"KAFKA": running.house.stack.kafka_bootstrap}
    with subprocess.Popen(  # noqa: S603 -- our own documentation
        [sys.executable, "-c", program], env=env, stdout=subprocess.PIPE, text=True, cwd=Path("/")
    ) as consumer:
        try:
            assert consumer.stdout is not None
            return [consumer.stdout.readline().strip() for _ in range(count)]
        finally:
            consumer.kill()
