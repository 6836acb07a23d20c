"""What was published once is read for ever: one golden file per event and version."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.base import Event, sealed_fields
from shared.contracts.catalogue import EVENTS
from shared.contracts.documents import schema_text
from shared.contracts.versions import as_today, versions_of

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))


def version_in(path: Path) -> tuple[type[Event], int]:
    """Return of which event and version a golden file is."""
    name, _, version = path.stem.partition(".v")
    return EVENTS[name], int(version)


def test_every_version_of_every_event_has_a_golden_file() -> None:
    """House: a new shape is a new version with a new file; the old file is never edited."""
    published = {f"{name}.v{v}" for name, event in EVENTS.items() for v in versions_of(event)}
    assert {path.stem for path in FILES} == published


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_golden_file_is_read_and_written_back_unchanged(path: Path) -> None:
    """House: what was published in 2019 is read in 2029; what is new since is not known of it."""
    event, version = version_in(path)
    said = json.loads(path.read_text())
    today = event.model_validate_json(json.dumps(as_today(event, version, said)))
    since = {name: None for name in event.model_fields if name not in said}
    assert json.loads(today.model_dump_json()) == said | since
    assert bool(since) == (version < event.schema_version)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_golden_file_obeys_the_published_schema(path: Path) -> None:
    """House: outsiders read the schema; the schema must be true, also of the sealed fields."""
    schema = json.loads(schema_text(*version_in(path)))
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
