"""Starts Python modules out of a process that has loaded them: ``python -m deploy.local.warm``.

Loading the libraries of a service is two seconds of a processor, for each process anew. Here the
first one pays; every other is forked from a process that has them loaded and does nothing else.
What runs is the same: the service's own main module, in a process, a session and an environment
of its own, which lives on when whoever started it is gone.

The process reads launches, one JSON object a line (``argv``, ``cwd``, ``env``, ``log``), forks
once for each, answers with the process id on a line, and ends when nobody can ask any more. One that
is ``awaited`` is answered a second time, with what it ended with.
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
from threading import Event, Lock, Timer
from typing import Any, Final, TypedDict, Unpack

from deploy.local.errors import StackError
from deploy.local.settings import bare_environment

MODULE_SWITCH: Final = "-m"
SERVED_BEFORE: Final = ("shared.process", "shared.web")
"""What every service loads."""

_warm: dict[tuple[Path, tuple[str, ...]], subprocess.Popen[bytes]] = {}
_one_at_a_time = Lock()


class Surroundings(TypedDict):
    """What surrounds a new process.

    Attributes:
        cwd: The folder to run in, which holds the module.
        env: Its whole environment.
        log: The file at whose end it writes.
    """

    cwd: Path
    env: Mapping[str, str]
    log: Path


def start_warm(argv: Sequence[str], **surroundings: Unpack[Surroundings]) -> int:
    """Start a module out of a process that has loaded it, and return the new process's id.

    Args:
        argv: ``(<this Python>, "-m", <module>, <word>...)``.
        surroundings: See there.

    Raises:
        StackError: The process that loads ended and did not say whether it has started anything. The
            next start begins another.
    """
    with _one_at_a_time:
        return _asked(argv, surroundings, awaited=False)[1]


def run_warm(
    argv: Sequence[str], *, timeout_s: float, **surroundings: Unpack[Surroundings]
) -> int | None:
    """Run a module to its end out of a process that has loaded it. See ``start_warm``.

    Returns:
        What it ended with; ``None``: it did not end in time, and was ended with all it had started.
    """
    with _one_at_a_time:
        warm, pid = _asked(argv, surroundings, awaited=True)
        late = Event()
        timer = Timer(timeout_s, _end, (pid, late))
        timer.start()
        try:
            code = _answered(warm, argv)
        except BaseException:
            _end(pid, late)
            raise
        finally:
            timer.cancel()
        return None if late.is_set() else code


def _end(session: int, late: Event) -> None:
    """End a process and all it has started, since it is late."""
    late.set()
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)


def _asked(
    argv: Sequence[str], around: Surroundings, *, awaited: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """Ask for a process; return who started it, and its id."""
    asked = {"argv": list(argv), "awaited": awaited, **around}
    warm = _loaded(around["cwd"], around["env"])
    assert warm.stdin is not None
    with suppress(BrokenPipeError):  # then there is no answer either
        warm.stdin.write(json.dumps(asked, default=str).encode() + b"\n")
        warm.stdin.flush()
    return warm, _answered(warm, argv)


def _answered(warm: subprocess.Popen[bytes], argv: Sequence[str]) -> int:
    """Return the next answer of the process that loads."""
    assert warm.stdout is not None
    try:
        told = warm.stdout.readline()
    except BaseException:  # its next answer would be taken for another's
        _buried(warm)
        raise
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
        if launch["awaited"]:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        child = os.fork()
        if child == 0:
            _become(launch)
        _answer(child)
        if launch["awaited"]:
            _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            _bury_others()


def _answer(number: int) -> None:
    """Tell whoever asked."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _bury_others() -> None:
    """Let those go that ended while one was awaited."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


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
