"""What can be configured in certificates."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.settings import Milliseconds, ServiceSettings


class Settings(ServiceSettings):
    """Environment variables that begin with ``CERTIFICATES_``.

    Attributes:
        issuer_name: Who issues: the owner of the scheme (Q-001).
        public_max_age_s: How long a public answer may be kept; with the time that a change takes
            to the view it stays under the publication objective of 60 seconds (K-35).
        register_check_ms: How long ``check-register`` waits for table and view to stand at the
            same position.
    """

    model_config = SettingsConfigDict(env_prefix="CERTIFICATES_", frozen=True, extra="ignore")

    issuer_name: Annotated[str, Field(min_length=1, max_length=200)] = "SKOOPI"
    public_max_age_s: Annotated[int, Field(ge=0, le=60)] = 30
    register_check_ms: Milliseconds = 30_000
