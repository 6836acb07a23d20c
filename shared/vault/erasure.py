"""Law (GDPR 17): erasing what is known about a subject. The right of the database's owner alone."""

from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def erase(connection: Connection, subject: str) -> int:
    """Delete every sealed value about ``subject``, its salt, and the key; return how many.

    Commitments stay in the log and prove nothing any more: without its salt, a text cannot even
    be guessed and checked. Safe to repeat: the second time returns 0. What is recorded about the
    same subject afterwards is sealed under a new key. The connection is the owner's, or that of
    whoever may act as the owner; no role of a service may.
    """
    erased: int = await connection.fetchval("SELECT log.erase($1)", subject)
    return erased
