"""Start, recognise and stop processes that outlive the one which started them.

Each process has a session of its own and a record ``run/<name>.json`` with its id and the instant
at which the kernel says it began. Both must fit before anything is stopped, so an id that the
kernel has given to a stranger is never killed.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from deploy.local.ends import keep_end, kept_end
from deploy.local.errors import StackError
from deploy.local.settings import bare_environment
from deploy.local.warm import Surroundings, run_warm, start_warm

STOP_TIMEOUT_S = 20.0
_POLL_S = 0.02
_END_KEPT_S = 0.5  # within which whoever waited for a process has kept how it ended
_LOG_BYTES_MAX = 20_000_000
_LOG_LINES_SHOWN = 12
_children: dict[int, subprocess.Popen[bytes]] = {}  # of this process: to be buried when they end


@dataclass(frozen=True, slots=True)
class Launch:
    """How a process is started.

    Attributes:
        env: What is said to it alone.
        inherited: The rest of its environment; a change there does not make it another launch.
        user: The user and group ids to become; None: whoever we are.
        ports: The ports it will listen on, by the setting that names them.
        warm: Whether ``argv``, of a Python module, starts out of a process that has loaded it.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    inherited: Mapping[str, str] = field(default_factory=bare_environment)
    user: tuple[int, int] | None = None
    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    warm: bool = False

    def digest(self) -> str:
        """Return what is equal for equal launches; tells no secret."""
        said = json.dumps([self.argv, str(self.cwd), sorted(self.env.items())])
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a process that was started.

    Attributes:
        began: The kernel's word for when it began; opaque.
        ports: As in `Launch`.
        digest: Of its launch.
    """

    pid: int
    began: str
    ports: dict[str, int]
    digest: str


class Processes:
    """The named processes of one stack."""

    def __init__(self, *, run: Path, log: Path, stop_timeout_s: float = STOP_TIMEOUT_S) -> None:
        self._run = run
        self._log = log
        self._stop_timeout_s = stop_timeout_s

    def log_file(self, name: str) -> Path:
        """Return the file that holds what ``name`` says."""
        return self._log / f"{name}.log"

    def running(self, name: str) -> Record | None:
        """Return the record of ``name`` while it runs, else None."""
        record = self._read(name)
        if record is None or self._ended(name, record):
            return None
        return record

    def died(self, name: str) -> bool:
        """Return whether ``name`` was started, ended by itself, and nobody has stopped it since."""
        record = self._read(name)
        return record is not None and self._ended(name, record)

    def how_ended(self, name: str) -> str:
        """Return how ``name``, which died, ended, as far as known: ``ended by SIGSEGV``, or ``ended``.

        Of what started warm it is always known; of anything else when its starter has outlived it.
        """
        record = self._read(name)
        until = time.monotonic() + _END_KEPT_S
        while record is not None and self._ended(name, record):
            if (told := kept_end(self._end_file(name), record.pid)) is not None:
                return told
            if time.monotonic() > until:
                break
            time.sleep(_POLL_S)
        return "ended"

    def start(self, name: str, launch: Launch) -> Record:
        """Start ``name``, unless it runs already, and return its record."""
        if (record := self.running(name)) is not None:
            return record
        pid = self._start_warm(name, launch) if launch.warm else self._start_cold(name, launch)
        record = Record(pid, began(pid) or "", dict(launch.ports), digest=launch.digest())
        self._write(name, record)
        return record

    def run(self, name: str, launch: Launch, *, timeout_s: float) -> int:
        """Run ``launch`` to its end and return its exit code; its log begins anew.

        Raises:
            StackError: It does not end in time.
        """
        self.log_file(name).unlink(missing_ok=True)
        if launch.warm:
            return self._run_warm(name, launch, timeout_s)
        with self._spawn(name, launch) as child:
            try:
                return child.wait(timeout_s)
            except subprocess.TimeoutExpired as error:
                os.killpg(child.pid, signal.SIGKILL)  # what it has started, too
                raise self._late(name, timeout_s) from error

    def stop(self, name: str, *, gently: signal.Signals = signal.SIGTERM) -> bool:
        """Ask ``name`` to end, and end it when it does not; return whether it ran."""
        record = self.running(name)
        if record is not None:
            self._signal(record, gently)
            if not self._ends_within(name, record, self._stop_timeout_s):
                self._signal_group(record)
                self._ends_within(name, record, self._stop_timeout_s)
        self._forget(name)
        return record is not None

    def kill(self, name: str) -> None:
        """End ``name`` as a crash would: at once, and its record stays."""
        record = self.running(name)
        if record is not None:
            self._signal(record, signal.SIGKILL)
            self._ends_within(name, record, self._stop_timeout_s)

    def last_words(self, name: str) -> str:
        """Return the last lines that ``name`` wrote; empty when it said nothing."""
        path = self.log_file(name)
        text = path.read_text(errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-_LOG_LINES_SHOWN:])

    def _start_cold(self, name: str, launch: Launch) -> int:
        """Start a process as our child."""
        child = self._spawn(name, launch)
        _children[child.pid] = child
        return child.pid

    def _start_warm(self, name: str, launch: Launch) -> int:
        """Start a process out of one that has loaded its libraries."""
        ended = self._end_file(name)
        return start_warm(launch.argv, ended=ended, **self._surroundings(name, launch))

    def _run_warm(self, name: str, launch: Launch, timeout_s: float) -> int:
        """Run a module out of a process that has loaded its libraries."""
        code = run_warm(launch.argv, **self._surroundings(name, launch), timeout_s=timeout_s)
        if code is None:
            raise self._late(name, timeout_s)
        return code

    def _surroundings(self, name: str, launch: Launch) -> Surroundings:
        """Return where a process out of a warm one runs, and where it says what."""
        with self._open_log(name) as output:
            log = Path(output.name)
        return {"cwd": launch.cwd, "env": {**launch.inherited, **launch.env}, "log": log}

    def _late(self, name: str, timeout_s: float) -> StackError:
        """Return what to say of a process that did not end in time."""
        return StackError(f"{name} did not end within {timeout_s:.0f} s:\n{self.last_words(name)}")

    def _spawn(self, name: str, launch: Launch) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own that writes to the log of ``name``."""
        uid, gid = launch.user or (None, None)
        with self._open_log(name) as output:
            return subprocess.Popen(  # noqa: S603 -- every argument is ours
                launch.argv,
                env={**launch.inherited, **launch.env},
                cwd=launch.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=None if uid is None else [],
            )

    def _ended(self, name: str, record: Record) -> bool:
        child = _children.get(record.pid)
        if child is not None and (code := child.poll()) is not None:
            del _children[record.pid]
            keep_end(self._end_file(name), record.pid, code)
        return began(record.pid) != record.began

    def _ends_within(self, name: str, record: Record, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self._ended(name, record):
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_S)
        return True

    def _signal(self, record: Record, number: signal.Signals) -> None:
        try:
            os.kill(record.pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise StackError(
                f"process {record.pid} belongs to another user: stop it as the user who started it"
            ) from error

    def _signal_group(self, record: Record) -> None:
        """Kill the whole session of a process that did not end when asked."""
        try:
            os.killpg(record.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _open_log(self, name: str) -> BinaryIO:
        """Open the log of ``name`` at its end; one that has grown too large begins anew."""
        for folder in (self._run, self._log):
            folder.mkdir(parents=True, exist_ok=True)
        path = self.log_file(name)
        if path.exists() and path.stat().st_size > _LOG_BYTES_MAX:
            path.replace(path.with_suffix(".old.log"))
        return path.open("ab")

    def _read(self, name: str) -> Record | None:
        try:
            kept = json.loads((self._run / f"{name}.json").read_bytes())
        except FileNotFoundError:
            return None
        return Record(kept["pid"], kept["began"], kept["ports"], kept.get("digest", ""))

    def _write(self, name: str, record: Record) -> None:
        path = self._run / f"{name}.json"
        fresh = path.with_suffix(".tmp")
        fresh.write_text(json.dumps(asdict(record)))
        fresh.replace(path)

    def _forget(self, name: str) -> None:
        (self._run / f"{name}.json").unlink(missing_ok=True)
        self._end_file(name).unlink(missing_ok=True)

    def _end_file(self, name: str) -> Path:
        """Return the file that holds how ``name`` ended."""
        return self._run / f"{name}.ended"


def began(pid: int) -> str | None:
    """Return when the process ``pid`` began; None when it has ended or waits to be buried.

    A process has ended when its last thread has: until then its ports are taken.
    """
    if not Path("/proc/self/stat").exists():
        return _began_by_ps(pid)
    place = Path(f"/proc/{pid}")
    try:
        state, *fields = (place / "stat").read_text().rpartition(")")[2].split()
        threads = len(list((place / "task").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in {"Z", "X"} and threads <= 1 else fields[18]


def _began_by_ps(pid: int) -> str | None:
    """Return what `began` does, where the kernel shows no files (macOS)."""
    shown = subprocess.run(  # noqa: S603 -- every argument is ours
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        check=False,
        text=True,
        timeout=5,
    ).stdout.strip()
    return None if not shown or shown.startswith("Z") else shown.partition(" ")[2].strip()


def module(name: str, *words: str) -> tuple[str, ...]:
    """Return the command line that runs the Python module ``name`` with ``words``."""
    return (sys.executable, "-m", name, *words)
