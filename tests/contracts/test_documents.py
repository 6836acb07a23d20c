"""The documents that outsiders read are made from the code, valid, and up to date."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.schemas import out_of_date
from shared.contracts.catalogue import SERVICES
from shared.contracts.documents import asyncapi

OPENAPI = Path(__file__).parents[2] / "docs" / "api"
SPECIFICATION = Path(__file__).parent / "asyncapi" / "3.0.0.json"


@pytest.fixture(scope="module")
def specification() -> Any:
    """Return a validator made from AsyncAPI's own JSON Schema."""
    schema = json.loads(SPECIFICATION.read_text())
    return validator_for(schema)(schema)


@pytest.fixture(scope="module")
def openapi() -> dict[str, dict[str, Any]]:
    """Return each service's OpenAPI document as it is checked in; that it is current see below."""
    return {path.stem: json.loads(path.read_text()) for path in OPENAPI.glob("*.json")}


def test_every_document_is_up_to_date() -> None:
    """House: what is published is what runs (make schemas)."""
    assert out_of_date() == []


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


@pytest.mark.thorough  # for its time: over a second for each document
@pytest.mark.parametrize("service", SERVICES)
def test_every_openapi_document_obeys_its_specification(
    service: str, openapi: dict[str, dict[str, Any]]
) -> None:
    """OpenAPI 3.1: checked by a validator that we did not write."""
    OpenAPIV31SpecValidator(openapi[service]).validate()
    assert openapi[service]["info"]["title"].lower() == service
