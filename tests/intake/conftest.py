"""The real parts, for the tests of intake that are marked so."""

from tests.stack import stack, stack_folder

__all__ = ["stack", "stack_folder"]
