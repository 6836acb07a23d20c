"""One house for everything that attacks one; what takes long is done once, and looked at often."""

import asyncio
from collections.abc import Iterator

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from tests.hostile import slow, uploads, waves
from tests.hostile.fuzzing import Report, fuzzed
from tests.hostile.relations import Asked, asked
from tests.hostile.scene import Scene, staged
from tests.stack import emptied
from tests.system.conftest import BEGINS_AT

REQUESTS = 2_000
SEED = 20_261_126


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Iterator[Scene]:
    """The house as three firms have left it. It takes no large files."""
    with emptied(stack, BEGINS_AT) as parts, pytest.MonkeyPatch.context() as patch:
        patch.setenv(uploads.SETTING, str(uploads.BYTES_MAX))
        patch.setenv("OTEL_METRICS_EXPORTER", "console")  # what is measured lies where it is looked
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "15000")
        with House(parts) as house:
            yield asyncio.run(staged(house))


@pytest.fixture(scope="module")
def report(scene: Scene, answers: list[Asked]) -> Report:
    """What became of requests made from the documents; every process has lived through them.

    They change what there is, so that relations have been asked by then.
    """
    assert answers
    told = fuzzed(scene, REQUESTS, SEED)
    processes = scene.house.stack.processes
    gone = [name for name in scene.house.processes() if processes.running(name) is None]
    assert gone == [], [
        f"{name} {processes.how_ended(name)}:\n{processes.last_words(name)}" for name in gone
    ]
    return told


@pytest.fixture(scope="module")
def answers(scene: Scene) -> list[Asked]:
    """What every operation answers every role, by whose thing the path names."""
    return asyncio.run(asked(scene))


@pytest.fixture(scope="module")
def endured(scene: Scene) -> slow.Measured:
    """What became of clients that are slow, endless, or too many."""
    return asyncio.run(slow.endured(scene))


@pytest.fixture(scope="module")
def weights(scene: Scene) -> dict[str, waves.Weighed]:
    """What such clients cost each service, one by one, and what is left of them."""
    return asyncio.run(waves.weighed(scene))
