"""The review service over the memory log: the real application, its policies, and its people."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx2

from services.review.api import OPERATIONS, routes, upload_of
from services.review.api.acting import Acting
from services.review.api.meanings import MEANINGS
from services.review.api.standing import Bystander
from services.review.main import service
from services.review.policy import when_intake, when_review
from services.review.queries import Lists
from services.review.views.appointment_record import AppointmentRecord
from services.review.views.case_record import CaseRecord
from services.review.views.duty_record import DutyRecord
from services.review.views.review_case import ReviewCase
from shared.auth import Principal, TokenRefused
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.contracts.preparation import TieDeclared
from shared.contracts.record import decode
from shared.contracts.roles import Role
from shared.decider import Refusal
from shared.eventlog import Handler
from shared.eventlog.views import View
from shared.kafka import command_id
from shared.testing.memory import MemoryAccessLog, MemoryLog
from shared.vault.objects import Objects, store_of
from shared.web import Edge, Limits, create_app

GROUP = "review.when_review"
SERVICE = Actor(UUID(int=900), "policy")
UPLOAD_BYTES_MAX = 200_000


@dataclass
class People:
    """Stands where the issuer stands: a token is the label of whoever carries it."""

    known: dict[str, Principal] = field(default_factory=dict)

    def add(
        self, label: str, *roles: Role, organisation: str | None = None, at: datetime | None = None
    ) -> UUID:
        """Make ``label`` known, signed in at ``at``; return the pseudonym."""
        person = uuid5(SERVICE.person, label)
        signed_in_at = at or datetime.fromisoformat("2000-01-01T00:00:00+00:00")
        self.known[label] = Principal(person, frozenset(roles), organisation, signed_in_at)
        return person

    async def authenticate(self, token: str) -> Principal:
        """Return who carries ``token``."""
        if token not in self.known:
            raise TokenRefused("token_invalid", "The token proves nothing.")
        return self.known[token]


@dataclass
class Documents:
    """Views over the memory log: folded anew at every question, as a projector would in time."""

    log: MemoryLog

    def _all(self, view_name: str) -> Iterable[Any]:
        view: View[Any] = next(view for view in service.views if view.name == view_name)
        found: dict[str, Any] = {}
        for event in events_of(self.log):
            for key in view.keys(event):
                found[key] = view.evolve(found.get(key), event, key)
        return [found[key] for key in sorted(found)]

    async def cases_of(self, organisation: str) -> tuple[CaseRecord, ...]:
        """Return every case of ``organisation``."""
        rows = self._all("case_record")
        return tuple(row for row in rows if row.organisation_number == organisation)

    async def ties_to(self, organisation: str) -> tuple[TieDeclared, ...]:
        """Return every tie that anybody declared to ``organisation``."""
        rows = self._all("tie_record")
        return tuple(row for row in rows if row.organisation_number == organisation)

    async def duties_on(self, organisations: Iterable[str]) -> tuple[DutyRecord, ...]:
        """Return who assessed or decided on any of ``organisations``."""
        wanted, rows = set(organisations), self._all("duty_record")
        return tuple(row for row in rows if row.organisation_number in wanted)

    async def reviews(self, *, of: str | None, after: str, limit: int) -> tuple[ReviewCase, ...]:
        """Return reviews after the key ``after``."""
        rows = [
            row
            for row in self._all("review_case")
            if of in {None, row.organisation_number} and str(row.review_id) > after
        ]
        return tuple(rows[:limit])

    async def appointments(
        self, *, role: Role | None, after: str, limit: int
    ) -> tuple[AppointmentRecord, ...]:
        """Return appointments after the key ``after``."""
        rows = [
            row
            for row in self._all("appointment_record")
            if role in {None, row.role} and str(row.appointment_id) > after
        ]
        return tuple(rows[:limit])


def events_of(log: MemoryLog) -> tuple[Event, ...]:
    """Return every event in ``log``, oldest first."""
    return tuple(event for leaf in log.leaves if (event := event_of(decode(leaf))) is not None)


class House:
    """The service, a clock, and a way to speak to it as anybody."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.now = now
        self.people = People()
        self.log = MemoryLog("review", now=lambda: self.now)
        self.access = MemoryAccessLog("review", now=lambda: self.now)
        self.handler = Handler(self.log, service.deciders, access=self.access, now=lambda: self.now)
        self._heard = 0
        self._keys = 0
        documents: Any = Documents(self.log)
        lists: Lists = documents
        authenticator: Any = self.people
        edge = Edge(
            authenticator=authenticator,
            operations=OPERATIONS,
            access=self.access,
            now=lambda: self.now,
            case_of=self.handler.case_of,
        )
        objects = Objects(store_of("", folder=folder), self.log.vault)
        app = create_app(
            "Review",
            routers=routes(
                edge=edge,
                acting=Acting(self.handler, self.access, self.log.vault, lambda: self.now),
                bystander=Bystander(self.handler, lists, self.reached),
                lists=lists,
                objects=objects,
                reached=self.reached,
            ),
            operations=OPERATIONS,
            meanings=MEANINGS,
            limits=Limits(uploads=(upload_of(UPLOAD_BYTES_MAX),)),
        )
        self.late = False
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://review"
        )

    async def reached(self, _view: str, _position: int) -> bool:
        """Return whether the views have come far enough, as the test wants."""
        return not self.late

    async def hear(self, event: Event) -> None:
        """Let review hear ``event`` from intake."""
        for asked in when_intake(event):
            await self.put(asked.stream, asked.command)

    async def put(self, stream: str, *commands: Any) -> None:
        """Put ``commands`` past the edge: what many tests start from is not played again."""
        for command in commands:
            self._keys += 1
            made = uuid5(SERVICE.person, str(self._keys))
            await self.handler.put(stream, command, Cause(SERVICE, made, made, made))
        await self.settle()

    async def settle(self) -> None:
        """Let review hear its own events until nothing more follows, as Kafka would bring them."""
        while self._heard < len(self.log.leaves):
            record = decode(self.log.leaves[self._heard])
            self._heard += 1
            event = event_of(record)
            assert event is not None
            for index, asked in enumerate(when_review(event)):
                made = command_id(GROUP, record.event_id, index)
                cause = Cause(SERVICE, made, record.correlation_id, record.event_id)
                with suppress(Refusal):  # the policy asked, and the rules answered
                    await self.handler.put(asked.stream, asked.command, cause)

    async def get(self, label: str, path: str, **headers: str) -> httpx2.Response:
        """Return the answer to a reading by ``label``."""
        own = {"Authorization": f"Bearer {label}", **headers}
        return await self.http.get(path, headers=own)

    async def act(
        self,
        label: str,
        method: str,
        path: str,
        body: object = None,
        *,
        seen: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Return the answer to a command by ``label``, who saw the resource ``seen`` just now."""
        self._keys += 1
        own = {"Authorization": f"Bearer {label}", "Idempotency-Key": f'"key-{self._keys}"'}
        if seen is not None:
            own["If-Match"] = (await self.get(label, seen)).headers.get("etag", '"0"')
        own |= headers or {}
        content: dict[str, Any] = {} if body is None else {"json": body}
        if isinstance(body, bytes):
            content = {"content": body}
        answer = await self.http.request(method, path, headers=own, **content)
        await self.settle()
        return answer

    def types(self, *names: str) -> list[str]:
        """Return the types of events in the log, oldest first, of those named."""
        found = [type(event).__name__ for event in events_of(self.log)]
        return [name for name in found if not names or name in names]

    async def codes(self, case: UUID | None = None) -> list[tuple[str, str]]:
        """Return who asks what, and the code, of each entry of the access log."""
        return [(e.entry.command, e.entry.code) for e in await self.access.entries(case=case)]
