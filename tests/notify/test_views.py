"""The list of letters."""

from uuid import UUID

import pytest

from services.notify.decider import PAUSES
from services.notify.views import NotificationRow, notification, notification_list
from shared.contracts.base import Event
from shared.contracts.notify import NotificationFailed, NotifyEvent
from tests.notify.test_decider import (
    LETTER,
    MONDAY,
    failed,
    given_up,
    merged,
    planned,
    sent,
)


def row_after(*events: NotifyEvent) -> NotificationRow | None:
    """Return the row after ``events``."""
    row: NotificationRow | None = None
    for event in events:
        row = notification(row, event, str(LETTER))
    return row


@pytest.mark.parametrize(
    ("events", "state", "due"),
    [
        ((planned,), "planned", MONDAY),
        ((planned, failed(1, MONDAY)), "failed", MONDAY + PAUSES[0]),
        ((planned, sent(1, MONDAY)), "sent", None),
        ((planned, merged), "merged", None),
        ((planned, given_up), "given_up", None),
    ],
)
def test_a_letter_is_due_until_it_is_over(
    events: tuple[NotifyEvent, ...], state: str, due: object
) -> None:
    """MSG-3: the sender takes what is due, and nothing else."""
    row = row_after(*events)
    assert row is not None
    assert (row.state, row.due_at) == (state, due)
    assert row_after(*events, events[-1]) == row


def test_the_row_is_found_by_the_letter_and_nothing_else_has_one() -> None:
    """House: a view names its documents."""
    assert notification_list.keys(planned) == (str(LETTER),)
    assert notification_list.keys(Event()) == ()


def test_an_event_before_its_plan_is_our_mistake() -> None:
    """House: the view stops and calls for help; it does not skip."""
    with pytest.raises(AssertionError, match="before"):
        row_after(failed(1, MONDAY))
    with pytest.raises(AssertionError, match="not about a letter"):
        notification(row_after(planned), Event(), str(UUID(int=1)))


def test_every_failure_in_a_row_counts() -> None:
    """MSG-3: attempts are counted by the log, not by the sender."""
    later: NotificationFailed = failed(2, MONDAY)
    row = row_after(planned, failed(1, MONDAY), later)
    assert row is not None
    assert row.attempts == 2
