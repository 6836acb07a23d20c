"""The neighbours whose events certificates hears, as far as it can tell: real logs, really relayed.

What they say is on record in a database of their own and comes over the real broker; only their
rules are missing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import orjson

from deploy.local.stack import Stack
from shared.contracts.base import Event
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import decode
from shared.eventlog import Write
from shared.eventlog.connection import open_pool
from shared.eventlog.migrate import SchemaText, migrate_log
from shared.eventlog.postgres import PostgresLog, open_log
from shared.eventlog.reader import open_reader
from shared.ids import new_id
from shared.kafka import Brokers, Outgoing, events_topic, headers_of, producing, provision
from shared.kafka.producer import send_page
from shared.relay import SCHEMA, Output, Relay
from shared.vault import PostgresShelf, Vault

MASTER_KEY = b"a master key for tests, 32 bytes"
PAGE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One service that certificates hears."""

    name: str
    log: PostgresLog
    brokers: Brokers

    async def say(self, stream: str, *events: Event, after: int = 0) -> None:
        """Put ``events`` on record in ``stream``, which stands at version ``after``."""
        person = uuid5(UUID(int=0), self.name)
        made = new_id()
        cause = Cause(Actor(person, "policy"), made, made, made)
        await self.log.append([Write(stream, events, after)], cause=cause)

    async def say_again(self) -> int:
        """Send everything on record once more, as a relay does after a crash; return how much."""
        records = await self.log.tail(0, limit=PAGE_MAX)
        page = [
            Outgoing(
                decode(each.leaf).stream,
                each.leaf,
                headers_of(orjson.loads(each.leaf), each.position),
            )
            for each in records
        ]
        async with producing(self.brokers, client_id=f"{self.name}.again") as producer:
            await send_page(producer, events_topic(self.name).name, page)
        return len(page)


@asynccontextmanager
async def neighbours(
    stack: Stack, *names: str, now: Callable[[], datetime]
) -> AsyncIterator[dict[str, Neighbour]]:
    """Yield the services ``names``: their logs open, their relays at work."""
    brokers = Brokers(stack.kafka_bootstrap)
    password = stack.settings.service_password.get_secret_value()
    stopping = asyncio.Event()
    async with AsyncExitStack() as parts:
        found: dict[str, Neighbour] = {}
        relays: list[Relay] = []
        for name in names:
            app, relay = (
                stack.dsn(user=f"{name}_{role}", password=password, database=name)
                for role in ("app", "relay")
            )
            await migrate_log(
                stack.postgres_admin_dsn,
                service=name,
                app_dsn=app,
                relay_dsn=relay,
                schemas=[SchemaText("relay", SCHEMA, writer="relay")],
                simulated=True,
            )
            await provision(brokers, [events_topic(name)], replication=1)
            pool = await parts.enter_async_context(open_pool(app, name=name))
            vault = Vault(PostgresShelf(pool), master_key=MASTER_KEY)
            log = await parts.enter_async_context(
                open_log(app, service=name, pool=pool, vault=vault, now=now)
            )
            reader = await parts.enter_async_context(open_reader(relay, service=name))
            output = Output(events_topic(name).name)
            relays.append(Relay(reader, relay, brokers, output, now, stopping=stopping))
            found[name] = Neighbour(name, log, brokers)
        async with asyncio.TaskGroup() as group:
            for each in relays:
                group.create_task(each.run())
            yield found
            stopping.set()
