"""DATABASE_URL may name a server of version 15 or newer: the oldest one in the wheel is 16."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.postgres import Postgres
from deploy.local.processes import Processes
from shared.eventlog import Write
from tests.eventlog.house import database_at, migrate, open_house
from tests.eventlog.samples import Counted, cause, opened, spoken
from tests.eventlog.server import Server
from tests.stack import settings_of_its_own

pytestmark = pytest.mark.integration

OLDER = 16
INITDB_TIMEOUT_S = 60


class OlderPostgres(Postgres):
    """PostgreSQL 16; its ``initdb`` has no locale of its own making yet."""

    def _initdb(self, folder: Path) -> None:
        uid, gid = self.user or (os.geteuid(), os.getegid())
        password = folder.with_suffix(".password")
        password.write_text(self._settings.postgres_password.get_secret_value())
        for path in (folder, password):
            os.chown(path, uid, gid)
        subprocess.run(  # noqa: S603 -- every argument is ours
            (
                *(str(self.program("initdb")), "-D", str(folder), "-U", postgres.SUPERUSER),
                *("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"),
                f"--pwfile={password}",
            ),
            capture_output=True,
            check=True,
            cwd=folder,
            env={"LC_ALL": "C"},
            user=uid if self.user else None,
            group=gid if self.user else None,
            extra_groups=[] if self.user else None,
            timeout=INITDB_TIMEOUT_S,
        )
        password.unlink()


@pytest.fixture
def server(stack_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An older server of its own."""
    monkeypatch.setattr(postgres, "_INSTALLATION", "pginstall")
    folder = stack_folder / "older"
    folder.mkdir()
    settings = settings_of_its_own(folder)
    server = Server(OlderPostgres(settings), Processes(run=settings.run, log=settings.log))
    server.start()
    yield server
    server.stop()


async def test_an_older_server_keeps_the_log_as_well(server: Server) -> None:
    """Local stack: the same code on any server of version 15 or newer: accepted, repeated, moved."""
    database = database_at(server.dsn, "older")
    for _ in range(2):
        await migrate(database)
    async with database.as_admin() as admin, open_house(database) as house:
        assert admin.get_server_version().major == OLDER
        first = await house.log.append([Write("box-1", (opened, spoken), 0)], cause=cause(1))
        assert await house.log.append([Write("box-1", (opened,), 0)], cause=cause(1)) == first
        two = [Write("box-1", (Counted(number=1),), 2), Write("box-2", (opened,), 0)]
        assert (await house.log.append(two, cause=cause(2))).position == 4
        assert await house.log.begin("box-1", UUID(int=2)) is None
        assert [stored.position for stored in await house.log.tail(0, limit=9)] == [1, 2, 3, 4]
        for change in ("UPDATE log.event SET pos = 9", "DELETE FROM log.event"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await house.pool.execute(change)
