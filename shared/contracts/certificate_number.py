"""The number of a certificate: how it is made, how it is read, how a slip is noticed (CER-2).

``ASF-XXXXX-XXXXX-C``: fifty bits of a digest of the certificate's own identifier, so that the
number says nothing about a firm or a person, and a check character by ISO 7064 Mod 37,36 over all
that stands before it: it notices every single wrong character and nearly every swap.
"""

from hashlib import sha256
from typing import Final
from uuid import UUID

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

PREFIX: Final = "ASF"
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty-two that are not mistaken for each other: without I, L, O and U."""

BITS: Final = 5
BODY: Final = 10
HALF: Final = BODY // 2
LENGTH: Final = len(PREFIX) + BODY + 1
READ_MAX: Final = 64


def number_of(certificate_id: UUID) -> str:
    """CER-2: return the number of a certificate. The same certificate has the same number."""
    digest = int.from_bytes(sha256(b"asf-number-v1\0" + certificate_id.bytes).digest())
    body = "".join(LETTERS[digest >> BITS * place & len(LETTERS) - 1] for place in range(BODY))
    return _written(PREFIX + body + mod_37_36.calc_check_digit(PREFIX + body))


def read_number(text: str) -> str | None:
    """CER-2: return the number that someone typed as ``text``; ``None`` when it is none.

    Small letters, spaces and missing hyphens are forgiven; a wrong check character is not.
    """
    compact = text[:READ_MAX].upper().replace("-", "").replace(" ", "")
    if len(compact) != LENGTH or not (compact.isascii() and compact.startswith(PREFIX)):
        return None
    try:
        mod_37_36.validate(compact)
    except ValidationError:
        return None
    return _written(compact)


def _written(compact: str) -> str:
    """Return the number as it is printed: in groups that can be read aloud."""
    rest = compact.removeprefix(PREFIX)
    return "-".join((PREFIX, rest[:HALF], rest[HALF:BODY], rest[BODY:]))
