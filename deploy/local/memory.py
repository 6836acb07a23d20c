"""How much memory a process and its children hold."""

from pathlib import Path

_PROC = Path("/proc")
_KIB_PER_MIB = 1024


def memory_mb(pid: int) -> int | None:
    """Return the memory of ``pid`` and all below it, MiB; None where unknown. See ``memory_kib``."""
    found = memory_kib(pid)
    return None if found is None else found // _KIB_PER_MIB


def memory_kib(pid: int) -> int | None:
    """Return the proportional memory of ``pid`` and all below it, KiB; None where unknown.

    Memory that processes share is counted once, so the sum over processes is what is in use.
    """
    if not (_PROC / "self" / "smaps_rollup").exists():
        return None
    return sum(map(_proportional_kib, family(pid)))


def family(pid: int) -> tuple[int, ...]:
    """Return ``pid`` and all below it, parents first."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*"):
        parent = _parent(entry)
        if parent is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return tuple(found)


def _parent(entry: Path) -> int | None:
    """Return whose child the process is; None when it ended meanwhile."""
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _proportional_kib(pid: int) -> int:
    """Return the proportional set size; 0 when the process ended or is not ours to see."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
