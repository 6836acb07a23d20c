"""What is due in a self-assessment: the reminders of its deadline, and the deadline itself."""

from datetime import timedelta
from typing import Final

from services.review.commands.assessment import PassDeadline, RemindDeadline
from shared.contracts.base import Event
from shared.contracts.policy import POLICY_V1
from shared.contracts.preparation import (
    DeadlinePassed,
    DeadlineReminded,
    PreparationStarted,
    SelfAssessmentSubmitted,
)
from shared.contracts.swedish_time import local_day, start_of_day
from shared.decider import Asked
from shared.eventlog.views import Due, Timer, View

PASSED: Final = 0
"""Days left at the deadline itself."""


def _key(event: PreparationStarted | SelfAssessmentSubmitted, days: int) -> str:
    """Return the key of the row that is due ``days`` before the deadline."""
    return f"{event.application_id}:{days}"


def _keys(event: Event) -> tuple[str, ...]:
    """Return the rows that ``event`` makes or removes."""
    match event:
        case PreparationStarted() | SelfAssessmentSubmitted():
            return tuple(_key(event, d) for d in (*POLICY_V1.deadline_reminder_days, PASSED))
        case DeadlineReminded():
            return (f"{event.application_id}:{event.days_left}",)
        case DeadlinePassed():
            return (f"{event.application_id}:{PASSED}",)
        case _:
            return ()


def due(row: Due | None, event: Event, key: str) -> Due | None:
    """SAS-2, SAS-5: return what is due after ``event``; ``None`` when it has happened."""
    match event:
        case PreparationStarted():
            days = int(key.rpartition(":")[2])
            last_day = local_day(event.deadline_at - timedelta(microseconds=1))
            at = start_of_day(last_day - timedelta(days=days)) if days else event.deadline_at
            stream = f"assessment-{event.application_id}"
            return Due(at=at, key=key, kind=str(days), stream=stream)
        case DeadlineReminded() | DeadlinePassed() | SelfAssessmentSubmitted():
            return None
        case _:
            return row


def ask(row: Due) -> Asked[RemindDeadline | PassDeadline]:
    """GEN-1: return what is asked when ``row`` is due; it reminds, and decides nothing."""
    days = int(row.kind)
    if days == PASSED:
        return Asked(row.stream, PassDeadline(at=row.at))
    return Asked(row.stream, RemindDeadline(days_left=days, at=row.at))


deadlines = Timer(
    view=View(name="deadline", version=1, document=Due, keys=_keys, evolve=due), command=ask
)
