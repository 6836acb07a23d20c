"""A loop of the log that dies of a mistake takes its process with it: nobody is half alive."""

import asyncio
import subprocess

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.ids import new_id
from tests.process.house import House, eventually

pytestmark = pytest.mark.system


def test_a_password_that_counts_no_more_ends_the_process(house: House, stack: Stack) -> None:
    """Architecture 4: what waiting does not mend ends the process, and whoever started it knows."""
    with house.running("all") as process:
        assert eventually(lambda: process.get("/v1/letters").status_code == 200)
        assert process.plan(new_id()).status_code == 201
        asyncio.run(change_password(stack.postgres_admin_dsn))
        try:
            code = process.process.wait(30)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still there: {process.failing()}\n{house.log('all')[-4000:]}")
    assert code == 1
    assert "InvalidPasswordError" in house.log("all")


async def change_password(admin_dsn: str) -> None:
    """Have the application's password be another, and cut all that came with the old one."""
    connection = await asyncpg.connect(admin_dsn)
    await connection.execute("ALTER ROLE example_app PASSWORD 'another'")
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'example_app'"
    )
    await connection.close()
