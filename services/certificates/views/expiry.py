"""What will expire, and when (PM-13). A row becomes a command; it never decides a status."""

from services.certificates.commands.certificate import ExpireCertificate
from shared.contracts.base import Event
from shared.contracts.certificate_status import validity
from shared.contracts.certificates import CertificateExpired, CertificateIssued
from shared.decider import Asked
from shared.eventlog.views import Due


def expiry_keys(event: Event) -> tuple[str, ...]:
    """Return the certificate whose end comes nearer or is on record; ``()`` for none."""
    match event:
        case CertificateIssued() | CertificateExpired():
            return (str(event.certificate_id),)
        case _:
            return ()


def expiry(_: Due | None, event: Event, key: str) -> Due | None:
    """CER-5: return the row after ``event``; it leaves when the end is on record."""
    if isinstance(event, CertificateIssued):
        return Due(at=validity(event).until_at, key=key, kind="expiry", stream=f"certificate-{key}")
    return None


def expire(due: Due) -> Asked[ExpireCertificate]:
    """GEN-5: return what is asked when the row is due: true from then, however late it runs."""
    return Asked(due.stream, ExpireCertificate(at=due.at))
