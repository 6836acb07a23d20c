"""A worker of review keeps the store of evidence clear of what killed uploads have left."""

import asyncio
import os
from functools import partial
from pathlib import Path

import pytest

from services.review.api.files import UPLOAD_TIMEOUT_S
from services.review.main import LEFT_AFTER, keep_clear, service
from shared.vault.objects import store_of
from shared.web import Limits

LOOK_S = 1.0


async def test_a_worker_clears_the_store_when_it_starts(tmp_path: Path) -> None:
    """Law (GDPR 17): what nobody knows of does not outlive an erasure by more than hours."""
    assert "remove_killed_uploads" in {each.__name__ for each in service.background}
    assert LEFT_AFTER.total_seconds() >= 10 * (UPLOAD_TIMEOUT_S + Limits().upload_pause_s)
    left = tmp_path / "incoming" / "a#1"
    left.parent.mkdir()
    left.write_bytes(b"left")
    at_s = left.stat().st_mtime - LEFT_AFTER.total_seconds() - 1
    os.utime(left, (at_s, at_s))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            await keep_clear(partial(store_of, "", folder=tmp_path))
    assert not left.exists()


@pytest.mark.parametrize("in_the_way", ["store", "store/incoming"])
async def test_a_store_that_is_not_there_ends_no_worker(tmp_path: Path, in_the_way: str) -> None:
    """L8: the world's doing: it is said, and looked at again later."""
    place = tmp_path / in_the_way
    place.parent.mkdir(exist_ok=True)
    place.write_text("in the way")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            await keep_clear(partial(store_of, "", folder=tmp_path / "store"))
