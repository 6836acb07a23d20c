"""What certificates hears: decisions, agreements, fees, and its own clearances."""

from collections.abc import Callable
from datetime import datetime

from services.certificates.policy import Wishes, when_cleared, when_intake, when_review
from services.certificates.settings import Settings
from shared.contracts.base import Event
from shared.contracts.catalogue import reading
from shared.contracts.envelope import Cause
from shared.kafka import Received, RecordSubscription, command_id
from shared.kafka.subscription import Effect
from shared.process import Parts
from shared.telemetry import current_traceparent

HEARD: dict[str, Callable[[Event, datetime], Wishes]] = {
    "review": when_review,
    "intake": when_intake,
    "certificates": when_cleared,
}


def subscriptions(parts: Parts[Settings]) -> tuple[RecordSubscription, ...]:
    """Return one consumer per topic that certificates hears."""
    return tuple(
        RecordSubscription(group, f"asf.{service}.events.v1", _ask(parts, group, policy))
        for service, policy in HEARD.items()
        for group in (f"certificates.{policy.__name__}",)
    )


def _ask(parts: Parts[Settings], group: str, policy: Callable[[Event, datetime], Wishes]) -> Effect:
    """Return the effect of a record: what the policy wishes is put to the rules, in order.

    A rule's no parks the stream: whoever was approved is owed a certificate, and a wish that was
    refused and forgotten would leave it pending for ever.
    """
    read = reading("certificates")

    async def ask(received: Received) -> None:
        record = received.record
        event = read(record)
        if event is None:  # of a newer producer: nobody here knows what to ask
            return
        for index, wish in enumerate(policy(event, parts.now())):
            cause = Cause(
                actor=parts.actor,
                command_id=command_id(group, record.event_id, index),
                correlation_id=record.correlation_id,
                causation_id=record.event_id,
                traceparent=current_traceparent() or record.traceparent,
            )
            await parts.handler.put_all(wish, cause)

    return ask
