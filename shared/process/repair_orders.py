"""What operators ask about records on Kafka: on record first, then done. A dry run until ``--apply``."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from shared.contracts.catalogue import reading
from shared.contracts.envelope import Cause
from shared.contracts.repair import ResendReason
from shared.decider import Refusal
from shared.kafka import Book, Subscription, effect_of, events_topic
from shared.kafka.redrive import UNREADABLE, Asked, Discard, Step, case_of, redrive, takes
from shared.kafka.subscription import Effect, RecordSubscription
from shared.process.compose import opened
from shared.process.operate import say
from shared.process.repair import (
    REPAIR,
    OrderRedrive,
    OrderResend,
    RepairCommand,
    decider,
    stream_of,
)
from shared.process.service import Parts, Service
from shared.process.settings import ServiceSettings
from shared.relay import checkpoint, send_again

S = TypeVar("S", bound=ServiceSettings)

_FIRST_WORDS: Final = (
    "GROUP and TOPIC are the first two words of each line of parked, and here one of"
)


async def resend(
    service: Service[S], settings: S, *, decided_by: UUID, why: ResendReason, apply: bool
) -> bool:
    """Have the relay send the whole log once more, in order; who decided it and why is on record.

    For a topic that was shortened: consumers that miss something go on by themselves when all of it is
    there again, and the others meet repeats. Safe to repeat.
    """
    topic, dsn = events_topic(service.name).name, settings.relay_dsn.get_secret_value()
    position = await checkpoint(dsn, topic)
    if not apply:
        say(f"would send {topic} from the beginning, {position} events; with --apply it is done")
        return True
    async with opened(service, settings, role="resend") as process:
        parts = process.parts
        order = OrderResend(parts.new_id(), topic, position, why, decided_by, parts.now())
        await _record(parts, order, case=order.repair_id)
    position = await send_again(dsn, topic)
    say(f"the relay sends {topic} from the beginning: {position} events")
    return True


async def redrive_streams(service: Service[S], settings: S, asked: Asked) -> bool:
    """Apply a parked stream again, or all of a consumer; return whether nothing of them stays parked.

    Nor is all well where a stream was named and nothing of it is parked: then it is mistyped.
    """
    async with opened(service, settings, role="redrive") as process:
        heard = {(each.group, each.topic): each for each in service.subscriptions(process.parts)}
        if (asked.group, asked.topic) not in heard:
            say(f"{service.name} has no consumer {asked.group} of {asked.topic}; {_FIRST_WORDS}:")
            for group, topic in heard:
                say(f"  {group} {topic}")
            return False
        again = _Redriving(process.parts, heard[asked.group, asked.topic], asked)
        try:
            steps = [step async for step in again.steps()]
        except Refusal as no:
            say(f"{no.code}: {no.detail}")
            return False
    if not steps:
        say(f"nothing is parked of {asked.stream or asked.group}")
        return asked.stream is None
    for line in _ending(steps, apply=asked.apply):
        say(line)
    return all(step.outcome != "stays" for step in steps)


def _ending(steps: Sequence[Step], *, apply: bool) -> Iterator[str]:
    """Yield what an operator is told of all messages together."""
    left = sum(step.outcome == "stays" for step in steps)
    if not apply:
        yield f"a dry run; with --apply: taken {len(steps) - left}, left parked {left}"
    unreadable = [f"{step.partition}:{step.offset}" for step in steps if step.unreadable]
    if unreadable:
        yield (
            f"what nothing can read is set aside with --why never_applicable --discard {UNREADABLE},"
            f" or one by its place, such as --discard {unreadable[0]}"
        )


@dataclass(frozen=True, slots=True)
class _Redriving(Generic[S]):
    """What an operator asks of one consumer."""

    parts: Parts[S]
    heard: Subscription | RecordSubscription
    asked: Asked

    async def steps(self) -> AsyncIterator[Step]:
        """Yield, and say, what becomes of each message of each stream that was asked for.

        Raises:
            Refusal: The reason does not fit what is asked; nothing was applied.
        """
        for stream, messages in await self._streams():
            order = self.asked.of(stream)
            taken = await takes(self._book, order)
            if taken:
                await self._record(stream, messages)
            for step in await redrive(self._book, self._effect, order, taken=taken):
                say(f"{stream} {step}" if self.asked.stream is None else str(step))
                yield step

    @property
    def _book(self) -> Book:
        """Return the rows of the consumer."""
        return Book(self.parts.pool, self.heard.group, self.heard.topic)

    @property
    def _effect(self) -> Effect:
        """Return what the consumer does with a message."""
        parts = self.parts
        return effect_of(
            self.heard, put=parts.handler.put, actor=parts.actor, event_of=reading(parts.name)
        )

    async def _streams(self) -> Sequence[tuple[str, int]]:
        """Return the streams, and how many messages of each are parked."""
        found = [(each.stream, each.messages) for each in await self._book.parked_streams()]
        if self.asked.stream is None:
            return found
        return [each for each in found if each[0] == self.asked.stream]

    async def _record(self, stream: str, messages: int) -> None:
        """Put on record that the stream is redriven; in a dry run, see that it may be."""
        asked, parts = self.asked, self.parts
        case, order_id = await case_of(self._book, stream), parts.new_id()
        order = OrderRedrive(
            repair_id=order_id,
            consumer=asked.group,
            topic=asked.topic,
            stream=None if case is None else stream,
            messages=messages,
            set_aside=_written(asked.discard),
            reason=asked.why,
            decided_by=asked.decided_by,
            at=parts.now(),
        )
        if asked.apply:
            await _record(parts, order, case=case or order_id)
        else:
            decider.decide(order, decider.initial)


def _written(discard: Discard | None) -> str | None:
    """Return what is set aside as the operator wrote it."""
    return ":".join(map(str, discard)) if isinstance(discard, tuple) else discard


async def _record(parts: Parts[Any], order: RepairCommand, *, case: UUID) -> None:
    """Put an order on record, in the case that it belongs to."""
    handler = replace(parts.handler, deciders={REPAIR: decider})
    cause = Cause(parts.actor, order.repair_id, case, order.repair_id)
    await handler.put(stream_of(order.repair_id), order, cause)
