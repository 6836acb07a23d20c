"""What every service can be configured with. A service subclasses and adds its own."""

import ssl
from base64 import b64decode
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kafka import Brokers

MASTER_KEY_BYTES = 32

Milliseconds: TypeAlias = Annotated[int, Field(ge=10, le=600_000)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65_535)]


class ServiceSettings(BaseSettings):
    """Environment variables with the prefix of the service, e.g. ``REVIEW_DATABASE_DSN``.

    Validated at start, before anything is opened. The addresses with a password in them are
    secrets, so that no log entry and no exception shows one.

    Attributes:
        database_dsn: Of the service's database, as the role ``<service>_app``.
        relay_dsn: The same database, as the role ``<service>_relay``.
        database_admin_dsn: The same database, as a role that may create databases and roles; only
            ``migrate`` and the commands of an operator need it.
        kafka_tls: Whether Kafka's brokers are spoken to in TLS, and must show who they are.
        kafka_ca_file: PEM of whoever vouches for the brokers; ``None``: whom the machine trusts.
        kafka_username: As whom, by SCRAM-SHA-512; ``None``: as nobody.
        kafka_replication: Copies that ``migrate`` has Kafka keep of each topic.
        http_host: Where the API listens; of the other roles, where health is asked.
        health_port: Where ``worker``, ``relay`` and ``streams`` answer about their health when
            they stand alone; ``None``: nowhere.
        issuer_url: Of the OIDC issuer, as it stands in ``iss``.
        audience: Whom a token must be made for; ``""``: the name of the service.
        client_id: As whom the service asks the issuer for tokens; ``""``: its own name.
        vault_master_key: 32 bytes in base64; it wraps the keys of the vault.
        ledger_folder: Where the signer keeps its keys and what it signed last, and where erasures
            are remembered, apart from the database and its backups; the same folder for all.
        ledger_origin_prefix: What the names of the logs begin with in checkpoints, e.g.
            ``certification.example/``; never changed afterwards.
        ledger_interval_ms: Between two signed checkpoints, at least.
        simulated_time: Whether the database is made for a clock that can be moved; its
            records never pass for real ones. Must agree with the clock of the process.
        request_body_bytes_max: Uploads have a limit of their own.
        database_connections_max: Of one process, the committer's and the listener's apart.
        wait_for_position_ms: How long a list waits for its view before it answers 503.
        stalled_after_ms: How long a part that has work may stand still before readiness names it.
        view_poll_interval_ms: How often views are looked at although nobody said anything.
        drain_ms: From SIGTERM, when readiness goes off, until the door is closed at least.
        shutdown_grace_ms: From the end of the drain until what is still under way is cut off.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_dsn: SecretStr
    relay_dsn: SecretStr
    database_admin_dsn: SecretStr | None = None
    kafka_bootstrap_servers: str
    kafka_tls: bool = False
    kafka_ca_file: Path | None = None
    kafka_username: Annotated[str, Field(min_length=1)] | None = None
    kafka_password: Annotated[SecretStr | None, Field(validate_default=True)] = None
    kafka_replication: Annotated[int, Field(ge=1, le=9)] = 1
    http_host: str = "127.0.0.1"
    http_port: Port
    health_port: Port | None = None
    issuer_url: str
    audience: str = ""
    client_id: str = ""
    client_secret: SecretStr
    vault_master_key: SecretStr
    ledger_folder: Path
    ledger_origin_prefix: str = ""
    ledger_interval_ms: Milliseconds = 2_000
    simulated_time: bool = False
    request_body_bytes_max: Annotated[int, Field(ge=1_024, le=1_048_576)] = 65_536
    database_connections_max: Annotated[int, Field(ge=4, le=100)] = 12
    relay_poll_interval_ms: Milliseconds = 200
    view_poll_interval_ms: Milliseconds = 1_000
    timer_poll_interval_ms: Milliseconds = 200
    wait_for_position_ms: Milliseconds = 2_000
    stalled_after_ms: Milliseconds = 20_000
    shutdown_grace_ms: Milliseconds = 10_000
    drain_ms: Annotated[int, Field(ge=0, le=60_000)] = 0

    @field_validator("vault_master_key")
    @classmethod
    def _whole_key(cls, value: SecretStr) -> SecretStr:
        """Refuse a key of another length at once, and not at the first sealed value."""
        if len(b64decode(value.get_secret_value(), validate=True)) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key is {MASTER_KEY_BYTES} bytes in base64")
        return value

    @field_validator("kafka_ca_file", "kafka_username")
    @classmethod
    def _over_tls(cls, value: object, info: ValidationInfo) -> object:
        """Refuse what would be told to, or believed of, whoever answers."""
        if value is not None and not info.data.get("kafka_tls"):
            raise ValueError("nothing without kafka_tls")
        return value

    @field_validator("kafka_ca_file")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        """Refuse at once what vouches for nobody."""
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:
            raise ValueError("not a file of certificates in PEM") from error
        return value

    @field_validator("kafka_password")
    @classmethod
    def _with_name(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Refuse half of what names us."""
        if (value is None) != (info.data.get("kafka_username") is None):
            raise ValueError("kafka_username and kafka_password go together")
        return value

    @property
    def brokers(self) -> Brokers:
        """Return how Kafka is reached."""
        tls = ssl.create_default_context(cafile=self.kafka_ca_file) if self.kafka_tls else None
        password = None if self.kafka_password is None else self.kafka_password.get_secret_value()
        return Brokers(self.kafka_bootstrap_servers, tls, self.kafka_username, password)

    @property
    def master_key(self) -> bytes:
        """Return the bytes of the master key."""
        return b64decode(self.vault_master_key.get_secret_value(), validate=True)
