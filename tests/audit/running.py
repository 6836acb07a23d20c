"""Audit at work beside intake and notify, and somebody who puts things on Kafka that no relay would."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.tokens import sign_in
from shared.contracts.audit import TamperSuspected
from shared.contracts.record import Record, encode, leaf_hash
from shared.ids import new_id
from shared.kafka import Outgoing, events_topic, headers_of, producing, send_page
from shared.kafka.topics import PARTITIONS
from tests.audit.api.house import record
from tests.notify.running import Running, eventually


@dataclass(frozen=True, slots=True)
class Sent:
    """A record, and the place that its headers claim."""

    record: Record
    position: int

    @property
    def leaf(self) -> bytes:
        """Return its exact bytes."""
        return encode(self.record)

    @property
    def hash(self) -> str:
        """Return its leaf hash."""
        return leaf_hash(self.leaf)

    @property
    def message(self) -> Outgoing:
        """Return it as it is sent."""
        headers = headers_of(orjson.loads(self.leaf), self.position)
        return Outgoing(self.record.stream, self.leaf, headers)


@dataclass(slots=True)
class Audited(Running):
    """The services, with what an opponent and an auditor do."""

    async def send(self, service: str, *messages: Outgoing) -> None:
        """Put messages on the topic of ``service``, in this order, and wait until they are heard."""
        async with producing(self.brokers, client_id="stranger") as producer:
            for message in messages:
                await send_page(producer, events_topic(service).name, [message])
        await self.caught_up(service)

    async def caught_up(self, service: str) -> None:
        """Return when audit has heard everything that is on the topic of ``service``."""
        topic, bootstrap = events_topic(service).name, self.house.stack.kafka_bootstrap
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        await asyncio.gather(admin.start(), consumer.start())
        try:

            async def all_heard() -> bool:
                known = await admin.list_consumer_group_offsets(f"audit.mirror_{service}")
                heard = {place: known[place].offset for place in known if place.topic == topic}
                ends = await consumer.end_offsets(places)
                return all(heard.get(place, 0) >= end for place, end in ends.items())

            await eventually(all_heard)
        finally:
            await asyncio.gather(admin.close(), consumer.stop())

    async def head(self, service: str) -> int:
        """Return the last position that audit has seen of ``service``; 0 when there is none."""
        [row] = await self.database(
            "audit",
            "SELECT coalesce(max(position), 0) AS head FROM audit.mirror WHERE log = $1",
            f"asf/{service}",
        )
        return int(row["head"])

    async def story(self, service: str, length: int, **changed: Any) -> list[Sent]:
        """Return a new stream of ``service`` with whole links, at the next positions."""
        head, stream = await self.head(service), f"story-{new_id()}"
        made: list[Sent] = []
        for version in range(1, length + 1):
            plain = record(service, version, stream=stream, **changed)
            previous = made[-1].hash if made else None
            made.append(Sent(plain._replace(previous=previous, event_id=new_id()), head + version))
        return made

    async def findings(self, service: str, *, after: int) -> list[TamperSuspected]:
        """Return what was found in the log of ``service`` beyond ``after``, oldest first."""
        found = [
            TamperSuspected.model_validate(each.data, strict=False)
            for each in await self.records("audit")
            if each.type == "TamperSuspected"
        ]
        return [each for each in found if each.log == f"asf/{service}" and each.position > after]

    async def mirrored(self, service: str) -> dict[int, bytes]:
        """Return what audit keeps of ``service``, by position."""
        rows = await self.database(
            "audit",
            "SELECT position, leaf FROM audit.mirror WHERE log = $1",
            f"asf/{service}",
        )
        return {row["position"]: row["leaf"] for row in rows}

    async def parked(self, service: str) -> Sequence[Any]:
        """Return what waits for an operator, of the records of ``service``."""
        return await self.database(
            "audit",
            "SELECT stream, code, reason FROM consumer.parked"
            " WHERE consumer = $1 AND settled_at IS NULL ORDER BY id",
            f"audit.mirror_{service}",
        )

    def client(self, label: str) -> httpx2.AsyncClient:
        """Return a client of audit's API for one of the people."""
        token = sign_in(self.house.stack.issuer_url, label, "audit")
        return httpx2.AsyncClient(
            base_url=self.house.url("audit"), headers={"Authorization": f"Bearer {token}"}
        )

    async def missing(self, service: str) -> int:
        """Return how many positions audit says are missing of ``service``."""
        client = await asyncio.to_thread(self.client, "O1")
        async with client as http:
            shown = (await http.get("/v1/mirrors")).json()
        return next(int(each["missing"]) for each in shown if each["log"] == f"asf/{service}")

    async def read(self, path: str, **query: str) -> httpx2.Response:
        """Return what an auditor gets who asks for ``path``."""
        client = await asyncio.to_thread(self.client, "A1")
        async with client as http:
            return await http.get(path, params=query or None)

    async def export(self, body: dict[str, Any], *, key: str) -> httpx2.Response:
        """Return what an auditor gets who exports ``body``."""
        client = await asyncio.to_thread(self.client, "A1")
        async with client as http:
            return await http.post("/v1/exports", json=body, headers={"Idempotency-Key": key})

    async def history(self, case: UUID, *, limit: int = 200) -> list[dict[str, Any]]:
        """Return the whole history of a case as an auditor reads it, in pages of ``limit``."""
        seen: list[dict[str, Any]] = []
        url: str | None = f"/v1/history?case={case}&limit={limit}"
        client = await asyncio.to_thread(self.client, "A1")
        async with client as http:
            while url is not None:
                answer = await http.get(url)
                assert answer.status_code == 200, answer.text
                seen += answer.json()
                url = answer.links.get("next", {}).get("url")
        return seen
