"""Who gets a letter: asked of the services at the moment of sending, and kept nowhere."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.notify.letters import recipients
from services.notify.letters.recipients import (
    RecipientUnknown,
    Source,
    SourceUnreachable,
    decision_texts,
    recipient,
)
from shared.auth.service_token import ServiceToken
from shared.contracts.roles import Role
from tests.auth.issuer import NOW

CASE = UUID(int=2)
PERSON = UUID(int=4)
CONTACTS: dict[str, Any] = {
    "organisation_number": "7699990011",
    "organisation_name": "Alfa\n ekonomisk  förening",
    "contacts": [
        {
            "role": "applicant",
            "person_id": str(PERSON),
            "name": "Kontaktperson\tEtt",
            "email": "kontakt@alfa.example",
            "language": "en",
        }
    ],
}

Answer = Callable[[httpx2.Request], httpx2.Response]


def answering(status: int, body: Any = None) -> Answer:
    """Return a neighbour that always says the same."""
    return lambda _: httpx2.Response(status, json=body)


def issuer(request: httpx2.Request) -> httpx2.Response:
    """Return what an issuer answers: where tokens are, and one."""
    if request.method == "GET":
        return httpx2.Response(200, json={"token_endpoint": "http://issuer.example/token"})
    return httpx2.Response(200, json={"access_token": "a-token", "expires_in": 300})


def source(answer: Answer, about_tokens: Answer = issuer) -> Source:
    """Return somebody to ask who answers so, over a transport that is a function."""
    token = ServiceToken(
        "http://issuer.example",
        "notify",
        "secret",
        audience="intake",
        now=lambda: NOW,
        transport=httpx2.MockTransport(about_tokens),
    )
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return Source("http://intake.example", token, http)


async def test_the_person_who_has_the_role_now_gets_the_letter() -> None:
    """MSG-2: found by role, in their language; names on one line."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json=CONTACTS)

    found = await recipient(source(answer), CASE, Role.APPLICANT)
    assert (found.person_id, found.email, found.language) == (PERSON, "kontakt@alfa.example", "en")
    assert (found.name, found.organisation) == ("Kontaktperson Ett", "Alfa ekonomisk förening")
    assert asked[0].url.path == f"/v1/applications/{CASE}/contacts"
    assert asked[0].headers["authorization"] == "Bearer a-token"


@pytest.mark.parametrize(
    ("status", "body", "role"),
    [
        (404, {"code": "application_not_found"}, Role.APPLICANT),
        (200, CONTACTS, Role.SIGNATORY),
        (200, {**CONTACTS, "contacts": []}, Role.APPLICANT),
        (200, {**CONTACTS, "contacts": [{**CONTACTS["contacts"][0], "email": ""}]}, Role.APPLICANT),
        (
            200,
            {**CONTACTS, "contacts": [{**CONTACTS["contacts"][0], "name": None}]},
            Role.APPLICANT,
        ),
    ],
)
async def test_who_is_not_known_or_erased_gets_nothing(status: int, body: Any, role: Role) -> None:
    """MSG-2, ERA-1: nobody is written to from memory."""
    with pytest.raises(RecipientUnknown):
        await recipient(source(answering(status, body)), CASE, role)


def broken(_: httpx2.Request) -> httpx2.Response:
    """Break the connection off."""
    raise httpx2.ConnectError("kontakt@alfa.example is away")


@pytest.mark.parametrize(
    "neighbour",
    [
        source(answering(503)),
        source(answering(403, {"code": "role_may_not_act"})),
        source(lambda _: httpx2.Response(200, text="no JSON")),
        source(broken),
        source(answering(200, CONTACTS), about_tokens=answering(500)),
    ],
)
async def test_a_neighbour_that_does_not_answer_well_is_asked_again_later(
    neighbour: Source,
) -> None:
    """MSG-3: nothing is lost, and what went wrong says nothing of anybody."""
    with pytest.raises(SourceUnreachable) as caught:
        await recipient(neighbour, CASE, Role.APPLICANT)
    assert "@" not in str(caught.value)


async def test_a_neighbour_that_is_slow_holds_up_nobody_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """House: every await that leaves the process has a limit."""

    async def slow(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(recipients, "ASK_TIMEOUT_S", 0.05)
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(slow))
    neighbour = Source("http://intake.example", source(answering(200)).token, http)
    with pytest.raises(SourceUnreachable):
        await recipient(neighbour, CASE, Role.APPLICANT)


async def test_the_words_of_a_decision_are_fetched_and_erased_ones_are_a_dash() -> None:
    """MSG-3, ERA-1: a letter goes out even when its words are gone; not before they are there."""
    body = {"reason": "Allt är på plats.", "actions": None, "decision": "admitted"}
    found = await decision_texts(source(answering(200, body)), "/v1/applications/x/decision")
    assert found == {"reason": "Allt är på plats.", "actions": "-"}
    with pytest.raises(SourceUnreachable):
        await decision_texts(source(answering(404)), "/v1/applications/x/decision")
