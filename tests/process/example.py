"""A small service: letters are planned and, a day later, sent. Run as a program by the tests."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal, assert_never
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response, status
from pydantic import BaseModel, ConfigDict
from pydantic_settings import SettingsConfigDict

from shared.auth import PUBLIC, Operations
from shared.contracts.base import Event
from shared.contracts.envelope import Cause
from shared.contracts.notify import NotificationPlanned, NotificationSent
from shared.contracts.roles import Role
from shared.decider import Asked, Decider, Refusal, RefusalKind
from shared.eventlog import Handler
from shared.eventlog.views import Due, Timer, View
from shared.kafka import Subscription
from shared.process import Parts, Service, ServiceSettings, run
from shared.web import Limits, Upload, create_app, tell, wait_for

CASE = UUID(int=5)
UNLUCKY = UUID(int=13)
"""The letter that the view cannot take."""

COPIES = UUID("0190a3c2-7a10-4c00-8000-0000000000c0")


class Settings(ServiceSettings):
    """Environment variables that begin with ``EXAMPLE_``.

    Attributes:
        trouble: What the background loop does.
    """

    model_config = SettingsConfigDict(env_prefix="EXAMPLE_", frozen=True, extra="ignore")

    trouble: Literal["none", "mistake", "hang", "world"] = "none"


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan a letter."""

    letter_id: UUID
    copied: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Send:
    """Send a letter."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What is known of a letter."""

    planned: NotificationPlanned | None = None
    sent: bool = False


def decide(command: Plan | Send, letter: Letter) -> tuple[Event, ...]:
    """Return what happens."""
    match command:
        case Plan():
            return (
                ()
                if letter.planned
                else (planned(command.letter_id, command.at, copied=command.copied),)
            )
        case Send():
            if letter.planned is None:
                raise Refusal(RefusalKind.NOT_FOUND, "letter_not_found", "There is no such letter.")
            return () if letter.sent else (sent(letter.planned.notification_id, command.at),)
        case _:
            assert_never(command)


def planned(letter_id: UUID, at: datetime, *, copied: bool) -> NotificationPlanned:
    """Return that a letter was planned."""
    return NotificationPlanned(
        notification_id=letter_id,
        application_id=CASE,
        cause_id=letter_id,
        letter="certificate" if copied else "admission",
        recipient_role=Role.APPLICANT,
        legal_effect=False,
        facts=(),
        planned_at=at,
    )


def sent(letter_id: UUID, at: datetime) -> NotificationSent:
    """Return that a letter was sent."""
    return NotificationSent(
        notification_id=letter_id,
        application_id=CASE,
        recipient_id=UUID(int=9),
        language="sv",
        template_version=1,
        text_hash="0" * 64,
        attempt=1,
        sent_at=at,
    )


def evolve(letter: Letter, event: Event) -> Letter:
    """Return the letter after ``event``."""
    if isinstance(event, NotificationPlanned):
        return Letter(event)
    return Letter(letter.planned, sent=True)


class LetterRow(BaseModel):
    """One row."""

    model_config = ConfigDict(frozen=True)

    letter: str
    sent: bool = False


def keys(event: Event) -> tuple[str, ...]:
    """Return the letter that ``event`` is about."""
    assert isinstance(event, NotificationPlanned | NotificationSent)
    return (str(event.notification_id),)


def letter_row(row: LetterRow | None, event: Event, _: str) -> LetterRow | None:
    """Return the row after ``event``."""
    if isinstance(event, NotificationPlanned):
        assert event.notification_id != UNLUCKY, "our mistake"
        return LetterRow(letter=event.letter)
    assert row is not None
    return row.model_copy(update={"sent": True})


def due(row: Due | None, event: Event, key: str) -> Due | None:
    """Return when a letter is to be sent: a day after it was planned."""
    if isinstance(event, NotificationPlanned):
        at = event.planned_at + timedelta(days=1)
        return row or Due(at=at, key=key, kind="sending", stream=f"letter-{key}")
    return None


def when_example(event: Event) -> tuple[Asked[Plan], ...]:
    """Return that every letter is copied once."""
    if isinstance(event, NotificationPlanned) and event.letter == "admission":
        copy = uuid5(COPIES, str(event.notification_id))
        return (Asked(f"letter-{copy}", Plan(copy, copied=True, at=event.planned_at)),)
    return ()


OPERATIONS: Operations = {
    "plan_letter": PUBLIC,
    "enclose": PUBLIC,
    "list_letters": PUBLIC,
}
ENCLOSURES = Upload("/v1/letters/{letter_id}/enclosures", 1_000_000)


def routes(*, handler: Handler, parts: Parts[Settings], now: Callable[[], datetime]) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1/letters")
    reached = partial(parts.positions.reached, "letters")

    @router.put("/{letter_id}", status_code=status.HTTP_201_CREATED)
    async def plan_letter(
        letter_id: UUID,
        key: Annotated[UUID, Header(alias="Idempotency-Key")],
        response: Response,
    ) -> None:
        """Plan a letter."""
        cause = Cause(parts.actor, key, CASE, key)
        wish = Plan(letter_id, copied=False, at=now())
        tell(response, await handler.put(f"letter-{letter_id}", wish, cause))

    @router.post("/{letter_id}/enclosures", status_code=status.HTTP_201_CREATED)
    async def enclose(letter_id: UUID, request: Request) -> int:
        """Take a file, keep nothing of it, and return how large it was, once the log has been asked."""
        size = sum([len(chunk) async for chunk in request.stream()])
        await handler.look(f"letter-{letter_id}")
        return size

    @router.get("", dependencies=[Depends(wait_for(reached))])
    async def list_letters() -> list[tuple[str, bool]]:
        """Return all letters: which, and whether sent."""
        rows = await parts.pool.fetch("SELECT letter, sent FROM letters ORDER BY letter, key")
        return [(row["letter"], row["sent"]) for row in rows]

    return router


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the application."""
    router = routes(handler=parts.handler, parts=parts, now=parts.now)
    limits = Limits(uploads=(ENCLOSURES,))
    return create_app("Example", routers=[router], operations=OPERATIONS, limits=limits)


async def background(parts: Parts[Settings]) -> None:
    """Do what the settings say."""
    match parts.settings.trouble:
        case "mistake":
            raise AssertionError("our mistake")
        case "hang":
            time.sleep(60)  # noqa: ASYNC251 -- that is the trouble
        case "world":
            raise ConnectionRefusedError
        case "none":
            while True:
                await parts.positions.applied("letters")
                await parts.pool.fetchval("SELECT pg_sleep(0.05)")


service = Service(
    name="example",
    settings=Settings,
    deciders={"letter": Decider(Letter(), decide, evolve)},
    schema="""
        CREATE TABLE IF NOT EXISTS letters (
            key text PRIMARY KEY,
            position bigint NOT NULL,
            document jsonb NOT NULL,
            letter text GENERATED ALWAYS AS (document ->> 'letter') STORED,
            sent boolean GENERATED ALWAYS AS ((document ->> 'sent')::boolean) STORED
        );
    """,
    api=build_api,
    views=(View(name="letters", version=1, document=LetterRow, keys=keys, evolve=letter_row),),
    timers=(
        Timer(
            view=View(name="sending", version=1, document=Due, keys=keys, evolve=due),
            command=lambda row: Asked(row.stream, Send(at=row.at)),
        ),
    ),
    subscriptions=lambda _: (
        Subscription("example.when_example", "asf.example.events.v1", when_example),
    ),
    background=(background,),
)

if __name__ == "__main__":
    run(service)
