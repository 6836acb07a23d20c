"""What an event was before: how a record of an earlier version is read today. House: ADR-0025.

The record stays as it is, byte for byte. For each type and version that nobody says any more there is
one function that makes its data those of the next version; one after the other they lead to today's.
The schema of each such version is kept as it was published, in ``kept``.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shared.contracts.base import Event

Data = Mapping[str, Any]
KEPT: Final = Path(__file__).parent / "kept"
"""``<Type>.v<n>.json``: the schemas of versions that are not made from the code any more."""


def sign_in_not_said(data: Data) -> Data:
    """REV-13: version 1 of a decision does not say when the certifier had signed in."""
    return _unsaid(data, "signed_in_at")


def log_not_asked(data: Data) -> Data:
    """AUD-3: version 1 of a finding is never about a log that seals no more."""
    return _unsaid(data, "shown")


def _unsaid(data: Data, field: str) -> Data:
    """Return ``data`` with ``field``, which no record of that version has.

    Raises:
        ValueError: This one has it: whoever wrote it was not this house as it was then.
    """
    if field in data:
        raise ValueError(f"{field} is not of this version")
    return {**data, field: None}


UPCASTS: Final[Mapping[tuple[str, int], Callable[[Data], Data]]] = MappingProxyType(
    {
        ("CertificationApproved", 1): sign_in_not_said,
        ("CertificationRefused", 1): sign_in_not_said,
        ("TamperSuspected", 1): log_not_asked,
    }
)
"""By type and earlier version: what its data are in the version after it."""


def versions_of(event: type[Event]) -> range:
    """Return every version of ``event`` that was ever published; the last is today's."""
    return range(1, event.schema_version + 1)


def as_today(event: type[Event], version: int, data: Data) -> Data:
    """Return ``data``, said as ``version`` of ``event``, as those of today's version.

    Raises:
        ValueError: They have a field that came with a later version.
    """
    for said in range(version, event.schema_version):
        data = UPCASTS[event.__name__, said](data)
    return data


def kept_schema(event: type[Event], version: int) -> str:
    """Return the schema of an earlier ``version`` of ``event``, as it was published.

    Raises:
        LookupError: There is no such version.
    """
    if version not in versions_of(event)[:-1]:
        raise LookupError(f"{event.__name__} has no earlier version {version}")
    return (KEPT / f"{event.__name__}.v{version}.json").read_text()
