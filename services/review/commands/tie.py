"""What may be asked of a person's record of ties. Imperative; time and identifiers included."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.contracts.preparation import TieKind


@dataclass(frozen=True, slots=True)
class DeclareTie:
    """Declare what binds the person to an organisation.

    Attributes:
        until_on: The last day of the tie; ``None`` while it lasts.
    """

    tie_id: UUID
    person_id: UUID
    organisation_number: str
    kind: TieKind
    from_on: date
    until_on: date | None
    at: datetime


TieCommand = DeclareTie
