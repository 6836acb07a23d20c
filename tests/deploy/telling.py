"""What a container is told, held against what a program can be told."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import get_args

import pytest
from certifi import where
from opentelemetry.sdk import environment_variables as otel

from deploy.local.settings import CHECKOUT, SERVICES
from shared.process import ServiceSettings
from shared.process.roles import Role

KNOWN_OTEL = {str(value) for name, value in vars(otel).items() if name.startswith("OTEL_")} | {
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
}
"""The SDK reads these by itself, or ``shared/telemetry/export.py`` does."""
STREAMS, MIGRATE = "streams", "migrate"


def processes() -> set[tuple[str, str]]:
    """Return every service with every role that a container can be."""
    roles = {*get_args(Role), MIGRATE} - {"all"}
    streams = {s for s in SERVICES if (CHECKOUT / "services" / s / "streams.py").exists()}
    return {(s, r) for s in SERVICES for r in roles} | {(s, STREAMS) for s in streams}


def settings_of(service: str) -> type[ServiceSettings]:
    """Return the class of the settings of ``service``."""
    found: type[ServiceSettings] = import_module(f"services.{service}.settings").Settings
    assert issubclass(found, ServiceSettings)
    return found


def unknown(service: str, told: Iterable[str]) -> Iterator[str]:
    """Yield the names in ``told`` that no program of ``service`` reads."""
    prefix = f"{service.upper()}_"
    fields = {f"{prefix}{name.upper()}" for name in settings_of(service).model_fields}
    for name in told:
        if name not in fields and name not in KNOWN_OTEL:
            yield name


def understood(
    monkeypatch: pytest.MonkeyPatch, service: str, told: Mapping[str, str]
) -> ServiceSettings:
    """Return the settings of ``service`` told this and nothing else; fails when one is missing.

    Whom Kafka's brokers are vouched for by is read from a file, which is not here: another is.
    """
    settings = settings_of(service)
    with monkeypatch.context() as only:
        for name in settings.model_fields:
            only.delenv(f"{service.upper()}_{name.upper()}", raising=False)
        for name, value in told.items():
            only.setenv(name, where() if name.endswith("_KAFKA_CA_FILE") else value)
        return settings()
