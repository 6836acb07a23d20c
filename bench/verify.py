"""Verifying a bundle of 10,000 records, against hashing the same bytes once.

``python -m bench.verify`` needs no stack. The verifier checks signatures, 10,000 inclusion proofs, that
the case is whole, its chain, and replays its rules; the other side is SHA-256 over every file, which
is the least that anybody who looks at all of it must do. Rounds in turns, medians of their ratios.
"""

import time
from collections.abc import Callable
from hashlib import sha256
from statistics import median

from shared.ledger import policy_text
from shared.ledger.bundle import bundle_zip
from tests.verify.house import made, policy
from tests.verify.synthetic import CASES, log_of
from verify.bundle import Wanted, check_bundle
from verify.container import check_zip, checked_manifest, files_of_zip
from verify.policy import policy_from
from verify.published import PUBLISHED

RECORDS = 10_000
"""Of the case; as many again of another stand in the same logs."""
LOGS = ("asf/intake", "asf/review", "asf/notify", "asf/certificates")
ROUNDS = 5


def bundle() -> bytes:
    """Return the zip of a case that has ``RECORDS`` in four logs."""
    size = 2 * RECORDS // len(LOGS)
    logs = [log_of(name, size, cases=CASES[:2], streams=50) for name in LOGS]
    return bundle_zip(made(CASES[0], logs))


def verified(data: bytes) -> int:
    """Verify the bundle; return how many records it has."""
    files = files_of_zip(data)
    case = checked_manifest(files)
    check_zip(data, files)
    believed = policy_from(policy_text(policy(LOGS)).encode())
    whole = check_bundle(case, files, Wanted(believed, PUBLISHED))
    return sum(len(each.records) for each in whole.logs)


def hashed(data: bytes) -> int:
    """Hash every file of the bundle; return how many there are."""
    return len([sha256(each).digest() for each in files_of_zip(data).values()])


def _taken_s(work: Callable[[bytes], int], data: bytes) -> float:
    """Return how long ``work`` takes, in seconds."""
    begun_s = time.perf_counter()
    work(data)
    return time.perf_counter() - begun_s


def main() -> None:
    """Measure, and print one line."""
    data = bundle()
    assert verified(data) == RECORDS
    pairs = [(_taken_s(verified, data), _taken_s(hashed, data)) for _ in range(ROUNDS)]
    ratio = median(one / other for one, other in pairs)
    taken_s, hash_s = (median(each) for each in zip(*pairs, strict=True))
    print(  # noqa: T201 -- what it is for
        f"verify a bundle of {RECORDS:,} records / hash its files: {ratio:.1f}"
        f" ({taken_s:.2f} s against {hash_s * 1_000:.0f} ms, {len(data) / 1e6:.1f} MB,"
        f" {ROUNDS} rounds in turns)"
    )


if __name__ == "__main__":
    main()
