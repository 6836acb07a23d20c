"""The mail sink speaks SMTP and keeps what it takes."""

import smtplib
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from deploy.local.mailsink import MailSink
from deploy.local.stack import Stack

pytestmark = pytest.mark.system


@pytest.fixture
def mail(stack: Stack) -> Iterator[MailSink]:
    """The mail sink of the shared stack; it takes letters again afterwards."""
    yield stack.mail
    stack.mail.reply_with(None)


def test_a_letter_is_kept_as_it_was_sent(stack: Stack, mail: MailSink) -> None:
    """House: the file is the letter, with the envelope before its headers."""
    before = len(mail.letters())

    _send(stack, subject="Beslut om certifiering", text="Åtta kriterier är uppfyllda.\n")

    *_, newest = mail.letters()
    letter = message_from_bytes(newest.read_bytes(), policy=default)
    assert len(mail.letters()) == before + 1
    assert letter["Subject"] == "Beslut om certifiering"
    assert letter["X-Envelope-To"] == "applicant@alfa.example"
    assert letter["X-Envelope-From"] == "sigill@sigill.example"
    assert letter.get_content().split() == ["Åtta", "kriterier", "är", "uppfyllda."]


@pytest.mark.parametrize("reply", ["451 4.3.0 Try again later", "550 5.1.1 No such person"])
def test_a_test_chooses_the_answer(stack: Stack, mail: MailSink, reply: str) -> None:
    """House: faults of a mail server can be played; nothing is kept then."""
    before = mail.letters()
    mail.reply_with(reply)

    with pytest.raises(smtplib.SMTPDataError) as refused:
        _send(stack, subject="Beslut", text="Hej\n")

    assert f"{refused.value.smtp_code} {_text(refused.value.smtp_error)}" == reply
    assert mail.letters() == before


def test_letters_are_taken_again_after_the_fault(stack: Stack, mail: MailSink) -> None:
    """House: the chosen answer lasts as long as its file."""
    mail.reply_with("451 4.3.0 Try again later")
    mail.reply_with(None)

    _send(stack, subject="Beslut", text="Hej\n")

    assert mail.letters()


def _send(stack: Stack, *, subject: str, text: str) -> None:
    letter = EmailMessage()
    letter["Subject"] = subject
    letter["From"] = "sigill@sigill.example"
    letter["To"] = "applicant@alfa.example"
    letter.set_content(text)
    with smtplib.SMTP(stack.smtp_host, stack.smtp_port, timeout=10) as client:
        client.send_message(letter)


def _text(words: bytes | str) -> str:
    return words.decode() if isinstance(words, bytes) else words
