"""Runs programs that are to die, out of a process that has loaded them: there are many deaths."""

import asyncio
from pathlib import Path

from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, bare_environment
from deploy.local.warm import run_warm

PATIENCE_S = 60


async def ended(name: str, *words: str, log: Path) -> int:
    """Run a module with ``words`` to its end, and return its exit code: ``-9`` when it was killed.

    What it says is written to ``log``.
    """
    code = await asyncio.to_thread(
        run_warm,
        module(name, *words),
        cwd=CHECKOUT,
        env=bare_environment(),
        log=log,
        timeout_s=PATIENCE_S,
    )
    assert code is not None, f"{name} went on: {log}"
    return code
