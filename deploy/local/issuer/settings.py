"""What can be configured in the development issuer: prefix ``ISSUER_``."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class IssuerSettings(BaseSettings):
    """The settings of the issuer's process.

    Attributes:
        url: As it stands in ``iss``; no slash at its end.
        folder: Where the signing key is kept.
        client_secret: What every service's own secret ends with.
        people: Who can sign in. None: the people of the checkout.
    """

    model_config = SettingsConfigDict(env_prefix="ISSUER_", frozen=True)

    url: str
    port: int
    folder: Path
    client_secret: SecretStr
    people: Path | None = None
