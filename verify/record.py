"""A record as its log holds it: canonical JSON, and what must be in it. docs/event-log.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from verify.forms import object_from
from verify.refused import MalformedError, TamperedError
from verify.tree import leaf_hash

BYTES_MAX: Final = 65_535
_KINDS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("log", "type", "stream", "correlation_id", "recorded_at", "policy"), str),
    **dict.fromkeys(("schema", "version"), int),
    **dict.fromkeys(("actor", "data"), dict),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        position: Its place in its log, from 1.
        schema: Version of its type.
        leaf: Its leaf hash.
        previous: Leaf hash of the stream's record before it, hexadecimal; ``None`` for the first.
        case: To which it belongs.
        scheme: Version of the criteria applied.
    """

    log: str
    position: int
    type: str
    schema: int
    stream: str
    version: int
    leaf: bytes
    previous: str | None
    case: str
    recorded_at: str
    actor: Mapping[str, Any]
    policy: str
    scheme: str | None
    data: Mapping[str, Any]


def record_from(data: bytes, position: int) -> Record:
    """Return the record whose exact bytes are ``data``.

    Raises:
        MalformedError: They are not a record's.
    """
    if len(data) > BYTES_MAX:
        raise MalformedError(f"a record of {len(data)} bytes")
    body = object_from(data, "a record")
    for name, kind in _KINDS.items():
        if type(body.get(name)) is not kind:
            raise MalformedError(f"a record whose {name!r} is no {kind.__name__}")
    previous, scheme = body.get("previous"), body.get("scheme")
    if body.get("v") != 1 or not isinstance(previous, str | None):
        raise MalformedError("a record of another version")
    if not isinstance(scheme, str | None) or body["version"] < 1:
        raise MalformedError("a record without its place or its scheme")
    named = {name: body[name] for name in _KINDS if name != "correlation_id"}
    case, leaf = body["correlation_id"], leaf_hash(data)
    return Record(
        **named, position=position, leaf=leaf, previous=previous, case=case, scheme=scheme
    )


def check_chain(records: Sequence[Record]) -> None:
    """Return when every record names the one before it in its stream, where that one is at hand.

    Args:
        records: Of one log, by position.

    Raises:
        TamperedError: One names another, or the versions of a stream do not ascend.
    """
    last: dict[str, Record] = {}
    for record in records:
        before = last.get(record.stream)
        version = before.version if before else 0
        wrong = (
            record.version <= version
            or (record.version == 1) != (record.previous is None)
            or (
                before is not None
                and record.version == version + 1
                and record.previous != before.leaf.hex()
            )
        )
        if wrong:
            raise TamperedError(
                f"{record.stream} version {record.version} does not follow the one before it",
                log=record.log,
                position=record.position,
            )
        last[record.stream] = record
