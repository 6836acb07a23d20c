"""Translation at the edge of review: who, when, which version, what is shown and what is kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.review.commands.review import (
    AssignReviewer,
    DeclareImpartiality,
    OpenReview,
    PlanReview,
    Standing,
)
from shared.contracts.envelope import Cause
from shared.contracts.record import decode
from shared.contracts.review import CertificationRefused, PlannedReviewer
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEME_V1, Criterion
from tests.review.api.conftest import ASSESSMENT, WORKSPACE
from tests.review.api.house import SERVICE, House, events_of
from tests.review.api.journey import (
    REVIEW,
    TEXT,
    appoint,
    assign_certifier,
    assign_reviewer,
    decide,
    done,
    give_result,
    open_workspace,
    plan,
    recommended,
    refused,
    report,
    reported,
    reviewed,
    staffed,
    submit,
    submitted,
    who,
)
from tests.review.facts import ALFA, APPLICATION, BETA, MANDATE, ROUND, SIGNATORY, STRANGER


async def test_a_command_is_stamped_with_caller_time_and_mandate(house: House) -> None:
    """GEN-2: the body never says who or when; the edge does, and under which appointment."""
    await submitted(house)
    record = decode(house.log.leaves[house.types().index("SelfAssessmentSubmitted")])
    assert str(record.actor.person) == who(house, "alfa-signatory")
    assert (record.actor.role, record.actor.mandate) == (Role.SIGNATORY, MANDATE)
    assert (record.recorded_at, record.scheme, record.correlation_id) == (
        house.now,
        "v1",
        APPLICATION,
    )
    made = decode(house.log.leaves[house.types().index("AppointmentProposed")])
    assert made.actor.mandate == house.people.known["PL1"].person


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 428, "if_match_required"),
        ({"If-Match": '"7"'}, 412, "stream_moved"),
        ({"If-Match": "1"}, 400, "if_match_malformed"),
        ({"If-Match": '"1"', "Idempotency-Key": ""}, 400, "idempotency_key_missing"),
    ],
)
async def test_a_caller_must_have_seen_what_they_change(
    house: House, headers: dict[str, str], status: int, code: str
) -> None:
    """RFC 9110: 428 names no version, 412 another one, 400 none of ours."""
    answer = await house.act("alfa-applicant", "PUT", WORKSPACE, headers=headers)
    refused(answer, status, code)
    assert not house.types("WorkspaceCreated")


async def test_a_repeated_command_gets_its_first_answer(house: House) -> None:
    """GEN-4: the same key and body again; with another body it is told apart."""
    body = {"title": "Bylaws", "text": "Section 2."}
    headers = {"Idempotency-Key": '"once"', "If-Match": '"3"'}
    await open_workspace(house)
    texts = f"{WORKSPACE}/texts"
    first, again = [
        await house.act("alfa-applicant", "POST", texts, body, headers=headers) for _ in "12"
    ]
    assert done(first).json() == done(again).json()
    assert first.headers["etag"] == again.headers["etag"] == '"4"'
    other = await house.act("alfa-applicant", "POST", texts, body | {"text": "x"}, headers=headers)
    refused(other, 422, "idempotency_key_reused")


async def test_nobody_has_a_key_made_for_a_case_that_is_not_theirs(house: House) -> None:
    """WSP-1, ERA-1: keys stay until somebody erases them, also of cases that never were."""
    await open_workspace(house)
    before = set(house.log.shelf.keys)
    body = {"title": "Bylaws", "text": "Section 2."}
    nowhere = f"/v1/workspaces/{UUID(int=7)}/texts"
    answer = await house.act("beta-applicant", "POST", nowhere, body, headers={"If-Match": '"0"'})
    refused(answer, 404, "workspace_not_found")
    assert set(house.log.shelf.keys) == before


async def test_another_firm_finds_nothing(house: House) -> None:
    """WSP-1: the same answer as for an id that does not exist, reading and writing."""
    await reported(house)
    for path, code in (
        (WORKSPACE, "workspace_not_found"),
        (ASSESSMENT, "self_assessment_not_found"),
        (REVIEW, "review_not_found"),
        (f"{REVIEW}/report", "review_not_found"),
        (f"{REVIEW}/decision", "review_not_found"),
    ):
        refused(await house.get("beta-applicant", path), 404, code)
    waiver = f"{REVIEW}/report/waiver"
    version = (await house.get("alfa-applicant", REVIEW)).headers["etag"]
    refused(
        await house.act("beta-applicant", "POST", waiver, headers={"If-Match": version}),
        404,
        "review_not_found",
    )
    assert (await house.get("beta-applicant", "/v1/reviews")).json() == []
    (mine,) = (await house.get("alfa-applicant", "/v1/reviews")).json()
    assert mine["status"] == "reported"


async def test_the_firm_sees_no_draft(house: House) -> None:
    """REV-9: no result in any answer before the report; then all of it, with its reasons."""
    await reviewed(house)
    for answer in (
        await house.get("alfa-applicant", REVIEW),
        await house.get("alfa-signatory", "/v1/reviews"),
    ):
        assert "conforms" not in answer.text
    draft = await house.get("alfa-applicant", f"{REVIEW}/report")
    refused(draft, 409, "draft_not_visible")
    inside = (await house.get("R1", REVIEW)).json()
    assert len(inside["results"]) == len(SCHEME_V1.criteria)
    texts = (await house.get("C1", f"{REVIEW}/report")).json()
    assert texts["findings"]["3.1"]["reason"]["text"] == TEXT["reason"]


async def test_the_firm_sees_the_report_once_it_is_issued(house: House) -> None:
    """REV-9: every result with its reason."""
    await reported(house)
    shown = (await house.get("alfa-applicant", REVIEW)).json()
    assert shown["results"]["3.5"]["result"] == "conforms"
    texts = (await house.get("alfa-signatory", f"{REVIEW}/report")).json()
    assert texts["summary"] == {"text": "All conforms.", "language": "en"}


async def test_a_reviewer_of_other_cases_sees_no_draft(house: House) -> None:
    """REV-9, ADR-0034: reviewers come from certified firms, so they see what the firm sees."""
    await reviewed(house)
    for path in (REVIEW, "/v1/reviews"):
        assert "conforms" not in (await house.get("R3", path)).text
        assert "conforms" in (await house.get("C1", path)).text
        assert "conforms" in (await house.get("PL1", path)).text
    await report(house)
    assert "conforms" in (await house.get("R3", REVIEW)).text


async def test_a_report_is_read_by_its_own_team_only(house: House) -> None:
    """WSP-2: a reviewer of other cases reads nothing here, and the try is kept."""
    await reported(house)
    refused(await house.get("R3", f"{REVIEW}/report"), 403, "access_not_granted")
    assert ("read_report", "access_not_granted") in await house.codes(APPLICATION)


async def test_a_resource_is_not_sent_again_to_whoever_has_it(house: House) -> None:
    """RFC 9110: If-None-Match answers 304."""
    seen = await house.get("alfa-applicant", WORKSPACE)
    again = await house.get("alfa-applicant", WORKSPACE, **{"If-None-Match": seen.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_nobody_acts_without_an_appointment_in_force(house: House) -> None:
    """APT-3: neither before it nor after it; both are kept for the auditors."""
    await submitted(house)
    early = await house.act("R1", "POST", f"{REVIEW}/declarations", seen=REVIEW)
    refused(early, 403, "mandate_missing")
    await appoint(house, "R1", Role.REVIEWER, valid_until="2019-05-07")
    done(await house.act("R1", "POST", f"{REVIEW}/declarations", seen=REVIEW), 201)
    house.now = datetime(2019, 5, 7, 22, tzinfo=UTC)
    late = await house.act("R1", "POST", f"{REVIEW}/declarations", seen=REVIEW)
    refused(late, 403, "mandate_ended")
    assert await house.codes(APPLICATION) == [
        ("DeclareImpartiality", "mandate_missing"),
        ("DeclareImpartiality", "mandate_ended"),
    ]


async def test_a_role_does_only_what_its_row_allows(house: House) -> None:
    """SOD-15, G16-4: neither the project leader nor the steering group decides."""
    await recommended(house)
    for label in ("PL1", "SG"):
        refused(await decide(house, label=label), 403, "role_may_not_act")
    refused(await assign_reviewer(house, "R1", by="A1"), 403, "role_may_not_act")
    assert (await house.codes(APPLICATION))[-1] == ("assign_reviewer", "role_may_not_act")


async def test_only_a_declared_signatory_binds_the_firm(house: House) -> None:
    """SOD-14: the role in a token is not the right to sign for this firm."""
    await submitted(house)
    house.people.add("alfa-other", Role.SIGNATORY, organisation=ALFA)
    path = f"{ASSESSMENT}/submission"
    answer = await house.act("alfa-other", "POST", path, seen=ASSESSMENT)
    refused(answer, 403, "not_the_signatory")
    done(await submit(house), 201)
    assert len(house.types("SelfAssessmentSubmitted")) == 1


@pytest.mark.parametrize(("minutes", "fresh"), [(5, True), (6, False)])
async def test_the_certifier_signs_in_afresh(house: House, minutes: int, fresh: bool) -> None:
    """REV-13: the token says when, and the decision after it; at most five minutes ago."""
    await recommended(house)
    at = house.now - timedelta(minutes=minutes)
    house.people.add("C1", Role.CERTIFIER, at=at)
    answer = await decide(house, "refuse")
    if fresh:
        done(answer, 201)
        assert (await house.get("C1", f"{REVIEW}/decision")).json()["outcome"] == "refused"
        event = events_of(house.log)[house.types().index("CertificationRefused")]
        assert isinstance(event, CertificationRefused)
        assert event.signed_in_at == at
    else:
        refused(answer, 409, "reauthentication_needed")
        refused(await house.get("C1", f"{REVIEW}/decision"), 404, "decision_not_found")


async def test_a_decision_with_eleven_of_twelve_is_refused(house: House) -> None:
    """REV-11: the missing one is named."""
    evidence = await staffed(house)
    for criterion in SCHEME_V1.criteria[:-1]:
        done(await give_result(house, criterion, evidence), 201)
    house.people.add("C1", Role.CERTIFIER, at=house.now)
    answer = await decide(house)
    refused(answer, 409, "criteria_not_reviewed")
    assert "X3" in answer.json()["detail"]


async def test_evidence_outside_the_manifest_is_refused(house: House) -> None:
    """REV-5: what was not submitted is not cited."""
    await staffed(house)
    refused(await give_result(house, "3.2", "0" * 64), 409, "evidence_outside_manifest")


async def test_a_supervisor_neither_reviews_nor_decides(house: House) -> None:
    """G6-1 to G6-3, G6-5: every try is kept, by whom, in which role, to what, with its code."""
    evidence = await submitted(house)
    for label, role in (
        ("S1", Role.REVIEWER),
        ("S1", Role.CERTIFIER),
        ("R1", Role.REVIEWER),
        ("R1", Role.CERTIFIER),
    ):
        await appoint(house, label, role)
    refused(await assign_reviewer(house, "S1"), 403, "reviewer_was_supervisor")
    refused(await give_result(house, "3.2", evidence, "S1"), 403, "not_the_reviewer")
    refused(await assign_certifier(house, "S1"), 403, "certifier_was_supervisor")
    await plan(house, "R1", "R1")
    done(await assign_reviewer(house, "R1"), 201)
    refused(await assign_certifier(house, "R1"), 403, "certifier_was_reviewer")
    listed = await house.get("A1", f"/v1/access-log?case={APPLICATION}")
    entries = [entry for entry in listed.json() if entry["code"] != "read"]
    assert [(e["command"], e["role"], e["code"]) for e in entries] == [
        ("AssignReviewer", "project_leader", "reviewer_was_supervisor"),
        ("ReviewCriterion", "reviewer", "not_the_reviewer"),
        ("AssignCertifier", "project_leader", "certifier_was_supervisor"),
        ("AssignCertifier", "project_leader", "certifier_was_reviewer"),
    ]
    assert {e["case"] for e in entries} == {str(APPLICATION)}


async def test_ties_and_exchanges_are_looked_up(house: House) -> None:
    """SOD-3, SOD-5, G7: one of Alfa's people reviews Beta; nobody of Beta's reviews Alfa."""
    await staffed(house)
    for label, role in (("R3", Role.REVIEWER), ("R4", Role.REVIEWER), ("C4", Role.CERTIFIER)):
        await appoint(house, label, role)
    house.people.add("C4", Role.CERTIFIER)
    tied = {"R3": ALFA, "R4": BETA, "C4": BETA}
    for label, organisation in tied.items():
        body = {
            "organisation_number": organisation,
            "kind": "employment",
            "from_on": "2017-01-01",
        }
        done(await house.act(label, "POST", "/v1/ties", body), 201)
    refused(await assign_reviewer(house, "R3"), 403, "reviewer_has_tie")
    await reviewing_beta(house, "R3")
    refused(await assign_reviewer(house, "R4"), 403, "reviewer_reciprocal")
    refused(await assign_certifier(house, "C4"), 403, "certifier_reciprocal")


async def reviewing_beta(house: House, label: str) -> None:
    """Put on record that ``label`` is assigned to review Beta."""
    person = house.people.known[label].person
    areas = tuple(Criterion)
    commands = (
        OpenReview(STRANGER, STRANGER, BETA, "Beta", ROUND, "v1", SIGNATORY, (), house.now),
        DeclareImpartiality(person, house.now),
        PlanReview(
            reviewers=(PlannedReviewer(person_id=person, areas=areas),),
            certifier_id=STRANGER,
            from_on=house.now.date(),
            until_on=house.now.date(),
            method="documents",
            sampled_units=1,
            at=house.now,
        ),
        AssignReviewer(
            reviewer_id=person,
            areas=areas,
            lead=True,
            standing=Standing((), (), frozenset(), ()),
            competence=frozenset(areas),
            agreement="1",
            at=house.now,
        ),
    )
    for number, command in enumerate(commands):
        made = UUID(int=5_000 + number)
        cause = Cause(SERVICE, made, made, made)
        await house.handler.put(f"review-{STRANGER}", command, cause)


async def test_an_assignment_waits_for_the_records_it_rests_on(house: House) -> None:
    """House: a view that is behind might not know of a tie; 503 and ask again."""
    await submitted(house)
    house.late = True
    answer = await assign_reviewer(house, "R1")
    refused(answer, 503, "position_not_reached")
    assert answer.headers["retry-after"] == "1"


async def test_results_are_revised_openly(house: House) -> None:
    """GEN-3: until the firm has seen the report."""
    await reviewed(house)
    evidence = (await house.get("R1", REVIEW)).json()["manifest"][0]
    body = {"result": "conforms_with_recommendation", "evidence": [evidence], **TEXT}
    path = f"{REVIEW}/criteria/3.6/revisions"
    done(await house.act("R1", "POST", path, body, seen=REVIEW), 201)
    shown = (await house.get("R1", REVIEW)).json()
    assert shown["results"]["3.6"]["revised"] is True


async def test_appointments_and_ties_are_read_by_whom_they_concern(house: House) -> None:
    """APT-5: one's own, and for whoever assigns people and reviews impartiality."""
    await appoint(house, "R1", Role.REVIEWER)
    person = who(house, "R1")
    (row,) = (await house.get("R1", f"/v1/appointments/{person}")).json()["appointments"]
    assert (row["role"], row["status"]) == ("reviewer", "active")
    listed = (await house.get("PL1", "/v1/appointments?role=reviewer&limit=1")).json()
    assert [each["person_id"] for each in listed] == [person]
    nobody = await house.get("PL1", f"/v1/appointments/{who(house, 'R3')}")
    refused(nobody, 404, "appointment_not_found")
    body = {"organisation_number": BETA, "kind": "board", "from_on": "2018-01-01"}
    done(await house.act("R1", "POST", "/v1/ties", body), 201)
    for label in ("R1", "PL1"):
        (tie,) = (await house.get(label, f"/v1/ties/{person}")).json()["ties"]
        assert tie["kind"] == "board"
    refused(await house.get("R3", f"/v1/ties/{person}"), 404, "tie_not_found")


async def test_lists_have_pages(house: House) -> None:
    """Conventions, section 1: keyset paging by Link."""
    for label in ("R1", "R3", "R4"):
        await appoint(house, label, Role.REVIEWER)
    path, sizes = "/v1/appointments?limit=2", []
    while path:
        answer = await house.get("PL1", path)
        sizes.append(len(answer.json()))
        path = answer.headers.get("link", "").partition(">")[0].strip("<")
    assert sizes == [2, 2, 1]
    entries = await house.get("A1", "/v1/access-log?after=x")
    refused(entries, 400, "request_malformed")


async def test_anyone_reads_the_scheme_in_both_languages(house: House) -> None:
    """Q-041, SCH-6: our own words, and no token."""
    answer = await house.http.get("/v1/scheme/v1")
    shown = answer.json()
    assert shown["emphasised"] == ["3.1", "3.3", "3.5"]
    assert len(shown["items"]) == len(SCHEME_V1.items)
    assert shown["items"][0]["title_sv"] != shown["items"][0]["title_en"]
    refused(await house.http.get("/v1/scheme/v9"), 404, "scheme_not_found")


async def test_malformed_bodies_are_turned_away(house: House) -> None:
    """Conventions, section 1: 422 for form alone; unknown fields are refused."""
    await open_workspace(house)
    grant = {
        "person_id": who(house, "S1"),
        "from_at": "2019-02-01T00:00:00+00:00",
        "until_at": "2019-01-01T00:00:00+00:00",
    }
    path = f"{WORKSPACE}/grants"
    refused(
        await house.act("alfa-applicant", "POST", path, grant, seen=WORKSPACE),
        422,
        "grant_malformed",
    )
    unknown = grant | {"by": "me"}
    refused(
        await house.act("alfa-applicant", "POST", path, unknown, seen=WORKSPACE),
        422,
        "request_malformed",
    )
    proposal = {
        "person_id": who(house, "R1"),
        "role": "reviewer",
        "competence": [],
        "competence_note": "x",
        "valid_from": "2020-01-01",
        "valid_until": "2019-01-01",
    }
    answer = await house.act("PL1", "POST", "/v1/appointments", proposal)
    refused(answer, 422, "request_malformed")


async def test_access_can_be_withdrawn(house: House) -> None:
    """WSP-1: at once."""
    await appoint(house, "S1", Role.SUPERVISOR)
    await open_workspace(house)
    done(await house.get("S1", WORKSPACE))
    (grant,) = (await house.get("alfa-applicant", WORKSPACE)).json()["grants"]
    path = f"{WORKSPACE}/grants/{grant['grant_id']}"
    done(await house.act("alfa-applicant", "DELETE", path, seen=WORKSPACE))
    refused(await house.get("S1", WORKSPACE), 403, "access_not_granted")
    refused(await house.get("S1", ASSESSMENT), 403, "access_not_granted")


async def test_the_team_reads_what_is_frozen_and_it_is_remembered(house: House) -> None:
    """WSP-2, PM-7: under the agreement; the access log knows each reading."""
    await staffed(house)
    for path in (WORKSPACE, ASSESSMENT):
        done(await house.get("R1", path))
    shown = (await house.get("R1", WORKSPACE)).json()
    assert shown["evidence"][0]["text"] == "Section 2 says it."
    read = [what for what, code in await house.codes(APPLICATION) if code == "read"]
    assert read.count("read_workspace") == 2
    assert read.count("read_self_assessment") == 1
