"""The documents that were written last, so that what follows them need not read them again.

What is remembered of a table counts at one position only: the one at which whoever remembers left
it. Since the same log makes the same documents, it then does not matter who wrote them.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from shared.eventlog.projector_fold import Changes

DOCUMENTS_MAX: Final = 2_000
"""Of one table."""


class Recent:
    """What is remembered of each table."""

    def __init__(self) -> None:
        self._tables: dict[str, tuple[int, dict[str, BaseModel]]] = {}

    def at(self, table: str, position: int) -> Mapping[str, BaseModel]:
        """Return the documents of ``table`` that are known to stand at ``position``, by key."""
        left_at, documents = self._tables.get(table, (position, {}))
        return documents if left_at == position else {}

    def remember(self, table: str, before: int, changes: Changes) -> None:
        """Remember what ``changes`` made of ``table``, which stood at ``before``; of too many, the latest."""
        left_at, documents = self._tables.get(table, (before, {}))
        if left_at != before:
            documents = {}
        for key, document in changes.documents.items():
            documents.pop(key, None)
            if document is not None:
                documents[key] = document
        for key in [*documents][: max(0, len(documents) - DOCUMENTS_MAX)]:
            del documents[key]
        self._tables[table] = (changes.position, documents)
