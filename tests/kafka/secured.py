"""A broker that speaks TLS only, and only to whom it knows; its certificates are made here."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.local.kafka import Kafka
from deploy.local.ports import free_ports
from deploy.local.processes import Processes
from deploy.local.settings import LOOPBACK, StackSettings
from deploy.local.stack import await_answer
from shared.clock import now

USER: Final = "sigill"
LISTENER: Final = """\
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller},SECURED://{host}:{secured}
advertised.listeners=BROKER://{host}:{port},SECURED://{host}:{secured}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL
listener.name.secured.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secured.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secured.ssl.keystore.type=PEM
listener.name.secured.ssl.keystore.location={keystore}
"""
"""What stands last counts: the broker's own listener stays as it is, for itself."""


@dataclass(frozen=True, slots=True)
class Secured:
    """How the broker is reached by whom it knows.

    Attributes:
        ca: Who vouches for it, in PEM.
        stranger: Who vouches for nobody here, in PEM.
    """

    servers: str
    ca: Path
    stranger: Path
    password: str = field(repr=False)

    def told(self, **instead: str) -> dict[str, str]:
        """Return the settings of a service, without its prefix, and some of them ``instead``."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "KAFKA_TLS": "true",
            "KAFKA_CA_FILE": str(self.ca),
            "KAFKA_USERNAME": USER,
            "KAFKA_PASSWORD": self.password,
            **instead,
        }


class SecuredKafka(Kafka):
    """A broker with a listener more."""

    def __init__(
        self, settings: StackSettings, secured: int, keystore: Path, password: str
    ) -> None:
        super().__init__(settings)
        self.users = ("--add-scram", f"SCRAM-SHA-512=[name={USER},password={password}]")
        ((port, controller),) = settings.kafka_ports
        self._listener = LISTENER.format(
            host=LOOPBACK,
            port=port,
            controller=controller,
            secured=secured,
            keystore=keystore,
        )

    def properties(self) -> str:
        """Return what the broker is told."""
        return super().properties() + self._listener


@contextmanager
def secured_broker(folder: Path) -> Generator[Secured]:
    """Start it below ``folder``, yield how it is reached, and stop it."""
    port, controller, secured = free_ports(3)
    settings = StackSettings.model_validate(
        {
            "local_dir": folder,
            "parts_dir": StackSettings().parts,
            "kafka_port": port,
            "kafka_controller_port": controller,
        }
    )
    password = secrets.token_urlsafe(24)
    ca, keystore = certified(folder)
    stranger, _ = certified(folder / "stranger")
    kafka = SecuredKafka(settings, secured, keystore, password)
    processes = Processes(run=settings.run, log=settings.log)
    kafka.prepare()
    processes.start(kafka.name, kafka.launch())
    try:
        await_answer(kafka.name, kafka.answers, processes)
        yield Secured(f"{LOOPBACK}:{secured}", ca, stranger, password)
    finally:
        processes.stop(kafka.name, gently=kafka.stop_signal)


def certified(folder: Path) -> tuple[Path, Path]:
    """Write an authority's certificate, and a broker's key and certificate from it, both in PEM."""
    folder.mkdir(parents=True, exist_ok=True)
    own, brokers = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
    authority = _begun(name, name, own.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(LOOPBACK))])
    broker = _begun(x509.Name([]), name, brokers.public_key()).add_extension(here, critical=True)
    ca, keystore = folder / "ca.pem", folder / "broker.pem"
    ca.write_bytes(authority.sign(own, hashes.SHA256()).public_bytes(Encoding.PEM))
    key = brokers.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keystore.write_bytes(key + broker.sign(own, hashes.SHA256()).public_bytes(Encoding.PEM))
    return ca, keystore


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    """Return a certificate for a day, before it is signed."""
    today = now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(hours=1))
        .not_valid_after(today + timedelta(days=1))
    )
