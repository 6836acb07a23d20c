"""What can be configured in the review service. Read once, at start, and validated there."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import SettingsConfigDict

from shared.contracts.roles import Role
from shared.process import ServiceSettings

UPLOAD_BYTES: Final = 26_214_400


class Founder(BaseModel):
    """One of the first appointments, entered at installation (APT-2).

    Attributes:
        person: Pseudonym, as the issuer names the person.
        role: ``steering_group`` or ``project_leader``.
        valid_until: The last valid day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: UUID
    role: Role
    schemes: tuple[str, ...] = ("v1",)
    valid_from: date = date(2018, 3, 1)
    valid_until: date = date(2027, 12, 31)


class Settings(ServiceSettings):
    """Environment variables that begin with ``REVIEW_``. Units stand last in the names.

    Attributes:
        founders: JSON list; who was appointed already is not entered again.
        evidence_url: Of the object store that keeps uploaded files, e.g. ``s3://bucket/prefix``;
            ``""``: the local ``evidence_folder``.
        upload_bytes_max: Of one file.
    """

    model_config = SettingsConfigDict(env_prefix="REVIEW_", frozen=True, extra="ignore")

    founders: tuple[Founder, ...] = ()
    evidence_url: str = ""
    evidence_folder: Path = Path(".local/data/evidence")
    upload_bytes_max: Annotated[int, Field(ge=1_024, le=1_073_741_824)] = UPLOAD_BYTES
