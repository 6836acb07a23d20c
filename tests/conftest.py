"""What all tests share: how many examples the laws are put to, and who may use the network."""

import pytest
from hypothesis import settings

from tests.stack import stack, stack_folder

__all__ = ["stack", "stack_folder"]

settings.register_profile("brief", max_examples=10, deadline=None)
settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open the network to integration and system tests, and to nobody else."""
    for item in items:
        if item.get_closest_marker("integration") or item.get_closest_marker("system"):
            item.add_marker(pytest.mark.enable_socket)
