"""How far a case has come, by its records; and what differs."""

import json
from pathlib import Path

import pytest

from services.audit.views.case_state import NO_STAGE, STAGES, changes, state_of
from shared.contracts.base import sealed_fields
from shared.contracts.catalogue import EVENTS
from tests.audit.api.house import record
from tests.audit.case import certification, placed
from tests.audit.test_sentences import FIELD

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"


def test_every_event_is_a_stage_or_said_to_be_none() -> None:
    """House: a new event without a decision fails here."""
    assert STAGES.keys() | NO_STAGE == EVENTS.keys()
    assert not STAGES.keys() & NO_STAGE


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_said_from_open_fields(name: str) -> None:
    """GEN-7: nothing sealed; filled in completely from the published example."""
    event = EVENTS[name]
    named = {field for text in STAGES[name] for field in FIELD.findall(text)}
    assert named <= event.model_fields.keys() - set(sealed_fields(event))
    data = json.loads((GOLDEN / f"{name}.v{event.schema_version}.json").read_text())
    ((part, standing),) = state_of(placed([record("review", 1, type=name, data=data)])).items()
    assert "?" not in part + standing.value


def test_the_state_is_that_of_the_last_record_about_each_part() -> None:
    """GEN-3: a correction counts; what it corrects stays in the history."""
    state = state_of(placed(certification()))
    assert state["criterion 3.2"].value == "conforms"
    assert state["criterion 3.2"].rests_on.type == "CriterionReviewRevised"
    assert (state["application"].value, state["decision"].value) == ("admitted", "approved")
    assert state["certificate"].value == "active until 2021-06-18"


def test_what_differs_is_named_with_both_sides() -> None:
    """AUD-1: what was there before, what is there now, and what it rests on; nothing that is the same."""
    records = placed(certification())
    found = changes(state_of(records[:14]), state_of(records[:18]))
    said = {
        each.part: (each.before and each.before.value, each.after and each.after.value)
        for each in found
    }
    assert said == {
        "criterion 3.2": ("minor_nonconformity", "conforms"),
        "decision": (None, "approved"),
        "overall": (None, "definition confirmed: True"),
        "recommendation": (None, "approve"),
    }
    assert changes(state_of(records), state_of(records)) == ()


def test_a_field_that_is_missing_reads_as_a_question_mark() -> None:
    """L7: total: whatever a record lacks."""
    state = state_of(placed([record("review", 1, type="CriterionReviewed", data={})]))
    assert state["criterion ?"].value == "?"
