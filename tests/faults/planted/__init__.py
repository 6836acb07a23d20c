"""Bugs that the harness must find: small patches, each applied to a copy of the services."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import warm
from deploy.local.settings import CHECKOUT
from tests.faults.plan import Fault, told

FOLDER: Final = Path(__file__).parent
COPIED: Final = ("services", "shared")
TIMEOUT_S: Final = 30


@dataclass(frozen=True, slots=True)
class Bug:
    """One planted bug.

    Attributes:
        what: In words.
        faults: Under which it shows; none: the load alone is enough.
        check: The check that must find it; others may find it too.
    """

    patch: Path
    what: str
    faults: tuple[Fault, ...]
    check: str

    @property
    def name(self) -> str:
        """Return how it is called."""
        return self.patch.stem


def read(patch: Path) -> Bug:
    """Return the bug that a patch holds; its head says what, under which faults, and who finds it."""
    lines = patch.read_text().splitlines()
    head = dict(line.split(": ", 1) for line in lines[: lines.index("")])
    faults = () if head["Faults"] == "none" else tuple(map(told, head["Faults"].split(", ")))
    return Bug(patch, head["What"], faults, head["Check"])


def bugs() -> tuple[Bug, ...]:
    """Return every planted bug, by name."""
    return tuple(read(patch) for patch in sorted(FOLDER.glob("*.patch")))


def copied(folder: Path) -> Path:
    """Return a copy of the services and what they share, in ``folder``; the stack is the same."""
    for name in COPIED:
        shutil.copytree(CHECKOUT / name, folder / name)
    (folder / "deploy").symlink_to(CHECKOUT / "deploy")
    return folder


def plant(bug: Bug, code: Path) -> None:
    """Apply a bug to a copy of the services.

    Raises:
        subprocess.CalledProcessError: The code has changed under it: make the patch anew.
    """
    subprocess.run(  # noqa: S603 -- our own patch
        ["git", "apply", "--unsafe-paths", f"--directory={code}", str(bug.patch)],  # noqa: S607 -- wherever git is
        cwd=code,
        check=True,
        capture_output=True,
        timeout=TIMEOUT_S,
    )


def unload(code: Path) -> None:
    """End the process that has loaded this copy: nobody starts anything out of it any more."""
    for key in [key for key in warm._warm if key[0] == code]:
        with warm._warm.pop(key) as loaded:
            loaded.kill()
