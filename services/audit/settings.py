"""What can be configured in audit."""

from pydantic_settings import SettingsConfigDict

from shared.process.settings import Milliseconds, ServiceSettings


class Settings(ServiceSettings):
    """Environment variables that begin with ``AUDIT_``.

    Attributes:
        gap_patience_ms: How long nothing may change about a position that stays away, while later
            ones are here, before it is an alarm. Longer than Kafka needs to give a partition to
            another member: what is held back there is late, not lost.
        gap_poll_interval_ms: How often the mirrors are looked over.
    """

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    gap_patience_ms: Milliseconds = 60_000
    gap_poll_interval_ms: Milliseconds = 2_000
