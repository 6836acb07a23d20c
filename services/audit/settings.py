"""What can be configured in audit."""

from pydantic_settings import SettingsConfigDict

from shared.process.settings import Milliseconds, ServiceSettings


class Settings(ServiceSettings):
    """Environment variables that begin with ``AUDIT_``.

    Attributes:
        gap_patience_ms: How long a position may stay away, while later ones are here, before it
            is an alarm.
        gap_poll_interval_ms: How often the mirrors are looked at.
    """

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    gap_patience_ms: Milliseconds = 30_000
    gap_poll_interval_ms: Milliseconds = 2_000
