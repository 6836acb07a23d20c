"""Law (GDPR 17): erasing what is known about a subject. The right of the database's owner alone.

A subject has one key at a time, and a new one after an erasure. So an erased key is named by its
id: what a backup brings back under it must go again, and what is under another key is lawful.
"""

from collections.abc import Collection
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

ERASURE: Final = "erasure-"
"""What the streams of erasures begin with; the subject follows."""

_HELD: Final = """
SELECT told.data ->> 'application_id' AS case, told.type || '.' || s.field AS name,
       count(*)::integer AS texts
  FROM log.sealed_value s
  JOIN log.event e ON e.stream = s.stream AND e.version = s.version,
       LATERAL json_to_record(convert_from(e.leaf, 'UTF8')::json) AS told (type text, data json)
 WHERE s.key_id = $1 GROUP BY 1, 2
"""

_BACK: Final = """
SELECT k.id FROM log.vault_key k
 WHERE k.id = ANY ($1::uuid[]) OR k.id IN (
       SELECT (convert_from(e.leaf, 'UTF8')::json #>> '{data,key_id}')::uuid FROM log.event e
        WHERE e.stream >= 'erasure-' AND e.stream < 'erasure.')
"""


class Held(NamedTuple):
    """How many texts of one field, in one case, are under a key.

    Attributes:
        case: ``application_id`` of the events; ``None``: they have none.
        name: Type of the event and name of its field, e.g. ``ReportCommented.comment``.
    """

    case: UUID | None
    name: str
    texts: int


async def erase(connection: Connection, subject: str) -> int:
    """Delete every sealed value about ``subject``, its salt, and the key; return how many.

    Commitments stay in the log and prove nothing any more: without its salt, a text cannot even
    be guessed and checked. Safe to repeat: the second time returns 0. What is recorded about the
    same subject afterwards is sealed under a new key. The connection is the owner's, or that of
    whoever may act as the owner; no role of a service may.
    """
    erased: int = await connection.fetchval("SELECT log.erase($1)", subject)
    return erased


async def key_id_of(database: "Connection | Pool", subject: str) -> UUID | None:
    """Return which key ``subject`` has; ``None``: nothing is sealed about it."""
    found: UUID | None = await database.fetchval(
        "SELECT id FROM log.vault_key WHERE subject = $1", subject
    )
    return found


async def held_under(connection: Connection, key_id: UUID) -> tuple[Held, ...]:
    """Return what is sealed under a key, by case and name; those without a case last."""
    rows = await connection.fetch(_HELD, key_id)
    found = [Held(row["case"] and UUID(row["case"]), row["name"], row["texts"]) for row in rows]
    return tuple(sorted(found, key=lambda each: (each.case is None, str(each.case), each.name)))


async def erased_keys_back(
    database: "Connection | Pool", erased: Collection[UUID]
) -> frozenset[UUID]:
    """Return which keys are there although they were erased: by ``erased``, or by the log itself."""
    return frozenset(row["id"] for row in await database.fetch(_BACK, [*erased]))
