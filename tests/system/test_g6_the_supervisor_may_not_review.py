"""G6: whoever supervised a firm does not review it, and every forbidden try is on record.

The replacement of S1 by S2 in step 4 comes with SupervisorReplaced; until then S1 is assigned again
on that day and refused as before. SOD-6 and SOD-7 are asked of the certifier, SOD-1 of the reviewer.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.demo.appointments import ALL_AREAS, appoint, appoint_as, person_id
from deploy.demo.cast import Firm
from deploy.demo.client import Reply, done
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.people import Person
from shared.contracts.roles import Role
from tests.system.afterwards import all_is_well
from tests.system.given import V20, also, people_of, submitted
from tests.system.observed import Observed

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

ETA = "769999-0052"


@pytest.fixture(scope="module")
def cast() -> tuple[Person, ...]:
    """Eta's people; S1 as reviewer and certifier too, and R1 as certifier too."""
    return (
        *people_of(Firm("eta", ETA)),
        also("S1", Role.REVIEWER, Role.CERTIFIER),
        also("R1", Role.CERTIFIER),
    )


async def test_g6_the_supervisor_may_not_review(house: House, stage: Stage) -> None:
    """G6-1 to G6-6, without the replacement."""
    observed, eta = Observed(house), Firm("eta", ETA)
    await _given(stage, eta)
    opened = await _review(observed, eta)
    assert opened[0] == "ReviewOpened"
    await _no_part_for_the_supervisor(stage, eta)
    await _nor_the_day_after(stage, eta)
    assert await _review(observed, eta) == opened, "GEN-8: a refusal leaves no event"
    await _who_reviews_does_not_decide(stage, eta)
    happened = await _review(observed, eta)
    assert happened[-1] == "ReviewerAssigned"
    assert "CertifierAssigned" not in happened
    await _the_auditor_reads_all_five_and_assigns_nobody(stage, observed, eta)
    assert await _review(observed, eta) == happened
    await all_is_well(observed)


async def _given(stage: Stage, eta: Firm) -> None:
    """Let Eta submit on 2020-05-11, supported by S1, who is appointed for three roles."""
    stage.at("2019-06-17 09:00")
    await appoint(stage, ("REG", "S1", "R1", "R2", "C1"))
    for label, role in (
        ("S1", Role.REVIEWER),
        ("S1", Role.CERTIFIER),
        ("R1", Role.CERTIFIER),
    ):
        await appoint_as(stage, label, role)
    await submitted(stage, V20, eta, on="2020-05-11")


async def _no_part_for_the_supervisor(stage: Stage, eta: Firm) -> None:
    """G6-1 to G6-3: SOD-1, REV-5, SOD-7."""
    stage.at("2020-05-12 09:00")
    reply = await _assign_reviewer(stage, eta, "S1")
    stage.refused(reply, "reviewer_was_supervisor", "PL1 assigns S1 as reviewer")
    stage.at("2020-05-12 09:10")
    manifest = done(await stage.person("PL1").get("review", _path(eta))).body["manifest"]
    result = {
        "result": "conforms",
        "reason": "Ekonomin är i ordning.",
        "language": "sv",
        "evidence": manifest[:1],
    }
    reply = await stage.person("S1").act("review", _path(eta), "/criteria/3.2", result)
    stage.refused(reply, "not_the_reviewer", "S1 records a result on 3.2")
    stage.at("2020-05-12 09:20")
    reply = await _assign_certifier(stage, eta, "S1")
    stage.refused(reply, "certifier_was_supervisor", "PL1 assigns S1 as certifier")


async def _nor_the_day_after(stage: Stage, eta: Firm) -> None:
    """G6-4, GRP-4: as before."""
    stage.at("2020-05-13 09:00")
    reply = await _assign_reviewer(stage, eta, "S1")
    stage.refused(reply, "reviewer_was_supervisor", "PL1 assigns S1 as reviewer again")


async def _who_reviews_does_not_decide(stage: Stage, eta: Firm) -> None:
    """G6-5, SOD-6: R1 is assigned to review, and so not to decide."""
    stage.at("2020-05-14 09:00")
    done(await stage.person("R1").act("review", _path(eta), "/declarations", None))
    plan = {
        "reviewers": [{"person_id": person_id("R1"), "areas": ALL_AREAS}],
        "certifier_id": person_id("R1"),
        "from_on": "2020-05-14",
        "until_on": "2020-06-30",
        "method": "remote_interview",
        "sampled_units": 1,
    }
    done(await stage.person("PL1").act("review", _path(eta), "/plan", plan, method="PUT"))
    stage.happened(await _assign_reviewer(stage, eta, "R1"), "PL1: R1 reviews Eta")
    reply = await _assign_certifier(stage, eta, "R1")
    stage.refused(reply, "certifier_was_reviewer", "PL1 assigns R1 as certifier")


async def _the_auditor_reads_all_five_and_assigns_nobody(
    stage: Stage, observed: Observed, eta: Firm
) -> None:
    """G6-6, GEN-8, AUD-1: actor, role, command, code and time of each; the auditor only reads."""
    stage.at("2020-05-15 09:00")
    auditor, leader = stage.person("A1"), (person_id("PL1"), "project_leader")
    page = await auditor.get("review", "/v1/access-log", case=eta.application_id, limit="200")
    entries = [entry for entry in done(page).body if entry["code"] != "read"]
    assert [_told(entry) for entry in entries] == [
        (*leader, "AssignReviewer", "reviewer_was_supervisor", _at(12, 7, 0)),
        (person_id("S1"), "reviewer", "ReviewCriterion", "not_the_reviewer", _at(12, 7, 10)),
        (*leader, "AssignCertifier", "certifier_was_supervisor", _at(12, 7, 20)),
        (*leader, "AssignReviewer", "reviewer_was_supervisor", _at(13, 7, 0)),
        (*leader, "AssignCertifier", "certifier_was_reviewer", _at(14, 7, 0)),
    ]
    assert {entry["stream"] for entry in entries} == {f"review-{eta.review_id}"}
    reply = await _assign_reviewer(stage, eta, "R2", by="A1")
    stage.refused(reply, "role_may_not_act", "A1 assigns R2")
    last = (await observed.access_entries("review"))[-1]
    assert (last["command"], last["code"]) == ("assign_reviewer", "role_may_not_act")


async def _assign_reviewer(stage: Stage, eta: Firm, whom: str, *, by: str = "PL1") -> Reply:
    """Return what is heard by whoever assigns a reviewer for all areas."""
    body = {"person_id": person_id(whom), "areas": ALL_AREAS, "lead": True}
    return await stage.person(by).act("review", _path(eta), "/reviewers", body)


async def _assign_certifier(stage: Stage, eta: Firm, whom: str) -> Reply:
    """Return what PL1 hears who assigns a certifier."""
    body = {"person_id": person_id(whom)}
    return await stage.person("PL1").act("review", _path(eta), "/certifier", body, method="PUT")


async def _review(observed: Observed, eta: Firm) -> list[str]:
    """Return what has happened in Eta's review."""
    return [r.type for r in await observed.stream("review", f"review-{eta.review_id}")]


def _path(eta: Firm) -> str:
    """Return the address of Eta's review."""
    return f"/v1/reviews/{eta.review_id}"


def _told(entry: dict[str, Any]) -> tuple[str, str, str, str, datetime]:
    """Return who was told no, in which role, to which command, with which code, and when."""
    at = datetime.fromisoformat(entry["at"])
    return (entry["person_id"], entry["role"], entry["command"], entry["code"], at)


def _at(day: int, hour: int, minute: int) -> datetime:
    """Return an instant of May 2020; Stockholm is two hours ahead."""
    return datetime(2020, 5, day, hour, minute, tzinfo=UTC)
