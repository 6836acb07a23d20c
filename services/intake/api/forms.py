"""The parts that several bodies share. Whether a text may be missing is a matter of the rules."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from shared.web import Body, Line

Commitment: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, hexadecimal: what a decision rests on."""

Evidence: TypeAlias = Annotated[tuple[Commitment, ...], Field(max_length=50)]
Words: TypeAlias = Annotated[str, Field(max_length=10_000)]
PersonName: TypeAlias = Annotated[Line, Field(min_length=1, max_length=200)]
MailAddress: TypeAlias = Annotated[
    Line, Field(max_length=254, pattern=r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]+$")
]
TitleText: TypeAlias = Annotated[Line, Field(min_length=1, max_length=200)]


class DecisionBody(Body):
    """Why, and on what.

    Attributes:
        reason: About the organisation, never about a person.
        language: That the reason is written in; it is never translated (SV-8).
        evidence: Commitments to what the decision rests on, any order.
    """

    reason: Words = ""
    language: Literal["sv", "en"] = "sv"
    evidence: Evidence = ()


class PersonBody(Body):
    """A person who is named for a duty, by pseudonym."""

    person_id: UUID


class ApplicationBody(Body):
    """An application that something is done with."""

    application_id: UUID
