"""Intake for real: its own process, PostgreSQL, Kafka and issuer, on the clock of the stack."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import httpx2
import orjson

from deploy.local.house import House as Services
from deploy.local.stack import Stack
from deploy.local.tokens import service_token, sign_in
from services.intake.queries import PostgresLists
from shared.clock import set_clock
from shared.contracts.base import Event
from shared.contracts.envelope import Actor, Cause
from shared.contracts.intake import ApplicantAdmitted, InterestRegistered
from shared.contracts.record import Record, decode
from shared.contracts.roles import Role
from shared.eventlog import Write
from shared.eventlog.connection import Pool, open_pool
from shared.kafka.clients import Brokers, producing
from shared.kafka.headers import headers_of
from shared.kafka.producer import Outgoing, send_page
from shared.kafka.topics import events_topic, provision
from shared.testing.memory import MemoryLog
from tests.intake.api.people import Who
from tests.intake.api.speaking import Speaking
from tests.stack import emptied

BEGINS_AT = datetime(2018, 11, 1, 9, tzinfo=UTC)
WAIT_S = 30.0
PAUSE_S = 0.05
REVIEW = Actor(UUID("0190a3c2-7a10-4c00-8000-0000000000fe"), "policy")


class RealHouse(Speaking):
    """Intake behind its address.

    Attributes:
        review: What the review service would have on record.
    """

    def __init__(
        self, stack: Stack, url: str, clock: Callable[[datetime], None], pool: Pool
    ) -> None:
        self.keys = 0
        self.lists = PostgresLists(pool)
        self._pool = pool
        self.http = httpx2.AsyncClient(base_url=url, timeout=30)
        self.review = MemoryLog("review")
        self._stack = stack
        self._clock = clock
        self._tokens: dict[str, str] = {}
        self._heard = 0

    def headers(self, who: Who) -> dict[str, str]:
        """Return the header that says who calls; tokens last until the clock is moved."""
        if who.label not in self._tokens:
            secret = self._stack.settings.client_secret.get_secret_value()
            self._tokens[who.label] = (
                service_token(self._stack.issuer_url, who.label, secret, "intake")
                if Role.SERVICE in who.roles
                else sign_in(self._stack.issuer_url, who.label, "intake")
            )
        return {"Authorization": f"Bearer {self._tokens[who.label]}"}

    async def at(self, when: datetime) -> None:
        """Set the clock of all processes."""
        self._clock(when)
        self._tokens.clear()

    async def hears(self, event: Event) -> None:
        """Put an event of review on its topic, and return when intake has noted it."""
        self.keys += 1
        stream = f"appointment-{self.keys}"
        cause = Cause(REVIEW, UUID(int=self.keys), UUID(int=1), UUID(int=1))
        answer = await self.review.append([Write(stream, (event,), 0)], cause=cause)
        leaf = self.review.leaves[answer.position - 1]
        sent = Outgoing(stream, leaf, headers_of(orjson.loads(leaf), answer.position))
        brokers = Brokers(self._stack.kafka_bootstrap)
        async with producing(brokers, client_id="review of a test") as producer:
            await send_page(producer, events_topic("review").name, [sent])
        self._heard += 1
        await self._until(partial(_as_many, self._heard), "MandateNoted", "TieNoted")

    async def react(self) -> None:
        """Return when every interest and every admission has had its consequence."""
        for cause, effects in (
            (InterestRegistered.__name__, ("RequirementsDisclosed",)),
            (ApplicantAdmitted.__name__, ("PlaceOffered", "WaitingListJoined")),
        ):
            wanted = len(await self.records(cause))
            await self._until(partial(_as_many, wanted), *effects)

    async def run_timers(self) -> None:
        """Return when every open round whose deadline has passed is closed."""
        await self._until(bool, "RoundClosed")

    async def records(self, *types: str) -> list[Record]:
        """Return the records of these types, or of all, oldest first."""
        rows = await self._pool.fetch("SELECT leaf FROM log.event ORDER BY pos")
        every = [decode(row["leaf"]) for row in rows]
        return [record for record in every if not types or record.type in types]

    async def _until(self, enough: Callable[[list[Record]], bool], *types: str) -> None:
        """Return as soon as the log holds enough records of these types."""
        async with asyncio.timeout(WAIT_S):
            while not enough(await self.records(*types)):  # noqa: ASYNC110 -- another process's log
                await asyncio.sleep(PAUSE_S)


def _as_many(wanted: int, found: list[Record]) -> bool:
    """Return whether as many are there as are wanted."""
    return len(found) >= wanted


@asynccontextmanager
async def real_house(stack: Stack) -> AsyncIterator[RealHouse]:
    """Yield intake in a process of its own, its clock at the first of November 2018."""
    clock = stack.settings.clock_file
    assert clock is not None
    begun = ExitStack()
    try:
        await asyncio.to_thread(begun.enter_context, emptied(stack, BEGINS_AT))
        brokers = Brokers(stack.kafka_bootstrap)
        await provision(brokers, [events_topic("review")], replication=1)
        services = await asyncio.to_thread(
            begun.enter_context, Services(stack, services=("intake",))
        )
        dsn = stack.dsn(
            user="intake_app",
            password=stack.settings.service_password.get_secret_value(),
            database="intake",
        )
        async with open_pool(dsn, name="tests of intake", connections_max=4) as pool:
            house = RealHouse(stack, services.url("intake"), partial(set_clock, clock), pool)
            async with house.http:
                yield house
    finally:
        await asyncio.to_thread(begun.close)
