"""What a letter says: a subject line, an empty line and the text, from a template in two languages."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.contracts.notify import Letter
from shared.contracts.swedish_time import local_day

TEMPLATE_VERSION: Final = 1
"""Raised when any template changes: the record says which version was sent (TPL-1)."""

_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
TEMPLATES: Final = Path(__file__).parents[1] / "templates"
Language = Literal["sv", "en"]

_MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "sv": (
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
_CODES: Final[Mapping[Language, Mapping[str, str]]] = {
    "sv": {"preparedness": "förberedelser", "training": "utbildning", "competence": "kompetens"},
    "en": {"preparedness": "preparation", "training": "training", "competence": "competence"},
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter as it is sent.

    Attributes:
        text: Lines end with a line feed alone, as they do again when the mail is read.
        text_hash: SHA-256 of subject, empty line and text in UTF-8, hexadecimal (MSG-4).
    """

    subject: str
    text: str
    text_hash: str


def render(letter: Letter, language: Language, values: Mapping[str, str]) -> Rendered:
    """Return ``letter`` in ``language``.

    ``values`` hold everything that the template names; a missing one is our mistake.

    Raises:
        jinja2.UndefinedError: A value is missing.
    """
    template = _ENVIRONMENTS[language].get_template(f"{letter}.{language}.txt")
    whole = "\n".join(_NEWLINE.split(template.render(values))).strip() + "\n"
    first, _, text = whole.partition("\n\n")
    subject = " ".join(first.split())
    return Rendered(subject, text, sha256(f"{subject}\n\n{text}".encode()).hexdigest())


def _environment(language: Language) -> Environment:
    """Return the templates' environment: plain text, and strict about what is missing."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 -- plain text mail; nothing is markup here
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[[str], str]] = {
        "day": lambda text: _day(date.fromisoformat(text), language),
        "last_day": lambda text: _last_day(text, language),
        "codes": lambda text: ", ".join(_CODES[language][code] for code in text.split(",")),
    }
    environment.filters.update(filters)
    return environment


def _day(day: date, language: Language) -> str:
    """SV-8: return ``day`` for people: the ISO date, and the month by its name."""
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def _last_day(text: str, language: Language) -> str:
    """SV-6: return the last day before the deadline instant ``text``, which is its midnight."""
    at = datetime.fromisoformat(text) - timedelta(microseconds=1)
    return f"{_day(local_day(at), language)} 24:00"


_ENVIRONMENTS: Final = {"sv": _environment("sv"), "en": _environment("en")}
