"""Reading one's own writes: a list waits until its view has come far enough."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Header

from shared.web.problem import Problem, later

POSITION: Final = re.compile(r"\d{1,18}", re.ASCII)

Reached = Callable[[int], Awaitable[bool]]
"""Wait, for a bounded time, until a position is applied; return whether it is."""


def wait_for(reached: Reached) -> Callable[..., Awaitable[None]]:
    """Return the dependency that makes a list honour ``Wait-For-Position``.

    Raises:
        Problem: 503 with Retry-After when the position is not reached in time, 400 when the
            header holds no position.
    """

    async def wait(
        position: Annotated[str | None, Header(alias="Wait-For-Position")] = None,
    ) -> None:
        if position is None:
            return
        if POSITION.fullmatch(position) is None:
            raise Problem(400, "wait_for_position_malformed")
        if not await reached(int(position)):
            raise later("position_not_reached")

    return wait
