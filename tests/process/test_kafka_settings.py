"""How Kafka is reached, as settings say it."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from certifi import where
from pydantic import ValidationError

from tests.process.example import Settings

GIVEN = {
    "database_dsn": "d",
    "relay_dsn": "r",
    "kafka_bootstrap_servers": "kafka:9092",
    "http_port": 1,
    "issuer_url": "http://issuer",
    "client_secret": "s",
    "vault_master_key": "A" * 43 + "=",
    "ledger_folder": Path("ledger"),
}
NAMED = {"kafka_username": "sigill", "kafka_password": "not-to-be-told"}


def settings(**more: Any) -> Settings:
    """Return settings with ``more`` in them."""
    return Settings.model_validate(GIVEN | more)


def test_in_the_clear_unless_told() -> None:
    """House: the local stack; nothing of it is secret or signed there."""
    assert settings().brokers.arguments()["security_protocol"] == "PLAINTEXT"


def test_over_tls_the_broker_must_show_who_it_is() -> None:
    """House: encryption with whoever answers protects from nobody."""
    said = settings(kafka_tls=True, kafka_ca_file=where()).brokers.arguments()
    context = said["ssl_context"]
    assert said["security_protocol"] == "SSL"
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_name_is_told_with_its_password() -> None:
    """House: SCRAM-SHA-512 over TLS; the password stands in no text of ours."""
    told = settings(kafka_tls=True, **NAMED)
    said = told.brokers.arguments()
    assert (said["security_protocol"], said["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (said["sasl_plain_username"], said["sasl_plain_password"]) == tuple(NAMED.values())
    assert NAMED["kafka_password"] not in f"{told!r} {told.brokers!r}"


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (NAMED, "kafka_username"),
        ({"kafka_ca_file": where()}, "kafka_ca_file"),
        ({"kafka_tls": True, "kafka_username": "sigill"}, "kafka_password"),
        ({"kafka_tls": True, "kafka_password": "x"}, "kafka_password"),
        ({"kafka_tls": True, "kafka_ca_file": __file__}, "kafka_ca_file"),
        ({"kafka_tls": True, "kafka_ca_file": "/nowhere"}, "kafka_ca_file"),
    ],
)
def test_half_of_it_is_refused_at_the_start(more: dict[str, Any], wrong: str) -> None:
    """House: not at the first connection."""
    with pytest.raises(ValidationError) as refused:
        settings(**more)
    assert wrong in {each["loc"][0] for each in refused.value.errors()}
