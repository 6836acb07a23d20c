"""What operators had done about records on Kafka; every service says it of its own. House: ADR-0033.

Topic: ``asf.<service>.events.v1``. Key: the stream, ``repair-{repair_id}``.
"""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Event, Instant

RedriveReason = Literal["cause_mended", "never_applicable", "newer_release", "sent_again"]
"""Why a parked stream can go on now; ``never_applicable``: some of it is set aside for good."""

ResendReason = Literal["records_missing", "topic_lost", "topic_shortened"]
"""Why a topic does not have what the log has."""


class RedriveOrdered(Event):
    """An operator has a parked stream applied again. On record before anything of it is applied.

    What became of each message is kept with it, in the service's database. In the case that the
    stream belongs to, where one of its messages can be read.

    Attributes:
        consumer: Whose stream is parked, e.g. ``certificates.when_review``.
        stream: ``None`` where nothing of it can be read: what a stranger wrote as key is not repeated.
        messages: How many were waiting.
        set_aside: Place ``partition:offset`` of the message that is not applied, or ``unreadable``:
            each that cannot be read; ``None``: none.
        decided_by: Pseudonym of whoever decided it; who carried it out is the record's actor.
    """

    integration: ClassVar[bool] = True

    repair_id: UUID
    consumer: str
    topic: str
    stream: str | None
    messages: int
    set_aside: str | None
    reason: RedriveReason
    decided_by: UUID
    ordered_at: Instant


class ResendOrdered(Event):
    """An operator has the relay send the whole log once more. On record before it is.

    Attributes:
        position: Up to where it had been sent.
        decided_by: Pseudonym of whoever decided it; who carried it out is the record's actor.
    """

    integration: ClassVar[bool] = True

    repair_id: UUID
    topic: str
    position: int
    reason: ResendReason
    decided_by: UUID
    ordered_at: Instant
