"""Processes are recognised, stopped and quoted; strangers are left alone."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.processes import Launch, Processes
from deploy.local.stack import await_answer

_SLEEPS = (sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)")
_DEAF_PROGRAM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf', flush=True)
time.sleep(60)
"""
_DEAF = (sys.executable, "-c", _DEAF_PROGRAM)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Processes in a folder of their own; the one called ``it`` is ended afterwards."""
    here = Processes(run=tmp_path / "run", log=tmp_path / "log", stop_timeout_s=0.5)
    yield here
    here.stop("it", gently=signal.SIGKILL)


def test_whoever_comes_later_sees_what_runs(processes: Processes, tmp_path: Path) -> None:
    """House: the folder ``run`` says it all; another process can stop what one has started."""
    record = processes.start("it", Launch(argv=_SLEEPS, cwd=tmp_path))
    later = Processes(run=tmp_path / "run", log=tmp_path / "log")

    assert later.running("it") == record
    assert processes.start("it", Launch(argv=_SLEEPS, cwd=tmp_path)) == record
    assert later.stop("it")
    assert processes.running("it") is None


def test_a_stranger_with_the_same_id_is_not_killed(processes: Processes, tmp_path: Path) -> None:
    """House: an id alone proves nothing, since the kernel gives ids anew."""
    record = processes.start("it", Launch(argv=_SLEEPS, cwd=tmp_path))
    file = tmp_path / "run" / "it.json"
    true = file.read_text()
    file.write_text(json.dumps(json.loads(true) | {"began": "another instant"}))
    later = Processes(run=tmp_path / "run", log=tmp_path / "log")

    assert later.running("it") is None
    assert not later.stop("it")

    file.write_text(true)
    assert processes.running("it") == record


def test_who_does_not_listen_is_ended(processes: Processes, tmp_path: Path) -> None:
    """House: first asked, and after a while not asked any more."""
    processes.start("it", Launch(argv=_DEAF, cwd=tmp_path))
    await_answer("it", lambda: "deaf" in processes.last_words("it"), processes)

    assert processes.stop("it")

    assert processes.running("it") is None


def test_who_dies_at_the_start_is_quoted(processes: Processes, tmp_path: Path) -> None:
    """House: the last lines of the log come with the failure."""
    argv = (sys.executable, "-c", "import sys; sys.exit('the disk is full')")
    processes.start("it", Launch(argv=argv, cwd=tmp_path))

    with pytest.raises(StackError, match="it ended with code 1 while it started") as failed:
        await_answer("it", lambda: False, processes)

    assert "the disk is full" in str(failed.value)
    assert "it.log" in str(failed.value)


def test_what_takes_too_long_is_ended_with_all_that_it_started(
    processes: Processes, tmp_path: Path
) -> None:
    """House: half of a set-up does not work on behind the error that says it failed."""
    told = tmp_path / "child"
    program = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(told)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    launch = Launch(argv=(sys.executable, "-c", program), cwd=tmp_path, env={})
    with pytest.raises(StackError, match="did not end"):
        processes.run("slow", launch, timeout_s=3)
    give_up_at_s = time.monotonic() + 10
    while _works(Path("/proc") / told.read_text() / "stat"):
        assert time.monotonic() < give_up_at_s
        time.sleep(0.05)


def _works(stat: Path) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return ") Z " not in stat.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
