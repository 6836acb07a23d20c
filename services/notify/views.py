"""What can be read of the letters: pseudonyms and states, never an address or a text."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Instant
from shared.contracts.notify import (
    Letter,
    NotificationFailed,
    NotificationGivenUp,
    NotificationMerged,
    NotificationPlanned,
    NotificationSent,
)
from shared.contracts.roles import Role
from shared.eventlog.views import View

NotificationState = Literal["planned", "failed", "sent", "merged", "given_up"]


class NotificationRow(BaseModel):
    """One letter.

    Attributes:
        due_at: When it is to be tried (next); ``None`` when nothing is left to do.
        text_hash: Of what was sent; ``None`` before.
    """

    model_config = ConfigDict(frozen=True)

    notification_id: UUID
    application_id: UUID
    letter: Letter
    recipient_role: Role
    legal_effect: bool
    state: NotificationState
    attempts: int
    planned_at: Instant
    due_at: Instant | None
    sent_at: Instant | None = None
    text_hash: str | None = None


def _keys(event: Event) -> tuple[str, ...]:
    """Return the letter that ``event`` is about."""
    match event:
        case (
            NotificationPlanned()
            | NotificationSent()
            | NotificationFailed()
            | NotificationMerged()
            | NotificationGivenUp()
        ):
            return (str(event.notification_id),)
        case _:
            return ()


def notification(row: NotificationRow | None, event: Event, _key: str) -> NotificationRow | None:
    """Return the row after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, NotificationPlanned):
        return row or NotificationRow(
            notification_id=event.notification_id,
            application_id=event.application_id,
            letter=event.letter,
            recipient_role=event.recipient_role,
            legal_effect=event.legal_effect,
            state="planned",
            attempts=0,
            planned_at=event.planned_at,
            due_at=event.planned_at,
        )
    assert row is not None, f"{type(event).__name__} before NotificationPlanned"
    match event:
        case NotificationSent():
            return row.model_copy(
                update={
                    "state": "sent",
                    "attempts": event.attempt,
                    "due_at": None,
                    "sent_at": event.sent_at,
                    "text_hash": event.text_hash,
                }
            )
        case NotificationFailed():
            return row.model_copy(
                update={"state": "failed", "attempts": event.attempt, "due_at": event.again_at}
            )
        case NotificationMerged():
            return row.model_copy(update={"state": "merged", "due_at": None})
        case NotificationGivenUp():
            return row.model_copy(
                update={"state": "given_up", "attempts": event.attempts, "due_at": None}
            )
        case _:
            raise AssertionError(f"{type(event).__name__} is not about a letter")


notification_list = View(
    name="notification_list",
    version=1,
    document=NotificationRow,
    keys=_keys,
    evolve=notification,
)
