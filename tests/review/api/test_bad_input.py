"""What nobody can mean well, and what nobody may learn: a clear answer, and nothing changed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.intake import SignatoryMandateDeclared
from shared.contracts.roles import Role
from tests.review.api.conftest import ASSESSMENT, WORKSPACE
from tests.review.api.house import House
from tests.review.api.journey import (
    REVIEW,
    TEXT,
    answer_all,
    appoint,
    assign_reviewer,
    decide,
    done,
    give_result,
    grant,
    open_workspace,
    plan,
    recommended,
    refused,
    staffed,
    submit,
    submitted,
    who,
    write_evidence,
)
from tests.review.facts import ALFA, APPLICATION

NOWHERE = UUID(int=4_711)
PERSONAL = ("7502310241", "750231-0241", "19750231-0241", "769999-0012", "0000000000")
GRANT = {
    "person_id": str(NOWHERE),
    "from_at": "2019-01-01T00:00:00Z",
    "until_at": "2020-01-01T00:00:00Z",
}
LINK = {"evidence_id": str(NOWHERE), "item_id": "3.1-a", "kind": "bylaws"}
FIRM_COMMANDS: tuple[tuple[str, str, str, object], ...] = (
    ("applicant", "PUT", WORKSPACE, None),
    ("applicant", "POST", f"{WORKSPACE}/grants", GRANT),
    ("applicant", "DELETE", f"{WORKSPACE}/grants/{NOWHERE}", None),
    ("applicant", "POST", f"{WORKSPACE}/texts", {"title": "T", "text": "Words."}),
    ("applicant", "POST", f"{WORKSPACE}/links", LINK),
    ("applicant", "POST", f"{WORKSPACE}/files", b"%PDF-1.4 content"),
    ("applicant", "PUT", f"{ASSESSMENT}/items/3.1-a", {"text": "So we do."}),
    ("applicant", "POST", f"{ASSESSMENT}/items/3.1-a/readiness", None),
    ("signatory", "POST", f"{ASSESSMENT}/submission", None),
    ("applicant", "POST", f"{REVIEW}/report/comments", {"comment": "C", "language": "sv"}),
    ("applicant", "POST", f"{REVIEW}/report/waiver", None),
)
UPLOAD = {
    "Content-Type": "application/pdf",
    "Content-Disposition": "attachment; filename*=UTF-8''a.pdf",
}


@pytest.mark.parametrize(
    ("role", "method", "path", "body"), FIRM_COMMANDS, ids=lambda each: str(each)[-24:]
)
async def test_another_firm_gets_the_very_answer_for_what_is_not_there(
    house: House, role: str, method: str, path: str, body: object
) -> None:
    """WSP-1: whatever version it names, and to the letter."""
    await recommended(house)
    elsewhere = path.replace(path.split("/")[3], str(NOWHERE))
    version = (await house.get("alfa-applicant", "/".join(path.split("/")[:4]))).headers["etag"]
    said: set[tuple[int, str, str]] = set()
    for address, seen in (
        *((path, each) for each in ('"0"', '"1"', version)),
        *((elsewhere, each) for each in ('"0"', '"1"')),
    ):
        headers = {"If-Match": seen} | (UPLOAD if isinstance(body, bytes) else {})
        answer = await house.act(f"beta-{role}", method, address, body, headers=headers)
        problem = answer.json()
        said.add((answer.status_code, problem["code"], problem["detail"]))
    ((status, _, _),) = said
    assert status == 404


@pytest.mark.parametrize("written", PERSONAL)
async def test_a_number_that_may_be_a_person_s_is_no_tie(house: House, written: str) -> None:
    """SV-2, APP-2: no event, no entry, no digit in the answer."""
    await appoint(house, "R1", Role.REVIEWER)
    before = len(house.log.leaves)
    body = {"organisation_number": written, "kind": "board", "from_on": "2018-01-01"}
    answer = await house.act("R1", "POST", "/v1/ties", body)
    refused(answer, 409, "organisation_number_not_accepted")
    assert written not in answer.text
    assert len(house.log.leaves) == before
    assert await house.codes() == []
    long = await house.act("R1", "POST", "/v1/ties", {**body, "organisation_number": written * 3})
    assert written not in long.text


async def test_a_tie_is_kept_in_the_one_form_of_its_number(house: House) -> None:
    """SV-1: with hyphen or without, it is the same firm that bars."""
    await staffed(house)
    await appoint(house, "R3", Role.REVIEWER)
    body = {"organisation_number": "769999-0011", "kind": "board", "from_on": "2018-01-01"}
    done(await house.act("R3", "POST", "/v1/ties", body), 201)
    refused(await assign_reviewer(house, "R3"), 403, "reviewer_has_tie")


@pytest.mark.parametrize(
    "changed",
    [
        {"until_on": "9999-12-31"},
        {"until_on": "2017-12-31"},
        {"from_on": 0},
        {"from_on": "2018-01-01T00:00:00"},
        {"organisation_number": 7_699_990_011},
    ],
)
async def test_a_tie_has_days_that_a_calendar_can_add_to(
    house: House, changed: dict[str, Any]
) -> None:
    """APT-4: 24 months after the year 9999 there is no assignment any more."""
    await appoint(house, "R1", Role.REVIEWER)
    body = {"organisation_number": ALFA, "kind": "board", "from_on": "2018-01-01", **changed}
    answer = await house.act("R1", "POST", "/v1/ties", body)
    refused(answer, 422, "request_malformed")


@pytest.mark.parametrize(
    "changed",
    [
        {"from_at": "0001-01-01T00:00:00+14:00"},
        {"until_at": "9999-12-31T23:59:59-14:00"},
        {"until_at": 1_577_836_800},
    ],
)
async def test_a_grant_has_instants_that_can_be_told_in_utc(
    house: House, changed: dict[str, Any]
) -> None:
    """WSP-2: a grant says from when and until when."""
    await open_workspace(house)
    answer = await house.act(
        "alfa-applicant", "POST", f"{WORKSPACE}/grants", GRANT | changed, seen=WORKSPACE
    )
    refused(answer, 422, "request_malformed")


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "applicant"},
        {"role": "service"},
        {"role": "auditor"},
        {"schemes": ["v9"]},
        {"competence_note": "\u200b"},
        {"valid_until": "9999-12-31"},
    ],
)
async def test_nobody_is_proposed_for_what_there_is_not(
    house: House, changed: dict[str, Any]
) -> None:
    """APT-1, APT-3: a role that is held by appointment, and a version of the scheme."""
    body = {
        "person_id": who(house, "R1"),
        "role": "reviewer",
        "areas": ["3.1"],
        "schemes": ["v1"],
        "competence": ["ab" * 32],
        "competence_note": "Ten years in the sector.",
        "valid_from": "2018-03-01",
        "valid_until": "2027-12-31",
    }
    answer = await house.act("PL1", "POST", "/v1/appointments", body | changed)
    refused(answer, 422, "request_malformed")


async def test_values_are_what_they_say_they_are(house: House) -> None:
    """House: a decision does not rest on a guess; a plan ends after it begins."""
    await staffed(house)
    whole = {"definition_confirmed": "yes", **TEXT}
    path = f"{REVIEW}/overall-assessment"
    answer = await house.act("R1", "PUT", path, whole, seen=REVIEW)
    refused(answer, 422, "request_malformed")
    backwards = {
        "reviewers": [{"person_id": who(house, "R1"), "areas": ["3.1"]}],
        "certifier_id": who(house, "C1"),
        "from_on": "2019-06-01",
        "until_on": "2019-05-01",
        "method": "documents",
        "sampled_units": 1,
    }
    answer = await house.act("PL1", "PUT", f"{REVIEW}/plan", backwards, seen=REVIEW)
    refused(answer, 422, "request_malformed")


async def test_a_reviewer_who_gets_a_tie_reviews_no_further(house: House) -> None:
    """SOD-3, K-05: the order of the two steps does not matter."""
    evidence = await staffed(house)
    done(await give_result(house, "3.2", evidence), 201)
    body = {"organisation_number": ALFA, "kind": "employment", "from_on": "2019-05-01"}
    done(await house.act("R1", "POST", "/v1/ties", body), 201)
    refused(await give_result(house, "3.4", evidence), 403, "reviewer_has_tie")
    assert ("ReviewCriterion", "reviewer_has_tie") in await house.codes(APPLICATION)


async def test_whoever_equipped_the_workspace_does_not_review_it(house: House) -> None:
    """SOD-1: a supervisor whom the firm let in, without any group, supported it themselves."""
    house.people.add("S2", Role.SUPERVISOR)
    await appoint(house, "S2", Role.SUPERVISOR)
    await open_workspace(house)
    done(await grant(house, "S2"), 201)
    done(await house.act("S2", "PUT", f"{WORKSPACE}/kit", {"kit": "v1"}, seen=WORKSPACE))
    await write_evidence(house)
    await answer_all(house)
    done(await submit(house), 201)
    for role, code in ((Role.REVIEWER, "reviewer_was_supervisor"),):
        await appoint(house, "S2", role)
        refused(await assign_reviewer(house, "S2"), 403, code)


async def test_an_appointment_for_one_area_is_none_for_the_others(house: House) -> None:
    """APT-3, K-03: the wide appointment has ended, a narrow one goes on."""
    evidence = await submitted(house)
    for label, role in (("R1", Role.REVIEWER), ("C1", Role.CERTIFIER)):
        await appoint(house, label, role, valid_until="2019-05-08")
        await appoint(house, label, role, areas=["3.1"])
    house.now = datetime(2019, 5, 8, 8, tzinfo=UTC)
    await plan(house)
    done(await assign_reviewer(house, "R1"), 201)
    done(await give_result(house, "3.2", evidence), 201)
    house.now = datetime(2019, 5, 8, 22, tzinfo=UTC)
    refused(await give_result(house, "3.4", evidence), 403, "mandate_missing")
    done(await give_result(house, "3.1", evidence), 201)


async def test_a_decision_after_the_end_of_the_appointment_is_none(house: House) -> None:
    """APT-3: it ended yesterday at 24:00."""
    await submitted(house)
    await appoint(house, "R1", Role.REVIEWER)
    await appoint(house, "C1", Role.CERTIFIER, valid_until="2019-06-18")
    house.now = datetime(2019, 6, 19, 8, tzinfo=UTC)
    house.people.add("C1", Role.CERTIFIER, at=house.now)
    refused(await decide(house), 403, "mandate_ended")


async def test_only_the_signatory_who_declared_last_binds_the_firm(house: House) -> None:
    """SOD-14, SV-10: a later declaration takes the place of the earlier one."""
    await appoint(house, "S1", Role.SUPERVISOR)
    await open_workspace(house)
    await write_evidence(house)
    await answer_all(house)
    later = house.people.add("alfa-later", Role.SIGNATORY, organisation=ALFA)
    await house.hear(
        SignatoryMandateDeclared(
            application_id=APPLICATION,
            organisation_number=ALFA,
            mandate_id=NOWHERE,
            signatory_id=later,
            signatory_name="00" * 32,
            signatory_email="00" * 32,
            language="sv",
            basis="alone",
            declared_at=house.now,
        )
    )
    refused(await submit(house), 403, "not_the_signatory")
    path = f"{ASSESSMENT}/submission"
    done(await house.act("alfa-later", "POST", path, seen=ASSESSMENT), 201)


async def test_nothing_is_added_once_the_firm_has_submitted(house: House) -> None:
    """WSP-5, PM-6: the freeze is part of the submission, whoever hears of it late."""
    await appoint(house, "S1", Role.SUPERVISOR)
    await open_workspace(house)
    await write_evidence(house)
    await answer_all(house)
    heard, house.settle = house.settle, _nothing  # type: ignore[method-assign]
    done(await submit(house), 201)
    assert house.types("WorkspaceFrozen", "SelfAssessmentSubmitted") == [
        "WorkspaceFrozen",
        "SelfAssessmentSubmitted",
    ]
    late = {"title": "Afterthought", "text": "Also this."}
    answer = await house.act("alfa-applicant", "POST", f"{WORKSPACE}/texts", late, seen=WORKSPACE)
    refused(answer, 409, "workspace_frozen")
    sent = await house.act(
        "alfa-applicant",
        "POST",
        f"{WORKSPACE}/files",
        b"%PDF-1.4 late",
        seen=WORKSPACE,
        headers=UPLOAD,
    )
    refused(sent, 409, "workspace_frozen")
    await heard()
    assert house.types("WorkspaceFrozen") == ["WorkspaceFrozen"]


async def _nothing() -> None:
    """Hear nothing yet: Kafka is away."""
