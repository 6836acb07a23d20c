"""What may be asked of a round, in the order of its life."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.contracts.intake import RoundKind


@dataclass(frozen=True, slots=True)
class DraftRound:
    """Plan a round.

    Attributes:
        places: How many ASF may take part; at least one.
        application_deadline_on: Ends at 24:00 Europe/Stockholm.
        admission_on: By when screening is to be done.
    """

    round_id: UUID
    code: str
    name_sv: str
    name_en: str
    kind: RoundKind
    places: int
    opens_on: date
    application_deadline_on: date
    admission_on: date
    starts_on: date
    project_leader_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class SetFees:
    """Set the fee, in whole öre before VAT."""

    fee_ore: int
    vat_percent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class BindScheme:
    """Set the version of the criteria.

    Attributes:
        known: Every version that there is.
    """

    scheme: str
    known: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class AnnounceRound:
    """Make places and dates public."""

    at: datetime


@dataclass(frozen=True, slots=True)
class OpenRound:
    """Begin to receive applications."""

    at: datetime


@dataclass(frozen=True, slots=True)
class InviteOrganisation:
    """Invite a pilot firm.

    Attributes:
        precertified: Whether it passed the pre-certification; looked up at the edge.
    """

    application_id: UUID
    organisation_number: str
    precertified: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class CloseRound:
    """Record that the deadline has passed (a timer asks)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class OfferPlace:
    """Offer an admitted ASF a place, or a place in the waiting list (PM-3).

    Attributes:
        stands_days: How many days an offer stands, by the policy in force.
    """

    application_id: UUID
    stands_days: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptPlace:
    """Accept the offered place for the ASF.

    Attributes:
        declared_id: The case's declared signatory; looked up at the edge, ``None``: nobody.
    """

    application_id: UUID
    signatory_id: UUID
    declared_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StartRound:
    """Let preparation begin for whoever is enrolled."""

    at: datetime


RoundCommand = (
    DraftRound
    | SetFees
    | BindScheme
    | AnnounceRound
    | OpenRound
    | InviteOrganisation
    | CloseRound
    | OfferPlace
    | AcceptPlace
    | StartRound
)
