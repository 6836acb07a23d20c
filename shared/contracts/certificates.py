"""Events of the certificates service. Topic: ``asf.certificates.events.v1``. Key: the stream."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Event, Instant

Gate = Literal["agreement", "fee"]
"""What must be met before a certificate is issued (CER-3)."""


class GrantNoted(Event):
    """Certificates heard of an approving decision (PM-9, CER-1).

    Attributes:
        certificate_id: Of the certificate that carries it out: made from the decision's id.
    """

    application_id: UUID
    decision_id: UUID
    certificate_id: UUID
    noted_at: Instant


class GateNoted(Event):
    """Certificates heard that a gate is met (CER-3, K-14)."""

    application_id: UUID
    gate: Gate
    noted_at: Instant


class IssuanceCleared(Event):
    """Decision, agreement and fee are all on record: the certificate can be issued (CER-3)."""

    application_id: UUID
    decision_id: UUID
    certificate_id: UUID
    cleared_at: Instant


class CertificatePrepared(Event):
    """What will be issued is on record before it is issued (PM-9); not yet valid.

    Attributes:
        decision_id: The decision that it carries out (CER-1, GEN-9).
    """

    certificate_id: UUID
    application_id: UUID
    decision_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    prepared_at: Instant


class NumberTaken(Event):
    """The number belongs to this certificate and to no other (CER-2)."""

    number: str
    certificate_id: UUID
    taken_at: Instant


class CertificateIssued(Event):
    """SKOOPI certified an ASF (step 7).

    Attributes:
        number: With its check character (CER-2).
        valid_until: The last valid day; it ends at 24:00 Europe/Stockholm (CER-4).
        first_certified_on: Of the unbroken chain of certificates (CER-9).
    """

    integration: ClassVar[bool] = True

    certificate_id: UUID
    number: str
    application_id: UUID
    decision_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    valid_from: date
    valid_until: date
    first_certified_on: date
    issued_at: Instant


class ListingConsentGiven(Event):
    """The holder lets its name stand in the public register (Q-115, CER-10)."""

    integration: ClassVar[bool] = True

    certificate_id: UUID
    application_id: UUID
    given_at: Instant


class ListingConsentWithdrawn(Event):
    """The holder's name leaves the public register (CER-19)."""

    integration: ClassVar[bool] = True

    certificate_id: UUID
    application_id: UUID
    withdrawn_at: Instant


class CertificateExpired(Event):
    """The last valid day is over. True from ``effective_at``, whenever the timer ran (CER-5)."""

    integration: ClassVar[bool] = True

    certificate_id: UUID
    application_id: UUID
    number: str
    valid_from: date
    valid_until: date
    effective_at: Instant


IssuanceEvent = GrantNoted | GateNoted | IssuanceCleared
CertificateEvent = (
    CertificatePrepared
    | CertificateIssued
    | ListingConsentGiven
    | ListingConsentWithdrawn
    | CertificateExpired
)
NumberEvent = NumberTaken
CertificatesEvent = IssuanceEvent | CertificateEvent | NumberEvent
