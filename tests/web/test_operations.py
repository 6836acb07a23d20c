"""SOD-15: the table of roles is total, and a hole in it fails the build."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends

from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.testing.memory import MemoryAccessLog
from shared.web import Caller, Edge, Reader, check_total, create_app
from tests.auth.issuer import NOW, authenticator
from tests.web.house import OPERATIONS, made

EDGE = Edge(
    authenticator=authenticator(),
    operations={},
    access=MemoryAccessLog(),
    now=lambda: NOW,
)
router = APIRouter()


@router.get("/read")
async def read_thing(_: Annotated[Reader, Depends(EDGE.reader)]) -> None:
    """Read."""


@router.post("/write")
async def write_thing(_: Annotated[Caller, Depends(EDGE.caller)]) -> None:
    """Write."""


@router.post("/careless")
async def write_as_reader(_: Annotated[Reader, Depends(EDGE.reader)]) -> None:
    """Write, and ask only who reads."""


@router.get("/open")
async def look() -> None:
    """Look."""


ANYONE = (Role.AUDITOR,)
TABLE: Operations = {
    "read_thing": ANYONE,
    "write_thing": ANYONE,
    "write_as_reader": ANYONE,
    "look": PUBLIC,
}


def test_a_table_that_fits_its_routes_passes() -> None:
    """House: the small service's own."""
    check_total(made(), OPERATIONS)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({}, "write_as_reader: a command that does not depend on Edge.caller"),
        ({"look": ANYONE}, "look: does not depend on Edge.reader"),
        ({"read_thing": PUBLIC}, "read_thing: public, and asks who calls"),
        ({"write_thing": PUBLIC}, "write_thing: public, and asks who calls"),
        ({"read_things": ANYONE}, "read_things: no such route"),
    ],
)
def test_a_table_that_does_not_fit_fails_the_build(changed: Operations, complaint: str) -> None:
    """Conventions 2: an operation that is not in the table, or asks nobody, fails the build."""
    with pytest.raises(ValueError, match=complaint):
        create_app("Things", routers=[router], operations={**TABLE, **changed})


@pytest.mark.parametrize("missing", TABLE)
def test_no_operation_may_be_left_out(missing: str) -> None:
    """Conventions 2: the table is total."""
    left = {name: roles for name, roles in TABLE.items() if name != missing}
    with pytest.raises(ValueError, match=f"{missing}: not in the table"):
        create_app("Things", routers=[router], operations=left)


def test_two_operations_may_not_share_a_name() -> None:
    """House: the name is the key of the table and the id in the OpenAPI document."""
    other = APIRouter(prefix="/v2")
    other.include_router(router)
    with pytest.raises(ValueError, match="look: two routes have this name"):
        create_app("Things", routers=[router, other], operations=TABLE)


def test_a_route_that_asks_through_another_dependency_counts() -> None:
    """House: whoever asks may be asked by a dependency of the route's own."""

    async def reviewer(by: Annotated[Caller, Depends(EDGE.caller)]) -> Caller:
        return by

    inner = APIRouter()

    @inner.delete("/thing")
    async def remove_thing(_: Annotated[Caller, Depends(reviewer)]) -> None:
        """Remove."""

    create_app("Things", routers=[inner], operations={"remove_thing": ANYONE})
