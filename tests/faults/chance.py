"""The harness's dice: one seed, and for each name its own sequence, whoever else throws meanwhile."""

from random import Random  # noqa: TID251 -- seeded, so that a failing seed repeats


def dice(seed: int, *names: object) -> Random:
    """Return the dice of ``names`` under ``seed``: equal arguments throw alike."""
    return Random(":".join(map(str, (seed, *names))))  # noqa: S311 -- no secret comes of it
