"""What people of intake do, in the order in which they do it: steps that tests begin from."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx2

from shared.contracts.preparation import AppointmentMade
from shared.contracts.roles import Role
from shared.contracts.survey import SURVEY_V1
from tests.intake.api.house import House
from tests.intake.api.people import (
    ALFA,
    BETA,
    DELTA,
    GAMMA,
    LEADER,
    REGISTRAR,
    STEERING,
    SUPERVISOR,
    TRAINER,
    applicant,
    signatory,
)
from tests.intake.api.speaking import Speaking
from tests.intake.facts import good_answer

NUMBERS = (ALFA, BETA, GAMMA, DELTA)
PEOPLE = UUID("0190a3c2-7a10-4c00-8000-00000000cafe")
REASON = "Svaren visar att företaget är ett arbetsintegrerande socialt företag."
APPOINTED = (
    (LEADER.person, Role.PROJECT_LEADER),
    (STEERING.person, Role.STEERING_GROUP),
    (SUPERVISOR.person, Role.SUPERVISOR),
    (TRAINER.person, Role.TRAINER),
    (REGISTRAR.person, Role.REGISTRAR),
)
PILOT: dict[str, Any] = {
    "code": "P19",
    "name_sv": "Pilot 2019",
    "name_en": "Pilot 2019",
    "kind": "pilot",
    "places": 5,
    "opens_on": "2018-11-19",
    "application_deadline_on": "2018-12-07",
    "admission_on": "2018-12-14",
    "starts_on": "2019-01-15",
}


def ok(answer: httpx2.Response) -> httpx2.Response:
    """Return ``answer``, which must be a good one."""
    assert answer.is_success, answer.text
    return answer


def refused(answer: httpx2.Response, code: str, status: int = 409) -> None:
    """Assert that a rule said no, with a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def appointment(person: UUID, role: Role) -> AppointmentMade:
    """Return the fact that review appointed a person."""
    return AppointmentMade(
        appointment_id=uuid5(PEOPLE, f"{person} {role}"),
        person_id=person,
        role=role,
        areas=(),
        schemes=("v1",),
        valid_from=date(2018, 3, 1),
        valid_until=date(2027, 12, 31),
        founding=True,
        reason="Tillsatt vid starten.",
        language="sv",
        evidence=(),
        made_at=datetime(2018, 3, 1, tzinfo=UTC),
    )


async def appoints(house: Speaking) -> None:
    """Let intake hear that its people are appointed."""
    for person, role in APPOINTED:
        await house.hears(appointment(person, role))


async def staffed() -> House:
    """Return intake over memory, whose people are appointed."""
    house = House()
    await appoints(house)
    return house


def interest(number: str) -> dict[str, Any]:
    """Return the body of an interest."""
    return {
        "organisation_number": number,
        "organisation_name": f"Företag {number[-3:]}",
        "contact_name": "Kontaktperson Ett",
        "contact_email": "kontakt@firma.example",
    }


async def shows_interest(house: Speaking, number: str) -> str:
    """Show interest, and be told what is required; return the application's id."""
    answer = ok(await house.send(applicant(number), "/v1/applications", interest(number)))
    await house.react()
    return str(answer.json()["application_id"])


async def completes_draft(house: Speaking, number: str, application_id: str) -> None:
    """Answer the survey, declare mandate and commitment."""
    path = f"/v1/applications/{application_id}"
    for section in SURVEY_V1.sections:
        answers = {q.code: good_answer(q) for q in section.questions}
        if "organisation_number" in answers:
            answers["organisation_number"] = number
        address = f"{path}/survey/{section.code}"
        body = {"answers": answers}
        ok(await house.send(applicant(number), address, body, seen=path, method="PUT"))
    mandate = {"name": "Tecknare Ett", "email": "tecknare@firma.example", "basis": "alone"}
    ok(await house.send(signatory(number), f"{path}/mandate", mandate, seen=path))
    commitment = {"hours_per_month": 20}
    ok(await house.send(signatory(number), f"{path}/commitment", commitment, seen=path))


async def drafts(house: Speaking, number: str) -> str:
    """Show interest and complete the draft; return the application's id."""
    application_id = await shows_interest(house, number)
    await completes_draft(house, number, application_id)
    return application_id


async def plans_round(house: Speaking, **changed: Any) -> str:
    """Plan, announce and open a round; return its id."""
    answer = ok(await house.send(LEADER, "/v1/rounds", {**PILOT, **changed}))
    round_id = str(answer.json()["round_id"])
    path = f"/v1/rounds/{round_id}"
    seen = f"{path}/places"
    ok(await house.send(LEADER, f"{path}/fees", {"fee_ore": 300_000}, seen=seen, method="PUT"))
    ok(await house.send(LEADER, f"{path}/scheme", {"scheme": "v1"}, seen=seen, method="PUT"))
    ok(await house.send(LEADER, f"{path}/announcement", seen=seen))
    ok(await house.send(LEADER, f"{path}/opening", seen=seen))
    return round_id


async def submits(
    house: Speaking, number: str, application_id: str, round_id: str
) -> httpx2.Response:
    """Submit to a round; return the answer."""
    path = f"/v1/applications/{application_id}"
    return await house.send(
        signatory(number), f"{path}/submission", {"round_id": round_id}, seen=path
    )


async def screens(house: Speaking, application_id: str) -> None:
    """Name the project leader as the screener."""
    path = f"/v1/applications/{application_id}"
    body = {"person_id": str(LEADER.person)}
    ok(await house.send(LEADER, f"{path}/screening", body, seen=path))


async def admits(house: Speaking, application_id: str) -> None:
    """Screen and admit; the place is offered."""
    path = f"/v1/applications/{application_id}"
    await screens(house, application_id)
    ok(await house.send(LEADER, f"{path}/admission", {"reason": REASON}, seen=path))
    await house.react()


async def enrols(house: Speaking, number: str, application_id: str) -> None:
    """Sign, countersign, confirm, pay, accept the place and enrol."""
    path = f"/v1/applications/{application_id}"
    firm = signatory(number)
    ok(await house.send(firm, f"{path}/agreement", {"agreement": "1"}, seen=path))
    ok(await house.send(LEADER, f"{path}/agreement/countersignature", seen=path))
    ok(await house.send(applicant(number), f"{path}/document-access", seen=path))
    invoice = await invoices(house, application_id)
    body = {"paid_ore": 375_000, "paid_on": "2018-11-01"}
    ok(await house.send(REGISTRAR, f"/v1/invoices/{invoice}/payments", body, seen=1))
    ok(await house.send(firm, f"{path}/place", seen=f"{path}/place"))
    ok(await house.send(LEADER, f"{path}/enrolment", seen=path))


async def invoices(house: Speaking, application_id: str) -> str:
    """Issue the invoice for the fee; return its id."""
    body = {
        "application_id": application_id,
        "lines": [{"kind": "certification_fee", "net_ore": 300_000}],
    }
    answer = ok(await house.send(REGISTRAR, "/v1/invoices", body))
    return str(answer.json()["invoice_id"])
