"""What all tests share: how many examples the laws are put to, and who may use the network."""

import gc
from pathlib import Path

import pytest
from hypothesis import settings

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


def _cost(item: pytest.Item) -> int:
    """Return how much a test needs: 0, whatever is pure; -1, real parts; -2, the whole house."""
    if item.get_closest_marker("system"):
        return -2
    return -1 if item.get_closest_marker("integration") else 0


def _room(item: pytest.Item) -> Path:
    """Return the folder in which a test stands."""
    return item.path.parent
