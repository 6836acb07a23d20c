"""Holds the register topic, made by Faust, against the SQL view, made from the log (CER-11)."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.certificates.queries import KeptEntry, whole_register
from services.certificates.settings import Settings
from services.certificates.views.register import register_value
from shared.contracts.certificates_public import REGISTER_TOPIC
from shared.kafka import Brokers
from shared.kafka.headers import POSITION
from shared.kafka.reading import whole_topic
from shared.process import Parts

PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Published:
    """The last record of a number on the register topic.

    Attributes:
        position: Of the event that it was made at.
    """

    position: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found.

    Attributes:
        certificates: How many are in either.
        differing: Numbers that say different things at the same position, ascending.
        apart: Numbers that never stood at the same position while it was waited, ascending:
            one of the two is behind, or lacks them.
    """

    certificates: int
    differing: tuple[str, ...]
    apart: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Return whether topic and view say the same of every certificate."""
        return not (self.differing or self.apart)

    @property
    def verdict(self) -> str:
        """Return what was found, for an operator."""
        told = {"differ at the same position": self.differing, "one is behind": self.apart}
        faults = [f"{what}: {', '.join(which)}" for what, which in told.items() if which]
        return "; ".join(faults) or "topic and view agree"


async def compare_register(parts: Parts[Settings]) -> bool:
    """Compare the register topic with the view; return whether they agree."""
    settings = parts.settings
    found = await check_register(
        settings.brokers, parts.pool, limit_s=settings.register_check_ms / 1_000
    )
    sys.stdout.write(f"{found.certificates} certificates: {found.verdict}\n")
    return found.agree


async def check_register(brokers: Brokers, pool: Any, *, limit_s: float) -> Compared:
    """Compare topic and view, waiting ``limit_s`` at most until they stand at the same position.

    Raises:
        KafkaError: The cluster is not there, or there is no such topic.
        TimeoutError: It does not answer in time.
    """
    give_up_at_s = asyncio.get_running_loop().time() + limit_s
    while True:
        view = {each.entry.issued.number: each for each in (await whole_register(pool)).values()}
        found = compared(view, await published_register(brokers))
        if not found.apart or asyncio.get_running_loop().time() > give_up_at_s:
            return found
        await asyncio.sleep(PAUSE_S)


async def published_register(brokers: Brokers) -> dict[str, Published]:
    """Return the latest record of each number. Reads the whole topic."""
    latest: dict[str, Published] = {}
    async for message in whole_topic(brokers, REGISTER_TOPIC):
        assert message.key is not None
        assert message.value is not None
        position = int(dict(message.headers)[POSITION])
        latest[message.key.decode()] = Published(position, message.value)
    return latest


def compared(view: Mapping[str, KeptEntry], topic: Mapping[str, Published]) -> Compared:
    """Return how the two agree, by number. Pure."""
    numbers = view.keys() | topic.keys()
    together = {
        number
        for number in view.keys() & topic.keys()
        if view[number].position == topic[number].position
    }
    differing = {
        number for number in together if register_value(view[number].entry) != topic[number].value
    }
    return Compared(len(numbers), tuple(sorted(differing)), tuple(sorted(numbers - together)))
