"""The steps of a review over HTTP, each as the people take them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from services.review.commands.assessment import AnswerItem, MarkItemReady
from services.review.commands.workspace import LinkEvidence
from services.review.policy import review_id_of
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEME_V1, Criterion, EvidenceKind
from tests.review.api.conftest import ASSESSMENT, WORKSPACE
from tests.review.api.house import House
from tests.review.facts import ALFA, APPLICATION, BYLAWS

REVIEW_ID = review_id_of(APPLICATION)
REVIEW = f"/v1/reviews/{REVIEW_ID}"
REASON = "Stated in the bylaws, section 2."
LAST = datetime(2027, 12, 31, 22, tzinfo=UTC)
TEXT = {"reason": REASON, "language": "en"}


def done(answer: httpx2.Response, status: int | None = None) -> httpx2.Response:
    """Return ``answer``, which must be a success."""
    assert answer.is_success, answer.text
    assert status in {None, answer.status_code}
    return answer


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    """Assert that ``answer`` is a problem document with that status and code."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def appoint(house: House, label: str, role: Role, **changed: Any) -> None:
    """Let PL1 propose ``label`` for ``role``, and the steering group approve."""
    person = str(house.people.known[label].person)
    assessing = role in {Role.REVIEWER, Role.CERTIFIER}
    body = {
        "person_id": person,
        "role": role,
        "areas": list(Criterion) if assessing else [],
        "schemes": ["v1"],
        "competence": [BYLAWS],
        "competence_note": "Ten years in the sector.",
        "valid_from": "2018-03-01",
        "valid_until": "2027-12-31",
    } | changed
    made = done(await house.act("PL1", "POST", "/v1/appointments", body), 201).json()["id"]
    approval = {"appointment_id": made, "reason": REASON}
    mine = f"/v1/appointments/{person}"
    done(await house.act("SG", "POST", f"{mine}/approvals", approval, seen=mine), 201)


async def open_workspace(house: House) -> None:
    """Let Alfa make its workspace and let S1 in."""
    done(await house.act("alfa-applicant", "PUT", WORKSPACE, seen=WORKSPACE))
    done(await grant(house, "S1"), 201)


async def grant(house: House, label: str) -> httpx2.Response:
    """Return the answer when Alfa lets ``label`` in, from now on."""
    body = {
        "person_id": str(house.people.known[label].person),
        "scope": "support",
        "from_at": house.now.isoformat(),
        "until_at": (house.now + timedelta(days=300)).isoformat(),
    }
    return await house.act("alfa-applicant", "POST", f"{WORKSPACE}/grants", body, seen=WORKSPACE)


async def write_evidence(house: House) -> str:
    """Let Alfa write one text and put it to every item; return its hash."""
    body = {"title": "Bylaws", "text": "Section 2 says it."}
    made = done(
        await house.act("alfa-applicant", "POST", f"{WORKSPACE}/texts", body, seen=WORKSPACE), 201
    ).json()
    links = (
        LinkEvidence(
            ALFA,
            UUID(made["id"]),
            item.item_id,
            item.kinds[0] if item.kinds else EvidenceKind.BYLAWS,
            at=house.now,
        )
        for item in SCHEME_V1.items
    )
    await house.put(f"workspace-{APPLICATION}", *links)
    return str(made["evidence_hash"])


async def answer_all(house: House) -> None:
    """Let Alfa answer every item and mark it ready; over HTTP ``test_the_firm_prepares``."""
    for item in SCHEME_V1.items:
        answer = AnswerItem(ALFA, item.item_id, APPLICATION, "We do, and show it.", house.now)
        ready = MarkItemReady(ALFA, item.item_id, house.now)
        await house.put(f"assessment-{APPLICATION}", answer, ready)


async def submit(house: House) -> httpx2.Response:
    """Return the answer when Alfa's signatory submits."""
    path = f"{ASSESSMENT}/submission"
    return await house.act("alfa-signatory", "POST", path, seen=ASSESSMENT)


async def plan(house: House, reviewer: str = "R1", certifier: str = "C1") -> None:
    """Let both declare impartiality, and PL1 tell Alfa the plan."""
    for label in (reviewer, certifier):
        done(await house.act(label, "POST", f"{REVIEW}/declarations", seen=REVIEW), 201)
    body = {
        "reviewers": [{"person_id": who(house, reviewer), "areas": list(Criterion)}],
        "certifier_id": who(house, certifier),
        "from_on": "2019-05-09",
        "until_on": "2019-05-24",
        "method": "documents",
        "sampled_units": 1,
    }
    done(await house.act("PL1", "PUT", f"{REVIEW}/plan", body, seen=REVIEW))


async def assign_reviewer(house: House, label: str, *, by: str = "PL1") -> httpx2.Response:
    """Return the answer when ``label`` is assigned to review every area, leading."""
    body = {"person_id": who(house, label), "areas": list(Criterion), "lead": True}
    return await house.act(by, "POST", f"{REVIEW}/reviewers", body, seen=REVIEW)


async def assign_certifier(house: House, label: str) -> httpx2.Response:
    """Return the answer when ``label`` is assigned to decide."""
    body = {"person_id": who(house, label)}
    return await house.act("PL1", "PUT", f"{REVIEW}/certifier", body, seen=REVIEW)


async def give_result(house: House, criterion: str, evidence: str, label: str = "R1") -> Any:
    """Return the answer when ``label`` finds that ``criterion`` conforms."""
    area = Criterion(criterion)
    items = SCHEME_V1.items_of(area) if area in SCHEME_V1.emphasised else ()
    body = {
        "result": "conforms",
        "items": dict.fromkeys(items, "conforms"),
        "evidence": [evidence],
        **TEXT,
    }
    return await house.act(label, "POST", f"{REVIEW}/criteria/{criterion}", body, seen=REVIEW)


async def decide(house: House, outcome: str = "approve", label: str = "C1") -> httpx2.Response:
    """Return the answer when ``label`` decides."""
    body = {"outcome": outcome, **TEXT}
    return await house.act(label, "POST", f"{REVIEW}/decision", body, seen=REVIEW)


async def submitted(house: House) -> str:
    """Play up to the submission; return the hash of the evidence."""
    await appoint(house, "S1", Role.SUPERVISOR)
    await open_workspace(house)
    evidence = await write_evidence(house)
    await answer_all(house)
    house.now = datetime(2019, 5, 6, 8, tzinfo=UTC)
    done(await submit(house), 201)
    return evidence


async def staffed(house: House) -> str:
    """Play up to the assignments; return the hash of the evidence."""
    evidence = await submitted(house)
    await appoint(house, "R1", Role.REVIEWER)
    await appoint(house, "C1", Role.CERTIFIER)
    house.now = datetime(2019, 5, 8, 8, tzinfo=UTC)
    await plan(house)
    done(await assign_reviewer(house, "R1"), 201)
    done(await assign_certifier(house, "C1"))
    return evidence


async def reviewed(house: House) -> None:
    """Play up to the twelve results."""
    evidence = await staffed(house)
    for criterion in Criterion:
        done(await give_result(house, criterion, evidence), 201)


async def reported(house: House) -> None:
    """Play up to the report."""
    await reviewed(house)
    await report(house)


async def report(house: House) -> None:
    """Let R1 weigh the whole, and issue the report."""
    house.now = datetime(2019, 5, 28, 8, tzinfo=UTC)
    body = {"definition_confirmed": True, **TEXT}
    done(await house.act("R1", "PUT", f"{REVIEW}/overall-assessment", body, seen=REVIEW))
    summary = {"summary": "All conforms.", "language": "en"}
    done(await house.act("R1", "POST", f"{REVIEW}/report", summary, seen=REVIEW), 201)


async def finalise(house: House) -> httpx2.Response:
    """Return the answer when R1 makes the report final."""
    return await house.act("R1", "POST", f"{REVIEW}/report/finalisation", seen=REVIEW)


async def recommended(house: House) -> None:
    """Play up to the recommendation, the certifier signed in afresh for the decision."""
    await reported(house)
    house.now = datetime(2019, 6, 10, 8, tzinfo=UTC)
    done(await finalise(house))
    body = {"recommendation": "approve", **TEXT}
    done(await house.act("R1", "PUT", f"{REVIEW}/recommendation", body, seen=REVIEW))
    house.now = datetime(2019, 6, 19, 8, tzinfo=UTC)
    house.people.add("C1", Role.CERTIFIER, at=house.now)


def who(house: House, label: str) -> str:
    """Return the pseudonym of ``label``."""
    return str(house.people.known[label].person)
