"""Where sealed values and keys lie. All of it is encrypted before it comes here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

import asyncpg

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """The key of a subject, encrypted under the master key.

    Attributes:
        wrapped: Nonce and ciphertext.
    """

    id: UUID
    subject: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class SealedValue:
    """The text of one sealed field, encrypted under the key of its subject.

    Attributes:
        sealed: Nonce, then the ciphertext of the salt and the canonical value.
    """

    stream: str
    version: int
    field: str
    key: WrappedKey
    sealed: bytes


class Shelf(Protocol):
    """Where keys and sealed values lie. Values come with the append, not through this door."""

    async def key_of(self, fresh: WrappedKey) -> WrappedKey:
        """Return the key of ``fresh.subject``; keep ``fresh`` where there is none.

        Of several who ask at once, all get the same one.
        """
        ...

    async def values(self, stream: str, versions: Sequence[int]) -> tuple[SealedValue, ...]:
        """Return what is sealed of these events, in no order; nothing for what was erased."""
        ...


class PostgresShelf:
    """The tables of the event log's database; the application may read and add, never remove."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def key_of(self, fresh: WrappedKey) -> WrappedKey:
        """Return the key of ``fresh.subject``; keep ``fresh`` where there is none."""
        row = await self._pool.fetchrow(
            "SELECT key_id, key_wrapped FROM log.key_of($1, $2, $3)",
            *(fresh.subject, fresh.id, fresh.wrapped),
        )
        assert row is not None
        return WrappedKey(row["key_id"], fresh.subject, row["key_wrapped"])

    async def values(self, stream: str, versions: Sequence[int]) -> tuple[SealedValue, ...]:
        """Return what is sealed of these events. One round trip."""
        rows = await self._pool.fetch(
            """
            SELECT s.version, s.field, s.sealed, k.id, k.subject, k.wrapped
              FROM log.sealed_value s JOIN log.vault_key k ON k.id = s.key_id
             WHERE s.stream = $1 AND s.version = ANY ($2::integer[])
            """,
            *(stream, list(versions)),
        )
        return tuple(
            SealedValue(
                stream=stream,
                version=row["version"],
                field=row["field"],
                key=WrappedKey(row["id"], row["subject"], row["wrapped"]),
                sealed=row["sealed"],
            )
            for row in rows
        )
