"""GEN-8, AUD-1: who was told no is on record, and is read the same way in every service."""

from uuid import UUID

import pytest

from shared.auth.authenticator import ORGANISATION_CLAIM
from shared.contracts.envelope import Actor
from shared.contracts.roles import Role
from shared.eventlog import AccessEntry
from shared.ids import new_id
from tests.auth.issuer import PERSON, claims, token
from tests.web.house import CASE, NOTE, House, client

LISTING = "/v1/access-log"
CHANGE = f"/v1/notes/{NOTE}/cases/{CASE}"


def bearer(*roles: Role) -> dict[str, str]:
    """Return the header of somebody in ``roles``."""
    return {"Authorization": f"Bearer {token(claims(*roles))}"}


async def refuse(house: House, times: int, path: str = CHANGE) -> None:
    """Let a supervisor, who may not, ask for a change ``times`` times."""
    for number in range(times):
        headers = {**bearer(Role.SUPERVISOR), "If-Match": '"3"', "Idempotency-Key": f"k{number}"}
        answer = await client(house).put(path, json={"text": "A note."}, headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.STEERING_GROUP])
async def test_a_refusal_is_listed_with_who_what_why_and_when(role: Role) -> None:
    """G6-6: actor, role, command, code and time."""
    house = House()
    await refuse(house, 1)
    (entry,) = (await client(house).get(f"{LISTING}?case={CASE}", headers=bearer(role))).json()
    assert entry == {
        "position": 1,
        "person_id": str(PERSON),
        "role": "supervisor",
        "on_behalf_of": None,
        "command": "change_note",
        "stream": f"note-{NOTE}",
        "code": "role_may_not_act",
        "case": str(CASE),
        "at": house.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


async def test_it_is_listed_page_by_page_and_case_by_case() -> None:
    """Conventions, section 1: keyset pages that together show each entry once."""
    house = House()
    await refuse(house, 5)
    await refuse(house, 1, f"/v1/notes/{NOTE}/cases/{NOTE}")
    path, seen = f"{LISTING}?limit=2&case={CASE}", []
    while path:
        answer = await client(house).get(path, headers=bearer(Role.AUDITOR))
        seen.append([entry["position"] for entry in answer.json()])
        path = answer.headers.get("link", "").partition(">")[0].strip("<")
    assert seen == [[1, 2], [3, 4], [5]]
    everything = await client(house).get(LISTING, headers=bearer(Role.AUDITOR))
    assert len(everything.json()) == 6


@pytest.mark.parametrize("asked", ["after=x", "after=1.5", "after=%C2%B2", f"after={10**18}"])
async def test_a_cursor_that_we_never_gave_is_refused(asked: str) -> None:
    """House: a clear answer, and never a wrong page."""
    answer = await client(House()).get(f"{LISTING}?{asked}", headers=bearer(Role.AUDITOR))
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nobody_else_reads_it_and_asking_is_on_record() -> None:
    """SOD-15: the log of refusals is not for those who were refused."""
    house = House()
    answer = await client(house).get(LISTING, headers=bearer(Role.REVIEWER))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_may_not_act")
    listed = await client(house).get(LISTING, headers=bearer(Role.AUDITOR))
    assert [entry["command"] for entry in listed.json()] == ["list_access_log"]


ALFA, BETA = "7699990011", "7699990029"


def of_firm(number: str | None, role: Role = Role.SIGNATORY) -> dict[str, str]:
    """Return the header of somebody who acts for a firm."""
    return {"Authorization": f"Bearer {token(claims(role, **{ORGANISATION_CLAIM: number}))}"}


async def looked_at() -> House:
    """Return a house where an auditor looked at Alfa's case, and somebody was told no."""
    house = House(firms={CASE: ALFA, NOTE: BETA})
    await refuse(house, 1)
    actor = Actor(UUID(int=3), Role.SERVICE, on_behalf_of=UUID(int=4))
    for case in (CASE, NOTE):
        entry = AccessEntry(new_id(), actor, "read_disclosures", "box-1", "read", house.now, case)
        await house.access.record(entry)
    return house


@pytest.mark.parametrize("role", [Role.SIGNATORY, Role.APPLICANT])
async def test_a_firm_sees_who_looked_at_its_case(role: Role) -> None:
    """Section 9: who, in which role and for whom, what and when; refusals are others' business."""
    house = await looked_at()
    answer = await client(house).get(f"{LISTING}?case={CASE}", headers=of_firm(ALFA, role))
    (entry,) = answer.json()
    assert (entry["role"], entry["command"]) == ("service", "read_disclosures")
    assert entry["code"] == "read"
    assert (entry["person_id"], entry["on_behalf_of"]) == (str(UUID(int=3)), str(UUID(int=4)))
    assert entry["case"] == str(CASE)


@pytest.mark.parametrize("number", [BETA, None])
async def test_another_firms_case_is_not_there(number: str | None) -> None:
    """SOD-14: neither that somebody looked at it, nor that there is one."""
    house = await looked_at()
    known = await client(house).get(f"{LISTING}?case={CASE}", headers=of_firm(number))
    unknown = await client(house).get(f"{LISTING}?case={UUID(int=9)}", headers=of_firm(number))
    for answer in (known, unknown):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_firm_names_a_case() -> None:
    """SOD-14: the whole log is for oversight only."""
    answer = await client(await looked_at()).get(LISTING, headers=of_firm(ALFA))
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")
