"""Sealed fields: a record commits to a text, and shows it to nobody. docs/event-log.md, section 8."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, cast

from verify.forms import canonical_json, from_hex, object_from
from verify.record import Record
from verify.refused import MalformedError, TamperedError

SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
_FIELDS: Final = {"field", "log", "position", "salt", "value"}


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A text that is shown after all.

    Attributes:
        salt: In hexadecimal.
    """

    log: str
    position: int
    field: str
    salt: str
    value: str


def disclosed_from(data: bytes, what: str) -> tuple[Disclosed, ...]:
    """Return what the document ``data`` discloses, in its order; nothing of it is believed.

    Raises:
        MalformedError: It is not in its one form, or names a place twice or out of order.
    """
    body = object_from(data, what)
    listed = body.get("values")
    if set(body) != {"values"} or not isinstance(listed, list):
        raise MalformedError(f"{what} has no values")
    found = tuple(_from(each, what) for each in cast("list[object]", listed))
    places = [(each.log, each.position, each.field) for each in found]
    if sorted(set(places)) != places:
        raise MalformedError(f"{what} is not in order, or shows a value twice")
    return found


def _from(each: object, what: str) -> Disclosed:
    told = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
    if set(told) != _FIELDS or type(told["position"]) is not int:
        raise MalformedError(f"{what} has a value without its place")
    if not all(isinstance(told[name], str) for name in _FIELDS - {"position"}):
        raise MalformedError(f"{what} has a value that is no text")
    return Disclosed(**told)


def check_disclosed(record: Record, field: str, salt: str, value: str) -> None:
    """Return when ``value`` is what ``record`` committed to in ``field``.

    Raises:
        MalformedError: The salt is not 32 bytes, or the value has no canonical form.
        TamperedError: It committed to something else, or to nothing.
    """
    names = b"".join(part.encode() + b"\x00" for part in ("asf-sealed-v1", record.type, field))
    salted = from_hex(salt, size=SALT_BYTES)
    committed = sha256(names + salted + canonical_json(value)).hexdigest()
    if record.data.get(field) != committed:
        raise TamperedError(
            f"{record.type} did not commit to this {field!r}",
            log=record.log,
            position=record.position,
        )


def check_sealed(record: Record, schema: Mapping[str, Any]) -> None:
    """Return when nothing stands in clear that the schema of the record's type says is sealed.

    Raises:
        MalformedError: It is no schema of an object.
        TamperedError: Something does.
    """
    properties: object = schema.get("properties") or {}
    if not isinstance(properties, dict):
        raise MalformedError(f"no schema of {record.type}")
    for name, told in cast("Mapping[str, object]", properties).items():
        if not isinstance(told, dict):
            raise MalformedError(f"no schema of {name!r}")
        value, about = record.data.get(name), cast("Mapping[str, object]", told).get("description")
        if str(about).startswith("Sealed:") and value is not None:
            try:
                from_hex(str(value), size=COMMITMENT_BYTES)
            except MalformedError as error:
                raise TamperedError(
                    f"{name!r} stands in clear", log=record.log, position=record.position
                ) from error
