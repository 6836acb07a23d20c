"""The list of letters over HTTP: who may see it, page by page. Translation only."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from services.notify.api import OPERATIONS
from services.notify.main import app_of
from services.notify.views import NotificationRow, NotificationState, notification
from shared.auth import Authenticator
from shared.contracts.roles import Role
from shared.eventlog import AccessEntry, AccessPlaced
from shared.testing.memory import MemoryAccessLog
from shared.web import Edge, Limits
from tests.auth.issuer import ISSUER, NOW, claims, published, token
from tests.notify.test_decider import CASE, planned

PATH = "/v1/notifications"
MAY = OPERATIONS["list_notifications"]
OTHER_CASE = UUID(int=9)


def row(number: int, *, case: UUID = CASE, state: NotificationState = "planned") -> NotificationRow:
    """Return the row of the letter with this number."""
    event = planned.model_copy(update={"notification_id": UUID(int=number), "application_id": case})
    made = notification(None, event, str(event.notification_id))
    assert made is not None
    return made.model_copy(update={"state": state})


@dataclass
class House:
    """The letters in a list, and what the edge is told.

    Attributes:
        applied: How far the view has come.
    """

    rows: tuple[NotificationRow, ...] = ()
    applied: int = 0
    access: MemoryAccessLog = field(default_factory=MemoryAccessLog)

    async def letters(
        self,
        *,
        application_id: UUID | None,
        state: NotificationState | None,
        after: UUID | None,
        limit: int,
    ) -> tuple[NotificationRow, ...]:
        """Return letters by their id."""
        chosen = [
            each
            for each in sorted(self.rows, key=lambda r: str(r.notification_id))
            if application_id in {None, each.application_id}
            and state in {None, each.state}
            and (after is None or str(each.notification_id) > str(after))
        ]
        return tuple(chosen[:limit])


class Present:
    """The house whose turn it is: the application is made once."""

    house = House()

    async def letters(self, **asked: Any) -> tuple[NotificationRow, ...]:
        """Return the letters of the house."""
        return await self.house.letters(**asked)

    async def record(self, entry: AccessEntry) -> None:
        """Keep ``entry`` in the access log of the house."""
        await self.house.access.record(entry)

    async def entries(self, **asked: Any) -> tuple[AccessPlaced, ...]:
        """Return what the access log of the house has."""
        return await self.house.access.entries(**asked)

    async def reached(self, _: str, position: int) -> bool:
        """Return whether the list of the house has come so far."""
        return position <= self.house.applied


_present = Present()


@cache
def application() -> FastAPI:
    """Return the application, made once."""
    edge = Edge(
        authenticator=Authenticator(ISSUER, "notify", lambda: NOW, keys=published),
        operations=OPERATIONS,
        access=_present,
        now=lambda: NOW,
    )
    return app_of(letters=_present, edge=edge, reached=_present.reached, limits=Limits())


@cache
def bearer(role: Role) -> str:
    """Return the header of somebody in ``role``."""
    return f"Bearer {token(claims(role, aud='notify'))}"


def client(house: House, role: Role = Role.REGISTRAR) -> httpx2.AsyncClient:
    """Return a client of ``house`` for somebody in ``role``."""
    _present.house = house
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(application()),
        base_url="http://notify",
        headers={"Authorization": bearer(role)},
    )


@pytest.mark.parametrize("role", MAY)
async def test_whoever_must_act_sees_the_letters(role: Role) -> None:
    """MSG-3: a letter that was given up is somebody's task; auditors see all."""
    answer = await client(House((row(1),)), role).get(PATH)
    assert answer.status_code == 200
    assert [each["notification_id"] for each in answer.json()] == [str(UUID(int=1))]


@pytest.mark.parametrize("role", [role for role in Role if role not in MAY])
async def test_nobody_else_does_and_the_try_is_remembered(role: Role) -> None:
    """SOD-15, GEN-8: 403, and an entry in the access log."""
    house = House((row(1),))
    answer = await client(house, role).get(PATH)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "role_may_not_act"
    (placed,) = await house.access.entries()
    assert (placed.entry.command, placed.entry.actor.role) == ("list_notifications", role)


async def test_a_caller_without_a_token_is_nobody() -> None:
    """RFC 6750: 401, and how to do it."""
    answer = await client(House()).get(PATH, headers={"Authorization": ""})
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_letters_are_asked_for_by_case_and_by_state() -> None:
    """MSG-3: the registrar asks for what was given up."""
    http = client(
        House((row(1), row(2, state="given_up"), row(3, case=OTHER_CASE, state="given_up")))
    )
    given_up = await http.get(PATH, params={"state": "given_up"})
    assert [each["notification_id"][-1] for each in given_up.json()] == ["2", "3"]
    both = await http.get(PATH, params={"state": "given_up", "case": str(OTHER_CASE)})
    assert [each["notification_id"][-1] for each in both.json()] == ["3"]


async def test_a_letter_shows_pseudonyms_and_states_and_nothing_of_what_it_says() -> None:
    """MSG-2, GEN-7: neither address nor text nor fact."""
    (shown,) = (await client(House((row(1),))).get(PATH)).json()
    assert shown.keys() == NotificationRow.model_fields.keys()
    assert not {"facts", "text", "email", "name"} & shown.keys()


async def test_the_pages_together_are_the_list() -> None:
    """RFC 8288: one after the other by the link, each once, the filter stays."""
    house = House((*(row(number, state="sent") for number in range(1, 6)), row(9)))
    http = client(house)
    seen: list[str] = []
    url: str | None = f"{PATH}?state=sent&limit=2"
    while url is not None:
        answer = await http.get(url)
        assert len(answer.json()) <= 2
        seen += [each["notification_id"] for each in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == [str(UUID(int=number)) for number in range(1, 6)]


@pytest.mark.parametrize(
    "query",
    [
        "after=what-is-this",
        f"after={str(UUID(int=10)).upper()}",
        f"after={{{UUID(int=1)}}}",
    ],
)
async def test_a_cursor_that_is_none_of_ours_is_malformed(query: str) -> None:
    """House: a list that silently begins elsewhere is worse than a no."""
    answer = await client(House((row(1),))).get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "request_malformed"


@pytest.mark.parametrize("query", ["case=1", "state=lost", "limit=0", "limit=201", "limit=x"])
async def test_a_question_that_makes_no_sense_is_told_where(query: str) -> None:
    """RFC 9457: 422 with a pointer, and nothing of what was sent."""
    answer = await client(House()).get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_reader_sees_what_they_wait_for_or_is_told_to_come_back() -> None:
    """Event log 5: Wait-For-Position."""
    http = client(House(applied=7))
    assert (await http.get(PATH, headers={"Wait-For-Position": "7"})).status_code == 200
    answer = await http.get(PATH, headers={"Wait-For-Position": "8"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
