"""What a server in trouble says is the world's doing, to whoever hears it."""

from inspect import getmro

import asyncpg
import pytest

from shared.eventlog.connection import UNABLE
from shared.eventlog.projector import DATABASE_AWAY
from shared.kafka.progress import DATABASE_FAILURES
from shared.web.problem import ANSWERED

TROUBLE = ("08", "53", "57", "58")
"""Classes of SQLSTATE: connection, resources (a full disk), an operator's or a crash's end, its disk."""

SAID = sorted(
    {
        each
        for each in vars(asyncpg.exceptions).values()
        if isinstance(each, type) and str(getattr(each, "sqlstate", None))[:2] in TROUBLE
    },
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize(
    "known",
    [UNABLE, DATABASE_AWAY, DATABASE_FAILURES, ANSWERED],
    ids=["log", "views", "consumers", "web"],
)
def test_trouble_of_the_server_is_waited_for_everywhere(known: tuple[type[Exception], ...]) -> None:
    """House: the world's faults stop no view, park no stream, and are 503, never 500."""
    ours = asyncpg.InterfaceError, asyncpg.InternalClientError  # the client's words for the same
    assert asyncpg.DiskFullError in SAID
    assert [each.__name__ for each in (*SAID, *ours) if not {*known} & {*getmro(each)}] == []
