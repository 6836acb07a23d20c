"""Which cases a record belongs to: its own and those it names, whatever else it holds."""

from typing import Any
from uuid import UUID

import pytest

from services.audit.consumers.mirroring import cases_of
from tests.audit.api.house import CASE, OTHER_CASE, record

THIRD = UUID(int=23)


@pytest.mark.parametrize(
    ("data", "cases"),
    [
        ({}, (CASE,)),
        ({"application_id": str(OTHER_CASE)}, (CASE, OTHER_CASE)),
        ({"application_id": str(CASE)}, (CASE,)),
        ({"application_ids": [str(THIRD), str(OTHER_CASE)]}, (CASE, OTHER_CASE, THIRD)),
        ({"application_id": None, "application_ids": []}, (CASE,)),
        ({"application_id": 7, "application_ids": {"a": 1}}, (CASE,)),
        ({"application_id": "no id", "application_ids": [None, 3, "x"]}, (CASE,)),
    ],
)
def test_a_record_is_about_its_own_case_and_those_it_names(
    data: dict[str, Any], cases: tuple[UUID, ...]
) -> None:
    """ADR-0013, L7: and a record whose fields mean something else is mirrored all the same."""
    assert cases_of(record("review", 1, data=data)) == cases
