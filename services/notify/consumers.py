"""What notify hears: every topic with an occasion for a letter."""

from services.notify.policy import letters_for
from services.notify.settings import Settings
from shared.contracts.catalogue import event_heard
from shared.contracts.envelope import Cause
from shared.kafka import Received, RecordSubscription, command_id
from shared.kafka.subscription import Effect
from shared.process import Parts
from shared.telemetry import current_traceparent

HEARD = ("intake", "review", "certificates")


def subscriptions(parts: Parts[Settings]) -> tuple[RecordSubscription, ...]:
    """Return one consumer per topic that notify hears."""
    return tuple(
        RecordSubscription(group, f"asf.{service}.events.v1", _plan(parts, group))
        for service in HEARD
        for group in (f"notify.letters_for_{service}",)
    )


def _plan(parts: Parts[Settings], group: str) -> Effect:
    """Return the effect of a record: the letters that it gives occasion to are planned."""

    async def plan(received: Received) -> None:
        record = received.record
        event = event_heard(record)
        if event is None:  # of a newer producer: nobody here knows whom to tell what
            return
        for index, asked in enumerate(letters_for(event, record.event_id)):
            cause = Cause(
                actor=parts.actor,
                command_id=command_id(group, record.event_id, index),
                correlation_id=record.correlation_id,
                causation_id=record.event_id,
                traceparent=current_traceparent() or record.traceparent,
            )
            await parts.handler.put(asked.stream, asked.command, cause)

    return plan
