"""Events of rounds, groups and invoices, and of what intake has heard. Said by intake."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Distinct, Event, Instant, Sealed
from shared.contracts.roles import Role


class RoundKind(StrEnum):
    """Who may apply to a round (APP-6, Q-123)."""

    PILOT = "pilot"
    REGULAR = "regular"
    RENEWAL = "renewal"


# --- the round -------------------------------------------------------------------------------------


class RoundDrafted(Event):
    """A round was planned.

    Attributes:
        code: Short name, e.g. ``P19``.
        places: How many ASF may take part.
        application_deadline_on: Ends at 24:00 Europe/Stockholm (SV-6).
        admission_on: By when screening is to be done (T2).
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
    drafted_at: Instant


class FeeScheduleSet(Event):
    """The round's fee was set, in whole öre before VAT (RND-3)."""

    round_id: UUID
    fee_ore: int
    vat_percent: int
    set_at: Instant


class SchemeVersionBound(Event):
    """The round's version of the criteria was set (RND-3, SCH-5)."""

    round_id: UUID
    scheme: str
    bound_at: Instant


class RoundAnnounced(Event):
    """The round is public: places and dates (Q-126)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    code: str
    kind: RoundKind
    opens_on: date
    application_deadline_on: date
    announced_at: Instant


class RoundOpened(Event):
    """Applications are received until 24:00 Europe/Stockholm of the deadline's day (GEN-6)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    application_deadline_on: date
    opened_at: Instant


class OrganisationInvited(Event):
    """A pilot firm was invited to the round (APP-6)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    application_id: UUID
    organisation_number: str
    invited_at: Instant


class RoundClosed(Event):
    """The deadline has passed. True from ``effective_at``, whenever the timer ran (GEN-6)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    effective_at: Instant


class PlaceOffered(Event):
    """An admitted ASF was offered a place (RND-5).

    Attributes:
        stands_until: The first instant at which the offer has ended.
    """

    integration: ClassVar[bool] = True

    round_id: UUID
    application_id: UUID
    stands_until: Instant
    offered_at: Instant


class WaitingListJoined(Event):
    """All places are taken: the ASF waits in order of admission (RND-5)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    application_id: UUID
    joined_at: Instant


class PlaceAccepted(Event):
    """The signatory accepted the place."""

    round_id: UUID
    application_id: UUID
    signatory_id: UUID
    accepted_at: Instant


class RoundStarted(Event):
    """The round runs: preparation begins for whoever is enrolled (PM-5)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    started_at: Instant


# --- the group: step 5 -----------------------------------------------------------------------------


class CohortGroupFormed(Event):
    """A group of ASF that work side by side was formed (step 5)."""

    group_id: UUID
    round_id: UUID
    formed_at: Instant


class GroupMemberAdded(Event):
    """An enrolled ASF joined the group (GRP-2)."""

    integration: ClassVar[bool] = True

    group_id: UUID
    application_id: UUID
    organisation_number: str
    added_at: Instant


class GroupSizeDeviationApproved(Event):
    """The steering group lets this group start with another size (GRP-1, T1)."""

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "group_id"

    group_id: UUID
    members: int
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    approved_at: Instant


class SupervisorAssigned(Event):
    """A supervisor supports the group, and is barred from reviewing its members (GRP-4).

    Attributes:
        application_ids: The members at that time; for later ones see ``GroupStarted``.
    """

    integration: ClassVar[bool] = True

    group_id: UUID
    supervisor_id: UUID
    application_ids: Distinct[UUID]
    assigned_at: Instant


class TrainerAssigned(Event):
    """A trainer trains the group, and is barred from reviewing its members (SOD-2)."""

    integration: ClassVar[bool] = True

    group_id: UUID
    trainer_id: UUID
    application_ids: Distinct[UUID]
    assigned_at: Instant


class GroupStarted(Event):
    """The group started with these members and these people (GRP-1, GRP-4)."""

    integration: ClassVar[bool] = True

    group_id: UUID
    round_id: UUID
    application_ids: Distinct[UUID]
    supervisor_ids: Distinct[UUID]
    trainer_ids: Distinct[UUID]
    started_at: Instant


# --- the invoice -----------------------------------------------------------------------------------


class InvoiceIssued(Event):
    """The fee was invoiced (INV-1 to INV-3).

    Attributes:
        number: Without gaps within the series of all invoices.
        net_ore: Whole öre before VAT.
        vat_ore: Rounded half up.
    """

    integration: ClassVar[bool] = True

    invoice_id: UUID
    application_id: UUID
    organisation_number: str
    number: int
    net_ore: int
    vat_ore: int
    issued_at: Instant


class PaymentRegistered(Event):
    """Money arrived for an invoice, in whole öre with VAT.

    Attributes:
        payment_id: Tells one payment from another of the same sum and day.
    """

    invoice_id: UUID
    payment_id: UUID
    application_id: UUID
    paid_ore: int
    paid_on: date
    registered_at: Instant


class InvoiceSettled(Event):
    """The whole invoice is paid: the fee gate is met (CER-3)."""

    integration: ClassVar[bool] = True

    invoice_id: UUID
    application_id: UUID
    organisation_number: str
    settled_at: Instant


class InvoiceNumberTaken(Event):
    """The next number of the series went to one invoice: no gaps, no repeats (INV-2)."""

    number: int
    invoice_id: UUID
    taken_at: Instant


# --- what intake has heard ---------------------------------------------------------------------------


class MandateNoted(Event):
    """Intake heard of an appointment: the person may act in that role (APT-3, GRP-3)."""

    person_id: UUID
    appointment_id: UUID
    role: Role
    valid_from: date
    valid_until: date
    noted_at: Instant


class TieNoted(Event):
    """Intake heard of a tie: the person may not screen or supervise that firm (SOD-10, GRP-3).

    Attributes:
        until_on: The last day of the tie; ``None`` while it lasts.
    """

    person_id: UUID
    tie_id: UUID
    organisation_number: str
    from_on: date
    until_on: date | None
    noted_at: Instant
