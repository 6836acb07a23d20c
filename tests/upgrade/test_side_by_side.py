"""House (ADR-0025, ADR-0030): a release and the next, one service, one log, one broker, through HTTP.

The next one says a known event in a newer version, another with an optional field and no newer
version, and a type that is new.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.demo.client import Person, Reply, World, done
from deploy.local.house import House
from deploy.local.stack import Stack
from shared.kafka import Brokers, events_topic, provision
from tests.notify.running import eventually
from tests.stack import emptied
from tests.system.conftest import BEGINS_AT
from tests.upgrade.observed import counted, own_heard, parked, records, redrive_all, views
from tests.upgrade.release import NEXT, Release, release

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

SERVICE: Final = "intake"
OWN: Final = "intake.process"
NUMBERS: Final = {
    "alfa": "7699990011",
    "beta": "7699990029",
    "gamma": "7699990037",
    "delta": "8029990010",
    "epsilon": "5599990016",
}
OPERATION: Final = {"answers": {"closed_financial_year": True}}
AGAIN: Final = {"answers": {"closed_financial_year": False}}


@dataclass(frozen=True, slots=True)
class Both:
    """The two releases, and where they are asked."""

    house: House
    newer: Release
    worlds: dict[str, World]

    def person(self, release_: str, firm: str, role: str = "applicant") -> Person:
        """Return somebody of a firm, whose browser asks one of the releases."""
        return self.worlds[release_].person(f"{firm}-{role}")

    async def interested(self, release_: str, firm: str) -> str:
        """Let a firm show interest through one of the releases; return its application."""
        body = {
            "organisation_number": NUMBERS[firm],
            "organisation_name": firm.capitalize(),
            "contact_name": "Kontakt",
            "contact_email": f"kontakt@{firm}.example",
        }
        reply = await self.person(release_, firm).create(SERVICE, "/v1/applications", body)
        return str(done(reply).said("application_id"))

    async def settled(self) -> None:
        """Return when intake has heard all that it said itself, or parked it."""

        async def heard() -> bool:
            return await own_heard(self.house.stack, SERVICE, OWN)

        await eventually(heard)

    async def shown(self) -> None:
        """Return when every view stands at the head of the log."""

        async def at_head() -> bool:
            kept = await views(self.house.stack, SERVICE)
            return all(view["at_head"] and view["stopped_reason"] is None for view in kept.values())

        await eventually(at_head)


@pytest.fixture
def house(stack: Stack) -> Iterator[House]:
    """Intake as it is today, alone."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        topics = [events_topic(service) for service in (SERVICE, "review")]
        asyncio.run(provision(Brokers(parts.kafka_bootstrap), topics, replication=1))
        with House(parts, services=(SERVICE,)) as running:
            yield running


@pytest.fixture
async def both(house: House, tmp_path: Path) -> AsyncIterator[Both]:
    """Today's intake in every role, and beside it the API of the next release."""
    with release(house, tmp_path, NEXT) as newer:
        beside = await asyncio.to_thread(newer.start, SERVICE, "api")
        async with (
            World(house.stack.issuer_url, {SERVICE: house.url(SERVICE)}) as old,
            World(house.stack.issuer_url, {SERVICE: beside}) as new,
        ):
            yield Both(house, newer, {"old": old, "new": new})


async def test_two_releases_of_a_service_side_by_side(both: Both) -> None:
    """L1, MSG-1: nothing is lost; what cannot be read is not decided on; each effect comes once."""
    alfa = await both.interested("old", "alfa")
    gamma = await both.interested("old", "gamma")
    await _an_optional_field_is_passed_over(both, alfa)
    await _a_type_that_is_not_known_is_not_decided_on(both, gamma)
    beta = await both.interested("new", "beta")
    await _nor_is_a_newer_version(both, beta)
    await both.settled()
    await _what_was_not_heard_is_parked(both, beta, gamma)
    await _views_wait(both)
    await _roll(both)
    await _and_an_old_process_once_more(both)
    await _everything_came_once(both)


async def _an_optional_field_is_passed_over(both: Both, alfa: str) -> None:
    """Said in the same version: an old reader reads the rest."""
    for release_, body in (("new", OPERATION), ("old", AGAIN), ("new", OPERATION)):
        person = both.person(release_, "alfa")
        done(await _answer(person, alfa, body))
    said = [
        r.data.get("answered_by")
        for r in await records(both.house.stack, SERVICE)
        if r.type == "SurveyAnswered"
    ]
    assert said == ["applicant", None, "applicant"]


async def _a_type_that_is_not_known_is_not_decided_on(both: Both, gamma: str) -> None:
    """ADR-0030: in a log of its own, what a service does not know was said by a newer release."""
    resource = f"/v1/applications/{gamma}"
    mandate = {
        "name": "Firmatecknare",
        "email": "firmatecknare@gamma.example",
        "basis": "power_of_attorney",
    }
    new, old = (both.person(each, "gamma", "signatory") for each in ("new", "old"))
    done(await new.act(SERVICE, resource, "/mandate", mandate))
    _newer(await old.get(SERVICE, resource))
    done(await new.act(SERVICE, resource, "/commitment", {"hours_per_month": 20}))


async def _nor_is_a_newer_version(both: Both, beta: str) -> None:
    """ADR-0025: 503, and a client that repeats reaches the newer process; one effect."""
    old, new = both.person("old", "beta"), both.person("new", "beta")
    _newer(await old.get(SERVICE, f"/v1/applications/{beta}"))
    seen = done(await new.get(SERVICE, f"/v1/applications/{beta}"))
    headers = {"Idempotency-Key": '"the-same-key"', "If-Match": seen.headers["etag"]}
    path = f"/v1/applications/{beta}/survey/operation"
    _newer(await old._send("PUT", SERVICE, path, json=OPERATION, headers=headers))
    for _ in range(2):
        done(await new._send("PUT", SERVICE, path, json=OPERATION, headers=headers))
    answered = await counted(both.house.stack, SERVICE, "SurveyAnswered")
    assert answered[f"application-{beta}"] == 1


async def _what_was_not_heard_is_parked(both: Both, beta: str, gamma: str) -> None:
    """ADR-0030: with the reason, and its own types too: nobody says whether they lead to something."""
    why = {stream: reason for (_, _, stream), reason in (await both_parked(both)).items()}
    assert why == {
        f"application-{beta}": "NewerVersionError: InterestRegistered version 2 is not known here",
        f"application-{gamma}": "NewerVersionError: MandateQuestioned version 1 is not known here",
    }


async def _views_wait(both: Both) -> None:
    """ADR-0030: an old view does not pass over what the new one shows."""

    async def stopped() -> bool:
        kept = await views(both.house.stack, SERVICE)
        return all(view["stopped_reason"] is not None for view in kept.values())

    await eventually(stopped)


async def _roll(both: Both) -> None:
    """The new one takes the place of the old one, and the operator redrives what was parked."""
    await asyncio.to_thread(both.newer.start, SERVICE, "all")
    await asyncio.to_thread(both.house.stop)
    await both.shown()
    said = await redrive_all(both.newer, SERVICE)
    assert len(said) == 2
    assert all("stays" not in each and "applied" in each for each in said)
    await both.settled()
    assert not await both_parked(both)


async def _and_an_old_process_once_more(both: Both) -> None:
    """In the other order: an old process that starts beside new ones takes its part and does no harm."""
    await asyncio.to_thread(both.house.restart, SERVICE)
    await both.interested("old", "delta")
    await both.interested("new", "epsilon")
    await both.settled()
    await asyncio.to_thread(both.house.stop)
    await redrive_all(both.newer, SERVICE)
    await both.settled()
    assert not await both_parked(both)


async def _everything_came_once(both: Both) -> None:
    """Live views are what the log says, the topic has every position, each interest its one answer."""
    stack = both.house.stack
    await both.shown()
    told = await counted(stack, SERVICE, "RequirementsDisclosed")
    interests = await counted(stack, SERVICE, "InterestRegistered")
    assert [told[stream] for stream, count in interests.items() if count] == [1] * len(NUMBERS)
    assert sum(interests.values()) == len(NUMBERS)
    kept = await asyncio.to_thread(both.newer.ask, SERVICE, "check-views")
    assert kept.count(", agrees") == len(await views(stack, SERVICE)), kept
    assert "is whole" in await asyncio.to_thread(both.newer.ask, SERVICE, "check-relay")
    gamma = await both.person("new", "gamma").get(SERVICE, "/v1/applications")
    [row] = done(gamma).body
    assert row["application"]["flagged"], "what only the newer release shows is shown"


async def both_parked(both: Both) -> Any:
    """Return what waits for an operator of intake."""
    return await parked(both.house.stack, SERVICE)


async def _answer(person: Person, application: str, body: object) -> Reply:
    """Answer a section of the survey."""
    resource = f"/v1/applications/{application}"
    return await person.act(SERVICE, resource, "/survey/operation", body, method="PUT")


def _newer(reply: Reply) -> None:
    """ADR-0025: a problem that says that it is worth asking again."""
    assert (reply.status, reply.code) == (503, "newer_version")
    assert int(reply.headers["retry-after"]) >= 1
