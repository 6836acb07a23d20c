"""A small process to project: boxes are opened, filled and closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record, encode
from shared.contracts.roles import Role
from shared.eventlog import Answer, History, Stored, Write
from shared.eventlog.views import View

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
SERVICE = UUID(int=77)
POLICY = Actor(SERVICE, "policy")


class BoxOpened(Event):
    """A box is there."""

    box: str
    colour: str


class BoxFilled(Event):
    """Something was put into a box."""

    box: str
    pieces: int


class BoxClosed(Event):
    """A box is gone."""

    box: str


class BoxDropped(Event):
    """Nobody expected this."""

    box: str


EVENTS = {each.__name__: each for each in (BoxOpened, BoxFilled, BoxClosed, BoxDropped)}


class Box(BaseModel):
    """What is in a box."""

    model_config = ConfigDict(frozen=True)

    colour: str
    pieces: int = 0


def keys(event: Event) -> tuple[str, ...]:
    """Return the box that ``event`` is about."""
    assert isinstance(event, BoxOpened | BoxFilled | BoxClosed | BoxDropped)
    return (event.box,)


def box(document: Box | None, event: Event, _: str) -> Box | None:
    """Return the box after ``event``."""
    match event:
        case BoxOpened():
            return document or Box(colour=event.colour)
        case BoxFilled():
            assert document is not None, "filled before it was opened"
            return document.model_copy(update={"pieces": document.pieces + event.pieces})
        case BoxClosed():
            return None
        case _:
            raise AssertionError("a box does not fall")


class Weight(BaseModel):
    """A box as the second version of the view sees it."""

    model_config = ConfigDict(frozen=True)

    grams: int


def weight(document: Weight | None, event: Event, _: str) -> Weight | None:
    """Return the weight of a box after ``event``."""
    match event:
        case BoxOpened():
            return document or Weight(grams=100)
        case BoxFilled():
            assert document is not None, "filled before it was opened"
            return Weight(grams=document.grams + 7 * event.pieces)
        case BoxClosed():
            return None
        case _:
            raise AssertionError("a box does not fall")


BOXES = View(name="boxes", version=1, document=Box, keys=keys, evolve=box)
BOXES_V2 = View(name="boxes", version=2, document=Weight, keys=keys, evolve=weight)
SCHEMA = """
CREATE TABLE IF NOT EXISTS boxes (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    colour text GENERATED ALWAYS AS (document ->> 'colour') STORED
);
CREATE INDEX IF NOT EXISTS boxes_colour ON boxes (colour);
"""
SCHEMA_V2 = """
CREATE TABLE IF NOT EXISTS boxes (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    document jsonb NOT NULL,
    grams integer GENERATED ALWAYS AS ((document ->> 'grams')::integer) STORED
);
CREATE INDEX IF NOT EXISTS boxes_grams ON boxes (grams);
"""


def event_of(record: Record) -> Event | None:
    """Return the event in ``record``; ``None`` for a type that is not known here."""
    known = EVENTS.get(record.type)
    return known.model_validate(record.data) if known else None


@dataclass
class ListedLog:
    """The part of a log that views read, over a list."""

    stored: list[Stored] = field(default_factory=list)
    on_tail: Callable[[int], None] = lambda _: None

    def say(self, *events: Event) -> None:
        """Append ``events``, each as the first of a stream of its own."""
        for event in events:
            self.put(type(event).__name__, event.model_dump(mode="json"))

    def put(self, kind: str, data: dict[str, object]) -> None:
        """Append a record of ``kind``."""
        position = len(self.stored) + 1
        record = Record(
            log="asf/example",
            event_id=UUID(int=position),
            type=kind,
            schema=1,
            stream=f"box-{UUID(int=position)}",
            version=1,
            previous=None,
            recorded_at=MONDAY,
            effective_at=MONDAY,
            actor=Actor(SERVICE, Role.OPERATOR),
            command_id=UUID(int=position),
            correlation_id=UUID(int=1),
            causation_id=UUID(int=1),
            traceparent=None,
            policy="1",
            scheme=None,
            data=data,
        )
        self.stored.append(Stored(position, encode(record)))

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records after ``after``."""
        self.on_tail(after)
        return tuple(self.stored[after : after + limit])

    async def head(self) -> int:
        """Return the last position."""
        return len(self.stored)

    async def load(self, stream: str) -> History:
        """Refuse: views read no streams."""
        raise NotImplementedError(stream)

    async def begin(self, stream: str, command_id: UUID) -> History | None:
        """Refuse: views take no commands."""
        raise NotImplementedError(stream, command_id)

    async def recall(self, command_id: UUID, *, digest: UUID | None) -> Answer | None:
        """Refuse: views take no commands."""
        raise NotImplementedError(command_id, digest)

    async def append(self, writes: Sequence[Write], *, cause: Cause) -> Answer:
        """Refuse: views append nothing."""
        raise NotImplementedError(writes, cause)


def life(name: str) -> tuple[Event, ...]:
    """Return what happens to a box that stays."""
    return (
        BoxOpened(box=name, colour="red"),
        BoxFilled(box=name, pieces=2),
        BoxFilled(box=name, pieces=3),
    )
