"""Events of the notify service. Topic: ``asf.notify.events.v1``. Key: the stream."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Event, Instant, Value
from shared.contracts.roles import Role

Letter = Literal[
    "interest_receipt",
    "application_receipt",
    "admission",
    "deferral",
    "rejection",
    "deadline_reminder",
    "decision_approved",
    "decision_refused",
    "certificate",
]
"""The templates, by name."""


class Fact(Value):
    """Something open that the letter says: a date, a number, a code. Never a name or free text."""

    name: str
    value: str


class NotificationPlanned(Event):
    """One letter is to go to one role of one case, for one cause (MSG-1).

    Attributes:
        cause_id: The event that caused it.
        recipient_role: Who in the firm gets it; the person is found when it is sent (MSG-2).
        legal_effect: Whether it cannot be switched off (MSG-3).
        facts: From the causing event, in a fixed order.
    """

    notification_id: UUID
    application_id: UUID
    cause_id: UUID
    letter: Letter
    recipient_role: Role
    legal_effect: bool
    facts: tuple[Fact, ...]
    planned_at: Instant


class NotificationSent(Event):
    """The mail server took the letter (MSG-4).

    Attributes:
        recipient_id: Pseudonym of the person it went to.
        text_hash: SHA-256 of the rendered text in UTF-8, hexadecimal.
        attempt: Which one it was, from 1.
    """

    notification_id: UUID
    application_id: UUID
    recipient_id: UUID
    language: Literal["sv", "en"]
    template_version: int
    text_hash: str
    attempt: int
    sent_at: Instant


class NotificationFailed(Event):
    """An attempt to send failed; it is tried again (MSG-3).

    Attributes:
        cause: What sort of failure it was; never the server's own words. ``unwritable``: the letter
            could not be made, which is a mistake of ours.
        again_at: When it is tried next.
    """

    notification_id: UUID
    application_id: UUID
    cause: Literal["refused", "unreachable", "recipient_unknown", "unwritable"]
    attempt: int
    again_at: Instant
    failed_at: Instant


class NotificationMerged(Event):
    """The person has the same letter already, in another role: one is enough (MSG-1).

    Attributes:
        into_id: The letter that they got.
        recipient_id: Pseudonym of the person.
    """

    notification_id: UUID
    application_id: UUID
    into_id: UUID
    recipient_id: UUID
    merged_at: Instant


class NotificationGivenUp(Event):
    """No attempt is left: a task for the registrar (MSG-3)."""

    integration: ClassVar[bool] = True

    notification_id: UUID
    application_id: UUID
    attempts: int
    given_up_at: Instant


NotifyEvent = (
    NotificationPlanned
    | NotificationSent
    | NotificationFailed
    | NotificationMerged
    | NotificationGivenUp
)
