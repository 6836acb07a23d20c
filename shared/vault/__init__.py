"""What the log must be able to forget: the texts of sealed fields, each subject under its own key.

The log holds commitments; this is where the texts lie. Whoever holds the right asks ``reveal``, or
``disclose`` for a text that others are to check.
"""

from shared.vault.erasure import ERASURE, Held, erase, erased_keys_back, held_under, key_id_of
from shared.vault.shelf import PostgresShelf, SealedValue, Shelf, WrappedKey
from shared.vault.vault import BrokenSeal, Disclosed, Sealing, UnsealableError, Vault

__all__ = [
    "ERASURE",
    "BrokenSeal",
    "Disclosed",
    "Held",
    "PostgresShelf",
    "SealedValue",
    "Sealing",
    "Shelf",
    "UnsealableError",
    "Vault",
    "WrappedKey",
    "erase",
    "erased_keys_back",
    "held_under",
    "key_id_of",
]
