"""A verifier that others wrote, in an environment of its own: made once, exactly as locked.

PyPI ``sigstore``, pinned by hash in ``requirements/demo.txt``: a few megabytes, and nothing is built.
Safe to interrupt and to repeat; nothing half-made is taken for whole.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.local.errors import StackError
from deploy.local.settings import CHECKOUT

PLACE: Final = CHECKOUT / ".local" / "foreign" / "demo"
REQUIREMENTS: Final = CHECKOUT / "requirements" / "demo.txt"
CHECK: Final = Path(__file__).with_name("sigstore_check.py")
LIMIT_S: Final = 120
_UV: Final = str(Path(sys.executable).parent / "uv")
_STAMP: Final = "as-locked"


def foreign_check() -> tuple[str, str]:
    """Return the words that start the check, but for what is to be checked.

    Raises:
        StackError: A package cannot be had, or is not the one that the lock names.
    """
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    with (PLACE.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two may want the same at once
        return _made()


def _made() -> tuple[str, str]:
    """Return the words that start the check; by then its environment is as locked."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.executable.encode()).hexdigest()
    stamp, python = PLACE / _STAMP, PLACE / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(PLACE, ignore_errors=True)
        _run(
            _UV, "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, str(PLACE)
        )
        sync = ("pip", "sync", "--quiet", "--require-hashes", "--python", str(python))
        _run(_UV, *sync, str(REQUIREMENTS))
        stamp.write_text(wanted)
    return str(python), str(CHECK)


def _run(*words: str) -> None:
    """Run ``words``, or say why a foreign verifier cannot be had."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own words
            words, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StackError(f"cannot obtain the packages of {REQUIREMENTS.name}: {error}") from error
    if done.returncode:
        why = done.stderr.strip()[-600:]
        raise StackError(f"cannot obtain the packages of {REQUIREMENTS.name}: {why}")
