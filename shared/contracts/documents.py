"""What outsiders read of the contracts: JSON Schemas and one AsyncAPI 3 document. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import starmap
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

from shared.contracts.base import Event, Value, sealed_fields
from shared.contracts.catalogue import SERVICES
from shared.contracts.certificates_public import (
    PUBLIC_TOPIC,
    REGISTER_TOPIC,
    PublicCertificate,
    StatusChange,
)
from shared.contracts.record import RECORD_VERSION
from shared.contracts.versions import kept_schema, versions_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"
COMMITMENT = "^[0-9a-f]{64}$"
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
UUID_TEXT = {"type": "string", "format": "uuid"}
TEXT_OR_NULL = {"type": ["string", "null"]}
HEADERS = (
    *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject"),
    *("ce_dataschema", "ce_position", "ce_sequence", "ce_correlationid", "ce_causationid"),
    "content-type",
)
"""Headers of every record on Kafka: CloudEvents 1.0, binary mode."""


class Outside(NamedTuple):
    """A topic for outsiders.

    Attributes:
        said: The data of its messages.
    """

    topic: str
    description: str
    said: type[Value]


OUTSIDERS: Final[Mapping[str, Outside]] = MappingProxyType(
    {
        "certificatesPublic": Outside(
            PUBLIC_TOPIC,
            "Every change of a certificate's public status, CloudEvents 1.0; key: the number.",
            StatusChange,
        ),
        "certificatesRegister": Outside(
            REGISTER_TOPIC,
            "Compacted: the latest public state of each certificate; key: the number.",
            PublicCertificate,
        ),
    }
)
"""What partners may rely upon; see docs/public-topic.md."""


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of the event's ``data`` as it stands in a record."""
    schema = event.model_json_schema(mode="serialization")
    for name in sealed_fields(event):
        optional = "anyOf" in schema["properties"][name]
        schema["properties"][name] = {
            "description": "Sealed: the vault keeps the text, the record its commitment.",
            "type": ["string", "null"] if optional else "string",
            "pattern": COMMITMENT,
        }
    return {
        "$schema": DRAFT,
        "$id": f"urn:sigill:event:{event.__name__}:v{event.schema_version}",
        **schema,
        "x-decision": event.decision,
        "x-integration": event.integration,
    }


def schema_text(event: type[Event], version: int) -> str:
    """Return the JSON Schema of a version of ``event`` as it is published, and put into bundles.

    Raises:
        LookupError: There is no such version.
    """
    if version == event.schema_version:
        return text_of(schema_of(event))
    return kept_schema(event, version)


def text_of(document: dict[str, Any]) -> str:
    """Return ``document`` as it is published: two spaces, UTF-8, one final newline."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema of the record: the value of every message and leaf of every log."""
    properties: dict[str, Any] = {
        "v": {"const": RECORD_VERSION},
        "log": {"type": "string"},
        "event_id": UUID_TEXT,
        "type": {"type": "string"},
        "schema": {"type": "integer", "minimum": 1},
        "stream": {"type": "string"},
        "version": {"type": "integer", "minimum": 1},
        "previous": {**TEXT_OR_NULL, "pattern": COMMITMENT},
        "recorded_at": {"type": "string", "pattern": INSTANT},
        "effective_at": {"type": "string", "pattern": INSTANT},
        "actor": _closed(
            {
                "person": UUID_TEXT,
                "role": {"type": "string"},
                "organisation": TEXT_OR_NULL,
                "on_behalf_of": TEXT_OR_NULL,
                "mandate": TEXT_OR_NULL,
            }
        ),
        "command_id": UUID_TEXT,
        "correlation_id": UUID_TEXT,
        "causation_id": UUID_TEXT,
        "traceparent": TEXT_OR_NULL,
        "policy": {"type": "string"},
        "scheme": TEXT_OR_NULL,
        "data": {"type": "object"},
    }
    return {
        "$schema": DRAFT,
        "$id": f"urn:sigill:record:v{RECORD_VERSION}",
        "title": "Record",
        **_closed(properties),
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    """Return an object schema that has exactly ``properties``."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document: one channel per topic, one message per event and version."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sigill events",
            "version": "1",
            "description": "Certification of work-integrating social enterprises. "
            "The value of a message is the record as stored; its `data` is the event.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {service: _channel(service) for service in SERVICES}
        | {name: _outside_channel(name) for name in OUTSIDERS},
        "operations": {
            f"{service}Says": {"action": "send", "channel": {"$ref": f"#/channels/{service}"}}
            for service in SERVICES
        }
        | {
            f"{name}Says": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
            for name in OUTSIDERS
        },
        "components": {
            "messages": {
                _name(event, version): _message(event, version)
                for events in SERVICES.values()
                for event, version in _said(events)
            }
            | {each.said.__name__: _outside_message(each.said) for each in OUTSIDERS.values()},
            "schemas": {"Headers": _headers()},
        },
    }


def _channel(service: str) -> dict[str, Any]:
    """Return the channel of what ``service`` says."""
    return {
        "address": f"asf.{service}.events.v1",
        "description": f"Everything that {service} has on record; key: the stream.",
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"}
            for name in starmap(_name, _said(SERVICES[service]))
        },
    }


def _outside_channel(name: str) -> dict[str, Any]:
    """Return the channel of a topic for outsiders."""
    outside = OUTSIDERS[name]
    message = outside.said.__name__
    return {
        "address": outside.topic,
        "description": outside.description,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
    }


def _outside_message(said: type[Value]) -> dict[str, Any]:
    """Return the message of a topic for outsiders: its value is the data alone."""
    schema = said.model_json_schema(mode="serialization")
    return {
        "name": said.__name__,
        "title": said.__name__,
        "summary": (said.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "payload": _resolved(schema, schema.pop("$defs", {})),
    }


def _said(events: Iterable[type[Event]]) -> Iterator[tuple[type[Event], int]]:
    """Return each of ``events`` with each of its versions: a topic holds the earlier ones too."""
    return ((event, version) for event in events for version in versions_of(event))


def _name(event: type[Event], version: int) -> str:
    """Return what the message is called: an earlier version by its number too."""
    return event.__name__ + (f".v{version}" if version < event.schema_version else "")


def _message(event: type[Event], version: int) -> dict[str, Any]:
    """Return the message of a version of ``event``."""
    return {
        "name": _name(event, version),
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "type": "object",
            "required": ["type", "schema", "data"],
            "properties": {
                "type": {"const": event.__name__},
                "schema": {"const": version},
                "data": _embedded(event, version),
            },
        },
    }


def _embedded(event: type[Event], version: int) -> dict[str, Any]:
    """Return the version's schema with its definitions resolved in place: no foreign references."""
    schema: dict[str, Any] = json.loads(schema_text(event, version))
    definitions = schema.pop("$defs", {})
    for key in ("$schema", "$id", "x-decision", "x-integration"):
        schema.pop(key)
    resolved: dict[str, Any] = _resolved(schema, definitions)
    return resolved


def _resolved(node: Any, definitions: dict[str, Any]) -> Any:
    """Return ``node`` with every ``$ref`` replaced by what it names."""
    match node:
        case {"$ref": str(name), **rest}:
            return {**_resolved(definitions[name.rpartition("/")[2]], definitions), **rest}
        case dict():
            named = cast("dict[str, Any]", node)
            return {key: _resolved(value, definitions) for key, value in named.items()}
        case [*items]:
            listed: list[Any] = items
            return [_resolved(value, definitions) for value in listed]
        case _:
            return node


def _headers() -> dict[str, Any]:
    """Return the schema of the headers of every record."""
    properties: dict[str, Any] = {name: {"type": "string"} for name in HEADERS}
    properties["ce_specversion"] = {"const": "1.0"}
    properties["traceparent"] = {"type": "string"}
    return {"type": "object", "properties": properties, "required": sorted(HEADERS)}
