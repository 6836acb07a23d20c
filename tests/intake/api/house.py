"""The whole of intake over the memory log: HTTP in front, policies and timers when they are run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid5

import httpx2
from fastapi import FastAPI

from services.intake.api.desk import Desk
from services.intake.api.operations import OPERATIONS
from services.intake.main import DECIDERS, app_of
from services.intake.policy import when_intake, when_review
from services.intake.queries import ApplicationFilter, Lists
from services.intake.views.application import ApplicationRow, applications
from services.intake.views.group import GroupDocument, groups
from services.intake.views.invoice import InvoiceDocument, invoices
from services.intake.views.round import RoundDocument, rounds
from services.intake.views.round_deadline import round_deadlines
from shared.auth import Authenticator
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record, decode
from shared.decider import Asked
from shared.eventlog import AccessLog, Handler, Look
from shared.eventlog.views import View
from shared.ids import new_id
from shared.testing.memory import MemoryAccessLog, MemoryLog
from shared.vault import Vault
from shared.web import Edge, Limits
from tests.auth.issuer import AUDIENCE, ISSUER, claims, published, token
from tests.intake.api.people import Who
from tests.intake.api.speaking import Speaking

POLICY = Actor(UUID("0190a3c2-7a10-4c00-8000-0000000000ff"), "policy")
SIGNED_IN = int(datetime(2018, 1, 1, tzinfo=UTC).timestamp())
EXPIRES = int(datetime(2038, 1, 1, tzinfo=UTC).timestamp())
FIRM_CLAIM = "https://id.oidc.se/claim/orgNumber"


@cache
def _token(who: Who) -> str:
    """Return the one token of ``who``: a known token costs a hash and no signature."""
    said = claims(
        *who.roles,
        sub=str(who.person),
        iat=SIGNED_IN,
        auth_time=SIGNED_IN,
        exp=EXPIRES,
        **{FIRM_CLAIM: who.organisation},
    )
    return token(said)


class MemoryLists:
    """The lists, folded from the memory log at each question. The same views as in the tables."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def kept(self, view: View[Any]) -> dict[str, Any]:
        """Return the documents of ``view`` by key, in the order in which they began."""
        documents: dict[str, Any] = {}
        for stored in await self._log.tail(0, limit=100_000):
            event = event_of(decode(stored.leaf))
            assert event is not None
            for key in view.keys(event):
                document = view.evolve(documents.get(key), event, key)
                if document is None:
                    documents.pop(key, None)
                else:
                    documents[key] = document
        return documents

    async def applications(
        self, wanted: ApplicationFilter, *, after: str | None, limit: int
    ) -> tuple[ApplicationRow, ...]:
        """Return applications in the order of their registration."""
        found = await self.kept(applications)
        chosen = {
            key: row
            for key, row in found.items()
            if wanted.organisation_number in {None, row.application.organisation_number}
            and wanted.status in {None, row.application.status}
            and wanted.round_id in {None, row.application.round_id}
            and wanted.screener_id in {None, row.application.screener_id}
        }
        return _page(chosen, after, limit)

    async def rounds(
        self, *, coming_at: datetime | None, after: str | None, limit: int
    ) -> tuple[RoundDocument, ...]:
        """Return announced rounds."""
        found = await self.kept(rounds)
        chosen = {
            key: each
            for key, each in found.items()
            if each.status != "draft"
            and (
                coming_at is None
                or (each.status in {"announced", "open"} and each.deadline_at > coming_at)
            )
        }
        return _page(chosen, after, limit)

    async def next_round(self, *, at: datetime, but: UUID) -> str | None:
        """Return the code of the next round."""
        found = await self.rounds(coming_at=at, after=None, limit=100)
        return next((r.code for r in found if r.kind != "pilot" and r.round_id != but), None)

    async def groups(
        self, *, round_id: UUID | None, after: str | None, limit: int
    ) -> tuple[GroupDocument, ...]:
        """Return groups."""
        found = await self.kept(groups)
        return _page(
            {k: g for k, g in found.items() if round_id in {None, g.round_id}}, after, limit
        )

    async def supervisors_of(self, organisation_number: str) -> frozenset[UUID]:
        """Return everyone who supports or supported the organisation."""
        return frozenset(
            person
            for each in (await self.kept(groups)).values()
            if organisation_number in {member.organisation_number for member in each.members}
            for person in each.supervisor_ids
        )

    async def invoices(
        self,
        *,
        organisation_number: str | None,
        application_id: UUID | None,
        after: str | None,
        limit: int,
    ) -> tuple[InvoiceDocument, ...]:
        """Return invoices."""
        found = await self.kept(invoices)
        chosen = {
            key: each
            for key, each in found.items()
            if organisation_number in {None, each.organisation_number}
            and application_id in {None, each.application_id}
        }
        return _page(chosen, after, limit)


def _page(documents: Mapping[str, Any], after: str | None, limit: int) -> tuple[Any, ...]:
    """Return what follows the key ``after``, at most ``limit``."""
    keys = list(documents)
    start = keys.index(after) + 1 if after else 0
    return tuple(documents[key] for key in keys[start : start + limit])


@dataclass
class House(Speaking):
    """Intake, a clock in the hands of the test, and nothing outside the process.

    Attributes:
        now: What the clock says.
        heard: Up to which position the policies have heard the log.
    """

    now: datetime = datetime(2018, 11, 1, 9, tzinfo=UTC)
    access: MemoryAccessLog = field(default_factory=MemoryAccessLog)
    heard: int = 0

    def __post_init__(self) -> None:
        """Stand behind the one HTTP application, with a log of one's own."""
        self.log = MemoryLog("intake", now=self.clock)
        self.handler = Handler(self.log, DECIDERS, self.access, self.clock)
        self.lists: MemoryLists = MemoryLists(self.log)
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(_app()), base_url="http://intake"
        )
        _standing.append(self)

    @property
    def vault(self) -> Vault:
        """Return where the texts of the log can be had."""
        return self.log.vault

    def clock(self) -> datetime:
        """Return what the clock says; a microsecond passes at each look."""
        self.now += timedelta(microseconds=1)
        return self.now

    async def reached(self, _: str, position: int) -> bool:
        """Return whether the lists have come so far: they always have."""
        return position <= await self.log.head()

    def headers(self, who: Who) -> dict[str, str]:
        """Return the header that says who calls."""
        return {"Authorization": f"Bearer {_token(who)}"}

    async def at(self, when: datetime) -> None:
        """Set the clock."""
        self.now = when

    async def react(self) -> None:
        """Let the policies hear what is new, until there is nothing new; as the consumer does."""
        while records := await self.log.tail(self.heard, limit=1_000):
            for stored in records:
                self.heard = stored.position
                record = decode(stored.leaf)
                event = event_of(record)
                assert event is not None
                for index, asked in enumerate(when_intake(event)):
                    await self._put(asked, record.event_id, index)

    async def hears(self, event: Event) -> None:
        """Let the policies hear an event of review."""
        for index, asked in enumerate(when_review(event)):
            await self._put(asked, new_id(), index)

    async def run_timers(self) -> None:
        """Carry out what is due."""
        for due in (await self.lists.kept(round_deadlines.view)).values():
            if due.at <= self.now:
                asked = round_deadlines.command(due)
                await self._put(asked, uuid5(POLICY.person, due.key), 0)

    async def _put(self, asked: Asked[Any], event_id: UUID, index: int) -> None:
        """Put a policy's command."""
        cause = Cause(POLICY, uuid5(event_id, str(index)), event_id, event_id)
        await self.handler.put(asked.stream, asked.command, cause)

    async def look(self, stream: str) -> Look:
        """Return a stream as the rules know it."""
        return await self.handler.look(stream)

    async def records(self, *types: str) -> list[Record]:
        """Return the records of these types, or of all, oldest first."""
        every = [decode(stored.leaf) for stored in await self.log.tail(0, limit=100_000)]
        return [record for record in every if not types or record.type in types]


_standing: list[House] = []
"""The houses made so far; the last one stands behind the HTTP application."""


class Behind:
    """A part of whichever house stands: to build the application for each test would take long."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        """Return what that part of the house has under ``name``."""
        return getattr(getattr(_standing[-1], self._part), name)


def _now() -> datetime:
    """Return what the clock of the house says."""
    return _standing[-1].clock()


async def _reached(view: str, position: int) -> bool:
    """Return whether the lists of the house have come so far."""
    return await _standing[-1].reached(view, position)


@cache
def _app() -> FastAPI:
    """Return the HTTP application, wired once."""
    edge = Edge(
        authenticator=Authenticator(ISSUER, AUDIENCE, _now, keys=published),
        operations=OPERATIONS,
        access=cast("AccessLog", Behind("access")),
        now=_now,
    )
    desk = Desk(
        edge=edge,
        handler=cast("Handler", Behind("handler")),
        vault=cast("Vault", Behind("vault")),
        lists=cast("Lists", Behind("lists")),
        reached=_reached,
        now=_now,
        new_id=new_id,
    )
    return app_of(desk, Limits())
