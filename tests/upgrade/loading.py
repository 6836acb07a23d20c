"""A load of commands over HTTP while processes come and go, and what must hold afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from deploy.local.house import House
from tests.faults.campaign import CALM_S, Campaign
from tests.faults.checks import CHECKS, violations
from tests.faults.client import SERVER_ERROR
from tests.faults.history import History
from tests.faults.observing import observe
from tests.faults.seen import Seen, Violation
from tests.faults.settling import settle
from tests.faults.workload import Workload

AT_ONCE: Final = 4
"""Firms at a time: enough to be under way in everything, and to leave the machine to the starts."""

READS_MAX: Final = 20
"""How often a client asks again: what a process that is being stopped does is over by then."""

READ_PAUSE_S: Final = 0.15
OK: Final = 200
BY_TODAYS_CODE: Final = frozenset(
    {"views_are_folds", "one_letter_per_cause_and_role", "letters_reach_whom_they_are_for"}
)
"""Checks that read events as this checkout knows them: another release is asked itself."""


class Balanced(Mapping[str, str]):
    """Where each service is asked: one of its processes after the other, as a balancer does.

    It does not look at readiness: whoever it sends to a process that is gone asks again, and is sent
    to the next.
    """

    def __init__(self, house: House) -> None:
        self._addresses = {service: [house.url(service)] for service in house.services}
        self._turn = 0

    def add(self, service: str, address: str) -> None:
        """Send some of the requests for a service to ``address``, too."""
        self._addresses[service].append(address)

    def remove(self, service: str, address: str) -> None:
        """Send nothing to ``address`` any more."""
        self._addresses[service].remove(address)

    def __getitem__(self, service: str) -> str:
        """Return the next address of a service."""
        self._turn += 1
        known = self._addresses[service]
        return known[self._turn % len(known)]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the services."""
        return iter(self._addresses)

    def __len__(self) -> int:
        """Return how many services there are."""
        return len(self._addresses)


@dataclass(slots=True)
class Load:
    """Clients that go on while something is done to the house.

    Attributes:
        playing: The house, with its history of commands.
        balanced: Where the clients ask.
    """

    playing: Campaign
    balanced: Balanced = field(init=False)

    def __post_init__(self) -> None:
        """Let every client ask through the balancer from now on."""
        self.balanced = Balanced(self.playing.house)
        self.playing.clients.world.services = self.balanced

    async def during(self, seed: int, do: Callable[[], Awaitable[None]]) -> None:
        """Do something while firms apply, and let enough of them do so."""
        firms = self.playing.firms(seed)
        clients = Workload(self.playing.clients, seed, firms, at_once=AT_ONCE)
        before = len(self.playing.history.commands)
        async with asyncio.TaskGroup() as group:
            group.create_task(clients.run())
            await asyncio.sleep(CALM_S)
            await do()
            await self.playing._enough(before)
            clients.stopping.set()

    async def seen(self, *stopped: str) -> Seen:
        """Return everything once the house has come to rest; ``stopped``: services that were."""
        house, clocks = self.playing.house, self.playing.clocks
        unsettled = await settle(
            house.stack,
            house.services,
            lambda: clocks.move(timedelta(hours=1)),
            within_s=self.playing.settle_s,
        )
        disturbed = frozenset(("term", service) for service in stopped)
        return await observe(house.stack, house.services, disturbed, unsettled)

    async def violations(self, *stopped: str) -> tuple[Violation, ...]:
        """Return what is wrong once the house has come to rest."""
        return violations(self.playing.history, await self.seen(*stopped))


def whatever_the_release(history: History, seen: Seen) -> list[Violation]:
    """Return what is wrong by those checks that need not know every event."""
    return [
        found
        for check in CHECKS
        if check.__name__ not in BY_TODAYS_CODE
        for found in check(history, seen)
    ]


def one_letter_each(seen: Seen, cause: str) -> Iterator[str]:
    """MSG-1: yield what differs from one planned letter and one mail for each event of a type."""
    planned: dict[object, list[str]] = {}
    for entry in seen.services["notify"].log:
        if entry.record.type == "NotificationPlanned":
            letter = entry.stream.removeprefix("notification-")
            planned.setdefault(entry.record.causation_id, []).append(letter)
    mails = [mail.message_id for mail in seen.mail]
    for entry in seen.services["intake"].log:
        if entry.record.type == cause:
            letters = planned.get(entry.record.event_id, [])
            sent: Sequence[int] = [mails.count(letter) for letter in letters]
            if sent != [1]:
                yield f"{entry}: {len(letters)} letters, sent {sent}"


@dataclass(slots=True)
class Reader:
    """Somebody who reads a list all the time, and asks again as a client does.

    Attributes:
        read: How many lists were read.
        repeated: How many reads took more than one request.
    """

    playing: Campaign
    label: str
    service: str
    path: str
    read: int = 0
    repeated: int = 0

    async def go_on(self, stopping: asyncio.Event) -> None:
        """Read until told to stop.

        Raises:
            AssertionError: A read was not answered however often it was repeated.
        """
        while not stopping.is_set():
            tries = 1
            while not await self._once():
                assert tries < READS_MAX, f"{self.path}: no answer after {tries} requests"
                tries += 1
                await asyncio.sleep(READ_PAUSE_S)
            self.repeated += tries > 1
            await asyncio.sleep(READ_PAUSE_S)

    async def _once(self) -> bool:
        """Return whether one request is answered: with the list, or a refusal that nothing changes."""
        answer = await self.playing.clients._send(self.label, self.service, "GET", self.path)
        self.read += answer is not None and answer.status_code == OK
        return answer is not None and answer.status_code < SERVER_ERROR
