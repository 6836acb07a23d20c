"""A process that starts out of another is as one that starts by itself (House: ADR-0029)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import each, warm
from deploy.local.errors import StackError
from deploy.local.processes import Launch, Processes, module
from deploy.local.settings import CHECKOUT, bare_environment
from deploy.local.stack import await_answer
from tests.process.house import eventually

pytestmark = pytest.mark.integration
STARTER = """
import sys
from pathlib import Path
from tests.local.test_warm import processes_in, waiting
print(processes_in(Path(sys.argv[1])).start("it", waiting()).pid)
"""


def processes_in(folder: Path) -> Processes:
    """Return the processes whose records lie in ``folder``."""
    return Processes(run=folder / "run", log=folder / "log")


def waiting() -> Launch:
    """Return the launch of a program that says who it is."""
    argv = module("tests.local.waiting", "a", "b")
    return Launch(argv, CHECKOUT, env={"SAID": "yes"}, inherited={"PATH": "/usr/bin"}, warm=True)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Processes in a folder of their own; the one called ``it`` is ended afterwards."""
    here = processes_in(tmp_path)
    yield here
    here.stop("it", gently=signal.SIGKILL)


def said(processes: Processes) -> dict[str, object]:
    """Return what the program says of itself."""
    await_answer("it", lambda: processes.last_words("it").endswith("}"), processes)
    found: dict[str, object] = json.loads(processes.last_words("it"))
    return found


def test_it_has_a_session_an_environment_and_words_of_its_own(processes: Processes) -> None:
    """House: ADR-0029: nothing of the process that loads is left in it but what is loaded."""
    record = processes.start("it", waiting())
    assert said(processes) == {
        "pid": record.pid,
        "session": record.pid,
        "words": ["a", "b"],
        "cwd": str(CHECKOUT),
        "env": ["PATH", "SAID"],
    }
    assert processes.start("it", waiting()) == record
    processes.kill("it")
    assert processes.running("it") is None
    assert processes.start("it", waiting()).pid != record.pid


def test_a_loading_process_that_is_killed_is_named_and_replaced(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """House: ADR-0029: whoever starts something hears what happened, and the next start begins anew."""
    processes.start("it", waiting())
    processes.kill("it")
    loaded = warm._warm[CHECKOUT, ()]
    monkeypatch.setattr(loaded, "poll", lambda: None)  # it dies right after it was asked for
    loaded.kill()
    with pytest.raises(StackError, match=r"ended \(-9\) before it said .* tests\.local\.waiting"):
        processes.start("it", waiting())
    monkeypatch.undo()
    assert processes.start("it", waiting()).pid != loaded.pid


def test_it_outlives_whoever_started_it(processes: Processes, tmp_path: Path) -> None:
    """House: the stack stays when the command that started it ends; how it ends is known later, too."""
    done = subprocess.run(  # noqa: S603 -- our own words
        (sys.executable, "-c", STARTER, str(tmp_path)),
        cwd=CHECKOUT,
        env=bare_environment(),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    record = processes.running("it")
    assert record is not None
    assert record.pid == int(done.stdout)
    assert said(processes)["pid"] == record.pid
    os.kill(record.pid, signal.SIGSEGV)
    assert eventually(lambda: processes.died("it"))
    assert processes.how_ended("it") == "ended by SIGSEGV"


def test_what_is_awaited_says_what_it_ended_with_and_is_ended_when_late(
    processes: Processes,
) -> None:
    """House: ADR-0029: a command is the same, with its words in the log of its name."""
    others = [processes.start(name, waiting()) for name in ("it", "other")]
    wrong = replace(waiting(), argv=module("deploy.local.each", "no", "end"))
    assert processes.run("asked", wrong, timeout_s=30) == each.NOBODY
    assert processes.last_words("asked").startswith("usage: ")
    with pytest.raises(StackError, match="late did not end within 1 s"):
        processes.run("late", waiting(), timeout_s=1)
    assert [processes.running(name) for name in ("it", "other")] == others
    processes.kill("other")
    assert processes.running("other") is None
    assert processes.how_ended("other") == "ended by SIGKILL"
