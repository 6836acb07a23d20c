"""What was published once is read for ever: one golden file per event and version."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.base import Event, sealed_fields
from shared.contracts.catalogue import EVENTS
from shared.contracts.documents import schema_of

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_a_golden_file_of_its_current_version(name: str) -> None:
    """House: a new shape is a new version with a new file; the old file is never edited."""
    assert (GOLDEN / f"{name}.v{EVENTS[name].schema_version}.json").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_golden_file_is_read_and_written_back_unchanged(path: Path) -> None:
    """House: what was published in 2019 is read in 2029."""
    event = EVENTS[path.stem.split(".")[0]]
    text = path.read_text()
    assert json.loads(event.model_validate_json(text).model_dump_json()) == json.loads(text)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_golden_file_obeys_the_published_schema(path: Path) -> None:
    """House: outsiders read the schema; the schema must be true, also of the sealed fields."""
    event = EVENTS[path.stem.split(".")[0]]
    schema = schema_of(event)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda e: e.__name__)
def test_whatever_is_sealed_has_a_subject_whose_key_it_is_under(event: type[Event]) -> None:
    """GEN-7: erasing a person erases a key; a sealed field without a subject could never go."""
    assert bool(sealed_fields(event)) == bool(event.sealed_subject)
    if event.sealed_subject:
        assert event.sealed_subject in event.model_fields


@pytest.mark.parametrize("event", [e for e in EVENTS.values() if e.decision], ids=str)
def test_a_decision_has_a_reason_and_says_what_it_relies_on(event: type[Event]) -> None:
    """GEN-2: who decides is in the record; why and on what is in the event."""
    assert {"reason", "evidence"} <= event.model_fields.keys()
    assert "reason" in sealed_fields(event)
