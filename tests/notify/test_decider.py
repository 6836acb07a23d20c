"""The rules of a letter."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st

from services.notify.commands import (
    NotifyCommand,
    PlanNotification,
    RecordFailure,
    RecordMerged,
    RecordSent,
)
from services.notify.decider import PAUSES, decider
from shared.contracts.notify import (
    Fact,
    NotificationFailed,
    NotificationGivenUp,
    NotificationMerged,
    NotificationPlanned,
    NotificationSent,
    NotifyEvent,
)
from shared.contracts.roles import Role
from shared.testing import Scenario
from shared.testing.laws import laws

LETTER, CASE, CAUSE, PERSON, OTHER = (UUID(int=n) for n in (1, 2, 3, 4, 5))
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

merge = RecordMerged(OTHER, PERSON, MONDAY)
merged = NotificationMerged(
    notification_id=LETTER,
    application_id=CASE,
    into_id=OTHER,
    recipient_id=PERSON,
    merged_at=MONDAY,
)
given_up = NotificationGivenUp(
    notification_id=LETTER, application_id=CASE, attempts=10, given_up_at=MONDAY
)


def refused(attempt: int, at: datetime = MONDAY) -> RecordFailure:
    """Return the wish to record that the mail server said no to the ``attempt``-th try."""
    return RecordFailure(attempt, "refused", at)


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
    letter.given(planned).when(refused(1)).then(failed(1, MONDAY))
    later = MONDAY + PAUSES[0]
    second = letter.given(planned, failed(1, MONDAY))
    second.when(refused(2, later)).then(failed(2, later))
    second.when(send(later)).then(sent(2, later))


@pytest.mark.parametrize("attempt", [0, 1, 3])
def test_an_attempt_counts_once_whoever_made_it(attempt: int) -> None:
    """MSG-3: two senders that tried at once have tried once; none is left out."""
    letter.given(planned, failed(1, MONDAY)).when(refused(attempt)).then_nothing()


def test_an_attempt_counts_also_while_the_clock_stands_still() -> None:
    """House: ADR-0011: in simulated time seconds pass and the clock does not."""
    letter.given(planned, failed(1, MONDAY)).when(refused(2)).then(failed(2, MONDAY))


def test_after_the_last_pause_a_registrar_must_act() -> None:
    """MSG-3: attempts are bounded, and then it is somebody's task."""
    at = MONDAY
    failures: list[NotifyEvent] = []
    for attempt, pause in enumerate(PAUSES, 1):
        failures.append(failed(attempt, at))
        at += pause
    last = len(PAUSES) + 1
    gone = given_up.model_copy(update={"attempts": last, "given_up_at": at})
    over = letter.given(planned, *failures)
    over.when(refused(last, at)).then(gone)
    over.given(gone).when(refused(last + 1, at)).then_nothing()


def test_a_letter_that_did_go_out_is_on_record_even_if_it_was_given_up() -> None:
    """MSG-4: what reached somebody is known, whichever record came first."""
    letter.given(planned, given_up).when(send(MONDAY)).then(
        sent(11, MONDAY),
    )


def test_whoever_has_two_roles_is_told_once() -> None:
    """MSG-1: one letter per cause, recipient and template."""
    letter.given(planned).when(merge).then(merged)
    for end in (merged, sent(1, MONDAY), given_up):
        letter.given(planned, end).when(merge).then_nothing()
    letter.given(planned, merged).when(refused(1)).then_nothing()


@pytest.mark.parametrize("wish", [send(MONDAY), refused(1), merge])
def test_what_was_not_planned_is_not_sent(wish: NotifyCommand) -> None:
    """GEN-4: a stream that does not exist is refused."""
    letter.when(wish).then_refused("notification_not_found")


nearly_over = tuple(failed(attempt, MONDAY) for attempt in range(1, len(PAUSES) + 1))
times = st.integers(0, 10_000_000).map(lambda s: MONDAY + timedelta(seconds=s))
commands = st.one_of(
    st.just(plan),
    times.map(send),
    st.builds(
        RecordFailure, st.integers(1, 11), st.sampled_from(["refused", "unreachable"]), times
    ),
    st.just(merge),
)
starts: tuple[tuple[NotifyEvent, ...], ...] = (
    (),
    (planned,),
    (planned, sent(1, MONDAY)),
    (planned, *nearly_over),
)
TestLetterLaws = laws(decider, commands=commands, histories=st.sampled_from(starts))
