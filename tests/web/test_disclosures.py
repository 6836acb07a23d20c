"""ADR-0023: each service discloses what an auditor may see of a case, to services, and remembers it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx2
import pytest

from deploy.local.stack import Stack
from shared.contracts.application import ApplicationKind, InterestRegistered, PreCertificationPassed
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record, decode
from shared.contracts.roles import Role
from shared.eventlog import Write
from shared.vault import erase
from shared.vault.commitment import commitment
from shared.web import DISCLOSURE_OPERATIONS, Edge, create_app, disclosure_routes
from tests.auth.issuer import NOW, authenticator, claims, token
from tests.eventlog.house import Database, House, fresh_database, open_house

CASE, OTHER_CASE, AUDITOR = UUID(int=21), UUID(int=22), UUID(int=41)
STREAM = f"application-{CASE}"
SHARED = f"round-{UUID(int=23)}"
SOMEBODY = UUID(int=51)
AT = datetime(2019, 1, 15, 9, tzinfo=UTC)
NAME, REASON = "Kontakt Kanariefågel", "Underlagen är tillräckliga."


def passed(case: UUID, reason: str = REASON) -> Event:
    """Return the pre-certification of a case."""
    return PreCertificationPassed(
        application_id=case, reason=reason, language="sv", evidence=(), decided_at=AT
    )


def interest(case: UUID) -> Event:
    """Return the interest of somebody with a name."""
    return InterestRegistered(
        application_id=case,
        organisation_number="7699990011",
        organisation_name="Alfa ekonomisk förening",
        kind=ApplicationKind.INITIAL,
        channel="web",
        contact_id=SOMEBODY,
        contact_name=NAME,
        contact_email="kanarie@alfa.example",
        language="sv",
        registered_at=AT,
    )


def bearer(role: Role) -> str:
    """Return the header of the audit service, or of somebody in ``role``."""
    own = {"client_id": "audit", "sub": "audit"} if role is Role.SERVICE else {}
    return f"Bearer {token(claims(role, **own))}"


@dataclass(frozen=True, slots=True)
class Service:
    """A service with two cases in its log, and what is asked of it."""

    database: Database
    house: House
    http: httpx2.AsyncClient

    async def asked(self, case: UUID = CASE, role: Role = Role.SERVICE, **changed: Any) -> Any:
        """Return the answer to another service, which asks on behalf of the auditor."""
        query = {"stream": STREAM} | changed.pop("query", {})
        headers = {"Authorization": bearer(role)}
        named = changed.pop("on_behalf_of", AUDITOR)
        headers |= {"On-Behalf-Of": str(named)} if named else {}
        return await self.http.get(f"/v1/disclosures/{case}", params=query, headers=headers)

    async def records(self) -> dict[int, Record]:
        """Return the log."""
        return {each.position: decode(each.leaf) for each in await self.house.log.tail(0, limit=99)}


@pytest.fixture
async def service(stack: Stack) -> AsyncIterator[Service]:
    """Return a service of its own."""
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        open_house(database, event_of=event_of) as house,
    ):
        edge = Edge(
            authenticator=authenticator(),
            operations=DISCLOSURE_OPERATIONS,
            access=house.access,
            now=lambda: NOW,
            ledgers=house.pool,
            vault=house.vault,
        )
        writes = [
            Write(STREAM, (interest(CASE), passed(CASE), passed(CASE, "Igen.")), 0),
            Write(SHARED, (passed(CASE, "Ett."), passed(OTHER_CASE, "Två.")), 0),
        ]
        for number, write in enumerate(writes):
            made = uuid5(CASE, str(number))
            cause = Cause(Actor(SOMEBODY, Role.APPLICANT), made, CASE, made)
            await house.log.append([write], cause=cause)
        routers = [disclosure_routes(edge)]
        app = create_app("Tells", routers=routers, operations=DISCLOSURE_OPERATIONS)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://tells") as http:
            yield Service(database, house, http)


@pytest.mark.integration
async def test_grounds_are_disclosed_and_names_are_not(service: Service) -> None:
    """ADR-0023, AUD-1: with the salt, so that anybody can hold it against the record."""
    answer = await service.asked()
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert [(each["position"], each["field"], each["value"]) for each in shown] == [
        (2, "reason", REASON),
        (3, "reason", "Igen."),
    ]
    records = await service.records()
    for each in shown:
        record = records[each["position"]]
        made = commitment(record.type, each["field"], bytes.fromhex(each["salt"]), each["value"])
        assert made == record.data[each["field"]]
    assert NAME not in answer.text
    assert "alfa.example" not in answer.text


@pytest.mark.integration
async def test_of_a_shared_stream_only_the_case_is_disclosed(service: Service) -> None:
    """SOD-14, ADR-0018: a round's stream holds records of many cases."""
    query = {"stream": SHARED}
    ours, theirs = await service.asked(query=query), await service.asked(OTHER_CASE, query=query)
    assert [each["value"] for each in ours.json()] == ["Ett."]
    assert [each["value"] for each in theirs.json()] == ["Två."]
    assert (await service.asked(UUID(int=99))).json() == []


@pytest.mark.integration
async def test_each_reading_is_remembered_before_it_is_shown(service: Service) -> None:
    """GEN-8: which stream, which case, which service, and on whose behalf; nothing shown, nothing kept."""
    await service.asked()
    await service.asked(OTHER_CASE)
    (placed,) = await service.house.access.entries()
    entry = placed.entry
    assert (entry.command, entry.stream, entry.case, entry.code) == (
        *("read_disclosures", STREAM, CASE),
        "read",
    )
    assert (entry.actor.role, entry.actor.on_behalf_of) == (Role.SERVICE, AUDITOR)


@pytest.mark.integration
async def test_a_stream_is_disclosed_page_by_page(service: Service) -> None:
    """Conventions, section 1: keyset pages that together show each value once."""
    seen, path = list[str](), f"/v1/disclosures/{CASE}?stream={STREAM}&limit=1"
    headers = {"Authorization": bearer(Role.SERVICE), "On-Behalf-Of": str(AUDITOR)}
    while path:
        answer = await service.http.get(path, headers=headers)
        seen += [each["value"] for each in answer.json()]
        path = answer.headers.get("link", "").partition(">")[0].strip("<")
    assert seen == [REASON, "Igen."]


@pytest.mark.integration
async def test_what_was_erased_is_absent(service: Service) -> None:
    """Law (GDPR 17): the record stays, and its text is nobody's any more."""
    async with service.database.as_admin() as admin:
        assert await erase(admin, str(CASE)) == 3
    assert (await service.asked()).json() == []


@pytest.mark.integration
async def test_people_ask_the_audit_service_instead(service: Service) -> None:
    """SOD-15: auditors too; each try is on record with its case."""
    people = [role for role in Role if role is not Role.SERVICE]
    for role in people:
        answer = await service.asked(role=role, on_behalf_of=None)
        assert (answer.status_code, answer.json()["code"]) == (403, "role_may_not_act")
    noes = [each.entry for each in await service.house.access.entries()]
    assert [(no.actor.role, no.case) for no in noes] == [(role, CASE) for role in people]


@pytest.mark.integration
async def test_what_makes_no_sense_is_refused(service: Service) -> None:
    """GEN-8: nobody asks without saying for whom; nothing is remembered as read."""
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"on_behalf_of": None}, 400),
        ({"on_behalf_of": "nobody"}, 400),
        ({"query": {"stream": "x"}}, 422),
        ({"query": {"after": "x"}}, 400),
    ]
    for changed, status in wrong:
        answer = await service.asked(**changed)
        assert answer.status_code == status, answer.text
    assert await service.house.access.entries() == ()
