"""GEN-8, AUD-1: who was told no is on record, and is read the same way in every service."""

import pytest

from shared.contracts.roles import Role
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
