"""Every event has its sentence, in Swedish and in English, and none of them says what is sealed."""

import re
from pathlib import Path

import pytest

from services.audit.views.sentences import SENTENCES, Sentence, sentence_of, unknown_sentence
from services.audit.views.words import in_words
from shared.contracts.base import Event, sealed_fields
from shared.contracts.catalogue import EVENTS

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
FIELD = re.compile(r"{(\w+)}")
COMMITMENT = re.compile(r"[0-9a-f]{64}")


def test_every_event_has_its_sentence_and_no_sentence_lacks_its_event() -> None:
    """House: an event without its sentence is half an event."""
    assert SENTENCES.keys() == EVENTS.keys()


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda e: e.__name__)
def test_a_sentence_names_open_fields_of_its_event_only(event: type[Event]) -> None:
    """GEN-7: what the vault keeps is not said in the history, and both languages say the same."""
    sv, en = SENTENCES[event.__name__]
    named = set(FIELD.findall(sv))
    assert named == set(FIELD.findall(en))
    assert named <= event.model_fields.keys() - set(sealed_fields(event))


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda e: e.__name__)
def test_a_sentence_reads_as_one(event: type[Event]) -> None:
    """House: one sentence, filled in completely, from the published example of the event."""
    example = event.model_validate_json(
        (GOLDEN / f"{event.__name__}.v{event.schema_version}.json").read_text()
    )
    sentence = sentence_of(example)
    for text in (sentence.sv, sentence.en):
        assert text.endswith((".", "!"))
        assert not set("{}") & set(text)
        assert not COMMITMENT.search(text)


def test_an_event_of_a_newer_service_has_a_sentence_too() -> None:
    """House: an auditor sees that something happened, also before this service knows its words."""
    sentence = unknown_sentence("SomethingNew")
    assert isinstance(sentence, Sentence)
    assert "SomethingNew" in sentence.sv
    assert "SomethingNew" in sentence.en


@pytest.mark.parametrize(
    ("value", "sv", "en"),
    [
        (True, "ja", "yes"),
        (None, "-", "-"),
        ((), "inget", "nothing"),
        (("competence", "training"), "kompetens, utbildning", "competence, training"),
        (tuple("abcdefg"), "7 stycken", "7 of them"),
        ("major_nonconformity", "större avvikelse", "major nonconformity"),
        ("v1", "v1", "v1"),
        (12, "12", "12"),
    ],
)
def test_values_are_said_in_words(value: object, sv: str, en: str) -> None:
    """SV-8: plain Swedish, complete English."""
    assert in_words(value, "sv") == sv
    assert in_words(value, "en") == en
