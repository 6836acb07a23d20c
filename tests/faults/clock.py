"""The clocks of the house: one file for each service and one for the rest, all of them running."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from shared.clock import now


def set_offset(path: Path, offset: timedelta) -> None:
    """Let whoever reads ``path`` run ahead of the machine's clock by ``offset``, atomically."""
    fresh = path.with_suffix(".next")
    fresh.write_text(f"offset {offset.total_seconds()}\n")
    fresh.replace(path)


@dataclass(slots=True)
class Clocks:
    """How far each clock is from the machine's.

    Attributes:
        files: By service; ``""`` is the clock of everybody else.
        common: Of all clocks that nobody has moved by themselves.
    """

    files: Mapping[str, Path]
    common: timedelta
    _own: dict[str, timedelta] = field(default_factory=dict[str, timedelta])
    _said: list[tuple[float, str, timedelta]] = field(
        default_factory=list[tuple[float, str, timedelta]]
    )

    @classmethod
    def beginning(cls, files: Mapping[str, Path], at: datetime) -> "Clocks":
        """Return clocks that all show ``at`` now."""
        clocks = cls(files, at.astimezone(UTC) - now())
        clocks._write()
        return clocks

    def of(self, service: str) -> datetime:
        """Return what the clock of ``service`` shows."""
        return now() + self._own.get(service, self.common)

    def span(self, service: str, since_s: float) -> tuple[datetime, datetime]:
        """Return the earliest and the latest that the clock of ``service`` can have shown.

        ``since_s``, by the monotonic clock, until now, however it was moved meanwhile.
        """
        told = [(at_s, offset) for at_s, whose, offset in self._said if whose == service]
        before = [offset for at_s, offset in told if at_s <= since_s][-1:]
        meanwhile = [offset for at_s, offset in told if at_s > since_s]
        offsets = (*before, *meanwhile)
        until = now()
        return until - timedelta(seconds=monotonic() - since_s) + min(offsets), until + max(offsets)

    def move(self, by: timedelta) -> None:
        """Move every clock."""
        self.common += by
        self._own = {service: own + by for service, own in self._own.items()}
        self._write()

    def move_one(self, service: str, by: timedelta) -> None:
        """Move the clock of ``service`` against the others."""
        self._own[service] = self._own.get(service, self.common) + by
        self._write()

    def agree(self) -> None:
        """Let all clocks show the same again."""
        self._own.clear()
        self._write()

    def _write(self) -> None:
        for service, path in self.files.items():
            offset = self._own.get(service, self.common)
            self._said.append((monotonic(), service, offset))
            set_offset(path, offset)
