"""A disk that is full: PostgreSQL's cluster on a file system of bounded size, and a file that takes the rest.

Mounting one is a right of root's. Who may not mount has no such fault: ``may_mount`` says so, the plan
leaves it out, and whoever names it all the same is told why it cannot be.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

SPARE_BYTES: Final = 48 * 1024 * 1024
"""How much the cluster may grow before anything else is put there: three segments of its log."""

BALLAST: Final = "ballast"
PIECES: Final = (16 * 1024 * 1024, 1024 * 1024, 64 * 1024, 4096)
MOUNT_TIMEOUT_S: Final = 60
NO_SPACE: Final = "No space left on device"
NO_MOUNT: Final = (
    "a full disk needs a mounted tmpfs, which only root may have; CI runs this as root"
)


def may_mount() -> bool:
    """Return whether a file system can be mounted here, by doing it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)
        except (subprocess.CalledProcessError, FileNotFoundError):
            return False
        _run("umount", folder)
    return True


def require_mounting() -> None:
    """Let a test go on where a file system can be mounted: Linux lets nobody but root.

    In CI, which is root, a test that cannot be tried is a failure. `make test` asks nobody to be
    root (README says which tests that leaves out), so there it is skipped, with this reason.
    """
    if may_mount():
        return
    if os.environ.get("CI"):  # noqa: TID251 -- .ci/run says so
        pytest.fail(NO_MOUNT)
    pytest.skip(NO_MOUNT)


@contextmanager
def bounded(home: Path) -> Generator[None]:
    """Have the folder ``home`` on a small file system inside the block, with all that it holds.

    Nobody may use it when the block begins or ends: its server does not run.

    Raises:
        subprocess.CalledProcessError: Nothing can be mounted here.
    """
    whole = home.with_name(f"{home.name}-whole")
    owner, used = home.stat(), _used(home)
    home.rename(whole)
    home.mkdir(mode=0o700)
    try:
        words = f"size={used + SPARE_BYTES},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
        _run("mount", "-t", "tmpfs", "-o", words, "tmpfs", str(home))
        try:
            _run("cp", "-a", f"{whole}/.", str(home))
            yield
            shutil.rmtree(whole)
            _run("cp", "-a", str(home), str(whole))
        finally:
            _run("umount", str(home))
    finally:
        home.rmdir()
        whole.rename(home)


@contextmanager
def filled(home: Path, *, but_bytes: int = 0) -> Generator[Path]:
    """Leave ``but_bytes`` below ``home`` inside the block; yield the ballast that has all the rest."""
    ballast = home / BALLAST
    fill(ballast)
    os.truncate(ballast, max(0, ballast.stat().st_size - but_bytes))
    try:
        yield ballast
    finally:
        ballast.unlink()


def fill(ballast: Path) -> None:
    """Let ``ballast`` take every byte that is left where it lies."""
    with ballast.open("ab") as file:
        for piece in PIECES:
            try:
                while True:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), piece)
            except OSError:
                continue


def _used(folder: Path) -> int:
    """Return how many bytes the files of ``folder`` take."""
    return sum(each.lstat().st_blocks * 512 for each in folder.rglob("*"))


def _run(*words: str) -> None:
    """Run a program of the system."""
    subprocess.run(words, check=True, capture_output=True, timeout=MOUNT_TIMEOUT_S)  # noqa: S603 -- our own words
