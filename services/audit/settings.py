"""What can be configured in audit."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.settings import Milliseconds, ServiceSettings


class Settings(ServiceSettings):
    """Environment variables that begin with ``AUDIT_``.

    Attributes:
        gap_patience_ms: How long nothing may change about a position that stays away, while later
            ones are here, before it is an alarm, once audit has read all that is on the topic.
        gap_poll_interval_ms: How often the mirrors are looked over.
        log_keys: JSON object: by service, the file with the public keys of its log, one a line.
            Never taken from the log itself; a log without keys is not witnessed.
        intake_url: Where the log of intake is served, and so for each service; ``""``: it is not
            asked for its checkpoints.
        witness_poll_interval_ms: How often each log is asked.
        unsealed_patience_ms: How long a record may be mirrored before a checkpoint of its log covers
            it: many times the logs' ``ledger_interval_ms``. Two looks that wait for an answer in
            vain are added to it before the alarm, which is to come within 60 s.
    """

    model_config = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, extra="ignore")

    gap_patience_ms: Milliseconds = 30_000
    gap_poll_interval_ms: Milliseconds = 2_000
    log_keys: Mapping[str, Path] = Field(default_factory=dict[str, Path])
    intake_url: str = ""
    review_url: str = ""
    certificates_url: str = ""
    notify_url: str = ""
    audit_url: str = ""
    witness_poll_interval_ms: Milliseconds = 2_000
    unsealed_patience_ms: Milliseconds = 40_000

    def ledger_url(self, service: str) -> str:
        """Return where the log of ``service`` is served; ``""``: it is not known."""
        urls = {
            "intake": self.intake_url,
            "review": self.review_url,
            "certificates": self.certificates_url,
            "notify": self.notify_url,
            "audit": self.audit_url,
        }
        return urls[service].rstrip("/")
