"""What each holder holds: its certificates, also those that still wait to be issued."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Instant
from shared.contracts.certificate_status import Validity, validity
from shared.contracts.certificates import (
    CertificateIssued,
    CertificatePrepared,
    ListingConsentGiven,
    ListingConsentWithdrawn,
)


class Holding(BaseModel):
    """One certificate, as its holder sees it.

    Attributes:
        number: ``None`` while it is pending.
        validity: ``None`` while it is pending.
    """

    model_config = ConfigDict(frozen=True)

    certificate_id: UUID
    application_id: UUID
    organisation_number: str
    scheme: str
    prepared_at: Instant
    number: str | None = None
    validity: Validity | None = None
    listed: bool = False


def holding_keys(event: Event) -> tuple[str, ...]:
    """Return the certificate that its holder must hear about; ``()`` for none."""
    match event:
        case (
            CertificatePrepared()
            | CertificateIssued()
            | ListingConsentGiven()
            | ListingConsentWithdrawn()
        ):
            return (str(event.certificate_id),)
        case _:
            return ()


def holding(kept: Holding | None, event: Event, _key: str) -> Holding | None:
    """Return the holding after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, CertificatePrepared):
        return kept or Holding(
            certificate_id=event.certificate_id,
            application_id=event.application_id,
            organisation_number=event.organisation_number,
            scheme=event.scheme,
            prepared_at=event.prepared_at,
        )
    assert kept is not None, f"{type(event).__name__} before CertificatePrepared"
    match event:
        case CertificateIssued():
            return kept.model_copy(update={"number": event.number, "validity": validity(event)})
        case ListingConsentGiven():
            return kept.model_copy(update={"listed": True})
        case ListingConsentWithdrawn():
            return kept.model_copy(update={"listed": False})
        case _:
            raise AssertionError(f"{type(event).__name__} does not concern a holding")
