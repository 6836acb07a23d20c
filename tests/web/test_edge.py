"""Who asks for what: identity, roles and keys at the edge of every operation."""

from uuid import UUID, uuid5

import httpx2
import pytest

from shared.auth import Authenticator, IssuerUnreachable
from shared.auth.authenticator import ORGANISATION_CLAIM
from shared.auth.keys import KeysUnavailable
from shared.contracts.envelope import Actor
from shared.contracts.roles import Role
from shared.telemetry import current_traceparent
from shared.web import Caller
from tests.auth.issuer import NOW, ORGANISATION, PERSON, claims, token
from tests.web.house import CASE, NOTE, House, client

GOOD = {"text": "A note."}
CHANGE = f"/v1/notes/{NOTE}/cases/{CASE}"
READ = f"/v1/notes/{NOTE}"


def bearer(*roles: Role, **changed: object) -> dict[str, str]:
    """Return the header of somebody in ``roles``."""
    return {"Authorization": f"Bearer {token(claims(*roles, **changed))}"}


async def test_a_command_carries_who_in_which_role_and_from_which_request() -> None:
    """House: the body never says who or when; the edge does."""
    traceparents: list[str | None] = []

    async def act(_: Caller) -> None:
        traceparents.append(current_traceparent())

    house = House(act=act)
    firm = bearer(Role.REVIEWER, **{ORGANISATION_CLAIM: ORGANISATION})
    headers = {**firm, "If-Match": '"3"'}
    assert (await client(house).put(CHANGE, json=GOOD, headers=headers)).status_code == 200
    (by,) = house.heard
    assert by.cause.actor == Actor(PERSON, Role.REVIEWER, ORGANISATION)
    assert by.cause.command_id == uuid5(PERSON, "a-key") == by.cause.causation_id
    assert by.cause.correlation_id == CASE
    assert by.cause.traceparent == traceparents[0]
    assert (by.person, by.role, by.principal.signed_in_at) == (PERSON, Role.REVIEWER, NOW)


async def test_a_person_with_several_roles_acts_in_the_first_of_the_table() -> None:
    """SOD-15: the table's order decides, not the token's."""
    house = House()
    headers = bearer(Role.REVIEWER, Role.AUDITOR, Role.SUPERVISOR)
    assert (await client(house).post("/v1/notes", json=GOOD, headers=headers)).status_code == 201
    assert house.heard[0].role is Role.SUPERVISOR
    answer = await client(house).get(READ, headers=headers)
    assert answer.json() == {"role": "reviewer"}


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwdw==", "Token x", token(), "Bearer\tx"],
)
async def test_without_a_token_nobody_is_let_in(authorization: str | None) -> None:
    """RFC 6750 section 3: 401 says how to do better, and names no error when none was made."""
    house = House()
    http = client(house)
    del http.headers["Authorization"]
    headers = {} if authorization is None else {"Authorization": authorization}
    for answer in (
        await http.post("/v1/notes", json=GOOD, headers=headers),
        await http.get(READ, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
        assert answer.headers["www-authenticate"] == 'Bearer realm="sigill"'
    assert (house.heard, await house.access.entries()) == ([], ())


async def test_a_token_for_another_service_is_turned_away_with_its_reason() -> None:
    """Issue 3: a token for another service; nothing of the token is repeated."""
    headers = bearer(Role.REVIEWER, aud="intake")
    answer = await client(House()).get(READ, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_for_another_service")
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="sigill", error="invalid_token", '
        'error_description="The token is for another service."'
    )
    assert "intake" not in answer.text


async def test_when_tokens_cannot_be_checked_the_caller_may_try_again() -> None:
    """House: an issuer that is away is not the caller's fault: 503, not 401."""

    async def away() -> None:
        raise KeysUnavailable

    with pytest.raises(IssuerUnreachable):
        await Authenticator("i", "a", lambda: NOW, keys=away).authenticate(token())  # type: ignore[arg-type]

    async def act(_: Caller) -> None:
        raise IssuerUnreachable

    answer = await client(House(act=act)).post("/v1/notes", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unreachable")
    assert answer.headers["retry-after"] == "1"


async def test_a_role_that_may_not_act_is_on_record_before_the_caller_hears() -> None:
    """GEN-8, SOD-15: who, in which role, which operation, which code, when; once per command."""
    house = House()
    for _ in range(2):
        answer = await client(house).put(
            CHANGE, json=GOOD, headers={**bearer(Role.SUPERVISOR, Role.BUYER), "If-Match": '"3"'}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "role_may_not_act")
    (placed,) = await house.access.entries()
    entry = placed.entry
    assert (entry.command, entry.code, entry.case) == ("change_note", "role_may_not_act", CASE)
    assert entry.actor == Actor(PERSON, Role.BUYER)
    assert entry.at == NOW
    assert house.heard == []


async def test_attempts_at_several_things_under_one_key_are_all_on_record() -> None:
    """GEN-8: nobody hides a second attempt behind the key of the first."""
    house = House()
    headers = {**bearer(Role.BUYER), "If-Match": '"3"'}
    for path in (CHANGE, CHANGE.replace("aa", "ab"), CHANGE):
        assert (await client(house).put(path, json=GOOD, headers=headers)).status_code == 403
    assert (await client(house).post("/v1/notes", json=GOOD, headers=headers)).status_code == 403
    assert len(await house.access.entries()) == 3


@pytest.mark.parametrize("key", [None, "", "two words", "\u00e5"])
async def test_a_role_that_may_not_act_is_on_record_even_without_a_good_key(
    key: str | None,
) -> None:
    """GEN-8: the wrong role comes first; a caller cannot hide it by leaving out the key."""
    house = House()
    http = client(house)
    del http.headers["Idempotency-Key"]
    headers = {name.encode(): value.encode() for name, value in bearer(Role.AUDITOR).items()}
    if key is not None:
        headers[b"Idempotency-Key"] = key.encode()
    assert (await http.post("/v1/notes", json=GOOD, headers=headers)).status_code == 403
    assert len(await house.access.entries()) == 1


async def test_a_role_that_may_not_read_is_on_record_too() -> None:
    """GEN-8: every time, since a reading has no key."""
    house = House()
    for _ in range(2):
        answer = await client(house).get(READ, headers=bearer(Role.APPLICANT))
        assert (answer.status_code, answer.json()["code"]) == (403, "role_may_not_act")
    codes = [(each.entry.command, each.entry.code) for each in await house.access.entries()]
    assert codes == [("read_note", "role_may_not_act")] * 2


async def test_what_must_be_remembered_is_on_record_when_it_is_read() -> None:
    """GEN-8: reads of evidence and of histories; who read what, in which role."""
    house = House()
    assert (await client(house).get(READ)).status_code == 200
    (placed,) = await house.access.entries()
    assert (placed.entry.code, placed.entry.stream) == ("read", f"note-{NOTE}")


async def test_the_role_is_asked_before_the_body_is_judged() -> None:
    """House: who may not act learns nothing about the form of what they may not do."""
    headers = {**bearer(Role.AUDITOR), "If-Match": '"3"'}
    answer = await client(House()).put(CHANGE, json={"nonsense": 1}, headers=headers)
    assert answer.status_code == 403


async def test_a_service_says_on_whose_behalf_it_asks() -> None:
    """Conventions 2: service to service, carrying the original actor."""
    somebody = UUID(int=7)
    service = bearer(Role.REVIEWER, sub="audit", client_id="audit")
    house = House()
    headers = {**service, "On-Behalf-Of": str(somebody)}
    assert (await client(house).post("/v1/notes", json=GOOD, headers=headers)).status_code == 201
    assert house.heard[0].cause.actor.on_behalf_of == somebody


@pytest.mark.parametrize(
    ("client_id", "named", "code"),
    [
        ("browser", str(UUID(int=7)), "on_behalf_of_not_allowed"),
        ("audit", "A. Person", "on_behalf_of_malformed"),
        ("audit", "", "on_behalf_of_malformed"),
        ("audit", UUID(int=7).hex, "on_behalf_of_malformed"),
        ("audit", f"{{{UUID(int=7)}}}", "on_behalf_of_malformed"),
    ],
)
async def test_a_person_acts_for_nobody_else(client_id: str, named: str, code: str) -> None:
    """House: only services carry an actor, and only a pseudonym."""
    headers = {**bearer(Role.REVIEWER, sub="audit", client_id=client_id), "On-Behalf-Of": named}
    answer = await client(House()).post("/v1/notes", json=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_public_operation_asks_nobody() -> None:
    """House: PUBLIC in the table: a wrong token does no harm there either."""
    http = client(House())
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = await http.get("/v1/hello/world", headers=headers)
        assert (answer.status_code, answer.json()) == (200, "Hej world")


async def digest_of(house: House, request: httpx2.Request) -> UUID:
    """Return the digest that the command in ``request`` got."""
    assert (await client(house).send(request)).is_success
    found = house.heard[-1].cause.digest
    assert found is not None
    return found


async def test_the_digest_covers_the_operation_the_resource_and_the_body() -> None:
    """GEN-4: the same key with anything else is told apart; spaces count, headers do not."""
    house = House()
    http = client(house)
    headers = {"If-Match": '"3"'}
    other = CHANGE.replace("aa", "ab")
    first = await digest_of(house, http.build_request("PUT", CHANGE, json=GOOD, headers=headers))
    headers["If-Match"] = '"4"'
    again = await digest_of(house, http.build_request("PUT", CHANGE, json=GOOD, headers=headers))
    assert again == first
    different = [
        http.build_request("PUT", other, json=GOOD, headers=headers),
        http.build_request("PUT", CHANGE, json={"text": "A note!"}, headers=headers),
        http.build_request("POST", "/v1/notes", json=GOOD),
    ]
    found = {first, *[await digest_of(house, request) for request in different]}
    assert len(found) == 4


async def test_an_upload_is_told_apart_by_its_content() -> None:
    """GEN-4: a streamed body is covered by its hash."""
    house = House()
    http = client(house)
    sizes = (1, 2, 2)
    found = [
        await digest_of(house, http.build_request("PUT", f"{READ}/file", content=b"x" * size))
        for size in sizes
    ]
    assert found[0] != found[1] == found[2]
