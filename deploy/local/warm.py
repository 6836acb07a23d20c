"""Starts Python modules out of a process that has loaded them: ``python -m deploy.local.warm``.

Loading the libraries of a service is two seconds of a processor, for each process anew. Here the
first one pays; every other is forked from a process that has them loaded and does nothing else.
What runs is the same: the service's own main module, in a process, a session and an environment
of its own, which lives on when whoever started it is gone.

The process reads launches, one JSON object a line (``argv``, ``cwd``, ``env``, ``log``), forks
once for each, and answers with the process id on a line. One that is ``awaited`` is answered a second
time, with what it ended with; of every other that is kept in the file ``ended``, since nobody else can
wait for it. So when nobody can ask any more it stays, and ends with the last that it has started.
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
from types import FrameType
from typing import Any, Final, TypedDict, Unpack

from deploy.local.ends import keep_end
from deploy.local.errors import StackError
from deploy.local.settings import bare_environment

MODULE_SWITCH: Final = "-m"
SERVED_BEFORE: Final = ("shared.process", "shared.web")
"""What every service loads."""

_warm: dict[tuple[Path, tuple[str, ...]], subprocess.Popen[bytes]] = {}
_one_at_a_time = Lock()
_waited_for: dict[int, Path] = {}  # by the process that loads: where it keeps how each ended


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


def start_warm(argv: Sequence[str], *, ended: Path, **surroundings: Unpack[Surroundings]) -> int:
    """Start a module out of a process that has loaded it, and return the new process's id.

    Args:
        argv: ``(<this Python>, "-m", <module>, <word>...)``.
        ended: Where it is kept how it ended, once it has.
        surroundings: See there.

    Raises:
        StackError: The process that loads ended and did not say whether it has started anything. The
            next start begins another.
    """
    with _one_at_a_time:
        return _asked(argv, surroundings, ended=ended)[1]


def run_warm(
    argv: Sequence[str], *, timeout_s: float, **surroundings: Unpack[Surroundings]
) -> int | None:
    """Run a module to its end out of a process that has loaded it. See ``start_warm``.

    Returns:
        What it ended with; ``None``: it did not end in time, and was ended with all it had started.
    """
    with _one_at_a_time:
        warm, pid = _asked(argv, surroundings, ended=None)
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
    argv: Sequence[str], around: Surroundings, *, ended: Path | None
) -> tuple[subprocess.Popen[bytes], int]:
    """Ask for a process, awaited unless there is a place for its end; return who started it, and its id."""
    asked = {"argv": list(argv), "awaited": ended is None, "ended": ended, **around}
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
    """Start the process that loads; it ends when this one and all that it has started have."""
    return subprocess.Popen(  # noqa: S603 -- our own program
        (sys.executable, MODULE_SWITCH, "deploy.local.warm"),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def main() -> None:
    """Fork for each launch that is read, until the end of the input; then wait for who is left."""
    signal.signal(signal.SIGCHLD, _one_has_ended)
    for line in sys.stdin.buffer:
        launch = json.loads(line)
        _load(launch["argv"])
        gc.collect()
        gc.freeze()  # what is loaded stays shared: nobody's collector writes to it
        child = os.fork()
        if child == 0:
            _become(launch)
        if not launch["awaited"]:
            _waited_for[child] = Path(launch["ended"])
        _answer(child)
        if launch["awaited"]:
            _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        _keep_ends()  # of one that ended before it was known that it is waited for
    _wait_for_the_rest()


def _answer(number: int) -> None:
    """Tell whoever asked."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _one_has_ended(_number: int, _frame: FrameType | None) -> None:
    """Be told by the kernel that somebody has ended."""
    _keep_ends()


def _keep_ends() -> None:
    """Keep how each ended that has, and let it go."""
    for pid, place in tuple(_waited_for.items()):
        with suppress(ChildProcessError):  # this was interrupted by itself, and it is done
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                keep_end(place, pid, os.waitstatus_to_exitcode(status))
                _waited_for.pop(pid, None)


def _wait_for_the_rest() -> None:
    """Keep how the last ones end, and hold nothing of whoever asked for them."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with Path(os.devnull).open("r+b") as silence:
        for descriptor in (0, 1, 2):
            os.dup2(silence.fileno(), descriptor)
    _keep_ends()
    while _waited_for:
        pid, status = os.wait()
        keep_end(_waited_for.pop(pid), pid, os.waitstatus_to_exitcode(status))


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
