"""What may be asked of a certificate number."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TakeNumber:
    """Take ``number`` for one certificate and for no other."""

    number: str
    certificate_id: UUID
    at: datetime


NumberCommand = TakeNumber
