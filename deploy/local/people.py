"""The people of the development issuer: invented, each with one role, found by label."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.contracts.roles import Role

_FILE = Path(__file__).with_name("people.json")


class Person(BaseModel):
    """Somebody who can sign in.

    Attributes:
        label: As in the golden scenarios (``PL1``), or ``<firm>-<role>``.
        sub: The pseudonym by which every service knows this person.
        org_number: Of the person's firm, ten digits; None for people of the certifying house.
        email: Under ``.example``, so that no letter can reach anybody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    sub: UUID
    roles: tuple[Role, ...]
    org_number: str | None
    email: str
    language: Literal["sv", "en"]


@cache
def people() -> Mapping[str, Person]:
    """Return everybody by label, in the order of the file."""
    return people_in(_FILE)


def people_in(file: Path) -> Mapping[str, Person]:
    """Return the people of another ``file`` of the same form, by label, in its order."""
    everybody = TypeAdapter(tuple[Person, ...]).validate_json(file.read_bytes())
    return MappingProxyType({person.label: person for person in everybody})
