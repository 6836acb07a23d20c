"""One sentence for each event of every service, in Swedish and in English.

A table and not a ``match``: it is read as a list, and a test holds it against the catalogue of
events, so that an event without its sentence fails the build. Fields of the event stand in
braces; nothing sealed may be named.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.audit.views.sentences_intake import INTAKE
from services.audit.views.sentences_other import OTHER
from services.audit.views.sentences_review import REVIEW
from services.audit.views.words import Language, in_words
from shared.contracts.base import Event, Value
from shared.contracts.catalogue import event_of
from shared.contracts.record import Record

SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({**INTAKE, **REVIEW, **OTHER})
"""Swedish and English, by the event's name."""


class Sentence(Value):
    """What happened, for people."""

    sv: str
    en: str


def sentence_about(record: Record) -> Sentence:
    """Return what happened, whatever it is: a history is read to its end. Total.

    A record of a newer service, or one that is not what it says it is, has a sentence too.
    """
    try:
        event = event_of(record)
    except ValueError:
        event = None
    return unknown_sentence(record.type) if event is None else sentence_of(event)


def sentence_of(event: Event) -> Sentence:
    """Return what happened. O(size of the event)."""
    sv, en = SENTENCES[type(event).__name__]
    return Sentence(sv=_filled(sv, event, "sv"), en=_filled(en, event, "en"))


def unknown_sentence(type_name: str) -> Sentence:
    """Return the sentence for an event of a newer service, whose words are not known here."""
    return Sentence(
        sv=f"Något av slaget {type_name} hände; posten visar vad.",
        en=f"Something of the kind {type_name} happened; the record shows what.",
    )


def _filled(template: str, event: Event, language: Language) -> str:
    """Return ``template`` with the event's open fields in words."""
    values = {name: in_words(getattr(event, name), language) for name in type(event).model_fields}
    return template.format_map(values)
