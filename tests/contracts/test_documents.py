"""The documents that outsiders read are made from the code, valid, and up to date."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from jsonschema.validators import validator_for

from deploy.schemas import documents, out_of_date, text_of
from shared.contracts.documents import asyncapi

SPECIFICATION = Path(__file__).parent / "asyncapi" / "3.0.0.json"


@pytest.fixture(scope="module")
def specification() -> Any:
    """Return a validator made from AsyncAPI's own JSON Schema."""
    schema = json.loads(SPECIFICATION.read_text())
    return validator_for(schema)(schema)


def test_every_document_is_up_to_date() -> None:
    """House: what is published is what runs (make schemas)."""
    assert out_of_date() == []


def test_every_document_is_written_the_same_way_twice() -> None:
    """House: a document that changes by itself cannot be compared."""
    assert [text_of(d) for _, d in documents()] == [text_of(d) for _, d in documents()]


def test_the_asyncapi_document_obeys_its_specification(specification: Any) -> None:
    """AsyncAPI 3.0.0: checked by the specification's own schema, not by ours."""
    specification.validate(json.loads(json.dumps(asyncapi())))


@pytest.mark.parametrize("spoil", ["asyncapi", "info", "channels"])
def test_a_spoilt_asyncapi_document_is_refused(specification: Any, spoil: str) -> None:
    """House: a check that cannot fail checks nothing."""
    document = copy.deepcopy(asyncapi())
    document[spoil] = 7
    with pytest.raises(ValidationError):
        specification.validate(document)
