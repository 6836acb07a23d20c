"""Redriving a parked stream: an operator's command. A dry run until told otherwise.

What was parked is applied again, in the order of the stream, by the same effect as when it
arrived; who did it and why is kept with each message. It stops at the first that still fails. A
message that can never be applied is discarded by name, one at a time, and stays on record.
"""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from shared.kafka.batch import Patience, apply
from shared.kafka.progress import QUERY_TIMEOUT_S, Book, Standing
from shared.kafka.received import Received, Unreadable, reason_of, received
from shared.kafka.subscription import Effect

How = Literal["applied", "repeat", "discarded"]
ROWS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator asks for.

    Attributes:
        group: The consumer whose stream is parked.
        by: Who asks: a pseudonym or the name of a duty, kept with what is done.
        why: The reason, kept likewise; no personal data.
        discard: Place ``partition:offset`` of a message that is set aside instead of applied.
        apply: Without it nothing is changed.
    """

    group: str
    topic: str
    stream: str
    by: str
    why: str
    discard: tuple[int, int] | None = None
    apply: bool = False


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


def parse(arguments: Sequence[str]) -> Order:
    """Return what the words after ``redrive`` ask for; ends the program when they make no sense."""
    parser = ArgumentParser(prog="redrive", description="Apply a parked stream again.")
    parser.add_argument("group", help="the consumer, e.g. certificates.when_review")
    parser.add_argument("topic", help="e.g. asf.review.events.v1")
    parser.add_argument("stream", help="e.g. review-<uuid>")
    parser.add_argument("--by", required=True, help="who: a pseudonym or the name of a duty")
    parser.add_argument("--why", required=True, help="the reason, without personal data")
    parser.add_argument("--discard", type=_place, metavar="PARTITION:OFFSET")
    parser.add_argument("--apply", action="store_true", help="without it nothing is changed")
    return Order(**vars(parser.parse_args(arguments)))


def _place(text: str) -> tuple[int, int]:
    """Return the partition and offset written as ``text``."""
    partition, _, offset = text.partition(":")
    return int(partition), int(offset)


async def redrive(
    book: Book, effect: Effect, order: Order, *, patience: Patience | None = None
) -> tuple[Step, ...]:
    """Apply what is parked of one stream, in order; return what became of each message.

    Safe to repeat, and safe beside a running consumer: while a message is applied, nobody else
    moves or parks its stream. A dry run says what would be tried.
    """
    assert (book.consumer, book.topic) == (order.group, order.topic)
    steps: list[Step] = []
    stuck = False
    limits = patience or Patience()
    limit_s = limits.attempts_max * (limits.effect_timeout_s + limits.wait_max_s) + QUERY_TIMEOUT_S
    tried: set[int] = set()
    while True:
        async with book.alone_with(order.stream, limit_s=limit_s) as (connection, standing):
            rows = [row for row in await _rows(connection, order) if row.id not in tried]
            if not rows:
                return tuple(steps)
            row = _next(rows)
            tried.add(row.id)
            step = await _step(effect, order, row, standing, stuck=stuck, patience=limits)
            steps.append(step)
            stuck = stuck or step.outcome == "stays"
            if order.apply and step.outcome != "stays":
                await _settle(connection, book, order, row, step)


async def _step(
    effect: Effect, order: Order, row: _Row, standing: Standing, *, stuck: bool, patience: Patience
) -> Step:
    """Try one message, or say what would be tried."""
    outcome: How | Literal["stays"] = "applied"
    reason = row.reason
    read = row.read
    if order.discard == (row.partition, row.offset):
        outcome, reason = "discarded", order.why
    elif stuck:
        outcome, reason = "stays", "stands behind one that stays"
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


async def _settle(connection: Any, book: Book, order: Order, row: _Row, step: Step) -> None:
    """Write down what became of a message, who did it and why; move the stream's progress."""
    await connection.execute(
        "UPDATE consumer.parked SET settled_at = clock_timestamp(), settled_as = $2,"
        " settled_by = $3, settled_why = $4 WHERE id = $1",
        row.id,
        step.outcome,
        order.by,
        order.why,
    )
    if step.version is not None and step.outcome != "repeat":
        await connection.execute(
            "UPDATE consumer.progress SET version = greatest(version, $4)"
            " WHERE consumer = $1 AND topic = $2 AND stream = $3",
            book.consumer,
            book.topic,
            order.stream,
            step.version,
        )


async def _rows(connection: Any, order: Order) -> list[_Row]:
    """Return what is parked of the stream, as it arrived."""
    found: Sequence[Mapping[str, Any]] = await connection.fetch(
        'SELECT id, topic, partition, "offset", key, leaf, headers, reason'
        " FROM consumer.parked WHERE consumer = $1 AND topic = $2 AND stream = $3"
        " AND settled_at IS NULL ORDER BY id LIMIT $4",
        order.group,
        order.topic,
        order.stream,
        ROWS_MAX,
    )
    return [_read(each) for each in found]


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


def _next(rows: Sequence[_Row]) -> _Row:
    """Return the row to try first: by version, and what cannot be read where it arrived.

    Versions may have arrived out of order (a gap, and then what was missing); a message that
    cannot be read has no version, so it keeps its place: whatever arrived after it waits.
    """
    first = rows[0]
    if first.read is None:
        return first
    readable: list[_Row] = []
    for row in rows:
        if row.read is None:
            break
        readable.append(row)
    return min(readable, key=lambda row: row.read.version if row.read else 0)
