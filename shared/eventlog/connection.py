"""How this house connects to PostgreSQL: named, limited in time, and only to a safe server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncpg
import asyncpg.pool

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
AnyConnection: TypeAlias = "Connection | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 3
CONNECTIONS_MAX = 8
RECONNECT_DELAY_S = 0.2

CONNECTION_LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
"""What a lost or refused connection looks like; the outcome of what was under way is unknown."""

UNABLE: Final = (
    *CONNECTION_LOST,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)
"""What a server says, also to whoever connects, that is away or has no room: ask again later."""

_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")


class UnsafeServer(Exception):  # noqa: N818 -- a state of the world, told at start
    """The server would lose what it has acknowledged (L1). Turn the setting on again."""


@asynccontextmanager
async def connect(
    dsn: str, *, name: str, database: str | None = None
) -> AsyncGenerator[Connection]:
    """Yield a connection that the server shows as ``sigill <name>``; close it afterwards.

    Raises:
        OSError: Nobody answers there.
        TimeoutError: Not in time.
    """
    options: dict[str, Any] = {} if database is None else {"database": database}
    connection = await asyncpg.connect(dsn, **_settings(name), **options)
    try:
        yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def open_pool(
    dsn: str, *, name: str, connections_max: int = CONNECTIONS_MAX
) -> AsyncGenerator[Pool]:
    """Yield a pool of at most ``connections_max`` connections, for reading and for views.

    Whatever is set on one of them is set for a transaction (``SET LOCAL``): a transaction that
    was left open is rolled back when the connection is given back, and nothing else is reset.
    On leaving, who still has a connection may finish, for a while: nobody holds up an end.
    """
    pool = await asyncpg.create_pool(
        dsn, min_size=1, max_size=connections_max, reset=_as_it_is, **_settings(name)
    )
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def require_safe(connection: AnyConnection) -> None:
    """L1: do nothing when the server keeps what it acknowledges.

    Raises:
        UnsafeServer: ``fsync``, ``full_page_writes`` or ``synchronous_commit`` is off.
    """
    for setting in _MUST_BE_ON:
        value: str = await connection.fetchval("SELECT current_setting($1)", setting)
        if value == "off":
            raise UnsafeServer(f"{setting} is off: acknowledged commands would be lost in a crash")


async def _as_it_is(_: object) -> None:
    """Leave a connection that is given back as it is, and save the round trip."""


def _settings(name: str) -> dict[str, Any]:
    """Return what every connection of ours has."""
    return {
        "timeout": CONNECT_TIMEOUT_S,
        "command_timeout": COMMAND_TIMEOUT_S,
        "server_settings": {"application_name": f"sigill {name}", "jit": "off"},
    }
