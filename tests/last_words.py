"""What a failed test's processes say: those that have ended, and those that are no longer ready.

A report that names neither says that all were well. Without it, a process that ended by itself shows
only as one time-out after another, in test after test.
"""

import http.client
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.local.processes import Processes
from deploy.local.settings import SERVICES, StackSettings

_ANSWER_TIMEOUT_S = 5
_LINES_SHOWN = 80
_TROUBLE = re.compile(
    r'\{"at":.*"level":"(warning|error|critical)"|Fatal |Timeout |Thread |Current thread |  File "'
)
_STACKS_S = 0.5
"""How long a process has to write where each of its threads is."""


def last_words(settings: StackSettings) -> str:
    """Return what became of each process of one stack that is not as it was started; or nothing."""
    processes = Processes(run=settings.run, log=settings.log)
    names = sorted(path.stem for path in settings.run.glob("*.json"))
    return "\n".join(said for name in names for said in _of(processes, name))


def _of(processes: Processes, name: str) -> Iterator[str]:
    """Yield how ``name`` ended or what it lacks, and its last words."""
    if processes.died(name):
        yield f"{name} {processes.how_ended(name)}:\n{_end_of(processes.log_file(name))}"
    record = processes.running(name)
    if record is None or name.partition("-")[0] not in SERVICES:
        return
    for port in record.ports.values():  # a second process of a service has none
        if (lacking := _lacking(port)) is None:
            continue
        if _says_where_it_is(record.pid):
            os.kill(record.pid, signal.SIGUSR1)
            time.sleep(_STACKS_S)
        yield f"{name} is not ready ({lacking}):\n{_end_of(processes.log_file(name))}"


def _lacking(port: int) -> str | None:
    """Return what a service says that it lacks, or how it does not answer; ``None``: it is ready."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_TIMEOUT_S)
    try:
        asking.request("GET", "/readyz")
        said = json.loads(asking.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        asking.close()
    return None if said.get("status") == "ready" else ", ".join(said.get("failing", ["?"]))


def _end_of(log: Path) -> str:
    """Return the last that a log says of trouble: warnings, errors and the stack of every thread."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([line for line in lines if _TROUBLE.match(line)][-_LINES_SHOWN:])


def _says_where_it_is(pid: int) -> bool:
    """Return whether a process writes its stacks at SIGUSR1, and goes on: not while it loads, or stands."""
    try:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended just now, or the kernel shows no files
        return False
    told = dict(line.split(":", 1) for line in status)
    heard = bool(int(told["SigCgt"], base=16) >> (signal.SIGUSR1 - 1) & 1)
    return heard and not told["State"].strip().startswith("T")
