"""ADR-0025: an older program beside a newer one's records. It decides nothing on what it cannot read."""

from typing import ClassVar

import pytest

from shared import clock
from shared.contracts import notify
from shared.contracts.catalogue import NewerVersionError
from shared.eventlog import Handler, Write
from shared.eventlog.connection import open_pool
from shared.eventlog.postgres import open_log
from shared.testing.memory import MASTER_KEY, MemoryAccessLog
from shared.vault import PostgresShelf, Vault
from tests.eventlog.house import Database
from tests.eventlog.samples import CASE, cause
from tests.process.example import Send, planned, service

pytestmark = pytest.mark.integration

STREAM = f"letter-{CASE}"


class NotificationSent(notify.NotificationSent):
    """What the next release says: the letter was sent, and something about it that is new."""

    schema_version: ClassVar[int] = notify.NotificationSent.schema_version + 1


async def test_nobody_decides_on_a_past_that_a_newer_version_recorded(database: Database) -> None:
    """As views stop: the letter was sent, and who passed that over would send it again."""
    at = clock.now()
    sent = NotificationSent(
        notification_id=CASE,
        application_id=CASE,
        recipient_id=CASE,
        language="sv",
        template_version=1,
        text_hash="0" * 64,
        attempt=1,
        sent_at=at,
    )
    async with open_pool(database.app_dsn, name="test") as pool:
        vault = Vault(PostgresShelf(pool), master_key=MASTER_KEY)
        async with open_log(
            database.app_dsn, service=database.service, pool=pool, vault=vault, now=clock.now
        ) as log:
            handler = Handler(log, service.deciders, MemoryAccessLog(), clock.now)
            events = (planned(CASE, at, copied=False), sent)
            await log.append([Write(STREAM, events, 0)], cause=cause(1))
            for asked in (
                handler.put(STREAM, Send(at), cause(2)),
                handler.put(STREAM, Send(at), cause(1)),
                handler.look(STREAM),
            ):
                with pytest.raises(NewerVersionError, match="NotificationSent version 2 is not"):
                    await asked
            assert await log.head() == 2
