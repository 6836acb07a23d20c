"""Screening and decisions over HTTP: translation, records, and who reads the words."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.preparation import TieDeclared, TieKind
from shared.contracts.roles import Role
from tests.intake.api.house import House
from tests.intake.api.journey import (
    REASON,
    appointment,
    drafts,
    ok,
    plans_round,
    refused,
    screens,
    staffed,
    submits,
)
from tests.intake.api.people import (
    ALFA,
    AUDITOR,
    BETA,
    LEADER,
    NOTIFY,
    REVIEWER,
    SUPERVISOR,
    applicant,
    signatory,
)


async def submitted(house: House) -> str:
    """Return the address of a submitted application."""
    round_id = await plans_round(house, kind="regular", code="V20")
    application_id = await drafts(house, ALFA)
    ok(await submits(house, ALFA, application_id, round_id))
    return f"/v1/applications/{application_id}"


async def in_screening() -> tuple[House, str]:
    """Return a house with an application that its project leader screens."""
    house = await staffed()
    path = await submitted(house)
    await screens(house, path.rpartition("/")[2])
    return house, path


async def test_a_decision_is_on_record_with_mandate_reason_and_evidence() -> None:
    """GEN-2: who, under which appointment, why, and on which answers."""
    house, path = await in_screening()
    body = {"reason": REASON, "evidence": ["cd" * 32]}
    ok(await house.send(LEADER, f"{path}/admission", body, seen=path))
    (record,) = await house.records("ApplicantAdmitted")
    assert record.actor.person == LEADER.person
    assert record.actor.mandate == appointment(LEADER.person, Role.PROJECT_LEADER).appointment_id
    assert len(record.data["evidence"]) == 2
    assert "cd" * 32 in record.data["evidence"]
    assert REASON not in str(record.data)


async def test_the_words_of_a_decision_are_for_those_concerned() -> None:
    """GEN-7: own firm, screener, project leader, and the service that writes the letter."""
    house, path = await in_screening()
    refused(await house.get(applicant(ALFA), f"{path}/decision"), "decision_not_found", 404)
    ok(await house.send(LEADER, f"{path}/admission", {"reason": REASON}, seen=path))
    for who in (applicant(ALFA), signatory(ALFA), LEADER, NOTIFY):
        shown = ok(await house.get(who, f"{path}/decision")).json()
        assert (shown["reason"], shown["actions"]) == (REASON, None)
    refused(await house.get(AUDITOR, f"{path}/decision"), "role_may_not_act", 403)
    refused(await house.get(signatory(BETA), f"{path}/decision"), "application_not_found", 404)
    refused(await house.get(REVIEWER, f"{path}/decision"), "application_not_found", 404)


async def test_an_erased_reason_leaves_the_decision_standing() -> None:
    """ERA-1: the outcome is a fact, the words are gone."""
    house, path = await in_screening()
    ok(await house.send(LEADER, f"{path}/admission", {"reason": REASON}, seen=path))
    case = path.rpartition("/")[2]
    house.log.shelf.erase(case)
    house.log.vault.forget(case)
    shown = ok(await house.get(LEADER, f"{path}/decision")).json()
    assert (shown["decision"]["outcome"], shown["reason"]) == ("admitted", None)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"codes": []}, "deferral_reason_missing"),
        ({"return_on": None}, "return_date_missing"),
        ({"actions": ""}, "deferral_actions_missing"),
        ({"reason": ""}, "reason_missing"),
    ],
)
async def test_a_deferral_that_says_too_little_is_a_rule_s_no(
    changed: dict[str, Any], code: str
) -> None:
    """APP-10, G4: a no of the rules, not a malformed body."""
    house, path = await in_screening()
    body = {
        "codes": ["competence"],
        "return_on": "2020-05-01",
        "actions": "Gå kursen om arbetsmiljö.",
        "reason": REASON,
    }
    answer = await house.send(LEADER, f"{path}/deferral", {**body, **changed}, seen=path)
    refused(answer, code)
    ok(await house.send(LEADER, f"{path}/deferral", body, seen=path))
    shown = ok(await house.get(applicant(ALFA), f"{path}/decision")).json()
    assert shown["actions"] == "Gå kursen om arbetsmiljö."
    assert shown["decision"]["codes"] == ["competence"]
    assert ok(await house.get(LEADER, path)).json()["status"] == "deferred"


async def test_a_rejection_closes_the_case_and_leaves_room_for_the_next() -> None:
    """APP-1, L10: both streams in one append; then the firm may apply anew."""
    house, path = await in_screening()
    ok(await house.send(LEADER, f"{path}/rejection", {"reason": REASON}, seen=path))
    ended, rejected = (await house.records())[-2:]
    assert (ended.type, rejected.type) == ("OpenApplicationEnded", "ApplicationRejected")
    assert ended.command_id == rejected.command_id
    await drafts(house, ALFA)


async def test_a_person_without_appointment_neither_screens_nor_decides() -> None:
    """GEN-2, GEN-8: refused, and on record in the access log."""
    house = await staffed()
    path = await submitted(house)
    body = {"person_id": str(REVIEWER.person)}
    answer = await house.send(LEADER, f"{path}/screening", body, seen=path)
    refused(answer, "mandate_missing", 403)
    (entry,) = await house.access.entries(case=UUID(path.rpartition("/")[2]))
    assert (entry.entry.command, entry.entry.code) == ("StartScreening", "mandate_missing")


async def test_an_appointment_ends_with_its_last_day() -> None:
    """GEN-2: a decision of the year after is no decision."""
    house, path = await in_screening()
    house.now = datetime(2028, 1, 3, 9, tzinfo=UTC)
    answer = await house.send(LEADER, f"{path}/admission", {"reason": REASON}, seen=path)
    refused(answer, "mandate_ended", 403)


async def test_a_declared_tie_bars_from_screening() -> None:
    """SOD-10: intake has heard of it from review."""
    house = await staffed()
    path = await submitted(house)
    tie = TieDeclared(
        tie_id=UUID(int=7),
        person_id=LEADER.person,
        organisation_number=ALFA,
        kind=TieKind.CUSTOMER,
        from_on=date(2018, 1, 1),
        until_on=None,
        declared_at=house.now,
    )
    await house.hears(tie)
    body = {"person_id": str(LEADER.person)}
    answer = await house.send(LEADER, f"{path}/screening", body, seen=path)
    refused(answer, "screener_has_tie", 403)


async def test_a_reviewer_can_be_named_and_then_decides() -> None:
    """K-02: the event records the person's role."""
    house = await staffed()
    await house.hears(appointment(REVIEWER.person, Role.REVIEWER))
    path = await submitted(house)
    body = {"person_id": str(REVIEWER.person)}
    ok(await house.send(LEADER, f"{path}/screening", body, seen=path))
    seen = ok(await house.get(REVIEWER, path)).headers["etag"].strip('"')
    answer = await house.send(LEADER, f"{path}/admission", {"reason": REASON}, seen=path)
    refused(answer, "not_the_screener", 403)
    body = {"reason": REASON}
    ok(await house.send(REVIEWER, f"{path}/admission", body, seen=int(seen)))
    (record,) = await house.records("ApplicantAdmitted")
    assert record.actor.role is Role.REVIEWER


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("admission", {"reason": REASON}),
        ("deferral", {"reason": REASON, "codes": ["competence"], "actions": "Gå kursen."}),
        ("rejection", {"reason": REASON}),
    ],
)
async def test_a_reviewer_hears_of_no_application_but_their_own(
    what: str, body: dict[str, Any]
) -> None:
    """K-02, ADR-0034: 404 as for an id of nothing, in every version; the try is on record."""
    house, path = await in_screening()
    absent = f"/v1/applications/{UUID(int=99)}"
    seen = int(ok(await house.get(LEADER, path)).headers["etag"].strip('"'))
    for address, version in ((path, seen), (path, seen + 1), (absent, seen)):
        answer = await house.send(REVIEWER, f"{address}/{what}", body, seen=version)
        refused(answer, "application_not_found", 404)
    kept = await house.access.entries(case=UUID(path.rpartition("/")[2]))
    assert [each.entry.code for each in kept] == ["not_the_screener"] * 2


async def test_supervisors_cannot_be_named_as_screeners() -> None:
    """SOD-10: an appointment as supervisor is none for screening."""
    house = await staffed()
    path = await submitted(house)
    body = {"person_id": str(SUPERVISOR.person)}
    answer = await house.send(LEADER, f"{path}/screening", body, seen=path)
    refused(answer, "mandate_missing", 403)
