"""Notify at work beside a real intake: its own processes over real parts, and what a test does to it.

The facts of a case are put straight on intake's record, sealed as intake seals them: from there on
everything is real, from the relay to the mail server.
"""

import asyncio
import json
import subprocess
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count, repeat
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson

from deploy.local.house import House
from deploy.local.part import answers_with_ok
from deploy.local.ports import free_ports
from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, inherited_environment
from services.notify.policy import letters_for
from shared.clock import set_clock
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Cause
from shared.contracts.record import Record, decode, encode
from shared.eventlog import Write
from shared.eventlog.connection import open_pool
from shared.eventlog.postgres import open_log
from shared.ids import new_id
from shared.kafka import Brokers, Outgoing, events_topic, headers_of, producing, send_page
from shared.process.service import actor_of
from shared.vault import PostgresShelf, Vault
from tests.intake.facts import declared, interested

PATIENCE_S = 60.0
PAUSE_S = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is written to; nobody is real."""

    person_id: UUID
    name: str
    email: str
    language: str


def person(word: str, language: str = "sv") -> Person:
    """Return somebody new whose name and address hold ``word``."""
    made = new_id()
    return Person(made, f"Person {word}", f"{word}.{made.hex[-6:]}@alfa.example", language)


@dataclass(slots=True)
class Running:
    """Intake and notify, and the parts under them.

    Attributes:
        now: What the clock says in every process; it stands still.
        positions: Of what services that do not run here have said.
    """

    house: House
    now: datetime
    positions: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def brokers(self) -> Brokers:
        """Return how the broker is reached."""
        return Brokers(self.house.stack.kafka_bootstrap)

    def pass_time(self, by: timedelta) -> None:
        """Move the clock of every process on."""
        clock = self.house.stack.settings.clock
        assert clock is not None
        self.now += by
        set_clock(clock, self.now)

    async def database(self, service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask the database of ``service``, as its administrator."""
        dsn = self.house.stack.postgres_admin_dsn.rpartition("/")[0] + f"/{service}"
        connection = await asyncpg.connect(dsn)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def records(self, service: str = "notify", case: UUID | None = None) -> list[Record]:
        """Return what ``service`` has on record about ``case``, or about all, oldest first."""
        rows = await self.database(service, "SELECT leaf FROM log.event ORDER BY pos")
        every = [decode(row["leaf"]) for row in rows]
        return [each for each in every if case in {None, each.correlation_id}]

    async def happened(self, case: UUID, kind: type[T]) -> list[T]:
        """Return the events of one kind that notify has on record about ``case``."""
        found = [event_of(record) for record in await self.records("notify", case)]
        return [event for event in found if isinstance(event, kind)]

    def mail(self, letter: UUID | None = None) -> list[EmailMessage]:
        """Return the mail that was taken of one letter, or all of it, oldest first."""
        every = [read(path.read_bytes()) for path in self.house.stack.mail.letters()]
        return [each for each in every if letter is None or str(letter) in each["Message-ID"]]

    @asynccontextmanager
    async def on_record(self, service: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
        """Yield a function that puts events on the record of ``service``, sealed with its key."""
        said = self.house.environment(service)
        prefix = service.upper()
        dsn = said[f"{prefix}_DATABASE_DSN"]
        async with open_pool(dsn, name="test", connections_max=2) as pool:
            key = said[f"{prefix}_VAULT_MASTER_KEY"]
            vault = Vault(PostgresShelf(pool), master_key=_bytes(key))
            async with open_log(
                dsn, service=service, pool=pool, vault=vault, now=lambda: self.now
            ) as log:

                async def say(stream: str, *events: Event) -> None:
                    version = (await log.load(stream)).version
                    made = new_id()
                    cause = Cause(actor_of("test"), made, made, made, traceparent=_traceparent())
                    await log.append([Write(stream, events, version)], cause=cause)

                yield say

    async def say(self, *events: Event, service: str = "intake") -> None:
        """Put ``events`` of one application on record."""
        application = events[0].model_dump(include={"application_id"})["application_id"]
        async with self.on_record(service) as say:
            await say(f"application-{application}", *events)

    async def heard_from(self, service: str, event: Event) -> None:
        """Let a service that does not run here have said ``event``, on Kafka."""
        made = new_id()
        record = Record(
            log=f"asf/{service}",
            event_id=made,
            type=type(event).__name__,
            schema=event.schema_version,
            stream=f"said-{made}",
            version=1,
            previous=None,
            recorded_at=self.now,
            effective_at=self.now,
            actor=actor_of(service),
            command_id=made,
            correlation_id=event.model_dump(include={"application_id"})["application_id"],
            causation_id=made,
            traceparent=_traceparent(),
            policy="1",
            scheme=None,
            data=event.model_dump(mode="json"),
        )
        leaf = encode(record)
        headers = headers_of(orjson.loads(leaf), next(self.positions))
        async with producing(self.brokers, client_id="test") as producer:
            topic = events_topic(service).name
            await send_page(producer, topic, [Outgoing(record.stream, leaf, headers)])

    async def enterprise(
        self, applicant: Person, signatory: Person | None = None, *more: Event
    ) -> UUID:
        """Put on record that an enterprise shows interest; return its application.

        Args:
            applicant: Whom to write to.
            signatory: Who binds it; ``None``: not declared yet.
            more: Further events of the application, whatever id they have.
        """
        made = new_id()
        events = [interest(made, applicant, self.now)]
        if signatory is not None:
            events.append(mandate(made, signatory, self.now))
        events += [event.model_copy(update={"application_id": made}) for event in more]
        await self.say(*events)
        return made

    async def planned(
        self, case: UUID, event: type[Event], *, service: str = "intake"
    ) -> list[UUID]:
        """Return the letters that the last event of a kind gives occasion to, by role."""
        records = [r for r in await self.records(service, case) if r.type == event.__name__]
        found = event_of(records[-1])
        assert found is not None
        return [a.command.notification_id for a in letters_for(found, records[-1].event_id)]

    def said_by(self, process: str) -> str:
        """Return everything that a process has written to its log."""
        path = self.house.stack.settings.log / f"{process}.log"
        return path.read_text() if path.exists() else ""

    @contextmanager
    def second(self, service: str = "notify") -> Generator[subprocess.Popen[bytes]]:
        """Run a second worker of ``service`` beside the first."""
        (port,) = free_ports(1)
        log = self.house.stack.settings.log / f"{service}-second.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                module(f"services.{service}.main", "worker"),
                cwd=CHECKOUT,
                env=inherited_environment()
                | self.house.environment(service)
                | {f"{service.upper()}_HEALTH_PORT": str(port)},
                stdout=output,
                stderr=output,
            )
        try:
            give_up_at_s = time.monotonic() + PATIENCE_S
            while not answers_with_ok(f"http://127.0.0.1:{port}/readyz"):
                assert time.monotonic() < give_up_at_s
                time.sleep(PAUSE_S)
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE_S)


def interest(case: UUID, who: Person, at: datetime) -> Event:
    """Return the fact that ``who`` showed interest for an enterprise."""
    return interested.model_copy(
        update={
            "application_id": case,
            "contact_id": who.person_id,
            "contact_name": who.name,
            "contact_email": who.email,
            "language": who.language,
            "registered_at": at,
        }
    )


def mandate(case: UUID, who: Person, at: datetime) -> Event:
    """Return the fact that ``who`` binds the enterprise."""
    return declared.model_copy(
        update={
            "application_id": case,
            "mandate_id": new_id(),
            "signatory_id": who.person_id,
            "signatory_name": who.name,
            "signatory_email": who.email,
            "language": who.language,
            "declared_at": at,
        }
    )


def read(taken: bytes) -> EmailMessage:
    """Return a letter as its reader sees it."""
    found = message_from_bytes(taken, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(letter: EmailMessage) -> str:
    """Return the text of a letter; on the wire, lines end with CRLF."""
    return str(letter.get_content()).replace("\r\n", "\n")


def entries(log: str, event: str) -> list[dict[str, Any]]:
    """Return the entries of a process's log with that name."""
    return [
        found
        for line in log.splitlines()
        if line.startswith("{") and (found := json.loads(line)).get("event") == event
    ]


async def eventually(
    asked: Callable[[], Awaitable[Sequence[T] | bool]], *, count: int = 1
) -> Sequence[T]:
    """Return what ``asked`` returns as soon as there are ``count`` of it, or it is true."""
    give_up_at_s = time.monotonic() + PATIENCE_S
    for pause_s in repeat(PAUSE_S):
        found = await asked()
        if found is True:
            return ()
        if not isinstance(found, bool) and len(found) >= count:
            return found
        assert time.monotonic() < give_up_at_s, found
        await asyncio.sleep(pause_s)
    raise AssertionError("unreachable")


def _bytes(key: str) -> bytes:
    """Return the master key that is written as ``key``."""
    return b64decode(key)


def _traceparent() -> str:
    """Return a trace of its own, as a request would have."""
    return f"00-{new_id().hex}-{new_id().hex[:16]}-01"
