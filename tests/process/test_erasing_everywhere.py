"""PM-20, ERA-2: one order over several services, each with a database of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from deploy.erasing import Answer, Ask, erase_everywhere, words_of
from deploy.local.stack import Stack
from shared import clock
from shared.contracts.catalogue import event_of
from shared.contracts.erasure import PersonalDataErased
from shared.contracts.record import decode
from shared.ids import new_id
from shared.process.command_line import _asked, _parser
from shared.process.erasure_ledger import Erasure, ErasureLedger
from shared.process.provide import _database
from shared.vault import key_id_of
from tests.eventlog.house import Database, fresh_database
from tests.process.example import Settings, service

pytestmark = pytest.mark.integration

SUBJECT, DECIDER, APPEAL = (UUID(int=number) for number in (30, 40, 50))
FIRST, SECOND, THIRD = range(3)


class Killed(BaseException):
    """Whoever carried out the order is no more."""


@dataclass(frozen=True, slots=True)
class Town:
    """Three services, of which nobody knows another's database."""

    databases: tuple[Database, ...]
    folder: Path

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the services, in the order in which they are asked."""
        return tuple(each.service for each in self.databases)

    def settings(self, database: Database) -> Settings:
        """Return what an operator's command of one service is told."""
        return Settings(
            database_dsn=SecretStr(database.app_dsn),
            relay_dsn=SecretStr(database.relay_dsn),
            database_admin_dsn=SecretStr(database.admin_dsn),
            kafka_bootstrap_servers="127.0.0.1:1",
            http_port=1,
            issuer_url="http://127.0.0.1:1",
            client_secret=SecretStr("s"),
            vault_master_key=SecretStr("A" * 43 + "="),
            ledger_folder=self.folder,
        )

    async def command(self, name: str, words: Sequence[str]) -> bool:
        """Run an operator's command of a service; return whether all was well."""
        (database,) = (each for each in self.databases if each.service == name)
        named = replace(service, name=name)
        return await _asked(named, self.settings(database), _parser(named).parse_args(words))

    async def hold(self, place: int, what: str, *more: str) -> None:
        """Place a hold on the subject in one service, or lift it."""
        words = (what, str(SUBJECT), "--for", str(APPEAL), *more, "--decided-by", str(DECIDER))
        assert await self.command(self.names[place], (*words, "--apply"))

    async def give_a_key(self, place: int) -> UUID:
        """Have a service hold something of the subject; return under which key."""
        key_id = new_id()
        async with self.databases[place].as_admin() as admin:
            asked = "INSERT INTO log.vault_key (id, subject, wrapped) VALUES ($1, $2, '')"
            await admin.execute(asked, key_id, str(SUBJECT))
        return key_id

    async def keys(self) -> list[UUID | None]:
        """Return under which key each service holds something of the subject."""
        found: list[UUID | None] = []
        for database in self.databases:
            async with database.as_admin() as admin:
                found.append(await key_id_of(admin, str(SUBJECT)))
        return found

    async def on_record(self) -> list[list[tuple[UUID, UUID]]]:
        """Return what each log says: which key was erased, and on which order."""
        found: list[list[tuple[UUID, UUID]]] = []
        for database in self.databases:
            async with database.as_admin() as admin:
                rows = await admin.fetch("SELECT leaf FROM log.event ORDER BY pos")
            records = [decode(row["leaf"]) for row in rows]
            said = [(event_of(record), record.causation_id) for record in records]
            found.append(
                [(each.key_id, by) for each, by in said if isinstance(each, PersonalDataErased)]
            )
        return found

    def asking(self, *, killed_after: int | None = None) -> Ask:
        """Return how the services are asked; killed when so many have erased."""
        loop = asyncio.get_running_loop()

        def ask(services: Sequence[str], *words: str) -> Answer:
            for done, name in enumerate(services):
                if "--apply" in words and done == killed_after:
                    raise Killed
                asked = asyncio.run_coroutine_threadsafe(self.command(name, words), loop)
                if not asked.result(60):
                    return Answer(name, "")
            return Answer(None, "")

        return ask

    async def carry_out(self, order: UUID, *, killed_after: int | None = None) -> bool:
        """Carry out an order in all services, as an operator's program does."""
        words = words_of(SUBJECT, "person_request", DECIDER, order)
        ask = self.asking(killed_after=killed_after)
        return await asyncio.to_thread(erase_everywhere, ask, self.names, words, say=print)


@pytest.fixture
async def town(stack: Stack, tmp_path: Path) -> AsyncIterator[Town]:
    """Three services that hold nothing yet."""
    async with AsyncExitStack() as databases:
        made = [
            await databases.enter_async_context(fresh_database(stack.postgres_admin_dsn))
            for _ in range(3)
        ]
        town = Town(tuple(made), tmp_path)
        for database in made:
            named = replace(service, name=database.service)
            await _database(named, town.settings(database))
        yield town


async def test_an_order_that_was_broken_off_is_carried_on(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """PM-20: once in every service that holds something, and on record there, whoever was killed when."""
    order = new_id()
    first, third = await town.give_a_key(FIRST), await town.give_a_key(THIRD)
    with pytest.raises(Killed):
        await town.carry_out(order, killed_after=1)
    assert await town.keys() == [None, None, third]
    later = await town.give_a_key(FIRST)
    for _ in range(2):
        assert await town.carry_out(order)
    assert await town.keys() == [later, None, None], "what came after the order in a service stays"
    assert await town.on_record() == [[(first, order)], [], [(third, order)]]
    said = capsys.readouterr().out
    assert f"{town.names[FIRST]}: what it holds came after this order, and stays\n" in said
    assert f"{town.names[SECOND]}: holds nothing sealed about {SUBJECT}\n" in said
    assert f"{town.names[THIRD]}: erased 0 texts and the key of {SUBJECT}\n" in said
    assert said.endswith(f"done in {', '.join(town.names)}\n")

    again = new_id()
    assert await town.carry_out(again)
    assert (await town.on_record())[FIRST] == [(first, order), (later, again)]


async def test_a_hold_in_one_service_defers_the_order_in_all(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """ERA-2: nothing is entered and nothing erased anywhere, although the last one alone is held."""
    order = new_id()
    keys = [await town.give_a_key(place) for place in (FIRST, SECOND, THIRD)]
    await town.hold(THIRD, "hold", "--ground", "appeal")
    assert not await town.carry_out(order)
    assert await town.keys() == keys
    assert [ErasureLedger(town.folder, name).entries() for name in town.names] == [()] * 3
    last, said = town.names[THIRD], capsys.readouterr().out
    assert f"{last}: would keep, while it is held: 0 texts and the key of {SUBJECT}\n" in said
    assert f"{last}: would erase" not in said
    assert f"{last} did not say yes: nothing was erased now, in no service\n" in said
    await town.hold(THIRD, "lift-hold")
    assert await town.carry_out(order)
    assert await town.on_record() == [[(key, order)] for key in keys]


async def test_one_order_says_one_thing(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """PM-20: a mistyped id is no other subject's erasure, and a second ground is no ground."""
    order, other = new_id(), new_id()
    await town.give_a_key(FIRST)
    assert await town.carry_out(order)
    for subject, basis in ((other, "person_request"), (SUBJECT, "retention_ended")):
        told = ("--basis", basis, "--decided-by", str(DECIDER), "--order", str(order))
        for more in ((), ("--apply",)):
            assert not await town.command(town.names[FIRST], ("erase", str(subject), *told, *more))
    said = capsys.readouterr().out
    assert said.count(f"order_differs: {order} is to erase {SUBJECT}, person_request") == 4


async def test_what_another_order_has_begun_defers_the_order_in_all(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """PM-20: begun and broken off in the last service alone; found before the first one erases."""
    begun, order = new_id(), new_id()
    keys = [await town.give_a_key(place) for place in (FIRST, THIRD)]
    entered = Erasure(
        key_id=keys[-1],
        subject_id=SUBJECT,
        basis="person_request",
        decided_by=DECIDER,
        entered_at=clock.now(),
        order_id=begun,
    )
    ErasureLedger(town.folder, town.names[THIRD]).add([entered])
    assert not await town.carry_out(order)
    assert await town.keys() == [keys[0], None, keys[1]]
    assert f"order_differs: order {begun} has begun to erase it" in capsys.readouterr().out
    assert await town.carry_out(begun)
    assert await town.keys() == [None, None, None]
