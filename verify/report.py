"""What was found, as an object for programs and as lines for people."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final, cast

from verify.bundle import LogShown, Whole
from verify.checkpoint import SIMULATED, Checkpoint
from verify.decision import OUTSIDE
from verify.refused import RefusedError

WORDS: Final = {1: "tampered", 2: "malformed", 3: "untrusted"}


def of_refused(error: RefusedError) -> dict[str, Any]:
    """Return why something was refused, and where: the first bad leaf, if it is one."""
    return {
        "result": WORDS[error.exit_code],
        "why": error.why,
        "log": error.log,
        "position": error.position,
        "rule": error.rule,
    }


def of_checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what a checkpoint says, and who saw it when."""
    seal = checkpoint.seal
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "heads": None if seal is None else seal[0],
        "simulated_time": SIMULATED in checkpoint.origin.split("/"),
        "seen_at": {name: _instant(seen) for name, seen in checkpoint.seen_at},
    }


def of_bundle(whole: Whole, manifest_sha256: str) -> dict[str, Any]:
    """Return what a bundle shows."""
    return {
        "case": whole.case,
        "manifest_sha256": manifest_sha256,
        "logs": [_of_log(each) for each in whole.logs],
        "not_shown": whole.not_shown,
        "disclosed": whole.disclosed,
        "decisions": whole.decisions and [asdict(each) for each in whole.decisions],
        "certificates": whole.certificates,
        "rules_not_replayed": OUTSIDE,
    }


def plain(found: Mapping[str, Any]) -> str:
    """Return ``found`` as lines for people."""
    return "".join(f"{line}\n" for line in _lines(found))


def _of_log(each: LogShown) -> dict[str, Any]:
    return {
        "log": each.checkpoint.log,
        "records": len(each.records),
        "streams": each.streams,
        "checkpoint": of_checkpoint(each.checkpoint),
    }


def _instant(seconds: int) -> str:
    """Return seconds since 1970 as people write an instant; as they are, when beyond year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each entry that says something; what it consists of below it."""
    for name, value in found.items():
        label, below = name.replace("_", " "), _below(value)
        if below:
            yield f"{label}:"
            first, others = ("  - ", "    ") if isinstance(value, list | tuple) else ("  ", "  ")
            for each in below:
                yield from (f"{others if n else first}{at}" for n, at in enumerate(_lines(each)))
        elif value is not None:
            yield f"{label}: {_word(value)}"


def _below(value: object) -> list[Mapping[str, Any]]:
    """Return the objects that ``value`` is or lists; none where it is a plain word or list."""
    listed = cast("list[object]", value) if isinstance(value, list | tuple) else [value]
    return [cast("Mapping[str, Any]", each) for each in listed if isinstance(each, dict)]


def _word(value: object) -> str:
    """Return a plain value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, cast("list[object]", value))) or "none"
    return str(value)
