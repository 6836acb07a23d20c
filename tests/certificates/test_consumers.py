"""What is heard becomes commands, and what is heard again becomes nothing."""

from uuid import UUID

import pytest

from services.certificates.consumers import subscriptions
from shared.contracts.base import Event
from shared.contracts.catalogue import NewerVersionError
from shared.contracts.certificates import CertificateIssued
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import decode
from shared.decider import Refusal
from shared.eventlog import Write
from shared.kafka import Received, RecordSubscription
from shared.testing.memory import MemoryLog
from tests.certificates.api.house import House
from tests.certificates.facts import (
    APPLICATION,
    CERTIFICATE,
    INVOICE,
    REVIEW,
    approved,
    cleared,
    countersigned,
    settled,
)


def by_topic(house: House) -> dict[str, RecordSubscription]:
    """Return what is done about each topic."""
    return {each.topic: each for each in subscriptions(house.parts)}


async def heard(service: str, stream: str, *events: Event) -> list[Received]:
    """Return ``events`` as Kafka delivers them: from a log of ``service``, byte for byte."""
    log = MemoryLog(service)
    made = UUID(int=5)
    cause = Cause(Actor(UUID(int=1), "policy"), made, made, made)
    await log.append([Write(stream, events, 0)], cause=cause)
    return [
        received(f"asf.{service}.events.v1", each.position, each.leaf)
        for each in await log.tail(0, limit=100)
    ]


def received(topic: str, position: int, leaf: bytes) -> Received:
    """Return a record as it comes from ``topic``."""
    record = decode(leaf)
    return Received(topic, 0, position, record.stream, record.version, position, leaf, {}, record)


async def own(house: House) -> list[Received]:
    """Return everything that certificates has on record, as it comes from its own topic."""
    records = await house.log.tail(0, limit=100)
    return [received("asf.certificates.events.v1", each.position, each.leaf) for each in records]


async def test_everything_heard_three_times_makes_one_certificate() -> None:
    """CER-1: the second and the third time change nothing."""
    house = House()
    consumers = by_topic(house)
    said = [
        *await heard("review", f"review-{REVIEW}", approved),
        *await heard("intake", f"application-{APPLICATION}", countersigned),
        *await heard("intake", f"invoice-{INVOICE}", settled),
    ]
    for _ in range(3):
        for each in said:
            await consumers[each.topic].apply(each)
        for each in await own(house):
            await consumers[each.topic].apply(each)
    types = [each.record.type for each in await own(house)]
    assert sorted(types) == sorted(
        [
            "CertificatePrepared",
            "GrantNoted",
            "GateNoted",
            "GateNoted",
            "IssuanceCleared",
            "NumberTaken",
            "CertificateIssued",
        ]
    )
    issued = (await house.log.load(f"certificate-{CERTIFICATE}")).events[-1]
    assert isinstance(issued, CertificateIssued)
    assert issued.issued_at == house.now


async def test_number_and_certificate_come_with_one_command() -> None:
    """CER-2, L10: both are of one append, caused by the clearance."""
    house = House()
    consumers = by_topic(house)
    for each in [
        *await heard("intake", f"application-{APPLICATION}", countersigned),
        *await heard("intake", f"invoice-{INVOICE}", settled),
        *await heard("review", f"review-{REVIEW}", approved),
    ]:
        await consumers[each.topic].apply(each)
    for each in await own(house):
        await consumers[each.topic].apply(each)
    [clearance] = [r for r in await own(house) if r.record.type == "IssuanceCleared"]
    number, certificate = [each.record for each in await own(house)][-2:]
    assert (number.type, certificate.type) == ("NumberTaken", "CertificateIssued")
    assert number.command_id == certificate.command_id
    assert number.causation_id == certificate.causation_id == clearance.record.event_id
    assert {number.correlation_id, certificate.correlation_id} == {APPLICATION}
    assert certificate.actor.role == "policy"


async def test_a_rules_no_parks_the_stream() -> None:
    """House: whoever was approved is owed a certificate; a wish refused is not forgotten."""
    house = House()
    consumer = by_topic(house)["asf.certificates.events.v1"]
    [clearance] = await heard("certificates", f"issuance-{APPLICATION}", cleared)
    with pytest.raises(Refusal):
        await consumer.apply(clearance)
    assert not await own(house)


async def test_a_type_of_a_newer_producer_asks_for_nothing() -> None:
    """House: services are deployed in any order."""
    house = House()
    [record] = await heard("review", f"review-{REVIEW}", approved)
    newer = record.leaf.replace(b'"type":"CertificationApproved"', b'"type":"CertificationPraised"')
    unknown = received(record.topic, record.position, newer)
    await by_topic(house)[record.topic].apply(unknown)
    assert not await own(house)


async def test_a_newer_version_of_what_is_known_parks_the_stream() -> None:
    """House (ADR-0025): whoever was approved is owed a certificate, however it is said."""
    house = House()
    [record] = await heard("review", f"review-{REVIEW}", approved)
    newer = received(
        record.topic, record.position, record.leaf.replace(b'"schema":2,', b'"schema":3,')
    )
    assert newer.record.schema == record.record.schema + 1
    with pytest.raises(NewerVersionError, match="CertificationApproved version 3"):
        await by_topic(house)[record.topic].apply(newer)
    assert not await own(house)
