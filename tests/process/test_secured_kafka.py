"""Kafka in TLS and by name: every client of ours, told so by settings from the environment."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.empty import empty
from deploy.local.stack import Stack
from shared.ids import new_id
from shared.kafka import Brokers, events_topic, reachable
from shared.kafka.reading import whole_topic
from tests.kafka.secured import Secured, secured_broker
from tests.process.house import MONDAY, House, eventually
from tests.stack import emptied

pytestmark = [pytest.mark.system, pytest.mark.nightly]

REFUSED = "SaslAuthenticationFailed"
UNKNOWN = "CERTIFICATE_VERIFY_FAILED"
STREAMS = "certificates"
WRONG = {"KAFKA_PASSWORD": "wrong-and-secret"}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The broker; its start takes eight seconds of processor time."""
    with secured_broker(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture(scope="module")
def house(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory, secured: Secured
) -> Iterator[House]:
    """The example, told how the broker is reached; the database is that of the shared stack."""
    built = House(stack, tmp_path_factory.mktemp("example"), more=secured.told())
    built.set_clock(MONDAY)
    empty(stack, (built.name,))
    built.migrate()
    yield built
    empty(stack, (built.name,))


def test_a_broker_hears_nobody_who_does_not_prove_who_they_are(
    house: House, secured: Secured
) -> None:
    """House: else the tests below would show nothing; and we trust no broker that a stranger made."""
    good = house.settings().brokers
    wrong = replace(house, more=secured.told(**WRONG)).settings().brokers
    fooled = replace(house, more=secured.told(KAFKA_CA_FILE=str(secured.stranger)))
    assert asyncio.run(reachable(good))
    for brokers in (wrong, fooled.settings().brokers, Brokers(secured.servers)):
        assert not asyncio.run(reachable(brokers))


def test_what_happened_comes_through_to_whoever_listens(house: House) -> None:
    """Architecture 4: migrate, relay, consumer and policy, over TLS and by name."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        assert process.plan(new_id()).status_code == 201
        assert eventually(lambda: len(process.letters()) == 2), "the policy heard of it on Kafka"
        brokers = house.settings().brokers
        assert eventually(lambda: asyncio.run(_read(brokers)) == 2), "the relay sent both"
        assert process.ended(10) == 0


def test_the_streams_come_through_too(stack: Stack, tmp_path: Path, secured: Secured) -> None:
    """Architecture 4: Faust is told what the other clients are told."""
    with emptied(stack, MONDAY):
        streams = _streams(stack, tmp_path, secured.told())
        streams.migrate()
        with streams.running("streams") as process:
            assert eventually(lambda: process.failing() == [])
        assert secured.password not in streams.log("streams")


@pytest.mark.parametrize(("known", "said"), [(True, REFUSED), (False, UNKNOWN)])
def test_whoever_is_refused_says_why_and_tries_again(
    house: House, secured: Secured, *, known: bool, said: str
) -> None:
    """Style 9.3: commands are taken meanwhile; the password stands in no log."""
    told = secured.told(**WRONG if known else {"KAFKA_CA_FILE": str(secured.stranger)})
    refused = replace(house, more=told)
    with refused.running("all") as process:
        assert eventually(lambda: refused.log("all").count(said) > 1)
        assert process.plan(new_id()).status_code == 201
        assert eventually(lambda: process.failing() != [])
        assert process.ended(10) == 0
    assert told["KAFKA_PASSWORD"] not in refused.log("all")


def test_streams_that_are_refused_say_why(stack: Stack, tmp_path: Path, secured: Secured) -> None:
    """House: they wait or end, and never say the password."""
    wrong = _streams(stack, tmp_path, secured.told(**WRONG))
    wrong.set_clock(MONDAY)
    with wrong.running("streams") as process:
        assert eventually(lambda: REFUSED in wrong.log("streams"))
        assert process.failing() != []
    assert WRONG["KAFKA_PASSWORD"] not in wrong.log("streams")


def _streams(stack: Stack, folder: Path, told: dict[str, str]) -> House:
    """Return the certificates service, whose table Faust keeps."""
    return House(stack, folder, STREAMS, "services.certificates.main", told)


async def _read(brokers: Brokers) -> int:
    """Return how many records are read from the example's topic."""
    topic = events_topic("example").name
    return len([each async for each in whole_topic(brokers, topic)])
