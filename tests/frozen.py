"""A part of the stack that stands still: its connections stay open, and nobody answers on them."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

from deploy.local.memory import family
from deploy.local.stack import Stack


@contextmanager
def frozen(stack: Stack, name: str) -> Generator[None]:
    """Let a part, with every process below it, stand still inside the block."""
    record = stack.processes.running(name)
    assert record is not None
    pids = family(record.pid)
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
