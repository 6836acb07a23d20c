"""What nobody can mean well: a clear answer, and nothing changed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.intake.api.house import House
from tests.intake.api.journey import (
    PILOT,
    drafts,
    interest,
    ok,
    plans_round,
    refused,
    shows_interest,
    staffed,
    submits,
)
from tests.intake.api.people import ALFA, LEADER, REGISTRAR, STEERING, applicant, signatory

AFTER_ALL_APPOINTMENTS = datetime(2028, 1, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "changed",
    [
        {"application_deadline_on": "9999-12-31", "admission_on": "9999-12-31"},
        {"opens_on": "0001-01-01"},
        {"opens_on": 1_542_585_600},
        {"opens_on": "2018-11-19T00:00:00"},
        {"opens_on": "2018-12-08"},
        {"places": "5"},
        {"places": True},
        {"name_sv": " "},
        {"name_en": "\u202eegnellahC"},
        {"name_sv": "Pilot\n2019"},
    ],
)
async def test_a_round_that_no_calendar_knows_is_not_planned(changed: dict[str, Any]) -> None:
    """SV-7: a day that no view could show would stop the list of rounds for everybody."""
    house = await staffed()
    before = await house.log.head()
    answer = await house.send(LEADER, "/v1/rounds", {**PILOT, **changed})
    refused(answer, "request_malformed", 422)
    assert await house.log.head() == before


@pytest.mark.parametrize("hours", ["20", True, 20.0, 20.5, None])
async def test_a_number_is_a_number(hours: object) -> None:
    """House: nothing is guessed."""
    house = House()
    application_id = await shows_interest(house, ALFA)
    path = f"/v1/applications/{application_id}/commitment"
    answer = await house.send(signatory(ALFA), path, {"hours_per_month": hours}, seen=2)
    refused(answer, "request_malformed", 422)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation_name", "\u200b"),
        ("organisation_name", "Alfa\u202eafla"),
        ("contact_name", "  "),
        ("contact_name", "Kontakt\r\nBcc: alla@firma.example"),
        ("contact_email", "kontakt\x01@firma.example"),
        ("contact_email", "kontakt\u200b@firma.example"),
    ],
)
async def test_a_name_can_be_seen(field: str, value: str) -> None:
    """House: names and addresses stand in letters and on certificates."""
    house = House()
    answer = await house.send(applicant(ALFA), "/v1/applications", {**interest(ALFA), field: value})
    refused(answer, "request_malformed", 422)
    assert answer.json()["errors"][0]["pointer"] == f"#/{field}"
    assert await house.records() == []


async def test_nobody_acts_when_their_appointment_has_ended() -> None:
    """APT-3: also where nothing is decided; each try is kept (GEN-8)."""
    house = await staffed()
    round_id = await plans_round(house, kind="regular", code="V20")
    case = await drafts(house, ALFA)
    ok(await submits(house, ALFA, case, round_id))
    own, round_ = f"/v1/applications/{case}", f"/v1/rounds/{round_id}"
    before = await house.log.head()
    house.now = AFTER_ALL_APPOINTMENTS
    named = {"person_id": str(LEADER.person)}
    invoice = {
        "application_id": case,
        "lines": [{"kind": "certification_fee", "net_ore": 300_000}],
    }
    deviation = {"members": 3, "reason": "Pilot."}
    tries: tuple[tuple[Any, str, object], ...] = (
        (LEADER, "/v1/applications", interest(ALFA)),
        (LEADER, "/v1/rounds", PILOT),
        (LEADER, f"{round_}/start", None),
        (LEADER, "/v1/groups", {"round_id": round_id}),
        (LEADER, f"{own}/screening", named),
        (LEADER, f"{own}/agreement/countersignature", None),
        (LEADER, f"{own}/enrolment", None),
        (STEERING, f"/v1/groups/{case}/deviations", deviation),
        (REGISTRAR, "/v1/invoices", invoice),
        (REGISTRAR, f"/v1/invoices/{case}/payments", {"paid_ore": 1, "paid_on": "2018-11-01"}),
    )
    for who, path, body in tries:
        refused(await house.send(who, path, body, seen=0), "mandate_ended", 403)
    assert await house.log.head() == before
    kept = [each.entry for each in await house.access.entries()]
    assert [each.code for each in kept] == ["mandate_ended"] * len(tries)
    assert [each.command for each in kept][-2:] == ["IssueInvoice", "RegisterPayment"]


async def test_a_repeat_is_answered_also_when_the_appointment_has_ended() -> None:
    """GEN-4: what was done was done under it."""
    house = await staffed()
    first = ok(await house.send(LEADER, "/v1/rounds", PILOT, key="round"))
    house.now = AFTER_ALL_APPOINTMENTS
    again = ok(await house.send(LEADER, "/v1/rounds", PILOT, key="round"))
    assert again.content == first.content
    assert await house.access.entries() == ()
