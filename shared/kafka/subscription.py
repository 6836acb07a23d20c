"""What a service hears, and what it does then: the table that ``consumers.py`` writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid5

from shared.contracts.base import Event
from shared.contracts.catalogue import event_heard
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record
from shared.decider import Asked, Refusal
from shared.kafka.received import Received
from shared.telemetry import Metric, current_traceparent, get_logger, measure

CONSUMERS = UUID("5a6f0c1e-7d0b-5c0a-8f57-2d1b9f6c7e11")
"""Name space of consumers; a consumer's own is the name space of its command ids."""

log = get_logger(__name__)

EventOf = Callable[[Record], Event | None]
Effect = Callable[[Received], Awaitable[None]]
"""What is done about a record: safe to repeat, durable when it returns."""


class Put(Protocol):
    """How a command is put to the rules: ``Handler.put``."""

    async def __call__(self, stream: str, command: Any, cause: Cause) -> object:
        """Return what became of ``command``."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """A policy: what is asked for when something is heard.

    Attributes:
        group: The consumer, ``<service>.<what it feeds>``.
        react: Pure: the same event asks for the same commands, in the same order.
    """

    group: str
    topic: str
    react: Callable[[Event], tuple[Asked[Any], ...]]


@dataclass(frozen=True, slots=True)
class RecordSubscription:
    """A mirror: takes every record as it is, with its place, also of types not known here.

    Attributes:
        apply: Safe to repeat, durable when it returns. In the order of each stream; streams, and
            so positions, come in any order.
        as_is: Repeats come too, and what lacks the version before it is no gap: the subscriber
            holds records against each other itself.
    """

    group: str
    topic: str
    apply: Effect
    as_is: bool = False


def command_id(group: str, event_id: UUID, index: int) -> UUID:
    """Return the id of the ``index``-th command that ``group`` asks for on an event.

    The same event heard twice asks for the same commands with the same ids, and the log answers
    a known id with its first answer.
    """
    return uuid5(uuid5(CONSUMERS, group), f"{event_id}:{index}")


def effect_of(
    subscription: Subscription | RecordSubscription,
    *,
    put: Put,
    actor: Actor,
    event_of: EventOf = event_heard,
) -> Effect:
    """Return what ``subscription`` does about a record.

    A policy's commands go to ``put``; their actor is the service itself, in the role ``policy``.
    """
    if isinstance(subscription, RecordSubscription):
        return subscription.apply
    policy = subscription

    async def ask(received: Received) -> None:
        record = received.record
        event = event_of(record)
        if event is None:  # of a newer producer: nobody here knows what to ask
            return
        for index, asked in enumerate(policy.react(event)):
            cause = Cause(
                actor=actor,
                command_id=command_id(policy.group, record.event_id, index),
                correlation_id=record.correlation_id,
                causation_id=record.event_id,
                traceparent=current_traceparent() or record.traceparent,
            )
            try:
                await put(asked.stream, asked.command, cause)
            except Refusal as no:
                _answered(policy.group, asked, no)

    return ask


def _answered(group: str, asked: Asked[Any], no: Refusal) -> None:
    """Count a rule's no to a policy. The policy asked and the rules answered: it goes on."""
    log.warning(
        "consumer.refused",
        group=group,
        code=no.code,
        command=type(asked.command).__name__,
        stream=asked.stream,
    )
    measure(Metric.REFUSALS, 1, code=no.code, group=group)
