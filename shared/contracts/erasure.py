"""The events of erasures and legal holds. Every service says them, of its own vault. House: ADR-0024.

Topic: ``asf.<service>.events.v1``. Keys: the streams, ``erasure-{subject_id}`` and ``hold-{subject_id}``.
"""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Event, Instant, Value

Basis = Literal[
    "authority_order",
    "consent_withdrawn",
    "person_request",
    "retention_ended",
    "unlawful_processing",
]
"""Law (GDPR 17.1): why something had to be erased."""

Ground = Literal["appeal", "complaint", "supervision"]
"""ERA-2: what is open, and needs what would be erased."""


class ErasedField(Value):
    """How many texts of one field were erased.

    Attributes:
        name: Type of the event and name of its field, e.g. ``ReportCommented.comment``.
        texts: At least 1.
    """

    name: str
    texts: int


class PersonalDataErased(Event):
    """Texts of one subject in one case were erased, with their salts and the subject's key (ERA-1).

    Files of the subject are under the same key: they cannot be read any more either. One event
    for each case that the texts stood in, all of them in one command.

    Attributes:
        subject_id: Whose texts: a person's pseudonym, or the id of a case or group.
        application_id: The case that they stood in; ``None``: in none, e.g. an appointment.
        key_id: The key that was erased; where a backup brings it back, it is erased again.
        erased: By name, ascending; empty where the key had only files, or nothing yet.
        texts: How many in all.
        decided_by: Pseudonym of whoever decided it; who carried it out is the record's actor.
    """

    integration: ClassVar[bool] = True

    subject_id: UUID
    application_id: UUID | None
    key_id: UUID
    erased: tuple[ErasedField, ...]
    texts: int
    basis: Basis
    decided_by: UUID
    erased_at: Instant


class LegalHoldPlaced(Event):
    """What is sealed about a subject may not be erased while something is open that needs it (ERA-2).

    Attributes:
        subject_id: Whose texts: a person's pseudonym, or the id of a case or group.
        hold_id: The appeal, complaint or supervision that is open; a subject may be held for several.
        decided_by: Pseudonym of whoever decided it.
    """

    integration: ClassVar[bool] = True

    subject_id: UUID
    hold_id: UUID
    ground: Ground
    decided_by: UUID
    placed_at: Instant


class LegalHoldLifted(Event):
    """It is closed, and holds up no erasure any more (ERA-2).

    Attributes:
        hold_id: As it was placed.
        decided_by: Pseudonym of whoever decided it.
    """

    integration: ClassVar[bool] = True

    subject_id: UUID
    hold_id: UUID
    decided_by: UUID
    lifted_at: Instant
