"""What leaves the house: the words as they were rendered, to one person and nobody else."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from uuid import UUID

import pytest
from aiosmtplib.email import flatten_message
from hypothesis import example, given
from hypothesis import strategies as st

from services.notify.letters.mailing import Envelope, message_of
from services.notify.letters.recipients import Recipient
from services.notify.letters.rendering import Rendered, render
from tests.notify.test_rendering import VALUES

LETTER = UUID(int=1)
NOON = datetime(2019, 6, 17, 10, tzinfo=UTC)
to = Recipient(UUID(int=4), "Kontaktperson Ett", "kontakt@alfa.example", "sv", "Alfa")
LINE_MAX = 78
"""RFC 5322, 2.1.1."""

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=400)


def envelope(email: str = to.email) -> Envelope:
    """Return the envelope of a letter to ``email``."""
    person = Recipient(to.person_id, to.name, email, to.language, to.organisation)
    return Envelope(LETTER, "sender@sigill.example", person, NOON)


def read(message: EmailMessage, *, eight_bits: bool = True) -> EmailMessage:
    """Return ``message`` as the other end reads it, after it has gone over the wire."""
    wire = flatten_message(message, cte_type="8bit" if eight_bits else "7bit")
    found = message_from_bytes(wire, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(message: EmailMessage) -> str:
    """Return the text as a reader sees it: on the wire, lines end with CRLF (RFC 5322)."""
    return str(message.get_content()).replace("\r\n", "\n")


def hash_of(message: EmailMessage) -> str:
    """Return the hash of what a reader has before them."""
    return sha256(f"{message['Subject']}\n\n{text_of(message)}".encode()).hexdigest()


@given(reason=words, organisation=words, eight_bits=st.booleans())
@example("", "ÅÖ äÅÅaééÅÄaéé- é–åa&–0üå– &0cö0åcaäÖ0&Öbö Öööé’ ÖbäÄ& ’öcÄéäaöb", False)  # noqa: RUF001 -- names have them
def test_the_reader_finds_the_hash_that_is_on_record(
    reason: str, organisation: str, eight_bits: bool
) -> None:
    """MSG-4: whatever people write, and whether or not a server takes eight bits."""
    firm = " ".join(organisation.split())
    rendered = render("admission", "sv", {**VALUES, "reason": reason, "organisation": firm})
    letter = read(message_of(rendered, envelope()), eight_bits=eight_bits)
    assert text_of(letter) == rendered.text
    assert hash_of(letter) == rendered.text_hash


@given(subject=st.text("åéÖ𐀀a 0-", max_size=200).map(str.strip), eight_bits=st.booleans())
def test_the_reader_sees_the_subject(subject: str, eight_bits: bool) -> None:
    """MSG-4, RFC 2047: a long one goes over several lines, and no space of it is lost on the way."""
    letter = message_of(Rendered(subject, "Text.\n", ""), envelope())
    assert read(letter, eight_bits=eight_bits)["Subject"] == subject
    wire = flatten_message(letter, cte_type="8bit" if eight_bits else "7bit")
    assert max(map(len, wire.split(b"\r\n"))) <= LINE_MAX


def test_a_letter_says_from_whom_to_whom_and_in_which_language() -> None:
    """MSG-2, RFC 3834: to one address; sent by a program; the same message when sent again."""
    letter = read(message_of(Rendered("Ämne", "Text.\n", ""), envelope()))
    assert letter["To"] == "kontakt@alfa.example"
    assert letter["From"] == "sender@sigill.example"
    assert letter["Message-ID"] == f"<{LETTER}@sigill.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "sv"
    assert letter["Date"] == "Mon, 17 Jun 2019 10:00:00 +0000"
    assert letter["Subject"] == "Ämne"
    assert letter.get_content_type() == "text/plain"


@pytest.mark.parametrize("email", ["a@b.example\r\nBcc: c@d.example", "a@b.example\n"])
def test_an_address_that_is_none_stops_the_letter(email: str) -> None:
    """House: nobody adds a header, or a second reader, through an address."""
    with pytest.raises(ValueError, match="CR or LF"):
        message_of(Rendered("Subject", "Text.\n", ""), envelope(email))


def test_an_address_with_a_comma_stays_one_address() -> None:
    """House: one letter, one reader."""
    letter = read(message_of(Rendered("Subject", "Text.\n", ""), envelope("a@b, c@d.example")))
    assert len(letter["To"].addresses) == 1
