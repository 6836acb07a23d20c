"""The firms of the harness: as many as it takes, each with two people. Every number is nobody's."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from deploy.local.people import Person
from shared.contracts.roles import Role

FIRMS_MAX: Final = 890
FIRMS_PER_ROUND_MAX: Final = 68
"""More than a round plays: firms that nobody has been are there until it ends."""

SEEDS_APART: Final = FIRMS_MAX // FIRMS_PER_ROUND_MAX
"""So many seeds in a row have no firm in common, so they can share a house."""

PEOPLE: Final = UUID("6d1b9f3e-0c55-5c8e-9d4e-5f3f3c5f0b7a")
"""Name space of the people of these firms."""

_FIRST = 100
"""Below are the firms that the demo and the scenarios know."""


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm that is not there.

    Attributes:
        number: Ten digits with a valid check digit, of a series that is given to nobody.
    """

    label: str
    number: str

    @property
    def applicant(self) -> str:
        """Return the label of whoever writes for it."""
        return f"{self.label}-{Role.APPLICANT.value}"

    @property
    def signatory(self) -> str:
        """Return the label of whoever may bind it."""
        return f"{self.label}-{Role.SIGNATORY.value}"


def firm(place: int) -> Firm:
    """Return the firm at ``place``, from 0."""
    assert place < FIRMS_MAX
    nine = f"769999{_FIRST + place:03}"
    return Firm(f"firm{place:03}", f"{nine}{_check_digit(nine)}")


def places(seed: int) -> list[int]:
    """Return the places of the firms of a seed's round, whatever was played before it."""
    first = seed % SEEDS_APART * FIRMS_PER_ROUND_MAX
    return list(range(first, first + FIRMS_PER_ROUND_MAX))


def _check_digit(nine: str) -> int:
    """SV-1: return the check digit (Luhn) of the first nine digits."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(nine)]
    return -sum(each // 10 + each % 10 for each in doubled) % 10


def people_of(one: Firm) -> tuple[Person, ...]:
    """Return who can sign in for a firm."""
    return tuple(
        Person(
            label=label,
            sub=uuid5(PEOPLE, label),
            roles=(role,),
            org_number=one.number,
            email=f"{role.value}@{one.label}.example",
            language="sv",
        )
        for label, role in ((one.applicant, Role.APPLICANT), (one.signatory, Role.SIGNATORY))
    )
