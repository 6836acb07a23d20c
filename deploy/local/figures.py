"""How far each service is: read from its database, as the superuser, for people to look at."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from deploy.local.part import wait_for
from deploy.local.stack import Stack

_TIMEOUT_S = 5
_NOT_THERE = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InvalidSchemaNameError,
)

_HEAD = "SELECT pos FROM log.log_head"
_RELAYED = "SELECT min(position) FROM relay.checkpoint WHERE output LIKE 'asf.%'"
_VIEWED = """SELECT min(position) FROM "{service}".view_state WHERE place = 'live'"""
_PARKED = (
    "SELECT count(DISTINCT (consumer, topic, stream)) FROM consumer.parked WHERE settled_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """How far one service is; None where it cannot be said.

    Attributes:
        log: The position of its last event.
        relay_lag: Events that its slowest relay has not sent yet.
        view_lag: Events that its slowest view has not seen yet.
        parked: Streams that wait for an operator.
    """

    log: int | None = None
    relay_lag: int | None = None
    view_lag: int | None = None
    parked: int | None = None


def figures(stack: Stack, services: Sequence[str]) -> dict[str, Figures]:
    """Return how far each of ``services`` is."""
    return wait_for(_figures(stack, services))


async def _figures(stack: Stack, services: Sequence[str]) -> dict[str, Figures]:
    return {service: await _of_one(stack, service) for service in services}


async def _of_one(stack: Stack, service: str) -> Figures:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            connection = await asyncpg.connect(stack.postgres_admin_dsn, database=service)
            try:
                head = await _number(connection, _HEAD)
                relayed = await _number(connection, _RELAYED)
                viewed = await _number(connection, _VIEWED.format(service=service))
                parked = await _number(connection, _PARKED)
            finally:
                await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return Figures()
    return Figures(head, _behind(head, relayed), _behind(head, viewed), parked)


async def _number(connection: "asyncpg.Connection[asyncpg.Record]", sql: str) -> int | None:
    """Return the one number that ``sql`` asks for; None when the table is not there."""
    try:
        found = await connection.fetchval(sql)
    except _NOT_THERE:
        return None
    return None if found is None else int(found)


def _behind(head: int | None, position: int | None) -> int | None:
    return None if head is None or position is None else max(0, head - position)
