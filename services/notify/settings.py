"""What can be configured in notify."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.process.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    """Environment variables that begin with ``NOTIFY_``.

    Attributes:
        sender: Mail address that letters come from.
        smtp_start_tls: Whether STARTTLS is demanded; ``None``: used where the server offers it.
        site_url: Where people sign in; it stands in the letters.
        intake_url: Asked for recipients and for the words of decisions on applications.
        review_url: Asked for the words of decisions on certification.
        certificates_url: Where a number can be looked up; it stands in the letters.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFY_", frozen=True, extra="ignore")

    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 19025
    smtp_start_tls: bool | None = None
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    sender: str = "certifiering@sigill.example"
    site_url: str = "http://127.0.0.1:18101/docs"
    intake_url: str = "http://127.0.0.1:18101"
    review_url: str = "http://127.0.0.1:18102"
    certificates_url: str = "http://127.0.0.1:18103"
