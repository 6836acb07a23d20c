"""A repair of what goes over Kafka is on record before it is done. Pure. House: ADR-0033.

Every service has these rules for its own consumers and topic, beside those of its own aggregates.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from shared.contracts.base import Event
from shared.contracts.repair import RedriveOrdered, RedriveReason, ResendOrdered, ResendReason
from shared.decider import Decider, Refusal, RefusalKind

REPAIR: Final = "repair"


@dataclass(frozen=True, slots=True)
class OrderRedrive:
    """Apply a parked stream again. See ``RedriveOrdered``."""

    repair_id: UUID
    consumer: str
    topic: str
    stream: str | None
    messages: int
    set_aside: str | None
    reason: RedriveReason
    decided_by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderResend:
    """Send the whole log once more. See ``ResendOrdered``."""

    repair_id: UUID
    topic: str
    position: int
    reason: ResendReason
    decided_by: UUID
    at: datetime


RepairCommand: TypeAlias = OrderRedrive | OrderResend


def stream_of(repair: UUID) -> str:
    """Return the stream of a repair; each has its own."""
    return f"{REPAIR}-{repair}"


def decide(command: RepairCommand, ordered: bool) -> tuple[Event, ...]:
    """Return what happens: each is ordered once, and nothing is set aside without saying so."""
    if ordered:
        return ()
    match command:
        case OrderRedrive():
            if (command.set_aside is not None) != (command.reason == "never_applicable"):
                detail = "What is set aside can never be applied, and nothing else is."
                raise Refusal(RefusalKind.INCOMPLETE, "redrive_reason_differs", detail)
            return (_redrive(command),)
        case OrderResend():
            return (_resend(command),)
        case _:
            assert_never(command)


def evolve(ordered: bool, event: Event) -> bool:
    """Return whether it is ordered after ``event``."""
    return ordered or isinstance(event, RedriveOrdered | ResendOrdered)


def _redrive(command: OrderRedrive) -> RedriveOrdered:
    """Return that a redrive was ordered."""
    return RedriveOrdered(
        repair_id=command.repair_id,
        consumer=command.consumer,
        topic=command.topic,
        stream=command.stream,
        messages=command.messages,
        set_aside=command.set_aside,
        reason=command.reason,
        decided_by=command.decided_by,
        ordered_at=command.at,
    )


def _resend(command: OrderResend) -> ResendOrdered:
    """Return that sending once more was ordered."""
    return ResendOrdered(
        repair_id=command.repair_id,
        topic=command.topic,
        position=command.position,
        reason=command.reason,
        decided_by=command.decided_by,
        ordered_at=command.at,
    )


decider: Final[Decider[RepairCommand, Event, bool]] = Decider(False, decide, evolve)
