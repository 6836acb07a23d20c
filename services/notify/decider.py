"""The rules of a letter: planned once, tried a bounded number of times, sent once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.notify.commands import (
    NotifyCommand,
    PlanNotification,
    RecordFailure,
    RecordMerged,
    RecordSent,
)
from shared.contracts.notify import (
    NotificationFailed,
    NotificationGivenUp,
    NotificationMerged,
    NotificationPlanned,
    NotificationSent,
    NotifyEvent,
)
from shared.decider import Decider, Refusal, RefusalKind

PAUSES = tuple(
    timedelta(seconds=s) for s in (5, 30, 120, 600, 3_600, 14_400, 43_200, 86_400, 86_400)
)
"""Between attempts; after the last one the letter is given up. Two and a half days in all."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What a letter must remember.

    Attributes:
        attempts: That failed.
        again_at: When the next one is due; the instant of planning before the first.
        sent_to: Who got it; ``None`` before.
        over: Whether nothing is left to do: sent, merged or given up.
    """

    planned: NotificationPlanned | None = None
    attempts: int = 0
    again_at: datetime | None = None
    sent_to: UUID | None = None
    over: bool = False


def decide(command: NotifyCommand, letter: Notification) -> tuple[NotifyEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case PlanNotification():
            return _plan(command, letter)
        case RecordSent():
            return _sent(command, letter)
        case RecordFailure():
            return _failed(command, letter)
        case RecordMerged():
            return _merged(command, letter)
        case _:
            assert_never(command)


def evolve(letter: Notification, event: NotifyEvent) -> Notification:
    """Return the letter after ``event``. Total: never raises."""
    match event:
        case NotificationPlanned():
            return replace(letter, planned=event, again_at=event.planned_at)
        case NotificationSent():
            return replace(letter, sent_to=event.recipient_id, over=True)
        case NotificationFailed():
            return replace(letter, attempts=event.attempt, again_at=event.again_at)
        case NotificationMerged():
            return replace(letter, over=True)
        case NotificationGivenUp():
            return replace(letter, attempts=event.attempts, over=True)
        case _:
            assert_never(event)


decider = Decider(initial=Notification(), decide=decide, evolve=evolve)


def _plan(command: PlanNotification, letter: Notification) -> tuple[NotifyEvent, ...]:
    """MSG-1: one letter per cause, recipient and template; a replay plans no second one."""
    if letter.planned is not None:
        return ()
    return (
        NotificationPlanned(
            notification_id=command.notification_id,
            application_id=command.application_id,
            cause_id=command.cause_id,
            letter=command.letter,
            recipient_role=command.recipient_role,
            legal_effect=command.legal_effect,
            facts=command.facts,
            planned_at=command.at,
        ),
    )


def _sent(command: RecordSent, letter: Notification) -> tuple[NotifyEvent, ...]:
    """MSG-4: what was said can be shown later by its hash.

    Also of a letter that somebody else gave up meanwhile: it did go out.
    """
    planned = _planned(letter)
    if letter.sent_to is not None:
        return ()
    return (
        NotificationSent(
            notification_id=planned.notification_id,
            application_id=planned.application_id,
            recipient_id=command.recipient_id,
            language=command.language,
            template_version=command.template_version,
            text_hash=command.text_hash,
            attempt=letter.attempts + 1,
            sent_at=command.at,
        ),
    )


def _failed(command: RecordFailure, letter: Notification) -> tuple[NotifyEvent, ...]:
    """MSG-3: it is tried again after a pause; when no attempt is left, a registrar must act.

    One attempt counts once: of two senders that tried at once, the second adds nothing.
    """
    planned = _planned(letter)
    attempt = letter.attempts + 1
    if letter.over or command.attempt != attempt:
        return ()
    if attempt > len(PAUSES):
        return (
            NotificationGivenUp(
                notification_id=planned.notification_id,
                application_id=planned.application_id,
                attempts=attempt,
                given_up_at=command.at,
            ),
        )
    return (
        NotificationFailed(
            notification_id=planned.notification_id,
            application_id=planned.application_id,
            cause=command.cause,
            attempt=attempt,
            again_at=command.at + PAUSES[attempt - 1],
            failed_at=command.at,
        ),
    )


def _merged(command: RecordMerged, letter: Notification) -> tuple[NotifyEvent, ...]:
    """MSG-1: one letter per cause, recipient and template, however many roles a person has."""
    planned = _planned(letter)
    if letter.over:
        return ()
    return (
        NotificationMerged(
            notification_id=planned.notification_id,
            application_id=planned.application_id,
            into_id=command.into_id,
            recipient_id=command.recipient_id,
            merged_at=command.at,
        ),
    )


def _planned(letter: Notification) -> NotificationPlanned:
    """Return the plan, or refuse: GEN-4, what was not planned is not sent."""
    if letter.planned is None:
        raise Refusal(RefusalKind.NOT_FOUND, "notification_not_found", "There is no such letter.")
    return letter.planned
