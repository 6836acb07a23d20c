"""The views of a service over a log of a few streams, kept on a real PostgreSQL: its lists are asked of them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from deploy.local.stack import Stack
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.eventlog import Write
from shared.eventlog.connection import Pool
from shared.eventlog.projector import Pages, Projector
from shared.eventlog.projector_migrate import ViewTables, migrate_views
from shared.process import Service
from shared.testing.memory import MemoryLog

PASSWORD = "only-in-tests"  # noqa: S105 -- of a role that lives for one test run
SOMEBODY = Actor(UUID(int=900), "policy")


@asynccontextmanager
async def views_kept(
    stack: Stack, service: Service[Any], histories: Mapping[str, Sequence[Event]]
) -> AsyncGenerator[Pool]:
    """Yield the database, in a schema of its own, when every view has come to the head of ``histories``."""
    schema = f"{service.name}_test"
    owner, app = f"{schema}_owner", f"{schema}_app"
    admin = await asyncpg.connect(stack.postgres_admin_dsn)
    await admin.execute(
        f"DO $$ BEGIN CREATE ROLE {owner} NOLOGIN; CREATE ROLE {app} LOGIN PASSWORD '{PASSWORD}';"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    tables = ViewTables(schema, owner, app, service.schema, service.views, service.timers)
    await migrate_views(admin, tables)
    try:
        async with asyncpg.create_pool(
            stack.postgres_admin_dsn,
            user=app,
            password=PASSWORD,
            min_size=0,
            max_size=4,
            server_settings={"search_path": schema},
        ) as pool:
            projector = Projector(
                pool, Pages(await _log(service.name, histories), event_of), schema
            )
            for view in tables.every:
                while await projector.advance(view):
                    pass
            yield pool
    finally:
        await admin.execute(f'DROP SCHEMA "{schema}", "{schema}_next" CASCADE')
        await admin.close()


async def _log(name: str, histories: Mapping[str, Sequence[Event]]) -> MemoryLog:
    """Return a log with each stream of ``histories``, one command each."""
    log = MemoryLog(name)
    for number, (stream, events) in enumerate(histories.items(), start=7_000):
        made = UUID(int=number)
        await log.append([Write(stream, tuple(events), 0)], cause=Cause(SOMEBODY, made, made, made))
    return log
