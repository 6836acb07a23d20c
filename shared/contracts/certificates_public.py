"""What outsiders read of a certificate: one shape for the API and for both public topics.

Organisation data only. Who holds the certificate stands in it under listing consent and not
otherwise (CER-10, CER-19); number, status and dates are always right.

Topics: ``asf.certificates.public.v1`` (every change of status, in order, CloudEvents) and
``asf.certificates.register.v1`` (compacted: the latest of each number). Key of both: the number.
What is once on the first stays there, so no holder is named on it; the second forgets.
"""

from datetime import date, datetime
from typing import Final

from shared.contracts.base import Event, Instant, Value
from shared.contracts.certificate_status import VALID, Status, status, validity
from shared.contracts.certificates import CertificateExpired, CertificateIssued

PUBLIC_TOPIC: Final = "asf.certificates.public.v1"
REGISTER_TOPIC: Final = "asf.certificates.register.v1"


class StatusChange(Value):
    """A certificate's public status changed: the data of a message on the public topic (CER-19).

    Attributes:
        valid: Whether it may be relied upon from ``at`` on.
        valid_until: The last valid day.
        valid_until_at: The first instant that is too late; no message is needed to know it.
        at: From when it is true in the world.
    """

    number: str
    status: Status
    valid: bool
    valid_from: date
    valid_until: date
    valid_until_at: Instant
    at: Instant


class Holder(Value):
    """Who holds the certificate, and for what; by the holder's own consent (CER-10).

    Attributes:
        scheme: Version of the criteria that the holder was assessed by.
    """

    organisation_number: str
    organisation_name: str
    scheme: str


class PublicCertificate(Value):
    """What anyone may know of a certificate at one instant.

    Attributes:
        status: ``None`` before the issue: there was no certificate yet.
        valid: Whether it may be relied upon.
        valid_from: The first valid day.
        valid_until: The last valid day.
        valid_from_at: The instant of issue, the first of validity.
        valid_until_at: The first instant that is too late. A reader who keeps this record knows
            by it that the certificate has expired; nobody needs to say so.
        holder: ``None`` without listing consent.
        at: The instant that status and validity are true of.
    """

    number: str
    status: Status | None
    valid: bool
    valid_from: date
    valid_until: date
    valid_from_at: Instant
    valid_until_at: Instant
    holder: Holder | None
    at: Instant


def public_certificate(
    issued: CertificateIssued, *, listed: bool, at: datetime
) -> PublicCertificate:
    """CER-10, CER-11: return what anyone may know of a certificate at ``at``. Total."""
    when = validity(issued)
    now = status(when, at)
    holder = Holder(
        organisation_number=issued.organisation_number,
        organisation_name=issued.organisation_name,
        scheme=issued.scheme,
    )
    return PublicCertificate(
        number=issued.number,
        status=now,
        valid=now in VALID,
        valid_from=issued.valid_from,
        valid_until=issued.valid_until,
        valid_from_at=when.from_at,
        valid_until_at=when.until_at,
        holder=holder if listed else None,
        at=at,
    )


def status_change(event: Event) -> StatusChange | None:
    """CER-19: return what outsiders hear of ``event``; ``None`` when no status changed. Total."""
    match event:
        case CertificateIssued():
            when = validity(event)
            status_now, until_at, at = Status.ACTIVE, when.until_at, when.from_at
        case CertificateExpired():
            status_now, until_at, at = Status.EXPIRED, event.effective_at, event.effective_at
        case _:
            return None
    return StatusChange(
        number=event.number,
        status=status_now,
        valid=status_now in VALID,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        valid_until_at=until_at,
        at=at,
    )
