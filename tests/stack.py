"""A local stack for tests: real parts, on free ports, in a folder of its own.

A test that needs one takes the fixture ``stack`` and carries the mark ``integration`` or
``system``. The programs are those that ``make setup`` has fetched; everything else is its own, so
test runs and a running demo do not disturb each other.

There is one for each process that runs tests, and no second: fixtures that are imported by another
``conftest`` are others, and each would start parts of its own that stay until the end. Tests that
run services by their own names first take everything away with ``emptied``.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from deploy.local.empty import empty
from deploy.local.ports import free_ports
from deploy.local.settings import SERVICES, StackSettings
from deploy.local.stack import Stack
from shared.clock import set_clock

_KAFKA = ("kafka", "kafka_2", "kafka_3")
_PARTS = (
    *_KAFKA,
    *(f"{each}_controller" for each in _KAFKA),
    "postgres",
    "zipkin",
    "smtp",
    "issuer",
)
_STREAMS = "certificates_streams"
WALL_CLOCK = "offset 0\n"


def settings_of_its_own(folder: Path) -> StackSettings:
    """Return settings with free ports, data below ``folder``, and the programs of this checkout."""
    names = [f"{name}_port" for name in (*_PARTS, *SERVICES, _STREAMS)]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    parts = StackSettings().parts
    own = {"local_dir": folder, "parts_dir": parts, "clock": folder / "clock"}
    return StackSettings.model_validate({**own, **ports})


@contextmanager
def folder_of_its_own() -> Generator[Path]:
    """Yield a folder that an unprivileged database server can reach; it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="sigill-tests-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack_folder() -> Iterator[Path]:
    """The folder of the shared stack."""
    with folder_of_its_own() as folder:
        yield folder


@pytest.fixture(scope="session")
def stack(stack_folder: Path) -> Iterator[Stack]:
    """A running stack, shared by the whole test session; stopped at its end.

    Its clock (``stack.settings.clock``) is the wall clock until a test moves it with
    ``shared.clock.set_clock``.
    """
    settings = settings_of_its_own(stack_folder)
    assert settings.clock is not None
    settings.clock.write_text(WALL_CLOCK)
    with Stack(settings) as running:
        yield running


@contextmanager
def emptied(stack: Stack, at: datetime, *, traces: bool = True) -> Generator[Stack]:
    """Yield ``stack`` with nothing of any service in it, nor said by any, its clock frozen ``at``.

    No service may run. Afterwards its clock is the wall clock again.
    """
    clock = stack.settings.clock
    assert clock is not None
    empty(stack, SERVICES)
    for service in SERVICES:
        for said in stack.settings.log.glob(f"{service}*.log"):
            said.unlink()
    set_clock(clock, at)
    try:
        yield stack if traces else Stack(stack.settings.model_copy(update={"traces": "off"}))
    finally:
        clock.write_text(WALL_CLOCK)
