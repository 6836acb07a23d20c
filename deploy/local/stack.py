"""The parts together: start what does not run, wait for real answers, stop it again.

A `Stack` holds nothing that the folder ``run/`` does not tell as well, so whoever makes a second
one with the same settings sees and stops the same processes.
"""

import fcntl
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.errors import StackError
from deploy.local.fetch import fetched
from deploy.local.issuer.part import Issuer
from deploy.local.kafka import Kafka
from deploy.local.mailsink import MailSink
from deploy.local.part import Part, shown
from deploy.local.ports import require_free
from deploy.local.postgres import Postgres, require_server, with_user
from deploy.local.processes import Processes
from deploy.local.settings import LOOPBACK, StackSettings
from deploy.local.zipkin import Zipkin

START_TIMEOUT_S = 120.0
_POLL_S = 0.1


def silent(_line: str) -> None:
    """Say nothing."""


class Stack:
    """The local stack of one folder.

    As a context manager it starts on entry and stops on exit.
    """

    def __init__(
        self, settings: StackSettings | None = None, *, say: Callable[[str], None] = silent
    ) -> None:
        """Know the parts; start nothing.

        Args:
            settings: None: read from the environment.
            say: Told about each step.
        """
        self.settings = settings or StackSettings()
        self.processes = Processes(run=self.settings.run, log=self.settings.log)
        self._say = say
        self.parts: dict[str, Part] = {part.name: part for part in _parts(self.settings)}

    @property
    def kafka_bootstrap(self) -> str:
        """Where Kafka's clients begin."""
        return ",".join(f"{LOOPBACK}:{port}" for port, _ in self.settings.kafka_ports)

    @property
    def postgres_admin_dsn(self) -> str:
        """How the superuser connects."""
        return self.settings.database_url or Postgres(self.settings).admin_dsn()

    def dsn(self, *, user: str, password: str, database: str) -> str:
        """Return how ``user`` connects to ``database``."""
        return with_user(self.postgres_admin_dsn, user=user, password=password, database=database)

    @property
    def zipkin_url(self) -> str | None:
        """The trace viewer's address; None when traces are off."""
        if self.settings.traces == "off":
            return None
        return f"http://{LOOPBACK}:{self.settings.zipkin_port}"

    @property
    def issuer_url(self) -> str:
        """The issuer, as it stands in ``iss``."""
        return f"http://{LOOPBACK}:{self.settings.issuer_port}"

    @property
    def smtp_host(self) -> str:
        """Where mail is sent."""
        return LOOPBACK

    @property
    def smtp_port(self) -> int:
        """The port where mail is sent."""
        return self.settings.smtp_port

    @property
    def mail(self) -> MailSink:
        """The mail sink: its letters, and what it answers."""
        return MailSink(self.settings)

    @property
    def mail_folder(self) -> Path:
        """Where letters are kept."""
        return self.mail.folder

    def start(self) -> Self:
        """Start what does not run, and return when every required part answers.

        Safe to repeat, also from several processes.

        Raises:
            StackError: A part cannot start; the message says why.
        """
        with self.alone():
            if not fetched(self.settings):
                raise StackError("Kafka or Zipkin is not here yet: python -m deploy.local fetch")
            if self.settings.database_url is not None:
                require_server(self.settings.database_url)
            awaited = [part for part in self.parts.values() if part.required]
            with ThreadPoolExecutor(len(awaited)) as pool:
                list(pool.map(self._start, awaited))
            for part in self.parts.values():
                if not part.required:  # last, so that it takes no time from those awaited
                    self._start(part)
        return self

    def require_ports(self) -> None:
        """Do nothing when every part that does not run could listen.

        Raises:
            StackError: A port is taken; the message names the holder and the setting to change.
        """
        for name, part in self.parts.items():
            if self.processes.running(name) is None:
                require_free(name, part.launch().ports)

    def stop(self) -> None:
        """Stop what runs; the data stays."""
        with self.alone(), ThreadPoolExecutor(len(self.parts)) as pool:
            list(pool.map(self._stop, self.parts.values()))

    def kill(self, name: str) -> None:
        """End the part ``name`` as a crash would."""
        self.processes.kill(name)

    def restart(self, name: str) -> None:
        """Start the part ``name``, after stopping it if it runs, and wait for its answer."""
        with self.alone():
            self._stop(self.parts[name])
            self._start(self.parts[name])

    @contextmanager
    def alone(self) -> Generator[None]:
        """Let one process at a time start or stop things; not to be entered twice."""
        self.settings.run.mkdir(parents=True, exist_ok=True)
        with (self.settings.run / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def __enter__(self) -> Self:
        """Start; nothing is left running where a part cannot."""
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _start(self, part: Part) -> None:
        """Start one part; wait for it when it is required."""
        began = time.monotonic()
        launch = part.launch()
        record = self.processes.running(part.name)
        if record is not None and record.digest != launch.digest() and part.light:
            self._stop(part)
            record = None
        if record is None:
            require_free(part.name, launch.ports)
            part.prepare()
            self.processes.start(part.name, launch)
        elif record.ports != launch.ports:
            raise StackError(
                f"{part.name} runs on other ports ({_listed(record.ports)}): stop it first with "
                "python -m deploy.local down"
            )
        if not part.required:
            state = "starting, nothing waits for it" if record is None else "runs already"
            self._say(f"{part.name}: {state} - {part.address()}")
            return
        self._await(part)
        self._say(f"{part.name}: ready after {time.monotonic() - began:.1f} s - {part.address()}")

    def _await(self, part: Part) -> None:
        """Return when ``part`` answers."""
        await_answer(part.name, part.answers, self.processes)

    def _stop(self, part: Part) -> None:
        if self.processes.stop(part.name, gently=part.stop_signal):
            self._say(f"{part.name}: stopped")


def await_answer(name: str, answers: Callable[[], bool], processes: Processes) -> None:
    """Return when the process ``name`` answers.

    Raises:
        StackError: It ended, or did not answer in time; the message holds its last words.
    """
    until = time.monotonic() + START_TIMEOUT_S
    while not answers():
        if processes.running(name) is None:
            how = processes.how_ended(name)
            raise StackError(f"{name} {how} while it started:{_quoted(processes, name)}")
        if time.monotonic() > until:
            raise StackError(
                f"{name} does not answer after {START_TIMEOUT_S:.0f} s:{_quoted(processes, name)}"
            )
        time.sleep(_POLL_S)


def _parts(settings: StackSettings) -> Iterator[Part]:
    """Yield the parts that these settings ask for."""
    for node in range(1, settings.brokers + 1):
        yield Kafka(settings, node)
    if settings.database_url is None:
        yield Postgres(settings)
    yield MailSink(settings)
    yield Issuer(settings)
    if settings.traces == "on":
        yield Zipkin(settings)


def _quoted(processes: Processes, name: str) -> str:
    """Return the last words of ``name`` and where the rest is."""
    words = processes.last_words(name) or "(it said nothing)"
    return f"\n{words}\nmore in {shown(processes.log_file(name))}"


def _listed(ports: dict[str, int]) -> str:
    return ", ".join(f"{setting}={port}" for setting, port in ports.items())
