"""What the log must be able to forget: the texts of sealed fields, each subject under its own key.

The log holds commitments; this is where the texts lie. Whoever holds the right asks ``reveal``.
"""

from shared.vault.erasure import erase
from shared.vault.shelf import PostgresShelf, SealedValue, Shelf, WrappedKey
from shared.vault.vault import BrokenSeal, Sealing, UnsealableError, Vault

__all__ = [
    "BrokenSeal",
    "PostgresShelf",
    "SealedValue",
    "Sealing",
    "Shelf",
    "UnsealableError",
    "Vault",
    "WrappedKey",
    "erase",
]
