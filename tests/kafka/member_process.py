"""Has members of a group run as processes, which end with the block that they were started for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.settings import CHECKOUT, bare_environment
from shared.crash import SETTING, Point
from tests.kafka.house import House
from tests.process.forked import Forked, forked

MODULE = "tests.kafka.run_member"


@contextmanager
def member(
    house: House, folder: Path, name: str, *, crash_at: Point | None = None, effect_s: float = 0.0
) -> Iterator[Forked]:
    """Yield a member of the house's group; with a point, one that dies when it first passes it."""
    log = folder / f"{name}.log"
    process = forked(
        *(MODULE, f"{house.app_dsn} {house.brokers.servers} {house.topic}"),
        *(f"{house.name} {house.group} {name}", str(effect_s)),
        env=bare_environment() | ({SETTING: f"{crash_at}:1"} if crash_at else {}),
        cwd=CHECKOUT,
        out=log,
        error=log,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
