"""G1, steps 1 to 8, over HTTP on the memory log: the same story that the system test tells."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.contracts.roles import Role
from tests.intake.api.house import House
from tests.intake.api.journey import (
    NUMBERS,
    REASON,
    admits,
    appoints,
    drafts,
    enrols,
    ok,
    plans_round,
    refused,
    staffed,
    submits,
)
from tests.intake.api.people import (
    ALFA,
    AUDITOR,
    BETA,
    DELTA,
    GAMMA,
    LEADER,
    NOTIFY,
    REGISTRAR,
    REVIEWER,
    STEERING,
    SUPERVISOR,
    signatory,
)
from tests.intake.api.real import real_house
from tests.intake.api.speaking import Speaking

AUTUMN = {
    "code": "H19",
    "kind": "regular",
    "opens_on": "2019-04-01",
    "application_deadline_on": "2019-05-31",
    "admission_on": "2019-06-18",
    "starts_on": "2019-09-02",
}
THREE = (ALFA, BETA, GAMMA)
COUNTS = {
    "PreCertificationPassed": 3,
    "PreCertificationFailed": 1,
    "OrganisationInvited": 3,
    "ApplicationSubmitted": 3,
    "RoundClosed": 1,
    "ApplicantAdmitted": 3,
    "PlaceOffered": 3,
    "AgreementCountersigned": 3,
    "StandardDocumentAcquired": 3,
    "InvoiceSettled": 3,
    "PlaceAccepted": 3,
    "ApplicantEnrolled": 3,
    "GroupSizeDeviationApproved": 1,
    "SupervisorAssigned": 1,
    "GroupStarted": 1,
    "RoundStarted": 1,
}


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.integration)])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[Speaking]:
    """Return intake over the memory log, and then over the real parts in processes of its own."""
    if request.param == "memory":
        yield House()
    else:
        async with real_house(request.getfixturevalue("stack")) as real:
            yield real


async def pre_certifies(house: Speaking, application_id: str, outcome: str) -> None:
    """Record the outcome of a pre-certification."""
    path = f"/v1/applications/{application_id}"
    body = {"outcome": outcome, "reason": REASON, "evidence": ["ab" * 32]}
    ok(await house.send(LEADER, f"{path}/pre-certification", body, seen=path))


async def invites(house: Speaking, cases: dict[str, str], round_id: str) -> None:
    """G1 steps 1 and 2: three pass and are invited, Delta fails and is not."""
    await house.at(datetime(2018, 11, 14, 9, tzinfo=UTC))
    for number in NUMBERS:
        await pre_certifies(house, cases[number], "failed" if number == DELTA else "passed")
    await house.at(datetime(2018, 11, 20, 9, tzinfo=UTC))
    path = f"/v1/rounds/{round_id}"
    for number in NUMBERS:
        body = {"application_id": cases[number]}
        answer = await house.send(LEADER, f"{path}/invitations", body, seen=f"{path}/places")
        if number == DELTA:
            refused(answer, "precertification_missing")
        else:
            ok(answer)


async def apply_and_are_admitted(house: Speaking, cases: dict[str, str], round_id: str) -> None:
    """G1 steps 3 to 5: three submit, are admitted and enrol; Delta is refused."""
    await house.at(datetime(2018, 12, 3, 9, tzinfo=UTC))
    for number in THREE:
        ok(await submits(house, number, cases[number], round_id))
    refused(await submits(house, DELTA, cases[DELTA], round_id), "precertification_missing")
    await house.at(datetime(2018, 12, 10, 9, tzinfo=UTC))
    await house.run_timers()
    for number in THREE:
        await admits(house, cases[number])
    await house.at(datetime(2018, 12, 14, 9, tzinfo=UTC))
    for number in THREE:
        await enrols(house, number, cases[number])


async def start_as_a_group(house: Speaking, cases: dict[str, str], round_id: str) -> None:
    """G1 steps 6 and 7: three are too few, until the steering group approves it."""
    await house.at(datetime(2018, 12, 17, 9, tzinfo=UTC))
    path = ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id})).headers["location"]
    for number in THREE:
        body = {"application_id": cases[number]}
        ok(await house.send(LEADER, f"{path}/members", body, seen=path))
    answer = await house.send(LEADER, f"{path}/start", seen=path)
    refused(answer, "group_size_outside_policy")
    await house.at(datetime(2018, 12, 18, 9, tzinfo=UTC))
    pilot = {"members": 3, "reason": "Pilotomgång med tre företag."}
    ok(await house.send(STEERING, f"{path}/deviations", pilot, seen=4))
    supports = {"person_id": str(SUPERVISOR.person)}
    ok(await house.send(LEADER, f"{path}/supervisors", supports, seen=path))
    ok(await house.send(LEADER, f"{path}/start", seen=path))


async def test_three_invited_firms_come_as_far_as_the_start_of_the_round(house: Speaking) -> None:
    """G1 steps 1 to 8: APP-6, RND-4, GRP-1; and every event of the table, in its number."""
    await appoints(house)
    cases = {number: await drafts(house, number) for number in NUMBERS}
    round_id = await plans_round(house)
    await invites(house, cases, round_id)
    await apply_and_are_admitted(house, cases, round_id)
    await start_as_a_group(house, cases, round_id)
    await house.at(datetime(2019, 1, 15, 9, tzinfo=UTC))
    path = f"/v1/rounds/{round_id}"
    ok(await house.send(LEADER, f"{path}/start", seen=f"{path}/places"))

    for kind, count in COUNTS.items():
        assert len(await house.records(kind)) == count, kind
    numbers = [record.data["number"] for record in await house.records("InvoiceIssued")]
    assert numbers == [1, 2, 3]
    for record in await house.records(
        "PreCertificationPassed", "ApplicantAdmitted", "GroupSizeDeviationApproved"
    ):
        assert record.actor.mandate is not None, "GEN-2: under which appointment"
    for record in await house.records("ApplicationSubmitted", "AgreementSigned", "PlaceAccepted"):
        assert record.actor.role is Role.SIGNATORY
        assert record.actor.mandate is not None, "GEN-2: under which declaration"
    autumn = f"/v1/rounds/{await plans_round(house, **AUTUMN)}/places"
    position = ok(await house.get(LEADER, autumn)).headers["log-position"]
    await lists_show_it(house, cases, round_id, position)


async def lists_show_it(
    house: Speaking, cases: dict[str, str], round_id: str, position: str
) -> None:
    """Check the lists at that position: what everyone may see of it, page by page."""
    upto = {"Wait-For-Position": position}
    asked = f"/v1/applications?status=enrolled&round_id={round_id}&limit=2"
    first = ok(await house.get(LEADER, asked, **upto))
    following = first.headers["link"].partition(">")[0].removeprefix("<")
    second = ok(await house.get(LEADER, following))
    assert "link" not in second.headers
    rows = [*first.json(), *second.json()]
    assert {row["application"]["application_id"] for row in rows} == {cases[n] for n in THREE}
    assert {(row["place"], row["fee"]) for row in rows} == {("accepted", "settled")}
    own = ok(await house.get(signatory(ALFA), "/v1/applications", **upto)).json()
    assert [row["application"]["organisation_number"] for row in own] == [ALFA]
    paid = ok(await house.get(signatory(BETA), "/v1/invoices", **upto)).json()
    assert [(each["number"], each["status"]) for each in paid] == [(2, "settled")]
    every = ok(await house.get(REGISTRAR, "/v1/invoices?limit=1", **upto))
    following = every.headers["link"].partition(">")[0].removeprefix("<")
    assert ok(await house.get(REGISTRAR, following)).json()[0]["number"] == 2
    groups = ok(await house.get(AUDITOR, f"/v1/groups?round_id={round_id}", **upto)).json()
    assert [len(group["members"]) for group in groups] == [3]
    (coming,) = ok(await house.get(None, "/v1/rounds?coming=true", **upto)).json()
    rounds = ok(await house.get(None, "/v1/rounds", **upto)).json()
    states = [(each["code"], each["status"]) for each in rounds]
    assert states == [("P19", "running"), (coming["code"], "open")]
    now = datetime(2019, 1, 15, 9, tzinfo=UTC)
    assert await house.lists.next_round(at=now, but=UUID(round_id)) == "H19"
    assert await house.lists.next_round(at=now, but=UUID(coming["round_id"])) is None
    assert await house.lists.supervisors_of(ALFA) == {SUPERVISOR.person}
    assert await house.lists.supervisors_of(DELTA) == frozenset()
    screened = ok(await house.get(REVIEWER, "/v1/applications", **upto)).json()
    assert screened == []
    contacts = ok(await house.get(NOTIFY, f"/v1/applications/{cases[ALFA]}/contacts")).json()
    assert [each["email"] for each in contacts["contacts"]] == [
        "kontakt@firma.example",
        "tecknare@firma.example",
    ]
    decision = ok(await house.get(NOTIFY, f"/v1/applications/{cases[ALFA]}/decision")).json()
    assert (decision["decision"]["outcome"], decision["reason"]) == ("admitted", REASON)


async def test_a_case_keeps_its_records_together() -> None:
    """House: ADR-0013: the application's id is the case, also of what other streams say of it."""
    house = await staffed()
    case = await drafts(house, ALFA)
    round_id = await plans_round(house, kind="regular", code="V20")
    ok(await submits(house, ALFA, case, round_id))
    await admits(house, case)
    for record in await house.records("OpenApplicationRecorded", "ApplicationSubmitted"):
        assert str(record.correlation_id) == case
    (offered,) = await house.records("PlaceOffered")
    assert (offered.stream, str(offered.correlation_id)) == (f"round-{round_id}", case)
