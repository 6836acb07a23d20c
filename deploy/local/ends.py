"""How a process ended: kept beside its record by whoever waited for it, for whoever asks later."""

import signal
from contextlib import suppress
from pathlib import Path


def keep_end(place: Path, pid: int, code: int) -> None:
    """Keep that ``pid`` ended with ``code``, ``-n`` for signal n; nothing where the folder is gone."""
    fresh = place.with_name(f"{place.name}.tmp")
    with suppress(FileNotFoundError):
        fresh.write_text(f"{pid} {code}\n")
        fresh.replace(place)


def kept_end(place: Path, pid: int) -> str | None:
    """Return in words how ``pid`` ended; ``None``: nobody has said so, or of another process only."""
    try:
        whose, code = map(int, place.read_text().split())
    except FileNotFoundError:
        return None
    return in_words(code) if whose == pid else None


def in_words(code: int) -> str:
    """Return what ``code`` says, e.g. ``ended by SIGSEGV``. Total."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:  # a signal without a name, of which there are some
        return f"ended by signal {-code}"
