"""Waits until nothing is under way any more, and says what does not come to rest.

A house that heals must come to rest by itself: whatever stays behind after all faults are over is
a finding too.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from time import monotonic
from typing import Any, Final

import asyncpg

from deploy.local.stack import Stack
from shared.eventlog.connection import CONNECTION_LOST
from tests.faults.observing import AUDIT, database, heard, views_of

SETTLE_S: Final = 90.0
POLL_S: Final = 0.4
STILL_S: Final = 2.0
"""Longer than whoever looks at a clock sleeps: a timer that is due stands in nobody's way until then."""

NUDGE_EACH_S: Final = 4.0


async def settle(
    stack: Stack,
    services: tuple[str, ...],
    nudge: Callable[[], None],
    *,
    within_s: float = SETTLE_S,
) -> tuple[str, ...]:
    """Return what has not come to rest in time; empty when all is still.

    ``nudge`` moves the clock on while letters wait for the end of a pause.
    """
    until, nudge_at = monotonic() + within_s, monotonic() + NUDGE_EACH_S
    before: Mapping[str, int] | None = None
    still_since = monotonic()
    while True:
        heads, behind = await _looked(stack, services)
        if behind or heads != before:
            still_since = monotonic()
        elif monotonic() - still_since >= STILL_S:
            return ()
        if monotonic() > until:
            return behind or ("something is still being appended",)
        if monotonic() > nudge_at and any("letter" in each for each in behind):
            nudge()
            nudge_at = monotonic() + NUDGE_EACH_S
        before = heads
        await asyncio.sleep(POLL_S)


async def _looked(
    stack: Stack, services: tuple[str, ...]
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Return the head of each log, and what is behind it, in words."""
    heads: dict[str, int] = {}
    behind: list[str] = []
    versions: dict[str, dict[str, int]] = {}
    try:
        for service in services:
            async with database(stack, service) as connection:
                heads[service] = await connection.fetchval("SELECT pos FROM log.log_head")
                versions[service] = await _versions(connection)
                behind += [each async for each in _of_one(connection, service, heads[service])]
        for service in services:
            async with database(stack, service) as connection:
                behind += [each async for each in _heard(connection, service, services, versions)]
        async with database(stack, AUDIT) as connection:
            for service in services:
                mirrored = await connection.fetchval(
                    "SELECT count(*) FROM audit.mirror WHERE log = $1", f"asf/{service}"
                )
                if mirrored < heads[service]:
                    behind.append(f"audit mirrors {mirrored} of {heads[service]} of {service}")
    except (*CONNECTION_LOST, asyncpg.PostgresError) as error:
        behind.append(f"a database does not answer: {type(error).__name__}")
    return heads, tuple(behind)


async def _versions(connection: Any) -> dict[str, int]:
    """Return the version of every stream."""
    rows = await connection.fetch("SELECT stream, max(version) AS v FROM log.event GROUP BY stream")
    return {row["stream"]: row["v"] for row in rows}


async def _of_one(connection: Any, service: str, head: int) -> AsyncGenerator[str]:
    """Yield what of a service is behind its own log."""
    access: int = await connection.fetchval("SELECT pos FROM access.log_head")
    known = 0
    for row in await connection.fetch("SELECT output, position FROM relay.checkpoint"):
        known += 1
        output, position = row["output"], row["position"]
        end = access if output == "ledger of access" else head
        if position < end:
            yield f"{service}: {output} is at {position} of {end}"
    if not known:
        yield f"{service}: no relay has begun"
    sealed = await connection.fetchval("SELECT max(size) FROM ledger.checkpoint WHERE log = 'log'")
    if (sealed or 0) < head:  # the ledger is ahead of it between its tiles and the signature
        yield f"{service}: {sealed or 0} of {head} records are under a checkpoint"
    for view in views_of(service):
        position = await connection.fetchval(
            f'SELECT position FROM "{service}".view_state'  # noqa: S608 -- our own name
            " WHERE name = $1 AND place = 'live'",
            view.name,
        )
        if (position or 0) < head:
            yield f"{service}: view {view.name} is at {position} of {head}"
    if service == "notify":
        waiting = await connection.fetchval(
            "SELECT count(*) FROM notify.notification_list WHERE due_at IS NOT NULL"
        )
        if waiting:
            yield f"notify: {waiting} letters wait"


async def _heard(
    connection: Any,
    service: str,
    services: tuple[str, ...],
    versions: Mapping[str, Mapping[str, int]],
) -> AsyncGenerator[str]:
    """Yield which consumers of a service are behind the logs that they hear of."""
    rows = await connection.fetch("SELECT consumer, topic, stream, version FROM consumer.progress")
    progress = {(row["consumer"], row["topic"], row["stream"]): row["version"] for row in rows}
    parked = await connection.fetch(
        "SELECT DISTINCT consumer, stream FROM consumer.parked WHERE settled_at IS NULL"
    )
    stopped = {(row["consumer"], row["stream"]) for row in parked}
    for hearing, group, topic in heard(services):
        if hearing != service:
            continue
        upstream = versions[topic.removeprefix("asf.").removesuffix(".events.v1")]
        late = [
            stream
            for stream, version in upstream.items()
            if progress.get((group, topic, stream), 0) < version and (group, stream) not in stopped
        ]
        if late:
            yield f"{group} is behind in {len(late)} streams, e.g. {late[0]}"
