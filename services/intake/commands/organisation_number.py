"""Which organisation number is accepted, and in which one form it is kept (SV-1, SV-2)."""

import re

from stdnum.se import orgnr

from shared.decider import Refusal, RefusalKind

WRITTEN = re.compile(r"(?:16)?(\d{6})-?(\d{4})", re.ASCII)
"""Ten digits, with or without the hyphen and the prefix 16."""

GROUPS = frozenset("12356789")
"""First digits that are given to organisations."""

PERSON_THIRD_DIGIT_MAX = "1"
"""An organisation's third digit is 2 or more; a month's first digit is 0 or 1."""

PUBLIC_GROUP = "2"
"""First digit of state, regions, municipalities and parishes."""


def organisation_number(written: str) -> str:
    """SV-1, SV-2: return the ten digits of ``written``.

    Raises:
        Refusal: It is no organisation's number, or may be a person's. The refusal does not hold
            the digits, and whoever gets it keeps them nowhere (APP-2).
    """
    found = WRITTEN.fullmatch(written.strip())
    digits = "".join(found.groups()) if found else ""
    accepted = (
        digits[:1] in GROUPS
        and digits[2:3] > PERSON_THIRD_DIGIT_MAX
        and bool(digits)
        and orgnr.is_valid(digits)
    )
    if not accepted:
        raise Refusal(
            RefusalKind.CONFLICT,
            "organisation_number_not_accepted",
            "This is not the number of an organisation. A personal number is never accepted.",
        )
    return digits


def is_public(number: str) -> bool:
    """SV-3: return whether ten digits belong to the public group; a flag, no rejection."""
    return number.startswith(PUBLIC_GROUP)
