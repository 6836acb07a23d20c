"""The sender: takes what is due, asks who gets it, sends it, and puts on record what happened.

A letter is in the log before it is in the mail. If the process dies between the mail server's
yes and the record of it, the letter is sent again under the same Message-ID: a decision that
reaches somebody twice is better than one that never does (ADR-0016). One sender works at a time.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID, uuid5

import aiosmtplib
import httpx2

from services.notify.commands import Failure, NotifyCommand, RecordFailure, RecordSent
from services.notify.decider import Notification
from services.notify.letters.recipients import (
    Recipient,
    RecipientUnknown,
    Source,
    SourceUnreachable,
    decision_texts,
    recipient,
)
from services.notify.letters.rendering import TEMPLATE_VERSION, Rendered, render
from services.notify.queries import due_notifications
from services.notify.settings import Settings
from shared.auth.service_token import ServiceToken
from shared.contracts.envelope import Cause
from shared.contracts.notify import NotificationPlanned
from shared.process import Parts
from shared.telemetry import get_logger

PAGE_MAX = 50
POLL_S = 0.3
SMTP_TIMEOUT_S = 20.0
SENDER = UUID("2d6f7f3a-5a2b-5c1e-9a51-7a3c0f1d8e42")
"""Name space of the sender's commands."""

LEASE = "SELECT pg_try_advisory_lock(hashtext('notify.sender'))"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What the sender works with."""

    parts: Parts[Settings]
    intake: Source
    review: Source


async def send_letters(parts: Parts[Settings]) -> None:
    """Send what is due until cancelled. A loop of the role ``worker``."""
    async with httpx2.AsyncClient() as http, parts.pool.acquire() as connection:
        while not await connection.fetchval(LEASE):  # noqa: ASYNC110 -- another process holds it
            await asyncio.sleep(POLL_S)
        post = Post(
            parts,
            _source(parts, http, "intake", parts.settings.intake_url),
            _source(parts, http, "review", parts.settings.review_url),
        )
        while True:
            due = await due_notifications(parts.pool, at=parts.now(), limit=PAGE_MAX)
            for notification_id in due:
                await _send(post, notification_id)
            await connection.fetchval("SELECT 1")  # the lease lives as long as this connection
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


async def _send(post: Post, notification_id: UUID) -> None:
    """Send one letter, unless the log says that it is over or not due; keep what came of it."""
    stream = f"notification-{notification_id}"
    look = await post.parts.handler.look(stream)
    letter: Notification = look.state
    now = post.parts.now()
    if letter.planned is None or letter.over or letter.again_at is None or now < letter.again_at:
        return
    outcome = await _outcome(post, letter.planned)
    if isinstance(outcome, RecordFailure):
        log.warning("notify.not_sent", cause=outcome.cause, attempt=letter.attempts + 1)
    await post.parts.handler.put(stream, outcome, _cause(post, letter, outcome))


async def _outcome(post: Post, planned: NotificationPlanned) -> NotifyCommand:
    """Return what came of trying to send ``planned``."""
    try:
        to = await recipient(post.intake, planned.application_id, planned.recipient_role)
        rendered = render(planned.letter, to.language, await _values(post, planned, to))
        await _mail(post.parts, planned, to, rendered)
    except RecipientUnknown:
        return _failure(post, "recipient_unknown")
    except (SourceUnreachable, aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError):
        return _failure(post, "unreachable")
    except (aiosmtplib.SMTPException, OSError):
        return _failure(post, "refused")
    return RecordSent(
        recipient_id=to.person_id,
        language=to.language,
        template_version=TEMPLATE_VERSION,
        text_hash=rendered.text_hash,
        at=post.parts.now(),
    )


def _failure(post: Post, cause: Failure) -> RecordFailure:
    """Return that the attempt failed now."""
    return RecordFailure(cause, post.parts.now())


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
            values |= await decision_texts(
                post.review, f"/v1/reviews/{facts['review_id']}/decision"
            )
        case _:
            pass
    return values


async def _mail(
    parts: Parts[Settings], planned: NotificationPlanned, to: Recipient, rendered: Rendered
) -> None:
    """Give the letter to the mail server.

    Raises:
        aiosmtplib.SMTPException: It was not taken.
    """
    settings = parts.settings
    domain = settings.sender.rpartition("@")[2]
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = to.email
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(parts.now())
    message["Message-ID"] = f"<{planned.notification_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    message["Content-Language"] = to.language
    await aiosmtplib.send(
        message,
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=SMTP_TIMEOUT_S,
        start_tls=settings.smtp_start_tls,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )


def _cause(post: Post, letter: Notification, outcome: NotifyCommand) -> Cause:
    """Return the cause of what is put on record: the same for one attempt, however often."""
    planned = letter.planned
    assert planned is not None
    kind = type(outcome).__name__
    name = f"{planned.notification_id}:{letter.attempts}:{kind}"
    return Cause(
        actor=post.parts.actor,
        command_id=uuid5(SENDER, name),
        correlation_id=planned.application_id,
        causation_id=planned.cause_id,
    )
