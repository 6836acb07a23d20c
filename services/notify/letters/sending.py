"""The sender: takes what is due, asks who gets it, sends it, and puts on record what happened.

A letter is in the log before it is in the mail. If the process dies between the mail server's
yes and the record of it, the letter is sent again under the same Message-ID: a decision that
reaches somebody twice is better than one that never does (ADR-0016). One sender works at a time.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final
from uuid import UUID, uuid5

import httpx2
import stamina

from services.notify.commands import Failure, NotifyCommand, RecordFailure, RecordMerged, RecordSent
from services.notify.decider import PAUSES, Notification
from services.notify.letters.lease import Lease, finishing, leased
from services.notify.letters.mailing import (
    Envelope,
    MailRefused,
    MailUnreachable,
    mail,
    message_of,
)
from services.notify.letters.recipients import (
    Recipient,
    RecipientUnknown,
    Source,
    SourceUnreachable,
    decision_texts,
    recipient,
)
from services.notify.letters.rendering import TEMPLATE_VERSION, render
from services.notify.letters.waiting import WAITING_MAX, Waiting
from services.notify.policy import same_letters
from services.notify.queries import Lists
from services.notify.settings import Settings
from services.notify.views import notification_list
from shared.auth.service_token import ServiceToken
from shared.contracts.envelope import Cause
from shared.contracts.notify import NotificationFailed, NotificationPlanned
from shared.contracts.record import decode
from shared.crash import crash_point
from shared.process import Parts
from shared.process.loops import of_the_world
from shared.telemetry import (
    Metric,
    bound_case,
    current_traceparent,
    get_logger,
    joined,
    measure,
    span,
)

PAGE_MAX: Final = 50
POLL_S: Final = 0.3
MEASURE_S: Final = 5.0
STOP_S: Final = 8.0
"""How long a letter that is under way may still take when the process is told to end."""

RECORD_S: Final = 60.0
"""How long it is tried to put an outcome on record while the database is away."""

RECORD_PAUSE_FIRST_S: Final = 0.1
RECORD_PAUSE_MAX_S: Final = 0.5
"""Shorter than a new sender waits: whoever has sent a letter puts that on record first."""

SENDER: Final = UUID("2d6f7f3a-5a2b-5c1e-9a51-7a3c0f1d8e42")
"""Name space of the sender's commands."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What the sender works with.

    Attributes:
        intake: Asked for recipients, and for the words of decisions on applications.
        review: Asked for the words of decisions on certification.
    """

    parts: Parts[Settings]
    lists: Lists
    intake: Source
    review: Source
    waiting: Waiting


async def send_letters(parts: Parts[Settings]) -> None:
    """Send what is due until cancelled. A loop of the role ``worker``; of several, one works."""
    dsn = parts.settings.database_dsn.get_secret_value()
    async with httpx2.AsyncClient() as http, leased(dsn) as lease:
        post = Post(
            parts=parts,
            lists=Lists(parts.pool),
            intake=_source(parts, http, "intake", parts.settings.intake_url),
            review=_source(parts, http, "review", parts.settings.review_url),
            waiting=Waiting(),
        )
        await _count_for_failed(post)
        measured_s = float("-inf")
        while True:
            await _send_due(post, lease)
            if monotonic() - measured_s >= MEASURE_S:
                overdue = await post.lists.overdue(at=parts.now())
                measure(Metric.TIMERS_OVERDUE, overdue, timer="letters")
                measured_s = monotonic()
            await asyncio.sleep(POLL_S)


def _source(parts: Parts[Settings], http: httpx2.AsyncClient, service: str, url: str) -> Source:
    """Return ``service`` as somebody to ask."""
    settings = parts.settings
    token = ServiceToken(
        settings.issuer_url,
        settings.client_id or parts.name,
        settings.client_secret.get_secret_value(),
        audience=service,
        now=parts.now,
    )
    return Source(url.rstrip("/"), token, http)


async def _count_for_failed(post: Post) -> None:
    """Let the letters that somebody before us failed to send wait for their pause again."""
    await _caught_up(post)
    failed = await post.lists.letters(
        application_id=None, state="failed", after=None, limit=WAITING_MAX
    )
    for row in failed:
        post.waiting.pause(row.notification_id, PAUSES[row.attempts - 1].total_seconds())


async def _caught_up(post: Post) -> None:
    """Wait until the list shows everything that was on record before, unless it has stopped.

    A failure that was recorded just before the start would not be counted for otherwise.
    """
    head = await post.parts.log.head()
    positions = post.parts.positions
    while not await positions.reached(notification_list.name, head):
        if await positions.stopped():
            return


async def _send_due(post: Post, lease: Lease) -> None:
    """Send a page of what is due, by the clock or by the seconds that passed."""
    due = await post.lists.due(at=post.parts.now(), limit=PAGE_MAX)
    for notification_id in dict.fromkeys((*due, *post.waiting.due(PAGE_MAX))):
        await lease.check()
        await finishing(_send(post, lease, notification_id), limit_s=STOP_S)
    await lease.check()


async def _send(post: Post, lease: Lease, notification_id: UUID) -> None:
    """Send one letter, unless the log says that it is over or not due; keep what came of it."""
    stream = f"notification-{notification_id}"
    look = await post.parts.handler.look(stream)
    letter: Notification = look.state
    planned = letter.planned
    if planned is None or letter.over:
        post.waiting.forget(notification_id)
        return
    assert letter.again_at is not None
    if post.parts.now() < letter.again_at and not post.waiting.over(notification_id):
        return
    case = str(planned.application_id)
    attempt = letter.attempts + 1
    last = await post.parts.log.tail(look.position - 1, limit=1)
    with (
        joined(decode(last[0].leaf).traceparent),
        bound_case(case),
        span("notify.send", stream=stream, case=case, attempt=attempt),
    ):
        outcome = await lease.within(_outcome(post, planned, attempt))
        if isinstance(outcome, RecordFailure):
            _log.warning("notify.not_sent", stream=stream, cause=outcome.cause, attempt=attempt)
        await _record(post, stream, outcome, _cause(post, planned, attempt, outcome))


async def _record(post: Post, stream: str, outcome: NotifyCommand, cause: Cause) -> None:
    """Put ``outcome`` on record, also when the database is away for a while."""
    async for attempt in stamina.retry_context(
        on=of_the_world,
        attempts=None,
        timeout=RECORD_S,
        wait_initial=RECORD_PAUSE_FIRST_S,
        wait_max=RECORD_PAUSE_MAX_S,
        wait_jitter=RECORD_PAUSE_FIRST_S,
    ):
        with attempt:
            answer = await post.parts.handler.put(stream, outcome, cause)
            for event in answer.events:
                if isinstance(event, NotificationFailed):
                    pause = event.again_at - event.failed_at
                    post.waiting.pause(event.notification_id, pause.total_seconds())
                    return
    post.waiting.forget(UUID(stream.removeprefix("notification-")))


async def _outcome(post: Post, planned: NotificationPlanned, attempt: int) -> NotifyCommand:
    """Return what came of trying to send ``planned``.

    One letter that cannot be made holds up nobody else's: it is a failed attempt, said aloud.
    """
    try:
        return await _sent(post, planned)
    except RecipientUnknown:
        return _failure(post, attempt, "recipient_unknown")
    except (SourceUnreachable, MailUnreachable):
        return _failure(post, attempt, "unreachable")
    except MailRefused:
        return _failure(post, attempt, "refused")
    except Exception as error:
        if of_the_world(error):
            raise
        _log.error("notify.unwritable", letter=planned.letter, exc_info=error)
        return _failure(post, attempt, "unwritable")


def _failure(post: Post, attempt: int, cause: Failure) -> RecordFailure:
    """Return that an attempt failed now."""
    return RecordFailure(attempt, cause, post.parts.now())


async def _sent(post: Post, planned: NotificationPlanned) -> NotifyCommand:
    """Return that the mail server took the letter, or that the person has it already.

    Raises:
        RecipientUnknown: Nobody is to get it.
        SourceUnreachable: A service that must be asked does not answer.
        MailRefused: The mail server does not take it.
        MailUnreachable: It does not answer.
    """
    parts = post.parts
    to = await recipient(post.intake, planned.application_id, planned.recipient_role)
    for other in same_letters(planned):
        look = await parts.handler.look(f"notification-{other}")
        if look.state.sent_to == to.person_id:
            return RecordMerged(into_id=other, recipient_id=to.person_id, at=parts.now())
    rendered = render(planned.letter, to.language, await _values(post, planned, to))
    envelope = Envelope(planned.notification_id, parts.settings.sender, to, parts.now())
    await mail(message_of(rendered, envelope), parts.settings, to=to.email)
    crash_point("letter.taken")
    return RecordSent(
        recipient_id=to.person_id,
        language=to.language,
        template_version=TEMPLATE_VERSION,
        text_hash=rendered.text_hash,
        at=parts.now(),
    )


async def _values(post: Post, planned: NotificationPlanned, to: Recipient) -> Mapping[str, str]:
    """Return everything that the letter's template names."""
    settings = post.parts.settings
    facts = {fact.name: fact.value for fact in planned.facts}
    values = {
        "name": to.name,
        "organisation": to.organisation,
        "site": settings.site_url,
        "register": settings.certificates_url,
        **facts,
    }
    match planned.letter:
        case "admission" | "deferral" | "rejection":
            path = f"/v1/applications/{planned.application_id}/decision"
            values |= await decision_texts(post.intake, path)
        case "decision_approved" | "decision_refused":
            path = f"/v1/reviews/{facts['review_id']}/decision"
            values |= await decision_texts(post.review, path)
        case _:
            pass
    return values


def _cause(post: Post, planned: NotificationPlanned, attempt: int, outcome: NotifyCommand) -> Cause:
    """Return the cause of what is put on record: the same for one attempt, however often."""
    name = f"{planned.notification_id}:{attempt}:{type(outcome).__name__}"
    return Cause(
        actor=post.parts.actor,
        command_id=uuid5(SENDER, name),
        correlation_id=planned.application_id,
        causation_id=planned.cause_id,
        traceparent=current_traceparent(),
    )
