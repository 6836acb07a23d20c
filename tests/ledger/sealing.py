"""A service's log, its ledger and its signer, all real, for the tests of sealing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from deploy.local.stack import Stack
from shared import relay
from shared.contracts.base import Event
from shared.contracts.envelope import Actor, Cause
from shared.contracts.roles import Role
from shared.eventlog import Write
from shared.eventlog.migrate import SchemaText
from shared.eventlog.reader import LogReader, open_reader
from shared.ledger import Policy, policy_of, verifier_key
from shared.ledger.signer import VERIFIER_KEYS
from shared.ledger.store import SCHEMA, Log, Store
from shared.relay import Sealer, origin_of
from tests.eventlog.house import Database, House, fresh_database, open_house
from tests.eventlog.samples import PERSON, Counted, Opened

SCHEMAS = (
    SchemaText("relay", relay.SCHEMA, writer="relay"),
    SchemaText("ledger", SCHEMA, writer=None),
)
WAIT_S = 30.0
CASES = 7
STREAMS = 5


@dataclass(slots=True)
class Sealing:
    """A log that is sealed, or can be.

    Attributes:
        folder: Of the signer of the log.
    """

    database: Database
    house: House
    reader: LogReader
    folder: Path
    appended: int = field(default=0)

    @property
    def origin(self) -> str:
        """Return the name of the log in checkpoints."""
        return origin_of(self.database.service, "log", prefix="example.org/", simulated=False)

    @property
    def store(self) -> Store:
        """Return the ledger as the application reads it."""
        return Store(self.house.pool)

    @property
    def policy(self) -> Policy:
        """Return whom a verifier believes: the keys that the signer hands out."""
        lines = (self.folder / VERIFIER_KEYS).read_text().splitlines()
        return policy_of([verifier_key(line) for line in lines])

    def sealer(self, *, interval_s: float = 0.05, log: Log = "log") -> Sealer:
        """Return a sealer that does not run yet."""
        return Sealer(
            reader=self.reader,
            dsn=self.database.relay_dsn,
            log=log,
            origin=self.origin,
            folder=self.folder,
            interval_s=interval_s,
            idle_s=0.05,
        )

    async def append(self, number: int) -> None:
        """Append so many records: several cases, several streams, one record a command."""
        for each in range(self.appended, self.appended + number):
            await append_to(self.house, each)
        self.appended += number

    async def leaves(self) -> list[bytes]:
        """Return the whole log."""
        return [each.leaf for each in await self.house.log.tail(0, limit=1_000_000)]

    async def sealed(self, size: int, *, limit_s: float = WAIT_S) -> None:
        """Return when a checkpoint of at least ``size`` is published."""
        async with asyncio.timeout(limit_s):
            while True:
                latest = await self.store.latest()
                if latest is not None and latest.size >= size:
                    return
                await asyncio.sleep(0.01)


async def append_to(house: House, number: int) -> None:
    """Append record ``number`` of the example: the streams go round, and so do the cases."""
    stream, version = number % STREAMS, number // STREAMS
    event: Event = Counted(number=number)
    if number % 3 == 0:
        event = Opened(application_id=UUID(int=number % CASES + 1))
    command = UUID(int=0x5EA1 << 64 | number)
    cause = Cause(
        Actor(PERSON, Role.OPERATOR), command, UUID(int=number % CASES + 1), command, digest=command
    )
    await house.log.append([Write(f"box-{stream}", (event,), version)], cause=cause)


@asynccontextmanager
async def sealing(stack: Stack, folder: Path) -> AsyncIterator[Sealing]:
    """Yield a log of its own, with a ledger that nobody seals yet."""
    async with (
        fresh_database(stack.postgres_admin_dsn, schemas=SCHEMAS) as database,
        open_house(database) as house,
        open_reader(database.relay_dsn, service=database.service) as reader,
    ):
        yield Sealing(database, house, reader, folder / "signer")


@asynccontextmanager
async def running(*sealers: Sealer) -> AsyncIterator[None]:
    """Run sealers inside the block; stop them at its end as SIGTERM would."""
    async with asyncio.TaskGroup() as group:
        for each in sealers:
            group.create_task(each.run())
        try:
            yield
        finally:
            for each in sealers:
                each.stopping.set()
