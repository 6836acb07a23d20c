"""G7: who is tied to a firm, or whose firm was done a favour, neither reviews nor decides."""

from typing import Any

import pytest

from deploy.demo.appointments import ALL_AREAS, appoint, person_id
from deploy.demo.cast import Firm
from deploy.demo.certification import Certification
from deploy.demo.client import Reply, done
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.people import Person
from shared.contracts.record import Record
from tests.system.afterwards import all_is_well
from tests.system.given import P19, V21, people_of, reported, submitted
from tests.system.observed import Observed

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

THETA, IOTA = "769999-0060", "769999-0078"
REFUSED = (
    "reviewer_has_tie",
    "reviewer_reciprocal",
    "certifier_reciprocal",
    "reviewer_reciprocal",
)


@pytest.fixture(scope="module")
def cast() -> tuple[Person, ...]:
    """The people of the two firms."""
    return (*people_of(Firm("theta", THETA)), *people_of(Firm("iota", IOTA)))


async def test_g7_no_exchange_of_favours(house: House, stage: Stage) -> None:
    """G7-1 to G7-5: the bar stands to the last second of the day after 24 months, no longer."""
    theta, iota, observed = Firm("theta", THETA), Firm("iota", IOTA), Observed(house)
    await _given(stage, observed, theta, iota)
    opened = await _review(observed, theta)
    before = len(stage.refusals)
    await _nobody_with_a_favour_to_return(stage, theta)
    await _everything_else_is_ready(stage, theta)
    ready = await _review(observed, theta)
    assert [record.type for record in ready[len(opened) :]] == [
        "ImpartialityDeclared",
        "ReviewPlanSet",
    ], "GEN-8: a refusal leaves no event"
    stage.at("2021-06-10 23:59:59")
    last = await _assign_reviewer(stage, theta, "R4")
    stage.refused(last, "reviewer_reciprocal", "PL1 assigns R4 on the last day")
    assert stage.refusals[before:] == list(REFUSED)
    assert await _review(observed, theta) == ready
    stage.at("2021-06-11 00:00:00")
    stage.happened(await _assign_reviewer(stage, theta, "R4"), "PL1: R4 reviews Theta")
    (assigned,) = (await _review(observed, theta))[len(ready) :]
    assert assigned.type == "ReviewerAssigned"
    assert assigned.data["reviewer_id"] == person_id("R4")
    await _each_no_is_on_record(stage, theta)
    await all_is_well(observed)


async def _given(stage: Stage, observed: Observed, theta: Firm, iota: Firm) -> None:
    """Let R3 and C3 of Theta certify Iota in P19, and Theta account for itself in V21."""
    stage.at("2018-11-02 09:00")
    await appoint(stage, ("REG", "S1", "R3", "R4", "C1", "C3", "C4"))
    ties = {"R3": THETA, "C3": THETA, "R4": IOTA, "C4": IOTA}
    for label, number in ties.items():
        tie = {
            "organisation_number": number.replace("-", ""),
            "kind": "employment",
            "from_on": "2018-01-01",
        }
        done(await stage.person(label).create("review", "/v1/ties", tie))
    await submitted(stage, P19, iota, on="2019-05-06")
    by = Certification(stage, (iota,), person_id("R3"), person_id("C3"), "R3", "C3")
    await reported(by, final_on="2019-06-10")
    await by.decide()
    days = {record.type: str(record.effective_at)[:10] for record in await _review(observed, iota)}
    assert days["ReportFinalised"] == days["CertificationApproved"] == "2019-06-10"
    await submitted(stage, V21, theta, on="2021-02-22")


async def _nobody_with_a_favour_to_return(stage: Stage, theta: Firm) -> None:
    """G7-1 to G7-3: SOD-3 of R3; SOD-5 of R4, whose firm R3 reviewed; SOD-8 of C4."""
    stage.at("2021-03-01 09:00")
    reply = await _assign_reviewer(stage, theta, "R3")
    stage.refused(reply, "reviewer_has_tie", "PL1 assigns R3 to Theta")
    reply = await _assign_reviewer(stage, theta, "R4")
    stage.refused(reply, "reviewer_reciprocal", "PL1 assigns R4 to Theta")
    body = {"person_id": person_id("C4")}
    leader = stage.person("PL1")
    reply = await leader.act("review", _path(theta), "/certifier", body, method="PUT")
    stage.refused(reply, "certifier_reciprocal", "PL1 assigns C4 as certifier")


async def _everything_else_is_ready(stage: Stage, theta: Firm) -> None:
    """REV-1, REV-2: from here on only the bar stands between R4 and Theta."""
    done(await stage.person("R4").act("review", _path(theta), "/declarations", None))
    plan = {
        "reviewers": [{"person_id": person_id("R4"), "areas": ALL_AREAS}],
        "certifier_id": person_id("C1"),
        "from_on": "2021-06-11",
        "until_on": "2021-08-31",
        "method": "documents",
        "sampled_units": 1,
    }
    done(await stage.person("PL1").act("review", _path(theta), "/plan", plan, method="PUT"))


async def _each_no_is_on_record(stage: Stage, theta: Firm) -> None:
    """GEN-8, APT-5: the refused assignments lie before whoever reviews impartiality."""
    steering = stage.person("SG")
    page = await steering.get("review", "/v1/access-log", case=theta.application_id, limit="200")
    entries: list[dict[str, Any]] = [e for e in done(page).body if e["code"] != "read"]
    assert [entry["code"] for entry in entries] == list(REFUSED)
    assert {(e["person_id"], e["role"]) for e in entries} == {(person_id("PL1"), "project_leader")}


async def _assign_reviewer(stage: Stage, theta: Firm, whom: str) -> Reply:
    """Return what PL1 hears who assigns a reviewer for all areas."""
    body = {"person_id": person_id(whom), "areas": ALL_AREAS, "lead": True}
    return await stage.person("PL1").act("review", _path(theta), "/reviewers", body)


async def _review(observed: Observed, firm: Firm) -> list[Record]:
    """Return the records of the firm's review."""
    return await observed.stream("review", f"review-{firm.review_id}")


def _path(theta: Firm) -> str:
    """Return the address of Theta's review."""
    return f"/v1/reviews/{theta.review_id}"
