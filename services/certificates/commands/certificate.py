"""What may be asked of a certificate."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PrepareCertificate:
    """Put on record what will be issued; issuing waits for agreement and fee (CER-3).

    Attributes:
        certificate_id: Made from the decision's: one decision, one certificate (CER-1).
        scheme: Version of the criteria that the decision rests on.
    """

    certificate_id: UUID
    application_id: UUID
    decision_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    at: datetime


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Issue what was prepared.

    Attributes:
        number: Taken for this certificate in the same append.
        at: The instant of issue; validity starts with it (CER-4).
    """

    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentToListing:
    """Let the holder's name stand in the public register.

    Attributes:
        organisation_number: Whom the caller acts for; only the holder may consent.
    """

    organisation_number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Take the holder's name out of the public register.

    Attributes:
        organisation_number: Whom the caller acts for; only the holder may withdraw.
    """

    organisation_number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpireCertificate:
    """Put on record that the last valid day is over.

    Attributes:
        at: The instant that was due; the event is true from the end of validity (GEN-5).
    """

    at: datetime


Consent = ConsentToListing | WithdrawConsent
CertificateCommand = PrepareCertificate | IssueCertificate | Consent | ExpireCertificate
