"""Rounds, enrolment, groups and invoices over HTTP: translation, and what spans several streams."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from shared.contracts.roles import Role
from tests.intake.api.house import House
from tests.intake.api.journey import (
    PILOT,
    admits,
    appointment,
    drafts,
    enrols,
    invoices,
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
    REGISTRAR,
    SUPERVISOR,
    TRAINER,
    applicant,
    signatory,
)

NOBODY = str(UUID(int=1))


async def with_admitted(*numbers: str, places: int = 5) -> tuple[House, str, dict[str, str]]:
    """Return a house with a round and firms admitted to it, in this order."""
    house = await staffed()
    round_id = await plans_round(house, kind="regular", code="V20", places=places)
    cases: dict[str, str] = {}
    for number in numbers:
        cases[number] = await drafts(house, number)
        ok(await submits(house, number, cases[number], round_id))
        await admits(house, cases[number])
    return house, round_id, cases


async def test_a_draft_is_for_staff_until_it_is_announced() -> None:
    """Q-126: anyone reads announced rounds, with places, dates and cost."""
    house = await staffed()
    answer = ok(await house.send(LEADER, "/v1/rounds", PILOT))
    path = answer.headers["location"]
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    refused(await house.get(None, path), "round_not_found", 404)
    assert ok(await house.get(LEADER, f"{path}/places")).json()["status"] == "draft"
    assert ok(await house.get(None, "/v1/rounds")).json() == []
    ok(await house.send(LEADER, f"{path}/announcement", seen=1))
    shown = ok(await house.get(None, path)).json()
    assert (shown["places"], shown["cost"]) == (5, None)
    assert shown["deadline_at"] == "2018-12-07T23:00:00.000000Z"


async def test_the_cost_is_shown_before_and_with_vat_and_own_hours_apart() -> None:
    """G2 step 6: 3,680 SEK before VAT, 4,600 with it."""
    house = await staffed()
    round_id = await plans_round(house)
    cost = ok(await house.get(None, f"/v1/rounds/{round_id}")).json()["cost"]
    assert (cost["total"]["net_ore"], cost["total"]["gross_ore"]) == (368_000, 460_000)
    assert (cost["own_hours"], cost["currency"]) == (80, "SEK")


async def test_rounds_that_can_still_be_applied_to_are_the_coming_ones() -> None:
    """Q-126, GEN-6: by the clock, not by the timer."""
    house = await staffed()
    await plans_round(house)
    assert len(ok(await house.get(None, "/v1/rounds?coming=true")).json()) == 1
    house.now = datetime(2018, 12, 7, 23, tzinfo=UTC)
    assert ok(await house.get(None, "/v1/rounds?coming=true")).json() == []
    assert len(ok(await house.get(None, "/v1/rounds")).json()) == 1


async def test_rules_of_a_round_speak_over_http() -> None:
    """RND-1, RND-3, SCH-5: refused with their codes."""
    house = await staffed()
    wrong = {**PILOT, "admission_on": "2018-12-06"}
    refused(await house.send(LEADER, "/v1/rounds", wrong), "admission_before_deadline")
    path = ok(await house.send(LEADER, "/v1/rounds", PILOT)).headers["location"]
    refused(await house.send(LEADER, f"{path}/opening", seen=1), "round_not_announced")
    answer = await house.send(LEADER, f"{path}/scheme", {"scheme": "v9"}, seen=1, method="PUT")
    refused(answer, "scheme_not_found", 404)


async def test_of_two_admitted_for_the_last_place_exactly_one_gets_it() -> None:
    """RND-5: the other waits, and is told so when it tries."""
    house, _, cases = await with_admitted(ALFA, BETA, places=1)
    for number, place in ((ALFA, "offered"), (BETA, "waiting")):
        path = f"/v1/applications/{cases[number]}/place"
        assert ok(await house.get(signatory(number), path)).json()["place"] == place
    path = f"/v1/applications/{cases[BETA]}/place"
    refused(await house.send(signatory(BETA), path, seen=path), "round_full")
    path = f"/v1/applications/{cases[ALFA]}/place"
    ok(await house.send(signatory(ALFA), path, seen=path))
    assert ok(await house.get(applicant(ALFA), path)).json()["place"] == "accepted"


async def test_before_admission_there_is_no_place() -> None:
    """RND-5: first no round, then no offer."""
    house = await staffed()
    round_id = await plans_round(house, kind="regular", code="V20")
    case = await drafts(house, ALFA)
    path = f"/v1/applications/{case}/place"
    refused(await house.get(applicant(ALFA), path), "place_not_found", 404)
    refused(await house.send(signatory(ALFA), path, seen=1), "place_not_found", 404)
    ok(await submits(house, ALFA, case, round_id))
    assert ok(await house.get(applicant(ALFA), path)).json()["place"] == "none"
    refused(await house.send(signatory(ALFA), path, seen=path), "place_not_offered")


async def test_enrolment_carries_the_round_s_terms() -> None:
    """SCH-5, SOD-9: the criteria, and who screened and led."""
    house, round_id, cases = await with_admitted(ALFA)
    path = f"/v1/applications/{cases[ALFA]}"
    refused(await house.send(LEADER, f"{path}/enrolment", seen=path), "agreement_missing")
    await enrols(house, ALFA, cases[ALFA])
    (record,) = await house.records("ApplicantEnrolled")
    assert (record.data["round_id"], record.data["scheme"], record.scheme) == (round_id, "v1", "v1")
    assert record.data["project_leader_id"] == str(LEADER.person)
    assert record.data["signatory_id"] == str(signatory(ALFA).person)


async def test_contacts_are_for_services_only() -> None:
    """MSG-2, GEN-7: names and addresses leave intake for whoever writes the letter."""
    house = await staffed()
    case = await drafts(house, ALFA)
    path = f"/v1/applications/{case}/contacts"
    refused(await house.get(LEADER, path), "role_may_not_act", 403)
    shown = ok(await house.get(NOTIFY, path)).json()
    assert shown["organisation_number"] == ALFA
    assert [(c["role"], c["name"]) for c in shown["contacts"]] == [
        ("applicant", "Kontaktperson Ett"),
        ("signatory", "Tecknare Ett"),
    ]
    absent = await house.get(NOTIFY, f"/v1/applications/{NOBODY}/contacts")
    refused(absent, "application_not_found", 404)


async def test_whoever_is_erased_is_no_contact_any_more() -> None:
    """ERA-1: nothing is written to a person who is forgotten."""
    house = await staffed()
    case = await drafts(house, ALFA)
    for person in (applicant(ALFA).person, signatory(ALFA).person):
        house.log.shelf.erase(str(person))
        house.log.vault.forget(str(person))
    assert ok(await house.get(NOTIFY, f"/v1/applications/{case}/contacts")).json()["contacts"] == []


async def test_a_member_of_one_group_joins_no_other() -> None:
    """GRP-2, L10, G2: the place and the membership are one append; the second is refused whole."""
    house, round_id, cases = await with_admitted(ALFA, BETA)
    await enrols(house, ALFA, cases[ALFA])
    groups = [
        ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id})).headers["location"]
        for _ in range(2)
    ]
    body = {"application_id": cases[ALFA]}
    ok(await house.send(LEADER, f"{groups[0]}/members", body, seen=groups[0]))
    taken, added = (await house.records())[-2:]
    assert (taken.type, added.type) == ("GroupPlaceTaken", "GroupMemberAdded")
    before = await house.log.head()
    answer = await house.send(LEADER, f"{groups[1]}/members", body, seen=groups[1])
    refused(answer, "member_in_other_group")
    body = {"application_id": cases[BETA]}
    answer = await house.send(LEADER, f"{groups[1]}/members", body, seen=groups[1])
    refused(answer, "member_not_enrolled")
    assert await house.log.head() == before


async def test_a_group_needs_a_round_and_people_with_appointments() -> None:
    """GRP-3: and what is not there is not found."""
    house, round_id, cases = await with_admitted(ALFA)
    answer = await house.send(LEADER, "/v1/groups", {"round_id": NOBODY})
    refused(answer, "round_not_found", 404)
    refused(await house.get(LEADER, f"/v1/groups/{NOBODY}"), "group_not_found", 404)
    body = {"application_id": cases[ALFA]}
    answer = await house.send(LEADER, f"/v1/groups/{NOBODY}/members", body, seen=1)
    refused(answer, "group_not_found", 404)
    path = ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id})).headers["location"]
    trainer = {"person_id": str(TRAINER.person)}
    refused(
        await house.send(LEADER, f"{path}/supervisors", trainer, seen=path), "mandate_missing", 403
    )
    ok(await house.send(LEADER, f"{path}/trainers", trainer, seen=path))
    assert ok(await house.get(AUDITOR, path)).json()["trainer_ids"] == [str(TRAINER.person)]


async def test_whoever_screened_a_member_does_not_support_the_group() -> None:
    """SOD-10: the screener is looked up in the members' applications."""
    house, round_id, cases = await with_admitted(ALFA)
    await enrols(house, ALFA, cases[ALFA])
    await house.hears(appointment(LEADER.person, Role.SUPERVISOR))
    path = ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id})).headers["location"]
    body = {"application_id": cases[ALFA]}
    ok(await house.send(LEADER, f"{path}/members", body, seen=path))
    leader = {"person_id": str(LEADER.person)}
    answer = await house.send(LEADER, f"{path}/supervisors", leader, seen=path)
    refused(answer, "screener_is_supervisor", 403)


async def test_a_member_that_joins_late_is_asked_about_as_one_that_was_there() -> None:
    """GRP-3, GRP-4, SOD-10: whoever supports the group is looked up when a member joins."""
    house, round_id, cases = await with_admitted(ALFA, BETA)
    for number in (ALFA, BETA):
        await enrols(house, number, cases[number])
    await house.hears(appointment(LEADER.person, Role.SUPERVISOR))
    groups = [
        ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id})).headers["location"]
        for _ in range(2)
    ]
    for path, person in zip(groups, (LEADER, SUPERVISOR), strict=True):
        named = {"person_id": str(person.person)}
        ok(await house.send(LEADER, f"{path}/supervisors", named, seen=path))
    body = {"application_id": cases[ALFA]}
    answer = await house.send(LEADER, f"{groups[0]}/members", body, seen=groups[0])
    refused(answer, "screener_is_supervisor", 403)
    ok(await house.send(LEADER, f"{groups[1]}/members", body, seen=groups[1]))
    taken, added, assigned = (await house.records())[-3:]
    assert [each.type for each in (taken, added)] == ["GroupPlaceTaken", "GroupMemberAdded"]
    assert assigned.data["supervisor_id"] == str(SUPERVISOR.person)
    assert assigned.data["application_ids"] == [cases[ALFA]]


async def test_a_supervisor_of_the_firm_does_not_screen_it_in_a_later_round() -> None:
    """SOD-10: looked up in the groups, whatever the round."""
    house, round_id, cases = await with_admitted(ALFA)
    await enrols(house, ALFA, cases[ALFA])
    path = ok(await house.send(LEADER, "/v1/groups", {"round_id": round_id})).headers["location"]
    body = {"application_id": cases[ALFA]}
    ok(await house.send(LEADER, f"{path}/members", body, seen=path))
    supports = {"person_id": str(SUPERVISOR.person)}
    ok(await house.send(LEADER, f"{path}/supervisors", supports, seen=path))
    assert await house.lists.supervisors_of(ALFA) == {SUPERVISOR.person}
    assert await house.lists.supervisors_of(BETA) == frozenset()


async def test_the_fee_is_invoiced_once_and_nothing_else_is() -> None:
    """INV-3, G2 step 7: 300,000 + 75,000 öre; the SIS document is SIS's to sell."""
    house, _, cases = await with_admitted(ALFA)
    invoice = await invoices(house, cases[ALFA])
    shown = ok(await house.get(signatory(ALFA), f"/v1/invoices/{invoice}")).json()
    assert (shown["net_ore"], shown["vat_ore"], shown["gross_ore"]) == (300_000, 75_000, 375_000)
    document = {
        "application_id": cases[ALFA],
        "lines": [{"kind": "sis_document", "net_ore": 68_000}],
    }
    refused(await house.send(REGISTRAR, "/v1/invoices", document), "third_party_cost")
    fee = {
        "application_id": cases[ALFA],
        "lines": [{"kind": "certification_fee", "net_ore": 1}],
    }
    refused(await house.send(REGISTRAR, "/v1/invoices", fee), "fee_not_from_round")
    assert await invoices(house, cases[ALFA]) == invoice
    assert len(await house.records("InvoiceIssued")) == 1
    foreign = await house.get(signatory(BETA), f"/v1/invoices/{invoice}")
    refused(foreign, "invoice_not_found", 404)


async def test_nobody_is_invoiced_before_admission() -> None:
    """Q-006: with or without a round."""
    house = await staffed()
    case = await drafts(house, ALFA)
    body = {
        "application_id": case,
        "lines": [{"kind": "certification_fee", "net_ore": 300_000}],
    }
    refused(await house.send(REGISTRAR, "/v1/invoices", body), "application_not_admitted")
    round_id = await plans_round(house, kind="regular", code="V20")
    ok(await submits(house, ALFA, case, round_id))
    await screens(house, case)
    refused(await house.send(REGISTRAR, "/v1/invoices", body), "application_not_admitted")


async def test_invoices_issued_at_once_get_numbers_without_gaps() -> None:
    """INV-2: whoever was second asks for the next number and gets it."""
    numbers = (ALFA, BETA)
    house, _, cases = await with_admitted(*numbers)
    await asyncio.gather(*(invoices(house, cases[number]) for number in numbers))
    taken = [record.data["number"] for record in await house.records("InvoiceNumberTaken")]
    issued = [record.data["number"] for record in await house.records("InvoiceIssued")]
    assert taken == issued == [1, 2]


async def test_parts_of_a_payment_add_up_to_a_settled_invoice() -> None:
    """CER-3: and a settled invoice takes no more."""
    house, _, cases = await with_admitted(ALFA)
    path = f"/v1/invoices/{await invoices(house, cases[ALFA])}"
    part = {"paid_ore": 187_500, "paid_on": "2018-11-01"}
    ok(await house.send(REGISTRAR, f"{path}/payments", part, seen=1))
    assert ok(await house.get(REGISTRAR, path)).json()["status"] == "part_paid"
    ok(await house.send(REGISTRAR, f"{path}/payments", part, seen=2))
    assert ok(await house.get(REGISTRAR, path)).json()["status"] == "settled"
    refused(await house.send(REGISTRAR, f"{path}/payments", part, seen=4), "invoice_settled")
    absent = await house.send(REGISTRAR, f"/v1/invoices/{NOBODY}/payments", part, seen=0)
    refused(absent, "invoice_not_found", 404)
