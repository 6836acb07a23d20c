"""The only place that makes identifiers and secrets from chance."""

import secrets
from uuid import UUID, uuid4

SALT_BYTES = 32
NONCE_BYTES = 12


def new_id() -> UUID:
    """Return a fresh random identifier."""
    return uuid4()


def new_salt() -> bytes:
    """Return a fresh salt of 32 bytes: what hides a sealed value from a dictionary."""
    return secrets.token_bytes(SALT_BYTES)


def new_key() -> bytes:
    """Return a fresh 256-bit key."""
    return secrets.token_bytes(SALT_BYTES)


def new_nonce() -> bytes:
    """Return a fresh nonce of 12 bytes for AES-GCM."""
    return secrets.token_bytes(NONCE_BYTES)
