"""One body of the right form for each operation, made from its OpenAPI document."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]

TEXT: Final = "Ord som betyder något."
WRITTEN: Final[Mapping[str, str]] = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "date": "2019-06-20",
    "date-time": "2019-06-20T09:00:00+02:00",
}
MATCHING: Final[Mapping[str, str]] = {
    "^[0-9a-f]{64}$": "a5" * 32,
    "^[A-Z][0-9A-Z]{1,9}$": "V20",
    "^[0-9A-Za-z.-]{1,20}$": "1",
    "^v[0-9]{1,3}$": "v1",
}
NAMED: Final[Mapping[str, Any]] = {
    "organisation_number": "769999-0045",
    "contact_email": "ny@zeta.example",
    "email": "ny@zeta.example",
    "until_at": "2019-06-28T09:00:00+02:00",
    "until_on": "2019-06-28",
    "valid_until": "2020-06-28",
    "role": "reviewer",
    "filter": {"case": WRITTEN["uuid"]},
}
"""Members that must fit others, or have a form that a document does not say."""
LONG: Final = 5
"""Texts that may not be as long as ours get a short one."""


def body_of(operation: Schema, document: Schema) -> Any:
    """Return a JSON body for ``operation``; None where it takes none, or none that is JSON."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    return _sample(content["application/json"]["schema"], document, "")


def _sample(schema: Schema, document: Schema, name: str) -> Any:
    """Return a value of the right form."""
    if name in NAMED:
        return NAMED[name]
    schema = _resolved(schema, document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return _object(schema, document)
        case "array":
            least: int = schema.get("minItems", 0)
            return [_sample(schema["items"], document, "") for _ in range(least)]
        case "integer" | "number":
            return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
        case "boolean":
            return True
        case _:
            return _text(schema)


def _resolved(schema: Schema, document: Schema) -> Schema:
    """Return what is meant: behind a reference, or the first of several forms."""
    if "$ref" in schema:
        return _resolved(document["components"]["schemas"][schema["$ref"].split("/")[-1]], document)
    several: Sequence[Schema] = schema.get("anyOf", schema.get("oneOf", ()))
    return _resolved(several[0], document) if several else schema


def _object(schema: Schema, document: Schema) -> dict[str, Any]:
    """Return the members that must be there."""
    members: Mapping[str, Schema] = schema.get("properties", {})
    return {name: _sample(members[name], document, name) for name in schema.get("required", ())}


def _text(schema: Schema) -> str:
    """Return a text."""
    if "format" in schema and schema["format"] in WRITTEN:
        return WRITTEN[schema["format"]]
    if "pattern" in schema:
        return MATCHING[schema["pattern"]]
    most: int = schema.get("maxLength", len(TEXT))
    return TEXT[:most] if most >= LONG else "1"
