"""Listens on Kafka while the play goes on, and says which events came and which letters went.

It is one more consumer, as anybody's would be: what it says is what every service can hear.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeAlias
from uuid import UUID

from deploy.local.settings import SERVICES
from shared.contracts.record import Record, decode
from shared.eventlog.background import running
from shared.kafka import Brokers, events_topic
from shared.kafka.clients import Message, consuming

POLL_MS: Final = 200
PAGE: Final = 500
QUIET_S: Final = 1.0
POSITION: Final = "ce_position"
LETTER_PLANNED: Final = "NotificationPlanned"
LETTER_SENT: Final = "NotificationSent"

Placed: TypeAlias = tuple[int, Record]
"""A record, after its position in its log."""


@dataclass
class Narrator:
    """Hears the events of every service from the first one on, and fits them into the story.

    Attributes:
        say: Told everything, a line at a time.
    """

    brokers: Brokers
    say: Callable[[str], None]
    _heard: dict[str, list[Placed]] = field(default_factory=dict)
    _letters: dict[UUID, str] = field(default_factory=dict)
    _heard_at: float = 0.0

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Listen until the body ends. What ends the listening before comes out in a group."""
        async with running(*(self._listen(service) for service in SERVICES)):
            yield

    def tell(self, line: str) -> None:
        """Say what has been heard since the last line of the story, and then ``line``."""
        heard, self._heard = self._heard, {}
        for service, placed in heard.items():
            for kind, run in groupby(
                sorted(placed, key=itemgetter(0)), key=lambda each: each[1].type
            ):
                self.say(_line(service, kind, list(run)))
        for letter in self._sent(record for _, record in heard.get("notify", ())):
            self.say(letter)
        self.say(line)

    async def quiet(self) -> None:
        """Wait until nothing has been heard for ``QUIET_S``."""
        now = asyncio.get_running_loop().time
        while now() - self._heard_at < QUIET_S:  # noqa: ASYNC110 -- there is no event for silence
            await asyncio.sleep(QUIET_S / 10)

    async def _listen(self, service: str) -> None:
        topic = events_topic(service).name
        async with consuming(
            self.brokers, topic=topic, group=None, client_id=f"demo-{service}"
        ) as messages:
            while True:
                found = await messages.getmany(timeout_ms=POLL_MS, max_records=PAGE)
                for message in (each for batch in found.values() for each in batch):
                    self._heard.setdefault(service, []).append(_placed(message))
                    self._heard_at = asyncio.get_running_loop().time()

    def _sent(self, records: Iterable[Record]) -> Iterator[str]:
        """Yield a line for each letter that the mail server took."""
        for record in records:
            letter = UUID(record.data["notification_id"])
            if record.type == LETTER_PLANNED:
                said = record.data
                self._letters[letter] = f"{said['letter']} to the {said['recipient_role']}"
            elif record.type == LETTER_SENT:
                what = self._letters.get(letter, "a letter")
                yield f"    [cyan]letter[/cyan] {what}, in {record.data['language']}"


def _placed(message: Message) -> Placed:
    """Return a record with its position in its log."""
    return int(dict(message.headers)[POSITION]), decode(message.value or b"")


def _line(service: str, kind: str, run: list[Placed]) -> str:
    """Return one line about a run of events of one type."""
    (first, record), (last, _) = run[0], run[-1]
    where = f"{first}" if first == last else f"{first}-{last}"
    times = "" if len(run) == 1 else f" x{len(run)}"
    return f"    [dim]{record.effective_at:%Y-%m-%d} {service} {where}: {kind}{times}[/dim]"
