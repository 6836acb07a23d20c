"""The services on top of the stack: set up, started, awaited, stopped, each in its own process.

A service is there when ``services/<name>/main.py`` is. Every one is first asked to ``migrate``,
then runs in its role ``all``; one that has a ``streams.py`` runs in the role ``streams`` too.
"""

import json
import secrets
import signal
import time
from base64 import b64encode
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.each import AT_ONCE
from deploy.local.errors import StackError
from deploy.local.issuer.keys import write_secret
from deploy.local.part import answers_with_ok
from deploy.local.people import people
from deploy.local.ports import is_open, require_free
from deploy.local.processes import Launch, module
from deploy.local.settings import (
    CHECKOUT,
    LOOPBACK,
    SERVICES,
    inherited_environment,
    service_secret,
)
from deploy.local.stack import Stack, await_answer, silent

ASKED_TIMEOUT_S = 120
MIGRATE = "migrate"
SENDER = "sigill@sigill.example"
_KEY_BYTES = 32
_STREAMS = "-streams"
_ZIPKIN_TIMEOUT_S = "10"
"""The viewer is slow while its Java is cold, and what it does not take in time is dropped."""


class House:
    """The services of one stack.

    As a context manager it starts on entry and stops on exit; the stack must run already.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        services: tuple[str, ...] | None = None,
        package: str = "services",
        say: Callable[[str], None] = silent,
    ) -> None:
        """Know the services; start nothing.

        Args:
            stack: The parts they use. Its clock is the house's clock too.
            services: None: those that are there.
            package: Where they are.
            say: Told about each step.
        """
        self.stack = stack
        self._package = package
        self._say = say
        self.services = present(package) if services is None else services

    def url(self, service: str) -> str:
        """Return the address of the API of ``service``."""
        return f"http://{LOOPBACK}:{self.stack.settings.port_of(service)}"

    def start(self) -> Self:
        """Set up and start every service, and return when each says that it is ready.

        Raises:
            StackError: One cannot; the message says why, with its last words.
        """
        with self.stack.alone():
            idle = [one for one in self.services if not self._runs_so(one, self._planned(one))]
            if idle:
                self._migrate(idle)
            for process in self._processes():
                self._launch(process)
            for process in self._processes():
                self._await(process)
        return self

    def require_ports(self) -> None:
        """Do nothing when every process that does not run could listen.

        Raises:
            StackError: See ``Stack.require_ports``.
        """
        for process in self._processes():
            if self.stack.processes.running(process) is None:
                require_free(process, self._ports(process))

    def stop(self) -> None:
        """Stop every service, the streams with it, all at once."""
        processes = list(self._processes())
        if not processes:
            return
        with self.stack.alone(), ThreadPoolExecutor(len(processes)) as pool:
            list(pool.map(self._stop, processes))

    def kill(self, process: str) -> None:
        """End a service (or ``<service>-streams``) as a crash would."""
        self.stack.processes.kill(process)

    def restart(self, process: str) -> None:
        """Start a service again, after stopping it if it runs, and wait until it is ready."""
        with self.stack.alone():
            self._stop(process)
            self._launch(process)
            self._await(process)

    def ready(self, process: str) -> bool:
        """Return whether a service, or its streams, says that it is ready."""
        port = self.stack.settings.port_of(process)
        return is_open(port) and answers_with_ok(f"http://{LOOPBACK}:{port}/readyz")

    def processes(self) -> tuple[str, ...]:
        """Return the names of all processes, in the order in which they start."""
        return tuple(self._processes())

    def environment(self, service: str) -> dict[str, str]:
        """Return what is said to ``service`` by its environment, but for the database's admin."""
        prefix = service.upper()
        values = {
            "DATABASE_DSN": self._dsn(service, "app"),
            "RELAY_DSN": self._dsn(service, "relay"),
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.kafka_bootstrap,
            "KAFKA_REPLICATION": str(self.stack.settings.brokers),
            "HTTP_HOST": LOOPBACK,
            "HTTP_PORT": str(self.stack.settings.port_of(service)),
            "ISSUER_URL": self.stack.issuer_url,
            "CLIENT_SECRET": service_secret(
                service, self.stack.settings.client_secret.get_secret_value()
            ),
            "VAULT_MASTER_KEY": self._vault_key(service),
            "LEDGER_FOLDER": str(self.stack.settings.data / "ledger"),
            "SIMULATED_TIME": "true" if self.stack.settings.clock_file else "false",
            **{f"{other.upper()}_URL": self.url(other) for other in SERVICES if other != service},
            **self._of_one(service),
        }
        named = {f"{prefix}_{name}": value for name, value in values.items()}
        return named | self._of_all(service)

    def operator_environment(self, service: str) -> dict[str, str]:
        """Return what is said to an operator's command of ``service``: the admin's DSN too."""
        admin = {f"{service.upper()}_DATABASE_ADMIN_DSN": self.stack.postgres_admin_dsn}
        return self.environment(service) | admin

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _of_one(self, service: str) -> dict[str, str]:
        """Return what only ``service`` is told."""
        if service == "notify":
            return {
                "SMTP_HOST": self.stack.smtp_host,
                "SMTP_PORT": str(self.stack.smtp_port),
                "SENDER": SENDER,
            }
        if service == "review":
            folder = self.stack.settings.data / "evidence"
            folder.mkdir(parents=True, exist_ok=True)
            return {"EVIDENCE_URL": folder.as_uri(), "FOUNDERS": founders()}
        if service == "audit":
            ledgers = self.stack.settings.data / "ledger"
            keys = {other: str(ledgers / other / "log" / "verifier-keys") for other in SERVICES}
            return {"LOG_KEYS": json.dumps(keys), "AUDIT_URL": self.url("audit")}
        return {}

    def _of_all(self, service: str) -> dict[str, str]:
        """Return the names without a prefix: the clock, and where traces go."""
        clock = self.stack.settings.clock_file
        zipkin = self.stack.zipkin_url
        telemetry = {
            "OTEL_TRACES_EXPORTER": "zipkin" if zipkin else "none",
            "OTEL_METRICS_EXPORTER": "none",
        }
        if zipkin:
            telemetry["OTEL_EXPORTER_ZIPKIN_ENDPOINT"] = f"{zipkin}/api/v2/spans"
            telemetry["OTEL_EXPORTER_ZIPKIN_TIMEOUT"] = _ZIPKIN_TIMEOUT_S
        inherited = inherited_environment()  # a collector that somebody chose stays chosen
        return {
            "OTEL_SERVICE_NAME": service,
            **({"SIGILL_CLOCK": str(clock)} if clock else {}),
            **{name: value for name, value in telemetry.items() if name not in inherited},
        }

    def _dsn(self, service: str, role: str) -> str:
        """Return how ``service`` reaches its database in ``role``."""
        return self.stack.dsn(
            user=f"{service}_{role}",
            password=self.stack.settings.service_password.get_secret_value(),
            database=service,
        )

    def _vault_key(self, service: str) -> str:
        """Return the master key of ``service``, made once per data folder."""
        place = self.stack.settings.data / "vault" / f"{service}.key"
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            write_secret(place, b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
        return place.read_text()

    def _processes(self) -> Iterator[str]:
        """Yield the names of all processes."""
        yield from self.services
        for service in self.services:
            if _has(self._package, service, "streams"):
                yield f"{service}{_STREAMS}"

    def ask_each(self, services: Sequence[str], *words: str, at_once: bool = False) -> str | None:
        """Run an operator's command of each service; return which one ended badly, or None.

        What they said is in the log of that name. Unless all are asked ``at_once``, nobody is asked
        after one that ended badly.
        """
        launch = self._asking(services, words, at_once=at_once)
        failed = self.stack.processes.run(words[0], launch, timeout_s=ASKED_TIMEOUT_S)
        return None if failed == 0 else dict(enumerate(services, 1)).get(failed, words[0])

    def _asking(self, services: Sequence[str], words: Sequence[str], *, at_once: bool) -> Launch:
        """Return how a command of each service is run."""
        told = [self.operator_environment(service) for service in services]
        mains = [f"{self._package}.{service}.main" for service in services]
        how = (AT_ONCE,) if at_once else ()
        return Launch(
            argv=module("deploy.local.each", *how, *words, "--", *mains),
            cwd=CHECKOUT,
            env=dict(ChainMap({"OTEL_SERVICE_NAME": words[0]}, *told)),
            inherited=inherited_environment(),
            warm=True,
        )

    def _migrate(self, services: Sequence[str]) -> None:
        """Make or change databases, topics and grants of ``services``; safe to repeat."""
        began, processes = time.monotonic(), self.stack.processes
        if failed := self.ask_each(services, MIGRATE, at_once=True):
            words, log = processes.last_words(MIGRATE), processes.log_file(MIGRATE)
            raise StackError(f"{failed} cannot set up its database and topics: {log}\n{words}")
        self._say(f"databases and topics: set up after {time.monotonic() - began:.1f} s")

    def _planned(self, process: str) -> Launch:
        """Return how ``process`` should run."""
        service, streams, _ = process.partition(_STREAMS)
        ports = self._ports(process)
        own = {f"{service.upper()}_HEALTH_PORT": str(*ports.values())} if streams else {}
        return Launch(
            argv=module(f"{self._package}.{service}.main", "streams" if streams else "all"),
            cwd=CHECKOUT,
            env=self.environment(service) | own,
            inherited=inherited_environment(),
            ports=ports,
            warm=True,
        )

    def _ports(self, process: str) -> dict[str, int]:
        """Return the port of ``process``, by the setting that chooses it."""
        setting = f"SIGILL_{process.upper().replace('-', '_')}_PORT"
        return {setting: self.stack.settings.port_of(process)}

    def _runs_so(self, process: str, launch: Launch) -> bool:
        """Return whether ``process`` runs as ``launch`` says."""
        record = self.stack.processes.running(process)
        return record is not None and record.digest == launch.digest()

    def _launch(self, process: str) -> None:
        """Start ``process``, or start it anew when it runs otherwise than it should."""
        launch = self._planned(process)
        if self._runs_so(process, launch):
            return
        self._stop(process)
        require_free(process, launch.ports)
        self.stack.processes.start(process, launch)

    def _await(self, process: str) -> None:
        """Return when ``process`` is ready."""
        began = time.monotonic()
        await_answer(process, lambda: self.ready(process), self.stack.processes)
        self._say(f"{process}: ready after {time.monotonic() - began:.1f} s")

    def _stop(self, process: str) -> None:
        if self.stack.processes.stop(process, gently=signal.SIGTERM):
            self._say(f"{process}: stopped")


def founders() -> str:
    """Return who is appointed at installation, as JSON: the first of each (APT-2)."""
    labels = {"PL1": "project_leader", "SG": "steering_group"}
    return json.dumps(
        [{"person": str(people()[label].sub), "role": role} for label, role in labels.items()]
    )


def present(package: str = "services") -> tuple[str, ...]:
    """Return the services that are there, in the order of the process."""
    return tuple(service for service in SERVICES if _has(package, service, "main"))


def _has(package: str, service: str, floor: str) -> bool:
    """Return whether ``service`` has the file ``floor``."""
    return (CHECKOUT / Path(*package.split(".")) / service / f"{floor}.py").exists()
