"""Audit over a mirror in memory: HTTP in front, records that are encoded for real."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import httpx2
from fastapi import FastAPI

from services.audit.api import OPERATIONS
from services.audit.consumers.mirroring import cases_of
from services.audit.main import app_of
from services.audit.queries import LOGS, HistoryRow, Listed, MirrorState, Place
from shared.auth import Authenticator
from shared.contracts.audit import TamperSuspected
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, decode, encode, leaf_hash
from shared.contracts.roles import Role
from shared.eventlog import AccessEntry, AccessPlaced
from shared.testing.memory import MemoryAccessLog
from shared.web import Edge, Limits
from tests.auth.issuer import ISSUER, NOW, claims, published, token

CASE, OTHER_CASE = UUID(int=21), UUID(int=22)
PERSON = UUID(int=31)
MONDAY = datetime(2019, 6, 17, 8, tzinfo=UTC)
NAMES = UUID(int=0)


def record(service: str, version: int, *, after_s: int = 0, **changed: Any) -> Record:
    """Return the record of something small: version ``version`` of a stream of ``service``."""
    at = MONDAY + timedelta(seconds=after_s)
    made = uuid5(NAMES, f"{service} {version} {changed}")
    plain = Record(
        log=f"asf/{service}",
        event_id=made,
        type="RequirementsDisclosed",
        schema=1,
        stream=f"application-{CASE}",
        version=version,
        previous=None,
        recorded_at=at,
        effective_at=at,
        actor=Actor(PERSON, Role.APPLICANT, "7699990011"),
        command_id=made,
        correlation_id=CASE,
        causation_id=made,
        traceparent=None,
        policy="1",
        scheme=None,
        data={
            "application_id": str(CASE),
            "requirements": "1",
            "disclosed_at": "2019-06-17T08:00:00.000000Z",
        },
    )
    return plain._replace(**changed)


@dataclass
class House:
    """A mirror in a list, and what the edge is told.

    Attributes:
        leaves: By log and position.
        applied: How far the list of findings has come.
    """

    leaves: dict[tuple[str, int], bytes] = field(default_factory=dict)
    found: tuple[TamperSuspected, ...] = ()
    applied: int = 0
    access: MemoryAccessLog = field(default_factory=MemoryAccessLog)

    def keep(self, records: Iterable[Record]) -> None:
        """Mirror ``records``, each log's from position 1 on."""
        for each in records:
            position = 1 + sum(log == each.log for log, _ in self.leaves)
            self.leaves[each.log, position] = encode(each)

    async def history(self, case: UUID, *, after: Place, limit: int) -> tuple[HistoryRow, ...]:
        """Return the records of a case: by instant, then the order of the process."""
        rows = [
            HistoryRow(Place(found.recorded_at, log, position), leaf, leaf_hash(leaf))
            for (log, position), leaf in self.leaves.items()
            for found in (decode(leaf),)
            if case in cases_of(found)
        ]
        ordered = sorted(rows, key=lambda row: _order(row.place))
        return tuple(row for row in ordered if _order(row.place) > _order(after))[:limit]

    async def leaf_at(self, log: str, position: int) -> bytes | None:
        """Return the bytes there."""
        return self.leaves.get((log, position))

    async def states(self) -> tuple[MirrorState, ...]:
        """Return how much of each log is here."""
        heads = {log: max((p for of, p in self.leaves if of == log), default=0) for log in LOGS}
        return tuple(MirrorState(log, head, 0) for log, head in heads.items() if head)

    async def findings(self, *, after: int, limit: int) -> tuple[Listed, ...]:
        """Return what was found: the third at position 3."""
        listed = [Listed(place, each) for place, each in enumerate(self.found, 1)]
        return tuple(each for each in listed if each.position > after)[:limit]


def _order(place: Place) -> tuple[datetime, int, int]:
    """Return what a history is ordered by."""
    return place.recorded_at, LOGS.index(place.log), place.position


class Present:
    """The house whose turn it is: the application is made once."""

    house = House()

    async def history(self, case: UUID, *, after: Place, limit: int) -> tuple[HistoryRow, ...]:
        """Return a page of the house."""
        return await self.house.history(case, after=after, limit=limit)

    async def leaf_at(self, log: str, position: int) -> bytes | None:
        """Return bytes of the house."""
        return await self.house.leaf_at(log, position)

    async def states(self) -> tuple[MirrorState, ...]:
        """Return how much the house has."""
        return await self.house.states()

    async def findings(self, *, after: int, limit: int) -> tuple[Listed, ...]:
        """Return what was found in the house."""
        return await self.house.findings(after=after, limit=limit)

    async def record(self, entry: AccessEntry) -> None:
        """Keep ``entry`` in the access log of the house."""
        await self.house.access.record(entry)

    async def entries(self, **asked: Any) -> tuple[AccessPlaced, ...]:
        """Return what the access log of the house has."""
        return await self.house.access.entries(**asked)

    async def reached(self, _: str, position: int) -> bool:
        """Return whether the findings of the house have come so far."""
        return position <= self.house.applied


_present = Present()


@cache
def application() -> FastAPI:
    """Return the application, made once."""
    edge = Edge(
        authenticator=Authenticator(ISSUER, "audit", lambda: NOW, keys=published),
        operations=OPERATIONS,
        access=_present,
        now=lambda: NOW,
    )
    return app_of(histories=_present, edge=edge, reached=_present.reached, limits=Limits())


@cache
def bearer(role: Role) -> str:
    """Return the header of somebody in ``role``."""
    return f"Bearer {token(claims(role, aud='audit'))}"


def client(house: House, role: Role = Role.AUDITOR) -> httpx2.AsyncClient:
    """Return a client of ``house`` for somebody in ``role``."""
    _present.house = house
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(application()),
        base_url="http://audit",
        headers={"Authorization": bearer(role)},
    )
