"""What the status of a certificate is at an instant: one function for everyone (CER-5, CER-11).

The status rests on what is on record and on the instant asked about, never on a timer that has
run or has not. Look-up, list, count and both public topics use this function and no other.
"""

from datetime import datetime
from enum import StrEnum

from shared.contracts.base import Instant, Value
from shared.contracts.certificates import CertificateIssued
from shared.contracts.swedish_time import end_of_day


class Status(StrEnum):
    """The public status words (process.md, section 8). What is pending is never public."""

    ACTIVE = "active"
    EXPIRED = "expired"


VALID = frozenset({Status.ACTIVE})
"""The status words of a certificate that may be relied upon."""


class Validity(Value):
    """Everything that the status of a certificate rests on.

    Attributes:
        from_at: The instant of issue; the first instant of validity (CER-4).
        until_at: 24:00 Europe/Stockholm of the last valid day: the first instant without (CER-4).
    """

    from_at: Instant
    until_at: Instant


def validity(issued: CertificateIssued) -> Validity:
    """CER-4: return when a certificate is valid, by its issue."""
    return Validity(from_at=issued.issued_at, until_at=end_of_day(issued.valid_until))


def status(validity: Validity, at: datetime) -> Status | None:
    """CER-5: return the status at ``at``; ``None`` before the issue. Total."""
    if at < validity.from_at:
        return None
    return Status.ACTIVE if at < validity.until_at else Status.EXPIRED
