"""A house whose three services of the process run each role by itself, so that each can be killed alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy.local.part import answers_with_ok
from deploy.local.ports import free_ports, is_open
from deploy.local.processes import Launch, module
from deploy.local.settings import LOOPBACK
from deploy.local.stack import Stack
from tests.faults.house import FaultyHouse

APART: Final = ("intake", "review", "certificates")
"""Those that run as ``api``, ``worker`` and ``relay``; the others as ``all``."""

BESIDE: Final = {
    f"{service}-{role}": (service, role) for service in APART for role in ("worker", "relay")
}
"""Service and role of each process beside an API."""


class HouseInRoles(FaultyHouse):
    """The services of one stack, role by role."""

    def __init__(self, stack: Stack, clocks: dict[str, Path]) -> None:
        """Know the services, and where each process beside an API says that it is well."""
        super().__init__(stack, clocks)
        self._health = dict(zip(BESIDE, free_ports(len(BESIDE)), strict=True))

    def ready(self, process: str) -> bool:
        """Return whether a process says that it is ready."""
        if process not in BESIDE:
            return super().ready(process)
        port = self._health[process]
        return is_open(port) and answers_with_ok(f"http://{LOOPBACK}:{port}/readyz")

    def _processes(self) -> Iterator[str]:
        """Yield the names of all processes, those beside an API last."""
        yield from super()._processes()
        yield from BESIDE

    def _planned(self, process: str) -> Launch:
        """Return how ``process`` should run: in its one role."""
        service, role = BESIDE.get(process, (process, "api"))
        launch = super()._planned(service)
        if service not in APART:
            return launch
        argv = module(f"services.{service}.main", role)
        if process not in BESIDE:
            return replace(launch, argv=argv)
        own = {f"{service.upper()}_HEALTH_PORT": str(self._health[process])}
        return replace(launch, argv=argv, ports={}, env={**launch.env, **own})

    def _ports(self, process: str) -> dict[str, int]:
        """Return the port of ``process``, by the setting that chooses it; beside an API none does."""
        return {} if process in BESIDE else super()._ports(process)
