"""The rules of a letter."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st

from services.notify.commands import NotifyCommand, PlanNotification, RecordFailure, RecordSent
from services.notify.decider import PAUSES, decider
from shared.contracts.notify import (
    Fact,
    NotificationFailed,
    NotificationGivenUp,
    NotificationPlanned,
    NotificationSent,
    NotifyEvent,
)
from shared.contracts.roles import Role
from shared.testing import Scenario
from shared.testing.laws import laws

LETTER, CASE, CAUSE, PERSON = (UUID(int=n) for n in (1, 2, 3, 4))
MONDAY = datetime(2019, 6, 17, 8, tzinfo=UTC)
FACTS = (Fact(name="days_left", value="7"),)
HASH = "ab" * 32

letter = Scenario(decider)
plan = PlanNotification(
    LETTER, CASE, CAUSE, "deadline_reminder", Role.SIGNATORY, False, FACTS, MONDAY
)
planned = NotificationPlanned(
    notification_id=LETTER,
    application_id=CASE,
    cause_id=CAUSE,
    letter="deadline_reminder",
    recipient_role=Role.SIGNATORY,
    legal_effect=False,
    facts=FACTS,
    planned_at=MONDAY,
)


def failed(attempt: int, at: datetime) -> NotificationFailed:
    """Return the fact that the ``attempt``-th try failed at ``at``."""
    return NotificationFailed(
        notification_id=LETTER,
        application_id=CASE,
        cause="refused",
        attempt=attempt,
        again_at=at + PAUSES[attempt - 1],
        failed_at=at,
    )


def send(at: datetime) -> RecordSent:
    """Return the wish to record that it was sent at ``at``."""
    return RecordSent(PERSON, "sv", 1, HASH, at)


def sent(attempt: int, at: datetime) -> NotificationSent:
    """Return the fact that the ``attempt``-th try succeeded at ``at``."""
    return NotificationSent(
        notification_id=LETTER,
        application_id=CASE,
        recipient_id=PERSON,
        language="sv",
        template_version=1,
        text_hash=HASH,
        attempt=attempt,
        sent_at=at,
    )


def test_a_letter_is_planned_once_for_its_cause() -> None:
    """MSG-1: a replay plans no second one, whatever came of the first."""
    letter.when(plan).then(planned)
    for history in ((planned,), (planned, failed(1, MONDAY)), (planned, sent(1, MONDAY))):
        letter.given(*history).when(plan).then_nothing()


def test_a_sent_letter_keeps_the_hash_of_its_text() -> None:
    """MSG-4: what was said can be shown later."""
    letter.given(planned).when(send(MONDAY)).then(sent(1, MONDAY))


def test_a_letter_is_sent_once() -> None:
    """MSG-1: a second record of sending adds nothing."""
    letter.given(planned, sent(1, MONDAY)).when(send(MONDAY)).then_nothing()


def test_a_failed_attempt_names_the_next_one() -> None:
    """MSG-3: a busy mail server loses nothing."""
    letter.given(planned).when(RecordFailure("refused", MONDAY)).then(failed(1, MONDAY))
    later = MONDAY + PAUSES[0]
    second = letter.given(planned, failed(1, MONDAY))
    second.when(RecordFailure("refused", later)).then(failed(2, later))
    second.when(send(later)).then(sent(2, later))


def test_a_failure_before_the_next_attempt_is_due_is_no_attempt() -> None:
    """MSG-3: two senders that tried at once have tried once."""
    early = MONDAY + PAUSES[0] - timedelta(microseconds=1)
    letter.given(planned, failed(1, MONDAY)).when(RecordFailure("refused", early)).then_nothing()


def test_after_the_last_pause_a_registrar_must_act() -> None:
    """MSG-3: attempts are bounded, and then it is somebody's task."""
    at, history = MONDAY, [planned]
    failures: list[NotifyEvent] = []
    for attempt, pause in enumerate(PAUSES, 1):
        failures.append(failed(attempt, at))
        at += pause
    given_up = NotificationGivenUp(
        notification_id=LETTER, application_id=CASE, attempts=len(PAUSES) + 1, given_up_at=at
    )
    over = letter.given(*history, *failures)
    over.when(RecordFailure("refused", at)).then(given_up)
    over.given(given_up).when(RecordFailure("refused", at)).then_nothing()


@pytest.mark.parametrize("wish", [send(MONDAY), RecordFailure("refused", MONDAY)])
def test_what_was_not_planned_is_not_sent(wish: NotifyCommand) -> None:
    """GEN-4: a stream that does not exist is refused."""
    letter.when(wish).then_refused("notification_not_found")


times = st.integers(0, 10_000_000).map(lambda s: MONDAY + timedelta(seconds=s))
commands = st.one_of(
    st.just(plan),
    times.map(send),
    st.builds(RecordFailure, st.sampled_from(["refused", "unreachable"]), times),
)
TestLetterLaws = laws(
    decider,
    commands=commands,
    histories=st.sampled_from([(), (planned,), (planned, sent(1, MONDAY))]),
)
