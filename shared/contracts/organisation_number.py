"""Which organisation number is accepted, and in which one form it is kept (SV-1, SV-2)."""

import re
from typing import Final

from stdnum.se import orgnr

WRITTEN: Final = re.compile(r"(?:16)?(\d{6})-?(\d{4})", re.ASCII)
"""Ten digits, with or without the hyphen and the prefix 16."""

GROUPS: Final = frozenset("12356789")
"""First digits that are given to organisations."""

PERSON_THIRD_DIGIT_MAX: Final = "1"
"""An organisation's third digit is 2 or more; a month's first digit is 0 or 1."""


def read_organisation_number(written: str) -> str | None:
    """SV-1, SV-2: return the ten digits of ``written``; ``None`` when it is not accepted.

    What is not accepted may be a person's number: whoever asks keeps it nowhere (APP-2).
    """
    found = WRITTEN.fullmatch(written.strip())
    digits = "".join(found.groups()) if found else ""
    accepted = (
        digits[:1] in GROUPS
        and digits[2:3] > PERSON_THIRD_DIGIT_MAX
        and bool(digits)
        and orgnr.is_valid(digits)
    )
    return digits if accepted else None
