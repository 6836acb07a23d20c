"""Applications over HTTP: translation, and what each reader may know."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.contracts.roles import Role
from tests.intake.api.house import House
from tests.intake.api.journey import (
    completes_draft,
    drafts,
    interest,
    ok,
    plans_round,
    refused,
    screens,
    shows_interest,
    staffed,
    submits,
)
from tests.intake.api.people import (
    ALFA,
    AUDITOR,
    BETA,
    EPSILON,
    LEADER,
    REVIEWER,
    ZETA,
    Who,
    applicant,
    signatory,
)

NOWHERE = "/v1/applications/0190a3c2-7a10-4c00-8000-00000000dead"


async def test_an_interest_answers_with_its_place_and_a_repeat_with_the_same() -> None:
    """RFC 9110, GEN-4: 201, Location, ETag; the same key gets the same answer byte for byte."""
    house = House()
    body = interest(ALFA)
    first = await house.send(applicant(ALFA), "/v1/applications", body, key="one")
    again = await house.send(applicant(ALFA), "/v1/applications", body, key="one")
    path = f"/v1/applications/{first.json()['application_id']}"
    assert (first.status_code, first.headers["location"]) == (201, path)
    assert (first.headers["etag"], first.headers["log-position"]) == ('"1"', "2")
    assert (again.status_code, again.content) == (201, first.content)
    assert len(await house.records()) == 2
    reused = await house.send(applicant(ALFA), "/v1/applications", interest(BETA), key="one")
    refused(reused, "idempotency_key_reused", 422)


async def test_who_and_when_come_from_the_edge() -> None:
    """House: a body says neither; the contact is the caller, the words are sealed."""
    house = House()
    await shows_interest(house, ALFA)
    (record,) = await house.records("InterestRegistered")
    assert record.data["contact_id"] == str(applicant(ALFA).person)
    assert record.data["registered_at"].startswith("2018-11-01T09:00:00")
    assert len(record.data["contact_email"]) == 64
    assert (record.actor.role, record.actor.organisation) == (Role.APPLICANT, ALFA)


@pytest.mark.parametrize(
    "written",
    ["750231-0241", "7502310241", "19750231-0241", "769999-0012"],
)
async def test_a_number_that_is_not_accepted_is_kept_and_repeated_nowhere(written: str) -> None:
    """APP-2, G13: no event, no entry, no digit in the answer, not even when it is repeated."""
    house = House()
    for _ in range(2):
        answer = await house.send(applicant(ALFA), "/v1/applications", interest(written), key="n")
        refused(answer, "organisation_number_not_accepted")
        digits = written.replace("-", "")
        assert written not in answer.text
        assert digits not in answer.text.replace("-", "")
    assert await house.records() == []
    assert await house.access.entries() == ()


async def test_a_number_that_is_too_long_is_not_repeated_either() -> None:
    """APP-2: 422 does not echo its input."""
    house = House()
    answer = await house.send(applicant(ALFA), "/v1/applications", interest("750231-0241" * 2))
    assert answer.status_code == 422
    assert "750231" not in answer.text


async def test_two_ways_of_writing_are_one_organisation() -> None:
    """SV-1, APP-1, G13: the second is the same firm, and it has an open application."""
    house = House()
    await shows_interest(house, ALFA)
    again = await house.send(applicant(ALFA), "/v1/applications", interest("16769999-0011"))
    refused(again, "application_already_open")


async def test_a_public_number_is_flagged_and_accepted() -> None:
    """APP-13, G13: somebody must look; nobody is turned away."""
    house = House()
    public = Who("public", applicant(ALFA).person, (Role.APPLICANT,), "2199990017")
    answer = ok(await house.send(public, "/v1/applications", interest("219999-0017")))
    assert answer.headers["etag"] == '"2"'
    assert len(await house.records("IndependenceReviewFlagged")) == 1
    shown = ok(await house.get(public, answer.headers["location"])).json()
    assert (shown["flagged"], shown["status"]) == (True, "interested")


async def test_interest_for_another_firm_is_refused_and_remembered() -> None:
    """SOD-14, GEN-8: one acts for one's own firm; a no on grounds of duty is kept.

    It is the same no before and after that firm has shown interest itself.
    """
    house = House()
    answer = await house.send(applicant(ALFA), "/v1/applications", interest(BETA))
    refused(answer, "not_the_owner", 403)
    await shows_interest(house, BETA)
    again = await house.send(applicant(ALFA), "/v1/applications", interest(BETA))
    refused(again, "not_the_owner", 403)
    assert again.json()["detail"] == answer.json()["detail"]
    kept = await house.access.entries()
    assert [(each.entry.code, each.entry.command) for each in kept] == [
        ("not_the_owner", "RecordOpenApplication")
    ] * 2


async def test_a_project_leader_enters_an_interest_that_came_by_mail() -> None:
    """Q-135: the contact gets a pseudonym of their own, and the leader's mandate is on record."""
    house = await staffed()
    ok(await house.send(LEADER, "/v1/applications", interest(ALFA)))
    (record,) = await house.records("InterestRegistered")
    assert record.data["channel"] == "mail"
    assert record.data["contact_id"] != str(LEADER.person)
    assert record.actor.mandate is not None


async def test_a_role_outside_the_row_may_not_act() -> None:
    """SOD-15, GEN-8: an auditor reads and writes nothing."""
    house = House()
    answer = await house.send(AUDITOR, "/v1/applications", interest(ALFA))
    refused(answer, "role_may_not_act", 403)


async def test_a_caller_must_have_seen_what_they_change() -> None:
    """RFC 9110: 428 names no version, 412 an older one."""
    house = House()
    application_id = await shows_interest(house, ALFA)
    path = f"/v1/applications/{application_id}/survey/readiness"
    body = {"answers": {"computer": True}}
    who = applicant(ALFA)
    refused(await house.send(who, path, body, method="PUT"), "if_match_required", 428)
    refused(await house.send(who, path, body, seen=1, method="PUT"), "stream_moved", 412)
    answer = ok(await house.send(who, path, body, seen=2, method="PUT"))
    assert answer.json() == {"version": 3, "position": 4}


async def test_an_application_is_read_with_its_version() -> None:
    """RFC 9110: ETag, and 304 for whoever has it already."""
    house = House()
    path = f"/v1/applications/{await shows_interest(house, ALFA)}"
    answer = ok(await house.get(applicant(ALFA), path))
    assert (answer.headers["etag"], answer.json()["requirements"]) == ('"2"', ["1"])
    again = await house.get(applicant(ALFA), path, **{"If-None-Match": '"2"'})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("what", ["", "/survey", "/decision", "/place"])
async def test_another_firm_gets_the_answer_for_what_does_not_exist(what: str) -> None:
    """SOD-14: nobody learns that another firm applied, nor does a reviewer who screens nothing."""
    house = House()
    path = f"/v1/applications/{await shows_interest(house, ALFA)}"
    for who in (signatory(BETA), REVIEWER):
        if what == "/decision" or who is not REVIEWER:
            there = await house.get(who, f"{path}{what}")
            absent = await house.get(who, f"{NOWHERE}{what}")
            refused(there, "application_not_found", 404)
            assert there.json()["detail"] == absent.json()["detail"]


async def test_another_firm_cannot_even_guess_a_version() -> None:
    """SOD-14: not found comes before 412."""
    house = House()
    path = f"/v1/applications/{await shows_interest(house, ALFA)}/commitment"
    for version in (1, 2, 3):
        answer = await house.send(signatory(BETA), path, {"hours_per_month": 1}, seen=version)
        refused(answer, "application_not_found", 404)


async def test_the_survey_shows_what_is_missing_and_remarks_to_those_concerned() -> None:
    """Q-072, GEN-7: own firm, screener and project leader read the words; others do not."""
    house = House()
    application_id = await shows_interest(house, ALFA)
    path = f"/v1/applications/{application_id}"
    body = {"answers": {"computer": False}, "remarks": "Vi lånar en dator."}
    ok(await house.send(applicant(ALFA), f"{path}/survey/readiness", body, seen=2, method="PUT"))
    own = ok(await house.get(applicant(ALFA), f"{path}/survey")).json()
    assert own["sections"][0]["answers"] == {"computer": False}
    assert own["remarks"] == {"readiness": "Vi lånar en dator."}
    assert (own["advice"], own["missing"][0]) == (["computer"], "organisation_number")
    assert ok(await house.get(LEADER, f"{path}/survey")).json()["remarks"] == own["remarks"]
    assert ok(await house.get(AUDITOR, f"{path}/survey")).json()["remarks"] == {}


async def test_erased_remarks_are_shown_as_erased() -> None:
    """ERA-1: the answers stand, the words are gone."""
    house = House()
    application_id = await shows_interest(house, ALFA)
    path = f"/v1/applications/{application_id}/survey"
    body = {"answers": {}, "remarks": "Ord."}
    ok(await house.send(applicant(ALFA), f"{path}/readiness", body, seen=2, method="PUT"))
    house.log.shelf.erase(application_id)
    house.log.vault.forget(application_id)
    assert ok(await house.get(applicant(ALFA), path)).json()["remarks"] == {"readiness": None}


@pytest.mark.parametrize(
    ("section", "answers", "code"),
    [
        ("organisation", {"organisation_number": "750231-0241"}, None),
        ("organisation", {"organisation_number": BETA}, None),
        ("weather", {"rain": True}, "section_not_found"),
        ("readiness", {"rain": True}, "question_not_found"),
        ("readiness", {"computer": "yes"}, "answer_not_accepted"),
    ],
)
async def test_a_wrong_answer_is_refused(
    section: str, answers: dict[str, str | bool], code: str | None
) -> None:
    """Step 1, APP-2, G13: also a number typed into the survey."""
    house = House()
    path = f"/v1/applications/{await shows_interest(house, ALFA)}/survey/{section}"
    answer = await house.send(applicant(ALFA), path, {"answers": answers}, seen=2, method="PUT")
    status = 404 if code and code.endswith("not_found") else 409
    refused(answer, code or "organisation_number_not_accepted", status)
    assert not any(str(value) in answer.text for value in answers.values() if value is not True)


async def test_the_deadline_counts_at_the_instant_of_receipt_and_the_next_round_is_named() -> None:
    """G3: 22:59:59Z is in time; 23:00:00Z is late, timers or no timers, and nothing changed."""
    house = await staffed()
    epsilon, zeta = await drafts(house, EPSILON), await drafts(house, ZETA)
    spring = {
        "kind": "regular",
        "code": "V20",
        "opens_on": "2019-06-19",
        "application_deadline_on": "2019-11-01",
        "admission_on": "2019-11-29",
    }
    v20 = await plans_round(house, **spring)
    autumn = {
        **spring,
        "code": "H20",
        "opens_on": "2020-04-01",
        "application_deadline_on": "2020-05-31",
        "admission_on": "2020-06-18",
    }
    await plans_round(house, **autumn)
    house.now = datetime(2019, 11, 1, 22, 59, 59, tzinfo=UTC)
    ok(await submits(house, EPSILON, epsilon, v20))
    house.now = datetime(2019, 11, 1, 23, tzinfo=UTC)
    before = await house.log.head()
    answer = await submits(house, ZETA, zeta, v20)
    refused(answer, "round_closed")
    assert "H20" in answer.json()["detail"]
    assert await house.log.head() == before
    house.now = datetime(2019, 11, 2, 8, tzinfo=UTC)
    await house.run_timers()
    (closed,) = await house.records("RoundClosed")
    assert closed.data["effective_at"] == "2019-11-01T23:00:00.000000Z"
    assert closed.effective_at == datetime(2019, 11, 1, 23, tzinfo=UTC)
    assert closed.recorded_at > closed.effective_at


async def test_submission_asks_for_a_round_that_exists() -> None:
    """GEN-4: there is nothing to apply to."""
    house = House()
    application_id = await drafts(house, ALFA)
    nowhere = str(UUID(int=1))
    refused(await submits(house, ALFA, application_id, nowhere), "round_not_found", 404)


async def test_a_submission_needs_the_whole_draft() -> None:
    """APP-3, APP-4: the refusal names what is missing."""
    house = await staffed()
    round_id = await plans_round(house, kind="regular", code="V20")
    application_id = await shows_interest(house, ALFA)
    refused(await submits(house, ALFA, application_id, round_id), "mandate_missing")
    path = f"/v1/applications/{application_id}"
    mandate = {"name": "Tecknare Ett", "email": "tecknare@firma.example", "basis": "alone"}
    ok(await house.send(signatory(ALFA), f"{path}/mandate", mandate, seen=path))
    answer = await submits(house, ALFA, application_id, round_id)
    refused(answer, "survey_incomplete")
    await completes_draft(house, ALFA, application_id)
    ok(await submits(house, ALFA, application_id, round_id))


async def test_a_reviewer_sees_the_application_that_they_screen() -> None:
    """K-02: the named screener, and no other reviewer."""
    house = await staffed()
    round_id = await plans_round(house, kind="regular", code="V20")
    application_id = await drafts(house, ALFA)
    ok(await submits(house, ALFA, application_id, round_id))
    path = f"/v1/applications/{application_id}"
    refused(await house.get(REVIEWER, path), "application_not_found", 404)
    await screens(house, application_id)
    assert ok(await house.get(LEADER, path)).json()["status"] == "screening"


async def test_what_is_required_and_asked_is_open_to_anyone() -> None:
    """Q-002, Q-071: without a token, in both languages."""
    house = House()
    told = ok(await house.get(None, "/v1/requirements")).json()
    assert (told["version"], len(told["points_sv"])) == ("1", len(told["points_en"]))
    survey = ok(await house.get(None, "/v1/surveys/1")).json()
    assert survey["sections"][0]["questions"][0]["code"] == "organisation_number"
    refused(await house.get(None, "/v1/surveys/0"), "survey_not_found", 404)
