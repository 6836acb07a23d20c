"""How a rendered letter becomes mail, and how it is given to the mail server."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from typing import Final
from uuid import UUID

import aiosmtplib

from services.notify.letters.recipients import Recipient
from services.notify.letters.rendering import Rendered
from services.notify.settings import Settings

SMTP_TIMEOUT_S: Final = 20.0
"""Of one answer of the mail server."""

MAIL_TIMEOUT_S: Final = 60.0
"""Of the whole conversation with it."""


class MailRefused(Exception):  # noqa: N818 -- an answer of the world
    """The mail server does not take the letter."""


class MailUnreachable(Exception):  # noqa: N818 -- the world, tried again later
    """The mail server does not answer, or breaks off."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a letter needs beside its words.

    Attributes:
        notification_id: Makes the Message-ID: a letter that is sent again is the same message.
        sender: Mail address that it comes from.
    """

    notification_id: UUID
    sender: str
    to: Recipient
    at: datetime


class _Subject(str):
    """A subject that is folded by ``email.header``: the newer way of Python 3.11 loses spaces between encoded words."""

    __slots__ = ()
    name: Final = "Subject"
    max_count: Final = 1

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        """RFC 2047: return the lines of the header."""
        words = Header(self, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


def message_of(rendered: Rendered, envelope: Envelope) -> EmailMessage:
    """Return the letter as mail: to one address, in plain text, marked as sent by a program.

    Raises:
        ValueError: The address is none.
    """
    local, _, domain = envelope.to.email.rpartition("@")
    message = EmailMessage()
    message["From"] = envelope.sender
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = _Subject(rendered.subject)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = f"<{envelope.notification_id}@{envelope.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    message["Content-Language"] = envelope.to.language
    return message


async def mail(message: EmailMessage, settings: Settings, *, to: str) -> None:
    """Give ``message`` to the mail server. Without an error it has been taken.

    What went wrong says nothing of the server's words: they quote addresses.

    Raises:
        MailRefused: It was not taken.
        MailUnreachable: Whether it was taken is not known, or it was not.
    """
    password = settings.smtp_password
    try:
        async with asyncio.timeout(MAIL_TIMEOUT_S):
            await aiosmtplib.send(
                message,
                sender=settings.sender,
                recipients=[to],
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                timeout=SMTP_TIMEOUT_S,
                start_tls=settings.smtp_start_tls,
                username=settings.smtp_username,
                password=None if password is None else password.get_secret_value(),
            )
    except OSError as error:  # also every lost connection and time-out of the library
        raise MailUnreachable(type(error).__name__) from None
    except aiosmtplib.SMTPException as error:
        raise MailRefused(type(error).__name__) from None
