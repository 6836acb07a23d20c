"""Section 3: the append looks things up by index only, however large the log has become."""

from uuid import UUID

import asyncpg
import pytest

from shared.eventlog import Write
from shared.eventlog.committer import APPEND, arguments
from shared.eventlog.composing import Command
from shared.eventlog.connection import Connection
from tests.eventlog.house import Database, House
from tests.eventlog.samples import Counted, cause, opened

pytestmark = pytest.mark.integration

ROWS = 100_000
CALLS = 12
BATCH = 64

FILL = """
    INSERT INTO log.event SELECT n, 1, now(), 'old-' || n, '{}' FROM generate_series(1, $rows) n;
    INSERT INTO log.command SELECT md5(n::text)::uuid, NULL, n FROM generate_series(1, $rows) n;
    UPDATE log.log_head SET pos = $rows;
    ANALYZE log.event, log.command;
"""


async def batch(house: House, turn: int, *, version: int) -> list[Command]:
    """Return the commands of one batch, all on the same streams for the same ``version``."""
    commands: list[Command] = []
    for place in range(BATCH):
        write = Write(f"box-{place}", (opened, Counted(number=turn)), version)
        known = cause(1 + turn * BATCH + place)
        composed = await house.log._composer.compose([write], known, ["0" * 64])
        commands.append(composed.command)
    return commands


async def rows_read(connection: Connection) -> tuple[int, int]:
    """Return how many rows were read without an index, and how many with one."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    row = await connection.fetchrow(
        "SELECT sum(seq_tup_read), sum(idx_tup_fetch) FROM pg_stat_user_tables"
        " WHERE schemaname = 'log' AND relname IN ('event', 'command')"
    )
    assert row is not None
    return int(row[0]), int(row[1])


async def test_a_full_log_is_read_by_index_only(database: Database, house: House) -> None:
    """Section 3: for accepted, moved and repeated commands, in the cached plan too."""
    async with database.as_admin() as admin:
        await admin.execute(FILL.replace("$rows", str(ROWS)))
        connection = await asyncpg.connect(database.app_dsn)
        append = await connection.prepare(APPEND.format(schema="log"))
        await append.fetch(*arguments(await batch(house, 0, version=0)))
        before = await rows_read(connection)
        verdicts: list[str] = []
        for turn in range(1, CALLS):
            commands = await batch(house, turn, version=2 * turn)
            stale = await batch(house, CALLS + turn, version=0)
            for commands_given in (commands, stale, commands):
                rows = await append.fetch(*arguments(commands_given))
                verdicts += {row["outcome"] for row in rows}
        after = await rows_read(connection)
        await house.log.begin("box-1", UUID(int=2**64))
        assert await house.log.begin("box-1", UUID(int=1)) is None
        assert (await rows_read(connection))[0] == before[0], "beginning read a table whole"
        await connection.close()
        assert verdicts == ["accepted", "moved", "repeated"] * (CALLS - 1)
        assert after[0] == before[0], "a table was read from end to end"
        assert after[1] - before[1] < CALLS * BATCH * 3 * 8
        assert await house.log.recall(UUID(int=1), digest=None) is not None
