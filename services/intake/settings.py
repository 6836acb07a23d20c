"""What can be configured in intake."""

from pydantic_settings import SettingsConfigDict

from shared.process import ServiceSettings


class Settings(ServiceSettings):
    """Environment variables that begin with ``INTAKE_``; nothing beyond what every service has."""

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True, extra="ignore")
