"""What can be configured in the local stack: ports, folders, memory.

Every setting is read from an environment variable of its name with the prefix ``SIGILL_``
(``SIGILL_KAFKA_PORT``), but ``DATABASE_URL``, whose name is a habit everywhere.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
SERVICES = ("intake", "review", "certificates", "notify", "audit")
"""Every service with an address, in the order of the process."""

_PASSED_ON = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")


class StackSettings(BaseSettings):
    """The settings of one local stack.

    Attributes:
        local_dir: Where parts, data, process ids and logs of a checkout lie.
        parts_dir: Where fetched programs lie; several stacks may share it. None: below
            `local_dir`.
        brokers: How many Kafka brokers; three keep three copies of every topic.
        kafka_controller_port: Kafka's own, for its metadata.
        client_secret: What every service's secret at the issuer ends with.
        service_password: Of every service's database roles.
        people: Who can sign in, in the form of ``people.json``. None: the people of that file.
        database_url: A PostgreSQL of version 15 or newer, as its superuser. None: one of our own.
        clock: The file that holds the simulated time. None: the one among the data, if there is
            one; else the wall clock.
        maven_repository: The address of a mirror to take jars from. None: the public repository.
    """

    model_config = SettingsConfigDict(
        env_prefix="SIGILL_", frozen=True, extra="ignore", populate_by_name=True
    )

    local_dir: Path = CHECKOUT / ".local"
    parts_dir: Path | None = None
    brokers: Annotated[Literal[1, 3], BeforeValidator(int)] = 1
    kafka_port: int = 19192
    kafka_controller_port: int = 19193
    kafka_2_port: int = 19194
    kafka_2_controller_port: int = 19195
    kafka_3_port: int = 19196
    kafka_3_controller_port: int = 19197
    kafka_memory_mb: int = 384
    postgres_port: int = 19432
    postgres_password: SecretStr = SecretStr("local-only")
    postgres_shared_buffers_mb: int = 64
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("database_url", "DATABASE_URL")
    )
    zipkin_port: int = 19411
    zipkin_memory_mb: int = 256
    traces: Literal["on", "off"] = "on"
    smtp_port: int = 19025
    issuer_port: int = 18100
    intake_port: int = 18101
    review_port: int = 18102
    certificates_port: int = 18103
    notify_port: int = 18104
    audit_port: int = 18105
    certificates_streams_port: int = 18113
    client_secret: SecretStr = SecretStr("local-only")
    service_password: SecretStr = SecretStr("local-only")
    people: Path | None = None
    clock: Path | None = None
    maven_repository: str | None = None

    @property
    def parts(self) -> Path:
        """The folder of fetched programs."""
        return (self.parts_dir or self.local_dir / "parts").resolve()

    @property
    def data(self) -> Path:
        """The folder of everything that survives a stop."""
        return self.local_dir.resolve() / "data"

    @property
    def run(self) -> Path:
        """The folder of process ids."""
        return self.local_dir.resolve() / "run"

    @property
    def log(self) -> Path:
        """The folder of what the processes say."""
        return self.local_dir.resolve() / "log"

    @property
    def clock_file(self) -> Path | None:
        """The file that holds the simulated time; None: the wall clock."""
        own = self.data / "clock"
        if self.clock is not None:
            return self.clock.absolute()
        return own if own.exists() else None

    @property
    def kafka_ports(self) -> tuple[tuple[int, int], ...]:
        """The port and the controller's port of each broker, by its number."""
        every = (
            (self.kafka_port, self.kafka_controller_port),
            (self.kafka_2_port, self.kafka_2_controller_port),
            (self.kafka_3_port, self.kafka_3_controller_port),
        )
        return every[: self.brokers]

    def port_of(self, process: str) -> int:
        """Return where the service ``process`` serves its API, or its streams their health."""
        return {
            "intake": self.intake_port,
            "review": self.review_port,
            "certificates": self.certificates_port,
            "certificates-streams": self.certificates_streams_port,
            "notify": self.notify_port,
            "audit": self.audit_port,
        }[process]


def service_secret(service: str, secret: str) -> str:
    """Return what ``service`` proves itself to the issuer with; ``secret`` is the common end."""
    return f"{service}-{secret}"


def inherited_environment() -> dict[str, str]:
    """Return the whole environment of this process: what the services get besides their own."""
    return dict(os.environ)  # noqa: TID251 -- this is the room for it


def bare_environment() -> dict[str, str]:
    """Return the little that a part needs: nothing that could change how it behaves."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}  # noqa: TID251 -- this is the room for it
