"""G1, steps 1 to 8, over HTTP on the memory log: the same story that the system test tells."""

from datetime import UTC, datetime

from shared.contracts.roles import Role
from tests.intake.api.house import LEADER, STEERING, SUPERVISOR, House
from tests.intake.api.journey import (
    NUMBERS,
    REASON,
    admits,
    drafts,
    enrols,
    ok,
    plans_round,
    refused,
    staffed,
    submits,
)

ALFA, BETA, GAMMA, DELTA = NUMBERS


async def pre_certifies(house: House, application_id: str, outcome: str) -> None:
    """Record the outcome of a pre-certification."""
    path = f"/v1/applications/{application_id}"
    body = {"outcome": outcome, "reason": REASON, "evidence": ["ab" * 32]}
    ok(await house.send(LEADER, f"{path}/pre-certification", body, seen=path))


async def test_three_invited_firms_come_as_far_as_the_start_of_the_round() -> None:
    """G1 steps 1 to 8: APP-6, RND-4, GRP-1; and every event of the table, in its number."""
    house = await staffed()
    cases = {number: await drafts(house, number) for number in NUMBERS}
    round_id = await plans_round(house)
    round_path = f"/v1/rounds/{round_id}"
    places = f"{round_path}/places"
    three = (ALFA, BETA, GAMMA)

    house.now = datetime(2018, 11, 14, 9, tzinfo=UTC)
    for number in NUMBERS:
        await pre_certifies(house, cases[number], "failed" if number == DELTA else "passed")

    house.now = datetime(2018, 11, 20, 9, tzinfo=UTC)
    for number in three:
        body = {"application_id": cases[number]}
        ok(await house.send(LEADER, f"{round_path}/invitations", body, seen=places))
    body = {"application_id": cases[DELTA]}
    answer = await house.send(LEADER, f"{round_path}/invitations", body, seen=places)
    refused(answer, "precertification_missing")

    house.now = datetime(2018, 12, 3, 9, tzinfo=UTC)
    for number in three:
        ok(await submits(house, number, cases[number], round_id))
    refused(await submits(house, DELTA, cases[DELTA], round_id), "precertification_missing")

    house.now = datetime(2018, 12, 10, 9, tzinfo=UTC)
    await house.run_timers()
    for number in three:
        await admits(house, cases[number])

    house.now = datetime(2018, 12, 14, 9, tzinfo=UTC)
    for number in three:
        await enrols(house, number, cases[number])

    house.now = datetime(2018, 12, 17, 9, tzinfo=UTC)
    group = ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id}))
    group_path = f"/v1/groups/{group.json()['group_id']}"
    for number in three:
        body = {"application_id": cases[number]}
        ok(await house.send(LEADER, f"{group_path}/members", body, seen=group_path))
    answer = await house.send(LEADER, f"{group_path}/start", seen=group_path)
    refused(answer, "group_size_outside_policy")

    house.now = datetime(2018, 12, 18, 9, tzinfo=UTC)
    pilot = {"members": 3, "reason": "Pilotomgång med tre företag."}
    ok(await house.send(STEERING, f"{group_path}/deviations", pilot, seen=4))
    supports = {"person_id": str(SUPERVISOR)}
    ok(await house.send(LEADER, f"{group_path}/supervisors", supports, seen=group_path))
    ok(await house.send(LEADER, f"{group_path}/start", seen=group_path))

    house.now = datetime(2019, 1, 15, 9, tzinfo=UTC)
    ok(await house.send(LEADER, f"{round_path}/start", seen=places))

    counts = {
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
    for kind, count in counts.items():
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
