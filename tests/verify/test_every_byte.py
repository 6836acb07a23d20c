"""Section 4: every byte flip and every truncation of a bundle is refused."""

import contextlib
from collections.abc import Iterator, Mapping
from hashlib import sha256

import pytest

from shared.ids import new_id
from shared.ledger import leaf_hash, policy_text
from shared.ledger.bundle import bundle_zip
from tests.ledger.published import flipped
from tests.verify import g1
from tests.verify.g1 import CASE
from tests.verify.house import SERVICES, Log, made, policy, resealed
from tests.verify.synthetic import CASE as OURS
from tests.verify.synthetic import log_of
from verify.bundle import Wanted, check_bundle
from verify.container import check_zip, checked_manifest, files_of_zip
from verify.policy import policy_from
from verify.published import PUBLISHED
from verify.refused import RefusedError

pytestmark = pytest.mark.thorough

SAMPLES = 400
SMALL = [log_of("asf/intake", 3), log_of("asf/review", 8)]
"""One record in one log; in the other two records, one of a shared stream."""
FILES = made(OURS, SMALL, review=(5,))
TINY = made(OURS, SMALL[:1], intake=(2,))


def wanted(*logs: str) -> Wanted:
    """Return what is believed."""
    return Wanted(policy_from(policy_text(policy(logs)).encode()), PUBLISHED)


def accepted(data: bytes, believed: Wanted) -> bool:
    """Return whether the zip ``data`` verifies; what is not refused in words is a failure."""
    with contextlib.suppress(RefusedError):
        files = files_of_zip(data)
        case = checked_manifest(files)
        check_zip(data, files)
        check_bundle(case, files, believed)
        return True
    return False


def test_no_byte_of_a_small_zip_may_differ() -> None:
    """Each byte, one bit, each bit in its turn: names, headers, manifest, records, proofs, all."""
    data, believed = bundle_zip(TINY), wanted("asf/intake")
    assert accepted(data, believed)
    for place in range(len(data)):
        assert not accepted(flipped(data, 8 * place + place * 5 % 8), believed), place


def test_a_small_zip_cannot_be_cut_anywhere() -> None:
    """Truncation, byte by byte."""
    data, believed = bundle_zip(TINY), wanted("asf/intake")
    for end in range(len(data)):
        assert not accepted(data[:end], believed), end


def vouched(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield every file but those that nobody vouches for: they explain, they prove nothing."""
    for path in files:
        if path not in {"manifest.json", "README.md"} and not path.startswith("schemas/"):
            yield path


def test_a_forger_who_writes_the_manifest_anew_changes_nothing_either() -> None:
    """ADR-0020: what proves does not rest on the manifest: each byte of it, sealed anew."""
    believed = wanted("asf/intake")
    for path in vouched(TINY):
        data = TINY[path]
        step = 16 if path.startswith("criteria/") else 1  # these are known by one hash
        for place in range(0, len(data), step):
            changed = flipped(data, 8 * place + place * 3 % 8)
            assert not sealed_anew(path, changed, believed), (path, place)
            if place % 7 == 0:
                assert not sealed_anew(path, data[:place], believed), (path, place)


def sealed_anew(path: str, data: bytes, believed: Wanted) -> bool:
    """Return whether the tiny bundle with ``path`` changed verifies whatever its manifest says."""
    files = {**TINY, path: data}
    with contextlib.suppress(RefusedError):
        check_bundle(OURS, files, believed)
        return True
    return False


def test_sealing_anew_is_what_a_forger_could_do() -> None:
    """The test above leaves the manifest away: with it, the unchanged bundle verifies."""
    files = resealed(TINY, **{"README.md": b"Believe us."})
    assert checked_manifest(files) == OURS
    assert sealed_anew("README.md", files["README.md"], wanted("asf/intake"))


def test_no_byte_of_a_bundle_of_several_logs_may_differ() -> None:
    """With consistency, a shared stream, and a bundle for each log: every 29th byte."""
    data, believed = bundle_zip(FILES), wanted("asf/intake", "asf/review")
    assert accepted(data, believed)
    for place in range(0, len(data), 29):
        assert not accepted(flipped(data, 8 * place + place % 8), believed), place
        assert not accepted(data[:place], believed), place


@pytest.mark.parametrize("seed", range(3))
def test_no_byte_of_a_whole_case_may_differ(pilot: g1.House, seed: int) -> None:
    """A real case, at places from chance; the place is shown when one is accepted."""
    logs = [f"asf/{name}" for name in SERVICES]
    data, believed = bundle_zip(made(CASE, pilot.shown)), wanted(*logs)
    assert accepted(data, believed)
    chance = new_id().bytes
    for turn in range(SAMPLES):
        drawn = int.from_bytes(sha256(chance + bytes([seed]) + turn.to_bytes(4, "big")).digest())
        place = drawn % (8 * len(data))
        assert not accepted(flipped(data, place), believed), place
        assert not accepted(data[: place // 8], believed), place


def test_the_logs_of_these_tests_are_what_they_seem() -> None:
    """One record of the case in one log, two in the other, of which one in a shared stream."""
    counted = [len(log.case(OURS).records) for log in SMALL]
    assert counted == [1, 2]
    assert len({leaf_hash(leaf) for leaf in Log("asf/review", SMALL[1].leaves).leaves}) == 8
