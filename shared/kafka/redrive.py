"""Redriving a parked stream: an operator's command. A dry run until told otherwise.

What was parked is applied again, in the order of the stream, by the same effect as when it
arrived; who did it and why is kept with each message. It stops at the first that still fails. A
message that can never be applied is discarded by its place, or because nothing can read it, and stays
on record.
"""

from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args
from uuid import UUID

import orjson

from shared.contracts.repair import RedriveReason
from shared.kafka.batch import Patience, apply
from shared.kafka.progress import QUERY_TIMEOUT_S, Book, Standing
from shared.kafka.received import Received, Unreadable, reason_of, received
from shared.kafka.subscription import Effect

How = Literal["applied", "repeat", "discarded"]
UNREADABLE: Final = "unreadable"
AT_ONCE_MAX: Final = 500
"""So many messages are taken in one transaction, while their stream waits."""

Discard: TypeAlias = tuple[int, int] | Literal["unreadable"]
"""What is set aside: the message at a partition and offset, or each that cannot be read."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator asks for.

    Attributes:
        group: The consumer whose stream is parked.
        by: Whose decision it is: a pseudonym, kept with what is done.
        why: The reason, kept likewise.
        discard: What is set aside instead of applied.
        apply: Without it nothing is changed.
    """

    group: str
    topic: str
    stream: str
    by: str
    why: str
    discard: Discard | None = None
    apply: bool = False


class Asked(NamedTuple):
    """The words after ``redrive``.

    Attributes:
        stream: ``None``: every parked stream of the consumer.
    """

    group: str
    topic: str
    stream: str | None
    decided_by: UUID
    why: RedriveReason
    discard: Discard | None
    apply: bool

    def of(self, stream: str) -> Order:
        """Return the order for one stream."""
        return Order(
            group=self.group,
            topic=self.topic,
            stream=stream,
            by=str(self.decided_by),
            why=self.why,
            discard=self.discard,
            apply=self.apply,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one parked message, or would.

    Attributes:
        outcome: ``stays`` where it still cannot be applied, or stands behind one that cannot.
        reason: Why it stays, or why it was parked.
    """

    partition: int
    offset: int
    version: int | None
    type: str | None
    outcome: How | Literal["stays"]
    reason: str

    @property
    def unreadable(self) -> bool:
        """Return whether it stays since nothing can read it."""
        return self.type is None and self.outcome == "stays"

    def __str__(self) -> str:
        """Return the step as a line for the operator."""
        what = f"version {self.version} {self.type}" if self.type else "unreadable"
        return f"{self.partition}:{self.offset} {what}: {self.outcome} ({self.reason})"


@dataclass(frozen=True, slots=True)
class _Row:
    """A parked message as it was kept; read like any other message."""

    id: int
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    reason: str
    read: Received | None = field(default=None)


def add_words(parser: ArgumentParser) -> None:
    """Add to ``parser`` what can be said after ``redrive``."""
    parser.add_argument(
        "group",
        help="the consumer, e.g. certificates.when_review: the first word that parked prints",
    )
    parser.add_argument("topic", help="the second word, e.g. asf.review.events.v1")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("stream", nargs="?", help="the third word, e.g. review-<uuid>")
    which.add_argument("--all", action="store_true", help="every parked stream of the consumer")
    parser.add_argument(
        "--decided-by", type=UUID, required=True, metavar="UUID", help="whose decision it is"
    )
    parser.add_argument("--why", choices=get_args(RedriveReason), required=True)
    parser.add_argument(
        "--discard",
        type=_discard,
        metavar=f"PARTITION:OFFSET|{UNREADABLE}",
        help="set aside what can never be applied, by its place or since nothing can read it;"
        " then the reason is never_applicable",
    )
    parser.add_argument("--apply", action="store_true", help="without it nothing is changed")


def asked_by(said: Namespace) -> Asked:
    """Return what the words after ``redrive`` ask for."""
    return Asked(
        said.group,
        said.topic,
        said.stream,
        said.decided_by,
        said.why,
        said.discard,
        said.apply,
    )


def _discard(text: str) -> Discard:
    """Return what is set aside, written as ``text``."""
    if text == UNREADABLE:
        return UNREADABLE
    partition, _, offset = text.partition(":")
    return int(partition), int(offset)


async def takes(book: Book, order: Order) -> bool:
    """Return whether ``order`` takes its stream: one that sets aside takes those of which something is.

    Its reason is that something can never be applied, and would be said of the others, too.
    """
    if order.discard is None:
        return True
    at = () if order.discard == UNREADABLE else order.discard
    async with book.connected() as connection:
        rows = await connection.fetch(
            _PLACED if at else _ODD, order.group, order.topic, order.stream, 0, *at
        )
    return any(_set_aside(order, _read(each)) for each in rows)


async def redrive(
    book: Book,
    effect: Effect,
    order: Order,
    *,
    taken: bool = True,
    patience: Patience | None = None,
) -> tuple[Step, ...]:
    """Apply what is parked of one stream, in order; return what became of each message.

    Safe to repeat, and safe beside a running consumer: while a message is applied, nobody else
    moves or parks its stream, and what is parked behind it meanwhile is taken too. A dry run says
    what would be tried. Of a stream that is not taken (see ``takes``) all stays.
    """
    assert (book.consumer, book.topic) == (order.group, order.topic)
    turns, last = _Turns(book, effect, order, patience or Patience()), 0
    if not taken:  # nor is anything that comes meanwhile: there is no order on record for it
        turns.order = replace(order, discard=None)
        turns.stuck = "nothing of its stream is set aside: redrive it for its own reason"
    while places := await _places(book, order, after=last):
        last = max(place.id for place in places)
        waiting = deque(_in_order(places))
        while waiting:
            await turns.take(waiting)
    return tuple(turns.steps)


async def case_of(book: Book, stream: str) -> UUID | None:
    """Return the case that a parked stream belongs to; ``None``: nothing of it can be read."""
    async with book.connected() as connection:
        found: Mapping[str, Any] | None = await connection.fetchrow(
            f"{_PARKED} WHERE consumer = $1 AND topic = $2 AND stream = $3"
            " AND settled_at IS NULL AND version IS NOT NULL ORDER BY id LIMIT 1",
            *(book.consumer, book.topic, stream),
        )
    read = None if found is None else _read(found).read
    return None if read is None else read.record.correlation_id


class _Place(NamedTuple):
    """A parked message's place in the order of its stream.

    Attributes:
        version: ``None`` where it cannot be read.
    """

    id: int
    version: int | None


@dataclass(slots=True)
class _Turns:
    """What has become of a stream so far.

    Attributes:
        stuck: Why whatever comes now stays; ``None``: it need not.
    """

    book: Book
    effect: Effect
    order: Order
    patience: Patience
    steps: list[Step] = field(default_factory=list)
    stuck: str | None = None

    async def take(self, waiting: deque[_Place]) -> None:
        """Take messages in one transaction, up to the first that moves the stream."""
        limits = self.patience
        tries_s = limits.attempts_max * (limits.effect_timeout_s + limits.wait_max_s)
        async with self.book.alone_with(self.order.stream, limit_s=tries_s + QUERY_TIMEOUT_S) as (
            connection,
            standing,
        ):
            for _ in range(min(len(waiting), AT_ONCE_MAX)):
                row = await _row(connection, waiting.popleft())
                if row is not None and await self._moved_by(row, connection, standing):
                    return

    async def _moved_by(self, row: _Row, connection: Any, standing: Standing) -> bool:
        """Take one message; return whether the stream stands elsewhere now."""
        order = self.order
        step = await _step(
            self.effect, order, row, standing, stuck=self.stuck, patience=self.patience
        )
        self.steps.append(step)
        if step.outcome == "stays" and self.stuck is None:
            self.stuck = "stands behind one that stays"
        if not order.apply or step.outcome == "stays":
            return False
        return await _settle(connection, self.book, order, row, step)


async def _step(
    effect: Effect,
    order: Order,
    row: _Row,
    standing: Standing,
    *,
    stuck: str | None,
    patience: Patience,
) -> Step:
    """Try one message, or say what would be tried."""
    outcome: How | Literal["stays"] = "applied"
    reason = row.reason
    read = row.read
    if _set_aside(order, row):
        outcome, reason = "discarded", order.why
    elif stuck is not None:
        outcome, reason = "stays", stuck
    elif read is None:
        outcome = "stays"
    elif read.version <= standing.version:
        outcome, reason = "repeat", "applied before"
    elif order.apply and read.version > standing.version + 1:
        outcome, reason = "stays", f"version {read.version} after {standing.version}: a gap"
    elif order.apply:
        try:
            await apply(effect, read, group=order.group, patience=patience)
        except Exception as error:  # noqa: BLE001 -- the park: it stays, with the new reason
            outcome, reason = "stays", reason_of(error)
    version, kind = (read.version, read.record.type) if read else (None, None)
    return Step(row.partition, row.offset, version, kind, outcome, reason)


def _set_aside(order: Order, row: _Row) -> bool:
    """Return whether the operator wants ``row`` never to be applied."""
    if order.discard == UNREADABLE:
        return row.read is None
    return order.discard == (row.partition, row.offset)


async def _settle(connection: Any, book: Book, order: Order, row: _Row, step: Step) -> bool:
    """Write down what became of a message, who did it and why; return whether the stream moved."""
    await connection.execute(
        "UPDATE consumer.parked SET settled_at = clock_timestamp(), settled_as = $2,"
        " settled_by = $3, settled_why = $4 WHERE id = $1",
        row.id,
        step.outcome,
        order.by,
        order.why,
    )
    if step.version is None or step.outcome == "repeat":
        return False
    await connection.execute(
        "UPDATE consumer.progress SET version = greatest(version, $4)"
        " WHERE consumer = $1 AND topic = $2 AND stream = $3",
        book.consumer,
        book.topic,
        order.stream,
        step.version,
    )
    return True


_PARKED: Final = (
    'SELECT id, topic, partition, "offset", key, leaf, headers, reason FROM consumer.parked'
)
_BEHIND: Final = "consumer = $1 AND topic = $2 AND stream = $3 AND settled_at IS NULL AND id > $4"
_WAITING: Final = f"SELECT id, version FROM consumer.parked WHERE {_BEHIND} ORDER BY id"  # noqa: S608 -- ours
_ODD: Final = f"{_PARKED} WHERE {_BEHIND} AND version IS NULL"
"""What could not be read when it was parked, and perhaps can now."""
_PLACED: Final = f'{_PARKED} WHERE {_BEHIND} AND partition = $5 AND "offset" = $6'


async def _places(book: Book, order: Order, *, after: int) -> list[_Place]:
    """Return what is parked of the stream and arrived behind the row ``after``, as it arrived."""
    of = (order.group, order.topic, order.stream, after)
    async with book.connected() as connection:
        rows = await connection.fetch(_WAITING, *of)
        odd = await connection.fetch(_ODD, *of)
    now = {each["id"]: read.version for each in odd if (read := _read(each).read) is not None}
    return [_Place(each["id"], now.get(each["id"], each["version"])) for each in rows]


def _in_order(places: Sequence[_Place]) -> Iterator[_Place]:
    """Yield places by version, and what cannot be read where it arrived.

    Versions may have arrived out of order (a gap, and then what was missing); a message that
    cannot be read has no version, so it keeps its place: whatever arrived after it waits.
    """
    readable: list[tuple[int, _Place]] = []
    for place in places:
        if place.version is not None:
            readable.append((place.version, place))
            continue
        yield from (each for _, each in sorted(readable))
        readable = []
        yield place
    yield from (each for _, each in sorted(readable))


async def _row(connection: Any, place: _Place) -> _Row | None:
    """Return the parked message at ``place``; ``None``: somebody has settled it meanwhile."""
    found: Mapping[str, Any] | None = await connection.fetchrow(
        f"{_PARKED} WHERE id = $1 AND settled_at IS NULL", place.id
    )
    return None if found is None else _read(found)


def _read(row: Mapping[str, Any]) -> _Row:
    """Return a row as the message that it was, read if that is possible now."""
    headers = [(name, bytes.fromhex(value)) for name, value in orjson.loads(row["headers"])]
    kept = _Row(
        id=row["id"],
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        value=row["leaf"],
        headers=headers,
        reason=row["reason"],
    )
    try:
        read = received(kept)
    except Unreadable:
        return kept
    return _Row(
        *(kept.id, kept.topic, kept.partition, kept.offset),
        *(kept.key, kept.value, kept.headers, kept.reason),
        read,
    )
