"""What stands in the house while two releases work in it: records, parked streams, views."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.local.stack import Stack
from shared.contracts.record import Record, decode
from tests.faults.observing import database
from tests.upgrade.release import Release

OPERATOR: Final = "0190a3c2-7a10-4c00-8000-00000000000d"
HEARD_ALL: Final = """
SELECT count(*) FROM (SELECT stream, max(version) AS version FROM log.event GROUP BY stream) said
 WHERE NOT EXISTS (SELECT FROM consumer.progress heard
    WHERE heard.consumer = $1 AND heard.stream = said.stream AND heard.version >= said.version)
   AND NOT EXISTS (SELECT FROM consumer.parked held WHERE held.consumer = $1
    AND held.stream = said.stream AND held.version >= said.version AND held.settled_at IS NULL)
"""
"""Streams of a service's own log that its own consumer has neither taken nor parked to their ends."""


async def records(stack: Stack, service: str) -> tuple[Record, ...]:
    """Return the log of a service, in order."""
    async with database(stack, service) as connection:
        rows = await connection.fetch("SELECT leaf FROM log.event ORDER BY pos")
    return tuple(decode(row["leaf"]) for row in rows)


async def counted(stack: Stack, service: str, kind: str) -> Mapping[str, int]:
    """Return how often each stream of a service has an event of one type."""
    found: dict[str, int] = {}
    for record in await records(stack, service):
        found[record.stream] = found.get(record.stream, 0) + (record.type == kind)
    return found


async def parked(stack: Stack, service: str) -> Mapping[tuple[str, str, str], str]:
    """Return why each stream waits for an operator, by group, topic and stream."""
    async with database(stack, service) as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT ON (consumer, topic, stream) consumer, topic, stream, reason"
            " FROM consumer.parked WHERE settled_at IS NULL ORDER BY consumer, topic, stream, id"
        )
    return {(row["consumer"], row["topic"], row["stream"]): row["reason"] for row in rows}


async def own_heard(stack: Stack, service: str, group: str) -> bool:
    """Return whether a service has heard all of its own log in a group, or parked it."""
    async with database(stack, service) as connection:
        behind: int = await connection.fetchval(HEARD_ALL, group)
    return behind == 0


async def views(stack: Stack, service: str) -> Mapping[str, Any]:
    """Return at which position each live view of a service stands, and why it stopped."""
    async with database(stack, service) as connection:
        rows = await connection.fetch(
            "SELECT name, position, version, stopped_reason,"  # noqa: S608 -- our own name
            " position = (SELECT pos FROM log.log_head) AS at_head"
            f" FROM \"{service}\".view_state WHERE place = 'live'"
        )
    return {row["name"]: row for row in rows}


async def redrive_all(newer: Release, service: str) -> tuple[str, ...]:
    """Let an operator redrive every parked stream of a service; return what was said of each."""
    said: list[str] = []
    for group, topic, stream in await parked(newer.house.stack, service):
        words = (group, topic, stream, "--decided-by", OPERATOR, "--why", "newer_release")
        said.append(newer.ask(service, "redrive", *words, "--apply"))
    return tuple(said)
