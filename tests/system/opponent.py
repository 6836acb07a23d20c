"""What somebody can do who holds the databases: open what is sealed, erase it, and guess."""

import hmac
import re
from base64 import b64decode
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
import orjson

from deploy.demo.client import eventually
from deploy.local.house import House
from deploy.local.settings import SERVICES
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.record import decode
from shared.process.erasing import Eraser, eraser_of
from shared.process.erasure_ledger import ErasureOrder
from shared.vault import PostgresShelf, Vault

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONTEXT: Final = b"asf-sealed-v1"
"""docs/event-log.md, section 8: written down, so everybody knows it."""
VAULT: Final = ("log.sealed_value", "log.vault_key")
LOOKS_BACK: Final = """
SELECT min(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)
  AND greatest(age(backend_xmin), age(backend_xid)) > age($1::xid)
"""
"""Whoever may still see what was deleted before a transaction; a vacuum keeps it for them."""
SECRET: Final = re.compile(rb"[0-9a-f]{64}")
SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed text that the vault gave back.

    Attributes:
        leaf: The record that committed to it.
    """

    service: str
    position: int
    kind: str
    field: str
    salt: bytes
    value: str
    leaf: bytes

    @property
    def committed(self) -> str:
        """Return the commitment in the record."""
        found: str = orjson.loads(self.leaf)["data"][self.field]
        return found


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever owns the databases, and has the configuration of the services."""

    house: House

    @asynccontextmanager
    async def connected(self, database: str) -> AsyncGenerator[Connection]:
        """Yield a connection."""
        dsn = self.house.stack.postgres_admin_dsn.rpartition("/")[0] + f"/{database}"
        connection: Connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()

    def master_key(self, service: str) -> bytes:
        """Return what the keys of a service's vault are wrapped under."""
        return b64decode(self.house.environment(service)[f"{service.upper()}_VAULT_MASTER_KEY"])

    async def opened(self) -> list[Opened]:
        """Return every sealed text of every service that can be opened, with its salt."""
        found: list[Opened] = []
        for service in SERVICES:
            found += await self._opened(service)
        return found

    async def _opened(self, service: str) -> list[Opened]:
        dsn = self.house.stack.postgres_admin_dsn.rpartition("/")[0] + f"/{service}"
        async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
            vault = Vault(PostgresShelf(pool), master_key=self.master_key(service))
            asked = "SELECT pos, stream, version, leaf FROM log.event ORDER BY stream, version"
            found: list[Opened] = []
            for stream, group in groupby(await pool.fetch(asked), lambda row: str(row["stream"])):
                rows = {int(row["version"]): row for row in group}
                known = {v: event_of(decode(row["leaf"])) for v, row in rows.items()}
                events = {version: event for version, event in known.items() if event is not None}
                found += [
                    Opened(
                        service,
                        rows[each.version]["pos"],
                        type(events[each.version]).__name__,
                        each.field,
                        each.salt,
                        each.value,
                        rows[each.version]["leaf"],
                    )
                    for each in await vault.disclose(stream, events, may=_all)
                ]
            return found

    async def keys(self) -> set[bytes]:
        """Return the key of every subject, as it is kept: whoever has it can open all again."""
        found: set[bytes] = set()
        for service in SERVICES:
            async with self.connected(service) as connection:
                rows = await connection.fetch("SELECT wrapped FROM log.vault_key")
                found |= {row["wrapped"] for row in rows}
        return found

    async def erase_everybody(self, decided_by: UUID) -> int:
        """Erase every subject in every service, and have the database let go of the pages.

        In this process and not with a command for each: it is what the command does.

        Returns:
            How many texts that were.
        """
        erased = 0
        for service in SERVICES:
            async with self.connected(service) as connection, self._eraser(service) as eraser:
                for row in await connection.fetch("SELECT subject FROM log.vault_key"):
                    subject = UUID(row["subject"])
                    await eraser.enter(ErasureOrder(subject, "person_request", decided_by))
                erased += sum(done.texts for done in await eraser.finish())
                await _nobody_looks_back(connection)
                for table in VAULT:
                    await connection.execute(f"VACUUM (FULL) {table}")
        await self.let_go()
        return erased

    def _eraser(self, service: str) -> AbstractAsyncContextManager[Eraser]:
        """Return whoever may erase in the database of ``service``, at the time of the play."""
        clock = self.house.stack.settings.clock
        assert clock is not None
        at = datetime.fromisoformat(clock.read_text().split()[1])
        return eraser_of(
            self.house.stack.postgres_admin_dsn,
            service=service,
            database=service,
            ledger_folder=self.house.stack.settings.data / "ledger",
            now=lambda: at,
        )

    async def let_go(self) -> None:
        """Have the database's own log go through all of its segments, each filled anew to its end.

        A checkpoint alone does not do: a segment that is not needed any more becomes the next one
        under another name, and keeps what it held until it is written again.
        """
        async with self.connected("postgres") as connection:
            segments: int = await connection.fetchval("SELECT count(*) FROM pg_ls_waldir()")
            for _ in range(segments + 1):
                await connection.execute("SELECT pg_switch_wal()")
                await connection.execute("CHECKPOINT")


async def _nobody_looks_back(connection: Connection) -> None:
    """Wait until nobody in the database sees what was there before now."""
    now = await connection.fetchval("SELECT pg_current_xact_id()::xid")

    async def gone() -> bool | None:
        return await connection.fetchval(LOOKS_BACK, now) is None or None

    await eventually(gone, "everybody who began before the erasure")


def _all(_event: type[Event], _field: str) -> bool:
    """Return that the owner sees everything."""
    return True


def commits(kind: str, field: str, salt: bytes, value: str) -> str:
    """Return the commitment to ``value``, computed from the documentation alone."""
    names = b"\x00".join((CONTEXT, kind.encode(), field.encode(), b""))
    return sha256(names + salt + orjson.dumps(value)).hexdigest()


def guessed(text: Opened, guesses: Sequence[str], salts: Iterable[bytes]) -> set[str]:
    """Return which of ``guesses`` the record confirms, by any of ``salts`` in any usual way."""
    tried = [*salts]
    found: set[str] = set()
    for guess in guesses:
        plain, canonical = guess.encode(), orjson.dumps(guess)
        for salt in tried:
            confirmed = text.committed in {
                commits(text.kind, text.field, salt, guess),
                sha256(salt + plain).hexdigest(),
                sha256(plain + salt).hexdigest(),
                hmac.digest(salt, plain, "sha256").hex(),
                hmac.digest(salt, canonical, "sha256").hex(),
            }
            if confirmed:
                found.add(guess)
    return found


def salts_in(text: Opened, leaves: Iterable[bytes]) -> set[bytes]:
    """Return what could be a salt: any part of the record, every hash in the logs, none, and zeros."""
    whole = text.leaf
    parts = {whole[at : at + SALT_BYTES] for at in range(len(whole) - SALT_BYTES + 1)}
    hashes = {bytes.fromhex(each.decode()) for leaf in leaves for each in SECRET.findall(leaf)}
    return {b"", bytes(SALT_BYTES), *parts, *hashes}
