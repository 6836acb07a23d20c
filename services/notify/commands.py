"""What notify may be asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.contracts.notify import Fact, Letter
from shared.contracts.roles import Role

Failure = Literal["refused", "unreachable", "recipient_unknown", "unwritable"]


@dataclass(frozen=True, slots=True)
class PlanNotification:
    """Plan one letter to one role of one case, for one cause (MSG-1)."""

    notification_id: UUID
    application_id: UUID
    cause_id: UUID
    letter: Letter
    recipient_role: Role
    legal_effect: bool
    facts: tuple[Fact, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordSent:
    """Record that the mail server took the letter (MSG-4).

    Attributes:
        text_hash: SHA-256 of the rendered text, hexadecimal.
    """

    recipient_id: UUID
    language: Literal["sv", "en"]
    template_version: int
    text_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """Record that an attempt failed; the rules say whether there is another.

    Attributes:
        attempt: Which one it was, from 1.
    """

    attempt: int
    cause: Failure
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordMerged:
    """Record that the person has the letter already, in another role (MSG-1).

    Attributes:
        into_id: The letter that they got.
    """

    into_id: UUID
    recipient_id: UUID
    at: datetime


NotifyCommand = PlanNotification | RecordSent | RecordFailure | RecordMerged
