"""What all tests share: how many examples the laws are put to, and who may use the network."""

import gc
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.last_words import last_words
from tests.stack import stack, stack_folder

__all__ = ["stack", "stack_folder"]

settings.register_profile("brief", max_examples=10, deadline=None)
settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile("quick")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open the network to integration and system tests, and to nobody else; keep rooms together.

    The order is random, of rooms, of modules in a room, and of tests in a module: mixed any further,
    services that a room's tests share would be started anew for each module. Modules of whole
    scenarios come first, since nobody could share the work of a long one that came last; then those
    that need real parts.
    """
    for item in items:
        if item.get_closest_marker("integration") or item.get_closest_marker("system"):
            item.add_marker(pytest.mark.enable_socket)
    rooms = {room: place for place, room in reversed([*enumerate(map(_room, items))])}
    modules = {item.path: _cost(item) for item in sorted(items, key=_cost, reverse=True)}
    items.sort(key=lambda item: (modules[item.path], rooms[_room(item)]))


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stands until the end: thousands of tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what its processes say that have ended or lack something."""
    report = yield
    used = getattr(item, "funcargs", {}).get("stack")
    if report.failed and used is not None:
        report.sections.append(("processes", last_words(used.settings) or "all are well"))
    return report


def _cost(item: pytest.Item) -> int:
    """Return how much a test needs: 0, whatever is pure; -1, real parts; -2, the whole house."""
    if item.get_closest_marker("system"):
        return -2
    return -1 if item.get_closest_marker("integration") else 0


def _room(item: pytest.Item) -> Path:
    """Return the folder in which a test stands."""
    return item.path.parent
