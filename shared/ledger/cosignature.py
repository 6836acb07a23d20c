"""What a witness signs: the checkpoint and when it was seen. C2SP tlog-cosignature, Ed25519.

A cosignature says: at this time, the largest tree of that origin which I saw, and found to have
grown from all that I saw before, is this one.
"""

from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import SIZE_MAX

TIMESTAMP_BYTES: Final = 8


def cosigned_message(text: str, timestamp: int) -> bytes:
    """Return the bytes that the Ed25519 signature is over.

    Args:
        text: The whole text of the checkpoint, extension lines included.
        timestamp: Seconds since 1970, UTC.
    """
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def with_timestamp(timestamp: int, signature: bytes) -> bytes:
    """Return what stands in the signature line."""
    return timestamp.to_bytes(TIMESTAMP_BYTES, "big") + signature


def timestamp_and_signature(value: bytes) -> tuple[int, bytes]:
    """Return seconds since 1970 and the Ed25519 signature from what a signature line holds.

    Raises:
        MalformedError: Too short, or a time beyond 2**63 - 1.
    """
    timestamp = int.from_bytes(value[:TIMESTAMP_BYTES], "big")
    if len(value) <= TIMESTAMP_BYTES or timestamp > SIZE_MAX:
        raise MalformedError("no cosignature")
    return timestamp, value[TIMESTAMP_BYTES:]
