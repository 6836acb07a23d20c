"""Starts Python modules out of a process that has loaded them: ``python -m deploy.local.warm``.

Loading the libraries of a service is two seconds of a processor, for each process anew. Here the
first one pays; every other is forked from a process that has them loaded and does nothing else.
What runs is the same: the service's own main module, in a process, a session and an environment
of its own, which lives on when whoever started it is gone.

The process reads launches, one JSON object a line (``argv``, ``cwd``, ``env``, ``log``), forks
once for each, answers with the process id on a line, and ends when nobody can ask any more.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final

from deploy.local.errors import StackError
from deploy.local.settings import bare_environment

MODULE_SWITCH: Final = "-m"
SERVED_BEFORE: Final = ("shared.process", "shared.web")
"""What every service loads."""

_warm: dict[tuple[Path, tuple[str, ...]], subprocess.Popen[bytes]] = {}
_one_at_a_time = Lock()


def start_warm(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> int:
    """Start a module out of a process that has loaded it, and return the new process's id.

    Args:
        argv: ``(<this Python>, "-m", <module>, <word>...)``.
        cwd: The folder to run in, which holds the module.
        env: The whole environment of the new process.
        log: The file at whose end the new process writes.

    Raises:
        StackError: The process that loads ended and did not say whether it has started anything. The
            next start begins another.
    """
    asked = {"argv": list(argv), "cwd": str(cwd), "env": dict(env), "log": str(log)}
    with _one_at_a_time:
        warm = _loaded(cwd, env)
        assert warm.stdin is not None
        assert warm.stdout is not None
        try:
            warm.stdin.write(json.dumps(asked).encode() + b"\n")
            warm.stdin.flush()
            told = warm.stdout.readline()
        except BrokenPipeError:
            told = b""
        if not told:
            raise StackError(_ended(warm, argv))
        return int(told)


def _ended(warm: subprocess.Popen[bytes], argv: Sequence[str]) -> str:
    """Return what to say of a process that ended instead of answering."""
    code = _buried(warm)
    return (
        f"the process that loads modules ended ({code}) before it said whether it had started "
        f"{' '.join(argv[2:])}: see whether that runs, and start it again"
    )


def _loaded(cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Return the process that loads for a folder and what is said to Python there."""
    said = {name: value for name, value in env.items() if name.startswith("PYTHON")}
    key = (cwd, tuple(f"{name}={said[name]}" for name in sorted(said)))
    if (warm := _warm.get(key)) is not None and warm.poll() is not None:
        _buried(_warm.pop(key))
    if key not in _warm:
        _warm[key] = _begin(cwd, bare_environment() | said)
    return _warm[key]


def _buried(warm: subprocess.Popen[bytes]) -> int:
    """End a process that loads, if it runs, close what leads to it, and return how it ended."""
    with suppress(BrokenPipeError), warm:  # words that it never read
        warm.kill()
    return warm.wait()


def _begin(cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the process that loads; it ends when this one does."""
    return subprocess.Popen(  # noqa: S603 -- our own program
        (sys.executable, MODULE_SWITCH, "deploy.local.warm"),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def main() -> None:
    """Fork for each launch that is read, until the end of the input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries whoever ends
    for line in sys.stdin.buffer:
        launch = json.loads(line)
        _load(launch["argv"])
        gc.collect()
        gc.freeze()  # what is loaded stays shared: nobody's collector writes to it
        child = os.fork()
        if child == 0:
            _become(launch)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _load(argv: Sequence[str]) -> None:
    """Load what the module and its words need; whatever is wrong with it, the child will say."""
    _, _, name, *words = argv
    try:
        for each in (*SERVED_BEFORE, name):
            import_module(each)
        if "streams" in words:
            import_module(f"{name.rpartition('.')[0]}.streams")
    except Exception:  # noqa: BLE001, S110 -- said by the child, in the log of that name
        pass
    sys.modules.pop(name, None)  # it is to run as the main module


def _become(launch: Mapping[str, Any]) -> None:
    """Be the process that was asked for, to its end."""
    _, _, name, *words = launch["argv"]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(launch["cwd"])
    os.environ.clear()  # noqa: TID251 -- it gets another
    os.environ.update(launch["env"])  # noqa: TID251 -- likewise
    with Path(launch["log"]).open("ab") as output, Path(os.devnull).open("rb") as silence:
        for descriptor, file in ((0, silence), (1, output), (2, output)):
            os.dup2(file.fileno(), descriptor)
    sys.argv = [name, *words]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
    sys.exit(0)


if __name__ == "__main__":
    main()
