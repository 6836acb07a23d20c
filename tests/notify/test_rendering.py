"""What the letters say: complete in both languages, whatever the occasion."""

from hashlib import sha256
from typing import get_args

import pytest
from jinja2 import UndefinedError

from services.notify.letters.rendering import TEMPLATES, Language, render
from shared.contracts.notify import Letter

VALUES = {
    "name": "Firmatecknaren",
    "organisation": "Alfa",
    "site": "http://site.example",
    "register": "http://register.example",
    "reason": "Allt är på plats.",
    "actions": "Gå kursen.",
    "codes": "competence,training",
    "return_on": "2020-05-01",
    "days_left": "7",
    "deadline_at": "2019-05-15T22:00:00.000000Z",
    "number": "ASF-0000-0000",
    "valid_from": "2019-06-19",
    "valid_until": "2021-06-19",
}
LETTERS = get_args(Letter)
LANGUAGES: tuple[Language, ...] = ("sv", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_exists_in_both_languages(letter: Letter, language: Language) -> None:
    """TPL-1: a subject of one line, a greeting, a text that ends with a newline."""
    rendered = render(letter, language, VALUES)
    assert rendered.subject
    assert "\n" not in rendered.subject
    assert rendered.text.startswith(("Hej Firmatecknaren", "Hello Firmatecknaren"))
    assert rendered.text.endswith("\n")
    assert "{" not in rendered.subject + rendered.text


def test_no_template_lies_there_without_a_letter() -> None:
    """House: what nobody sends is removed."""
    assert {p.name for p in TEMPLATES.iterdir()} == {
        f"{letter}.{language}.txt" for letter in LETTERS for language in LANGUAGES
    }


def test_a_deadline_is_named_by_its_last_day() -> None:
    """SV-6: 2019-05-15T22:00Z is the end of 15 May in Sweden."""
    assert "15 maj 2019 24:00" in render("deadline_reminder", "sv", VALUES).text
    assert "15 May 2019 24:00" in render("deadline_reminder", "en", VALUES).text


def test_one_day_is_not_several() -> None:
    """SV-8: plain Swedish also at the last reminder."""
    rendered = render("deadline_reminder", "sv", {**VALUES, "days_left": "1"})
    assert rendered.subject == "1 dag kvar till er redovisning"


def test_a_deferral_says_why_until_when_and_what_to_do() -> None:
    """APP-10, K-12: and that it can be appealed."""
    text = render("deferral", "sv", VALUES).text
    for part in ("1 maj 2020", "kompetens, utbildning", "Allt är på plats.", "Gå kursen."):
        assert part in text
    assert "30 dagar" in text


def test_the_same_words_have_the_same_hash_and_others_another() -> None:
    """MSG-4: the hash proves what was said."""
    first = render("certificate", "sv", VALUES)
    assert first == render("certificate", "sv", VALUES)
    other = render("certificate", "sv", {**VALUES, "number": "ASF-0000-0001"})
    assert first.text_hash != other.text_hash


def test_a_missing_value_stops_the_letter() -> None:
    """House: a letter with a hole in it is not sent."""
    with pytest.raises(UndefinedError):
        render("certificate", "sv", {"name": "Firmatecknaren"})


def test_what_people_are_called_is_no_markup() -> None:
    """House: plain text stays as it was written."""
    assert "Å & <Ö>" in render("admission", "sv", {**VALUES, "organisation": "Å & <Ö>"}).text


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_lines_end_as_they_do_when_the_mail_is_read(newline: str) -> None:
    """MSG-4: a reason typed on another machine has the hash of what was read."""
    reason = f"Första.{newline}{newline}Andra."
    rendered = render("admission", "sv", {**VALUES, "reason": reason})
    assert "Första.\n\nAndra." in rendered.text
    assert "\r" not in rendered.text


@pytest.mark.parametrize("letter", LETTERS)
def test_the_hash_is_that_of_subject_and_text_as_sent(letter: Letter) -> None:
    """MSG-4: anyone who has the letter can make the hash: subject, empty line, text."""
    rendered = render(letter, "sv", {**VALUES, "organisation": "Alfa  och   Beta"})
    whole = f"{rendered.subject}\n\n{rendered.text}"
    assert rendered.text_hash == sha256(whole.encode()).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", ["deferral", "rejection", "decision_refused"])
def test_a_no_tells_how_to_appeal(letter: Letter, language: Language) -> None:
    """K-12, MSG-3: a refusal comes with its reasons and the way to appeal."""
    text = render(letter, language, VALUES).text
    assert VALUES["reason"] in text
    assert "30" in text
