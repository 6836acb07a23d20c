"""The role ``migrate``: database, roles, logs, views, consumers' tables, topics. Safe to repeat.

What was erased and a restore brought back goes again here, before anything is served.
"""

from contextlib import AbstractAsyncContextManager
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

import stamina

from shared import clock
from shared.eventlog.connection import connect
from shared.eventlog.migrate import SchemaText, migrate_log
from shared.eventlog.projector_migrate import ViewTables, migrate_views
from shared.kafka import SCHEMA as CONSUMER_SCHEMA
from shared.kafka import events_topic, provision
from shared.ledger.store import SCHEMA as LEDGER_SCHEMA
from shared.process.erased_files import remove_files
from shared.process.erasing import Eraser, eraser_of
from shared.process.loops import of_the_world
from shared.process.service import Service
from shared.process.settings import ServiceSettings
from shared.relay import SCHEMA as RELAY_SCHEMA
from shared.telemetry import get_logger

S = TypeVar("S", bound=ServiceSettings)

ATTEMPTS_MAX: Final = 20
WAIT_MAX_S: Final = 5.0

_MADE_LATER: Final = "SELECT"
"""The service's own schema is only begun with the logs; its tables are those of the views."""

_log = get_logger("process")


class AdminMissing(Exception):  # noqa: N818 -- an answer to the operator
    """This needs ``database_admin_dsn``."""


async def migrate(service: Service[S], settings: S) -> None:
    """Make or complete everything that ``service`` stands on. Waits for what is not there yet.

    Raises:
        AdminMissing: See there.
        LedgerBroken: The ledger of erasures is lost, or cannot be read.
        ViewChanged: A view's table changed and its version did not.
        TopicDiffers: A topic is not as described.
    """
    await _database(service, settings)
    await _topics(service, settings)
    _log.info("process.migrated", service=service.name)


@stamina.retry(on=of_the_world, attempts=ATTEMPTS_MAX, timeout=None, wait_max=WAIT_MAX_S)
async def _database(service: Service[S], settings: S) -> None:
    """Make the database, its roles and schemas, then the tables of the views; finish erasures."""
    admin, app = admin_dsn(settings), settings.database_dsn.get_secret_value()
    await migrate_log(
        admin,
        service=service.name,
        app_dsn=app,
        relay_dsn=settings.relay_dsn.get_secret_value(),
        schemas=[
            SchemaText(service.name, _MADE_LATER),
            SchemaText("consumer", CONSUMER_SCHEMA),
            SchemaText("relay", RELAY_SCHEMA, writer="relay"),
            SchemaText("ledger", LEDGER_SCHEMA, writer=None),
        ],
        simulated=settings.simulated_time,
    )
    tables = view_tables(service, settings)
    async with connect(admin, name="migrate views", database=_database_of(app)) as connection:
        await migrate_views(connection, tables)
    async with eraser(service, settings) as erasing:
        await erasing.require_ledger()
        for done in await erasing.finish():
            subject = str(done.erasure.subject_id)
            _log.warning("process.erased_again", subject=subject, texts=done.texts)
            removed = await remove_files(service, settings, erasing, done.erasure.subject_id)
            if removed.why_left is not None:
                _log.warning("process.files_left", subject=subject, why=removed.why_left)


@stamina.retry(on=of_the_world, attempts=ATTEMPTS_MAX, timeout=None, wait_max=WAIT_MAX_S)
async def _topics(service: Service[S], settings: S) -> None:
    """Make the topics that the service owns."""
    await provision(
        settings.brokers,
        (events_topic(service.name), *service.topics),
        replication=settings.kafka_replication,
    )


def admin_dsn(settings: ServiceSettings) -> str:
    """Return how a role with the right to create things connects.

    Raises:
        AdminMissing: The setting is not there.
    """
    if settings.database_admin_dsn is None:
        raise AdminMissing("set database_admin_dsn: this makes roles and tables")
    return settings.database_admin_dsn.get_secret_value()


def eraser(service: Service[S], settings: S) -> AbstractAsyncContextManager[Eraser]:
    """Return whoever may erase in the database of ``service``, when it is entered.

    Raises:
        AdminMissing: See there.
    """
    return eraser_of(
        admin_dsn(settings),
        service=service.name,
        database=_database_of(settings.database_dsn.get_secret_value()),
        ledger_folder=settings.ledger_folder,
        now=clock.now,
    )


def view_tables(service: Service[S], settings: S) -> ViewTables:
    """Return the tables that the views of ``service`` need, and whose they are."""
    app = settings.database_dsn.get_secret_value()
    return ViewTables(
        schema=service.name,
        owner=f"{_database_of(app)}_owner",
        app=unquote(urlsplit(app).username or ""),
        text=service.schema,
        views=service.views,
        timers=service.timers,
    )


def _database_of(dsn: str) -> str:
    """Return the name of the database that ``dsn`` names."""
    return unquote(urlsplit(dsn).path.removeprefix("/"))
