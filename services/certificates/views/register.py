"""The public register: every certificate ever issued, with all that its status rests on."""

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Instant
from shared.contracts.certificate_status import Validity, validity
from shared.contracts.certificates import (
    CertificateExpired,
    CertificateIssued,
    ListingConsentGiven,
    ListingConsentWithdrawn,
)
from shared.contracts.certificates_public import PublicCertificate, public_certificate


class RegisterEntry(BaseModel):
    """One certificate. No status: that is a question of when (CER-5).

    Attributes:
        listed: Whether the holder's name may be shown (CER-10).
        changed_at: From when all of it is true.
    """

    model_config = ConfigDict(frozen=True)

    issued: CertificateIssued
    validity: Validity
    listed: bool = False
    changed_at: Instant


def register_keys(event: Event) -> tuple[str, ...]:
    """Return the certificate that the register must hear about; ``()`` for none."""
    match event:
        case (
            CertificateIssued()
            | ListingConsentGiven()
            | ListingConsentWithdrawn()
            | CertificateExpired()
        ):
            return (str(event.certificate_id),)
        case _:
            return ()


def register_entry(entry: RegisterEntry | None, event: Event, _key: str) -> RegisterEntry | None:
    """Return the entry after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, CertificateIssued):
        return entry or RegisterEntry(
            issued=event, validity=validity(event), changed_at=event.issued_at
        )
    assert entry is not None, f"{type(event).__name__} before CertificateIssued"
    match event:
        case ListingConsentGiven():
            return entry.model_copy(update={"listed": True, "changed_at": event.given_at})
        case ListingConsentWithdrawn():
            return entry.model_copy(update={"listed": False, "changed_at": event.withdrawn_at})
        case CertificateExpired():
            latest = max(entry.changed_at, event.effective_at)
            return entry.model_copy(update={"changed_at": latest})
        case _:
            raise AssertionError(f"{type(event).__name__} does not concern the register")


def published(entry: RegisterEntry) -> PublicCertificate:
    """CER-19: return what the public topics say of the certificate after its last event."""
    return public_certificate(entry.issued, listed=entry.listed, at=entry.changed_at)


def register_value(entry: RegisterEntry) -> bytes:
    """CER-19: return the record of a certificate on the register topic."""
    return published(entry).model_dump_json().encode()
