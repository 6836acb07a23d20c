"""The log's entries as they are served: bundles of 256. C2SP tlog-tiles, "Log entries".

Each entry is two bytes of length, big-endian, and its bytes. A record has at most 65,535 bytes, so
every record fits.
"""

from collections.abc import Iterable
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.tiles import Bundle

ENTRY_BYTES_MAX: Final = 65_535
_LENGTH_BYTES: Final = 2


def bundle_bytes(leaves: Iterable[bytes]) -> bytes:
    """Return the bytes of a bundle of ``leaves``, in log order.

    Raises:
        MalformedError: A leaf is too long for any bundle.
    """
    parts: list[bytes] = []
    for leaf in leaves:
        if len(leaf) > ENTRY_BYTES_MAX:
            raise MalformedError(f"an entry of {len(leaf)} bytes")
        parts += (len(leaf).to_bytes(_LENGTH_BYTES, "big"), leaf)
    return b"".join(parts)


def leaves_in(bundle: Bundle, data: bytes) -> tuple[bytes, ...]:
    """Return the entries of ``bundle``, in log order, from its bytes.

    Raises:
        MalformedError: These are not exactly the entries that the bundle has.
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        leaves.append(data[start:at])
    if at != len(data) or len(leaves) != bundle.width:
        raise MalformedError(f"{bundle.path} is cut short or has entries of another bundle")
    return tuple(leaves)
