"""Building a view a page at a time, against the usual handler: one event, one transaction.

``python -m bench.views`` starts a stack of its own. Both sides read the same log, decode the same
records, fold with the same view and write the same table; they differ in how they write. The
handler is measured as it is usually written (each commit waits for the disk) and with commits
that do not wait, as the projector's do not either. Rounds in turns, medians of their ratios.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from statistics import median
from uuid import UUID, uuid5

import asyncpg
import structlog
import uvloop
from pydantic import BaseModel, ConfigDict

from deploy.local.stack import Stack
from shared.clock import now
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor
from shared.contracts.notify import Fact, NotificationPlanned, NotificationSent
from shared.contracts.record import Record, encode
from shared.contracts.roles import Role
from shared.eventlog import Stored
from shared.eventlog.connection import Connection, Pool
from shared.eventlog.projector import Pages, Projector, apply, table
from shared.eventlog.projector_fold import Page, concerns
from shared.eventlog.projector_migrate import ViewTables, migrate_views
from shared.eventlog.views import View
from shared.process.loaded import leave_what_is_loaded
from tests.stack import folder_of_its_own, settings_of_its_own

EVENTS = 40_000
HANDLED = 2_000
"""Of them, what the handler is given in a round: it would take minutes for all."""

ROUNDS = 3
RATIO_MIN = 20.0
NAMES = UUID("7e1a0000-0000-4000-8000-000000000001")
SCHEMA = """
CREATE TABLE IF NOT EXISTS letters (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    letter text GENERATED ALWAYS AS (document ->> 'letter') STORED
);
CREATE INDEX IF NOT EXISTS letters_letter ON letters (letter, key);
"""
_schemas = count(1)


class Letter(BaseModel):
    """A row of the view."""

    model_config = ConfigDict(frozen=True)

    letter: str
    recipient_role: Role
    facts: tuple[Fact, ...]
    attempts: int = 0


def keys(event: Event) -> tuple[str, ...]:
    """Return the letter that ``event`` is about."""
    assert isinstance(event, NotificationPlanned | NotificationSent)
    return (str(event.notification_id),)


def letter(row: Letter | None, event: Event, _: str) -> Letter | None:
    """Return the row after ``event``."""
    if isinstance(event, NotificationPlanned):
        return row or Letter(
            letter=event.letter, recipient_role=event.recipient_role, facts=event.facts
        )
    assert row is not None
    return row.model_copy(update={"attempts": row.attempts + 1})


LETTERS = View(name="letters", version=1, document=Letter, keys=keys, evolve=letter)


@dataclass(frozen=True, slots=True)
class Listed:
    """A log in memory: reading one is the same for both sides, and is measured elsewhere."""

    stored: Sequence[Stored]

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records after ``after``."""
        return tuple(self.stored[after : after + limit])


@dataclass(frozen=True, slots=True)
class Measured:
    """Events a second of each side, one entry a round."""

    paged: tuple[float, ...]
    waiting: tuple[float, ...]
    not_waiting: tuple[float, ...]

    def __str__(self) -> str:
        """Return the line to print."""
        usual = median(a / b for a, b in zip(self.paged, self.waiting, strict=True))
        eager = median(a / b for a, b in zip(self.paged, self.not_waiting, strict=True))
        return (
            f"view rebuild / per-event handler: {usual:.1f} (gate {RATIO_MIN:.0f}; handler without waiting for the disk:"
            f" {eager:.1f}; {median(self.paged):,.0f}/s against {median(self.waiting):,.0f}/s and"
            f" {median(self.not_waiting):,.0f}/s, {EVENTS:,} events, {ROUNDS} rounds in turns)"
        )


async def measure(stack: Stack) -> Measured:
    """Return the throughput of all sides on ``stack``, measured in turns."""
    log = Listed([_stored(position) for position in range(1, EVENTS + 1)])
    admin = await asyncpg.connect(stack.postgres_admin_dsn)
    rates: dict[str, list[float]] = {"paged": [], "on": [], "off": []}
    try:
        async with asyncpg.create_pool(stack.postgres_admin_dsn, min_size=2, max_size=2) as pool:
            for _ in range(ROUNDS):
                schema = await _fresh(admin)
                rates["paged"].append(EVENTS / await _taken_s(partial(_all, pool, log, schema)))
                for wait in ("on", "off"):
                    schema = await _fresh(admin)
                    taken_s = await _taken_s(partial(_each, admin, log, schema, wait=wait))
                    rates[wait].append(HANDLED / taken_s)
    finally:
        await admin.close()
    return Measured(tuple(rates["paged"]), tuple(rates["on"]), tuple(rates["off"]))


async def _taken_s(work: Callable[[], Awaitable[None]]) -> float:
    """Return how long ``work`` takes, in seconds."""
    leave_what_is_loaded()
    begun_s = time.perf_counter()
    await work()
    return time.perf_counter() - begun_s


async def _all(pool: Pool, log: Listed, schema: str) -> None:
    """Build the view as the product does."""
    projector = Projector(pool, Pages(log, event_of), schema)
    while await projector.advance(LETTERS):
        pass


async def _each(connection: Connection, log: Listed, schema: str, *, wait: str) -> None:
    """Build the view event by event, each with its checkpoint in a transaction."""
    await connection.execute(f"SET synchronous_commit = {wait}")
    pages, position = Pages(log, event_of), 0
    while position < HANDLED:
        page = (await pages.after(position)).until(HANDLED)
        for placed in page.placed:
            found = concerns(LETTERS, Page((placed,)), placed.position - 1)
            async with connection.transaction():
                await apply(connection, table(schema, LETTERS.name), LETTERS, found)
                await connection.execute(
                    f'UPDATE "{schema}".view_state SET position = $1 WHERE name = $2',  # noqa: S608 -- our own
                    *(placed.position, LETTERS.name),
                )
            position = placed.position


async def _fresh(admin: Connection) -> str:
    """Return a schema with an empty view in it."""
    schema = f"bench_views_{next(_schemas)}"
    await admin.execute(
        "DO $$ BEGIN CREATE ROLE bench_views; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    tables = ViewTables(schema, "bench_views", "bench_views", SCHEMA, (LETTERS,))
    await migrate_views(admin, tables)
    return schema


def _stored(position: int) -> Stored:
    """Return a record: each letter is planned and, a thousand positions later, sent three times."""
    turn, place = divmod(position - 1, 1_000)
    letter_id = uuid5(NAMES, f"{turn // 4} {place}")
    event = _planned(letter_id) if turn % 4 == 0 else _sent(letter_id)
    return Stored(
        position,
        encode(
            Record(
                log="asf/bench",
                event_id=uuid5(NAMES, str(position)),
                type=type(event).__name__,
                schema=1,
                stream=f"notification-{letter_id}",
                version=turn % 4 + 1,
                previous=None,
                recorded_at=now(),
                effective_at=now(),
                actor=Actor(person=NAMES, role="policy"),
                command_id=letter_id,
                correlation_id=letter_id,
                causation_id=letter_id,
                traceparent=None,
                policy="1",
                scheme=None,
                data=event.model_dump(mode="json"),
            )
        ),
    )


def _planned(letter_id: UUID) -> NotificationPlanned:
    """Return that a letter was planned."""
    return NotificationPlanned(
        notification_id=letter_id,
        application_id=letter_id,
        cause_id=letter_id,
        letter="admission",
        recipient_role=Role.APPLICANT,
        legal_effect=True,
        facts=tuple(Fact(name=f"fact {n}", value="2027-03-01") for n in range(4)),
        planned_at=now(),
    )


def _sent(letter_id: UUID) -> NotificationSent:
    """Return that a letter was sent."""
    return NotificationSent(
        notification_id=letter_id,
        application_id=letter_id,
        recipient_id=letter_id,
        language="sv",
        template_version=1,
        text_hash="0" * 64,
        attempt=1,
        sent_at=now(),
    )


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()
