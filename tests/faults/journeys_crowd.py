"""The demo's journey with every firm in its scenes at once, so that more is under way when something strikes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from deploy.demo.cast import Firm
from deploy.demo.certification import Certification
from deploy.demo.journey import Journey
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage


@dataclass
class Crowd:
    """One act for each firm; whatever is played is played by all of them at once.

    Attributes:
        firms: In the order of the acts.
    """

    acts: Sequence[Preparation | Certification]
    firms: tuple[Firm, ...]

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        """Return the scene ``name``, of all acts at once."""

        async def every(**told: Any) -> None:
            async with asyncio.TaskGroup() as group:
                for act in self.acts:
                    group.create_task(getattr(act, name)(**told))

        return every


class CrowdedJourney(Journey):
    """The pilot round, in which no firm waits for another from its preparation on."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.preparation = cast("Preparation", self._crowd(self.preparation))
        self.certification = cast("Certification", self._crowd(self.certification))

    def _crowd(self, act: Preparation | Certification) -> Crowd:
        """Return an act for each firm."""
        firms = self.admission.admitted
        return Crowd([replace(act, firms=(firm,)) for firm in firms], firms)
