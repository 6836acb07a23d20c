"""What may be asked of an organisation: which application of it is open (APP-1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RecordOpenApplication:
    """Record the one open application; asked together with ``RegisterInterest``.

    Attributes:
        organisation: The firm that the caller acts for; ``None`` for a project leader.
    """

    organisation: str | None
    organisation_number: str
    application_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class EndOpenApplication:
    """Record that it is open no more; asked together with what ends it."""

    organisation_number: str
    application_id: UUID
    at: datetime


OrganisationCommand = RecordOpenApplication | EndOpenApplication
