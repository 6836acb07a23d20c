"""Make the stack's fixtures known here also when these tests run alone."""

from tests.stack import stack, stack_folder

__all__ = ["stack", "stack_folder"]
