"""Which organisation number is accepted, and in which one form it is kept (SV-1, SV-2)."""

from shared.contracts.organisation_number import read_organisation_number
from shared.decider import Refusal, RefusalKind

PUBLIC_GROUP = "2"
"""First digit of state, regions, municipalities and parishes."""


def organisation_number(written: str) -> str:
    """SV-1, SV-2: return the ten digits of ``written``.

    Raises:
        Refusal: It is no organisation's number, or may be a person's. The refusal does not hold
            the digits, and whoever gets it keeps them nowhere (APP-2).
    """
    digits = read_organisation_number(written)
    if digits is None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "organisation_number_not_accepted",
            "This is not the number of an organisation. A personal number is never accepted.",
        )
    return digits


def is_public(number: str) -> bool:
    """SV-3: return whether ten digits belong to the public group; a flag, no rejection."""
    return number.startswith(PUBLIC_GROUP)
