"""Audit over a mirror in memory: HTTP in front, records that are encoded for real."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid5

import httpx2
from fastapi import FastAPI

from services.audit.api import Exporting
from services.audit.decider import decider, export_decider
from services.audit.main import OPERATIONS, app_of
from services.audit.queries import (
    BEGINNING,
    LOGS,
    Cell,
    Histories,
    HistoryRow,
    Listed,
    MirrorState,
    Place,
    Span,
    Wanted,
)
from services.audit.views.as_of import Extent, Vector
from services.audit.views.facets import keys_of
from services.audit.views.parts import EVERYBODY, Taken, parts_of
from shared.auth import Authenticator
from shared.contracts.audit import TamperSuspected
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, decode, encode, leaf_hash
from shared.contracts.roles import Role
from shared.decider import Decider
from shared.eventlog import AccessEntry, AccessPlaced, Handler, Log
from shared.testing.memory import MemoryAccessLog, MemoryLog
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
        listed: Whether the index is whole.
        log: Of audit itself.
    """

    leaves: dict[tuple[str, int], bytes] = field(default_factory=dict)
    found: tuple[TamperSuspected, ...] = ()
    applied: int = 0
    listed: bool = True
    access: MemoryAccessLog = field(default_factory=MemoryAccessLog)
    log: MemoryLog = field(default_factory=lambda: MemoryLog("audit", now=lambda: NOW))

    def keep(self, records: Iterable[Record]) -> None:
        """Mirror ``records``, each log's from position 1 on."""
        for each in records:
            position = 1 + sum(log == each.log for log, _ in self.leaves)
            self.leaves[each.log, position] = encode(each)

    async def extents(self) -> tuple[Vector, bool]:
        """Return how much is here without gaps."""
        return {log: Extent(self._size(log)) for log in LOGS}, self.listed

    async def history(
        self, wanted: Wanted, *, after: Place = BEGINNING, limit: int
    ) -> tuple[HistoryRow, ...]:
        """Return the records that are wanted: by instant, then the order of the process."""
        rows = [row for row, record in self._rows() if _fits(row, record, wanted)]
        ordered = sorted(rows, key=lambda row: _order(row.place(wanted.order)))
        beyond = (row for row in ordered if _order(row.place(wanted.order)) > _order(after))
        return tuple(beyond)[:limit]

    async def first_of(self, log: str, stream: str) -> bytes | None:
        """Return the first record of ``stream``."""
        return next(
            (
                row.leaf
                for row, record in self._rows()
                if (row.log, record.stream, record.version) == (log, stream, 1)
            ),
            None,
        )

    async def parts(
        self,
        *,
        case: UUID | None = None,
        person: UUID | None = None,
        as_of: Vector,
        after: tuple[UUID, str],
        limit: int,
    ) -> tuple[Cell, ...]:
        """Return cells of the matrix: the first record of each, and its first end after that."""
        said = [
            (taken, row)
            for row, record in self._rows()
            if as_of[row.log].shows(row.position)
            for taken in parts_of(record)
        ]
        cells: dict[tuple[UUID, str], Cell] = {}
        for taken, row in sorted(
            said, key=lambda each: (each[0].at, _order(each[1].place("effective")))
        ):
            if not taken.begins or (case or taken.case, person or taken.person) != taken[1::-1]:
                continue
            key = (taken.case if case is None else taken.person, taken.part)
            until = min((end.at for end, _ in said if _ends(end, taken)), default=None)
            cells.setdefault(
                key,
                Cell(
                    taken.person,
                    taken.case,
                    taken.part,
                    taken.at,
                    until,
                    row.log,
                    row.position,
                    row.hash,
                ),
            )
        return tuple(cells[key] for key in sorted(cells) if key > after)[:limit]

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

    def _size(self, log: str) -> int:
        """Return up to where everything of ``log`` is here."""
        size = 0
        while (log, size + 1) in self.leaves:
            size += 1
        return size

    def _rows(self) -> Iterator[tuple[HistoryRow, Record]]:
        """Yield every record that is here."""
        for (log, position), leaf in self.leaves.items():
            found = decode(leaf)
            yield (
                HistoryRow(
                    log, position, leaf, leaf_hash(leaf), found.recorded_at, found.effective_at
                ),
                found,
            )


def _fits(row: HistoryRow, record: Record, wanted: Wanted) -> bool:
    """Return whether a record is wanted."""
    return (
        {*wanted.keys} <= {*keys_of(record)}
        and wanted.as_of[row.log].shows(row.position)
        and _within(row.recorded_at, wanted.recorded)
        and _within(row.effective_at, wanted.effective)
    )


def _within(at: datetime, span: Span) -> bool:
    """Return whether ``at`` lies in ``span``."""
    return span.first <= at < span.end


def _ends(end: Taken, taken: Taken) -> bool:
    """Return whether one thing that was said ends another."""
    return (
        not end.begins
        and (end.case, end.part) == (taken.case, taken.part)
        and end.person in {EVERYBODY, taken.person}
        and end.at >= taken.at
    )


def _order(place: Place) -> tuple[datetime, int, int]:
    """Return what a history is ordered by."""
    return place.at, LOGS.index(place.log), place.position


class Present:
    """The house whose turn it is: the application is made once."""

    house = House()

    def __getattr__(self, name: str) -> Any:
        """Return what the house does."""
        return getattr(self.house, name)

    async def record(self, entry: AccessEntry) -> None:
        """Keep ``entry`` in the access log of the house."""
        await self.house.access.record(entry)

    async def entries(self, **asked: Any) -> tuple[AccessPlaced, ...]:
        """Return what the access log of the house has."""
        return await self.house.access.entries(**asked)

    async def reached(self, _: str, position: int) -> bool:
        """Return whether the findings of the house have come so far."""
        return position <= self.house.applied


class PresentLog:
    """The log of the house whose turn it is."""

    def __getattr__(self, name: str) -> Any:
        """Return what the log does."""
        return getattr(_present.house.log, name)


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
    deciders: dict[str, Decider[Any, Any, Any]] = {"finding": decider, "export": export_decider}
    handler = Handler(cast("Log", PresentLog()), deciders, _present, lambda: NOW)
    histories = cast("Histories", _present)
    return app_of(
        histories=histories,
        exporting=Exporting(histories, handler, lambda: NOW),
        edge=edge,
        reached=_present.reached,
        limits=Limits(),
    )


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
