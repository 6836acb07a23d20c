"""Another release of the services: a copy of their code with a patch, run beside today's.

Its processes work with the same database, broker and folders as the house's own.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from deploy.local.house import House
from deploy.local.part import answers_with_ok
from deploy.local.ports import free_ports
from deploy.local.processes import module
from deploy.local.settings import LOOPBACK
from tests.faults.planted import Bug, copied, plant, unload

RELEASES: Final = Path(__file__).parent / "releases"
NEXT: Final = "next"
PATIENCE_S: Final = 60.0
POLL_S: Final = 0.05


@dataclass(slots=True)
class Release:
    """The processes of one release, beside those of a house.

    Attributes:
        house: Whose database, broker and settings they have; its own processes run today's code.
        code: Where ``services`` and ``shared`` of this release lie.
        name: Part of the names of its processes.
        said: What is said to each of them by its environment beside what the house says.
    """

    house: House
    code: Path
    name: str
    said: dict[str, str] = field(default_factory=dict[str, str])
    _ports: dict[str, int] = field(default_factory=dict[str, int])

    def start(self, service: str, role: str = "all", *, port: int | None = None) -> str:
        """Start a process of a service in a role, and return its address once it is ready."""
        process = self.process(service, role)
        self._ports[process] = free_ports(1)[0] if port is None else port
        prefix = service.upper()
        door = "HTTP_PORT" if role in {"api", "all"} else "HEALTH_PORT"
        self._begin(process, service, (role,), {f"{prefix}_{door}": str(self._ports[process])})
        until = monotonic() + PATIENCE_S
        while not answers_with_ok(f"{self.url(service, role)}/readyz"):
            processes = self.house.stack.processes
            words = processes.last_words(process)
            assert self.runs(service, role), f"{process} {processes.how_ended(process)}:\n{words}"
            assert monotonic() < until, f"{process} is not ready:\n{words}"
            sleep(POLL_S)
        return self.url(service, role)

    def stop(self, service: str, role: str = "all") -> None:
        """Stop a process of a service in good order: SIGTERM, and it ends by itself."""
        self.house.stack.processes.stop(self.process(service, role))

    def runs(self, service: str, role: str = "all") -> bool:
        """Return whether a process of a service runs."""
        return self.house.stack.processes.running(self.process(service, role)) is not None

    def url(self, service: str, role: str = "all") -> str:
        """Return the address of a process that was started."""
        return f"http://{LOOPBACK}:{self._ports[self.process(service, role)]}"

    def process(self, service: str, role: str = "all") -> str:
        """Return what a process is called in the stack."""
        return f"{service}-{self.name}-{role}"

    def ask(self, service: str, *words: str) -> str:
        """Run an operator's command of a service, by the code of this release; return what it said."""
        process = f"{service}-{self.name}-{words[0]}"
        processes = self.house.stack.processes
        processes.log_file(process).unlink(missing_ok=True)
        self._begin(process, service, words, self.house.operator_environment(service))
        until = monotonic() + PATIENCE_S
        while processes.running(process) is not None:
            assert monotonic() < until, processes.last_words(process)
            sleep(POLL_S)
        return processes.log_file(process).read_text()

    def stop_all(self) -> None:
        """Stop every process of this release that still runs."""
        for process in self._ports:
            self.house.stack.processes.stop(process)

    def _begin(
        self, process: str, service: str, words: tuple[str, ...], own: Mapping[str, str]
    ) -> None:
        """Start the main module of a service out of this release."""
        planned = self.house._planned(service)
        launch = replace(
            planned,
            argv=module(f"services.{service}.main", *words),
            cwd=self.code,
            env={**planned.env, **self.said, **own},
            ports={},
        )
        self.house.stack.processes.start(process, launch)


def patch(name: str) -> Path:
    """Return the patch that makes a release of today's code."""
    return RELEASES / f"{name}.patch"


@contextmanager
def release(house: House, folder: Path, *names: str) -> Generator[Release]:
    """Yield a release of its own, made by the patches of these names; afterwards nothing of it runs."""
    code = folder / "-".join(names)
    code.mkdir()
    copied(code)
    for name in names:
        plant(Bug(patch(name), what="", faults=(), check=""), code)
    made = Release(house, code, "-".join(names).replace("_", "-"))
    try:
        yield made
    finally:
        made.stop_all()
        unload(code)
