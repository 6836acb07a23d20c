"""The only place that reads a clock.

``SIGILL_CLOCK`` names a file that moves the clock of every process that reads it, for tests and
the demo. Its content is either ``frozen <RFC 3339 instant>`` or ``offset <seconds>``. The file is
looked at with one ``stat`` per call and read only when it has changed.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

SETTING = "SIGILL_CLOCK"


class _Moved:
    """The clock file as last read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: tuple[int, int] | None = None
        self.frozen: datetime | None = None
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the instant that the file says."""
        status = self.path.stat()
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self.seen:
            self._read()
            self.seen = seen
        return self.frozen or datetime.now(UTC) + self.offset

    def _read(self) -> None:
        kind, _, value = self.path.read_text().strip().partition(" ")
        if kind == "frozen":
            self.frozen = datetime.fromisoformat(value).astimezone(UTC)
        elif kind == "offset":
            self.frozen, self.offset = None, timedelta(seconds=float(value))
        else:
            raise ValueError(f"{SETTING}: {self.path.name} says neither 'frozen' nor 'offset'")


@cache
def _moved() -> _Moved | None:
    """Return what moves the clock of this process; ``None``: nothing.

    Read once, when somebody first asks for the time: a process may have loaded this module before it
    was told which clock is its own (ADR-0029).
    """
    return _Moved(Path(os.environ[SETTING])) if SETTING in os.environ else None


def now() -> datetime:
    """Return the current instant, timezone-aware UTC, microsecond precision."""
    moved = _moved()
    return moved.now() if moved else datetime.now(UTC)


def simulated() -> bool:
    """Return whether the clock can be moved: such records must never pass for real ones."""
    return _moved() is not None


def set_clock(path: Path, at: datetime) -> None:
    """Freeze the clock of every process that reads ``path`` at ``at``, atomically."""
    fresh = path.with_suffix(".next")
    fresh.write_text(f"frozen {at.astimezone(UTC).isoformat()}\n")
    fresh.replace(path)
