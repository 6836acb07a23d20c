"""A PostgreSQL server of its own, for tests that crash it or start it with a setting off."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.postgres import Postgres
from deploy.local.processes import Processes
from deploy.local.stack import await_answer
from tests.stack import settings_of_its_own

_NAME = "postgres"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be ended in any way and started again with its data."""

    part: Postgres
    processes: Processes

    @property
    def dsn(self) -> str:
        """Return how its superuser connects."""
        return self.part.admin_dsn()

    def start(self, **settings: str) -> None:
        """Start, with ``settings`` in the place of the usual ones, and wait for an answer."""
        self.part.prepare()
        launch = self.part.launch()
        options = [option for item in settings.items() for option in ("-c", "=".join(item))]
        self.processes.start(_NAME, replace(launch, argv=(*launch.argv, *options)))
        await_answer(_NAME, self.part.answers, self.processes)

    def stop_immediately(self) -> None:
        """End it as ``pg_ctl stop -m immediate`` does: nothing is written any more."""
        self.processes.stop(_NAME, gently=signal.SIGQUIT)

    def stop(self) -> None:
        """End it in good order."""
        self.processes.stop(_NAME, gently=self.part.stop_signal)


@contextmanager
def own_server(folder: Path) -> Iterator[Server]:
    """Yield a server below ``folder`` that runs; it is stopped afterwards."""
    settings = settings_of_its_own(folder)
    server = Server(Postgres(settings), Processes(run=settings.run, log=settings.log))
    server.start()
    yield server
    server.stop()
