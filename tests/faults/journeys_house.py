"""A house whose three services of the process run each role by itself, so that each can be killed alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from deploy.local.processes import Launch, module
from tests.faults.house import FaultyHouse

APART: Final = ("intake", "review", "certificates")
"""Those that run as ``api``, ``worker`` and ``relay``; the others as ``all``."""

BESIDE: Final = {
    f"{service}-{role}": (service, role) for service in APART for role in ("worker", "relay")
}
"""Service and role of each process beside an API."""


class HouseInRoles(FaultyHouse):
    """The services of one stack, role by role."""

    def ready(self, process: str) -> bool:
        """Return whether a process says that it is ready; one without an address: whether it runs."""
        if process in BESIDE:
            return self.running(process) is not None
        return super().ready(process)

    def _processes(self) -> Iterator[str]:
        """Yield the names of all processes, those without an address last."""
        yield from super()._processes()
        yield from BESIDE

    def _planned(self, process: str) -> Launch:
        """Return how ``process`` should run: in its one role."""
        service, role = BESIDE.get(process, (process, "api"))
        launch = super()._planned(service)
        if service not in APART:
            return launch
        ports = dict[str, int]() if process in BESIDE else launch.ports
        return replace(launch, argv=module(f"services.{service}.main", role), ports=ports)
