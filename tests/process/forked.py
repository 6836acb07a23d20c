"""Runs modules as ``python -m`` would, out of a process that has loaded what every service loads.

The standard library's own fork server: loading is two seconds of a processor, and there are many.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

LOADED = ["shared.process", "shared.web", "tests.process.example"]
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([*LOADED, __name__])


class Forked:
    """A process, in the words of ``subprocess.Popen``."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    def poll(self) -> int | None:
        """Return what it ended with, if it has."""
        return self._process.exitcode

    def wait(self, limit_s: float) -> int:
        """Return what it ended with, as soon as it has.

        Raises:
            TimeoutExpired: It has not in time.
        """
        self._process.join(limit_s)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process), limit_s)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def forked(
    module: str, *words: str, env: Mapping[str, str], cwd: Path, out: Path, error: Path
) -> Forked:
    """Start ``module`` with ``words``; it writes at the ends of two files, or of one."""
    for path in (out, error):
        path.touch()
    told = (module, words, dict(env), cwd, out, error)
    process = _server.Process(target=_become, args=told)
    process.start()
    return Forked(process)


def _become(
    module: str, words: tuple[str, ...], env: dict[str, str], cwd: Path, out: Path, error: Path
) -> None:
    """Be what was asked for, to its end."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()  # noqa: TID251 -- it gets another
    os.environ.update(env)  # noqa: TID251 -- likewise
    for descriptor, path in ((1, out), (2, error)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), descriptor)
    sys.modules.pop(module, None)  # it is to run as the main module
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
