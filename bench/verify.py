"""Verifying a bundle of 10,000 records, against hashing the same bytes once: time and memory.

``python -m bench.verify`` needs no stack. The verifier is run as whoever has a bundle runs it, a program from
its start to its exit: it checks signatures, 10,000 inclusion proofs, that the case is whole, its chain, and
replays its rules. The other side is a program of the same Python that unpacks the bundle and hashes each file
with SHA-256, which is the least that anybody who looks at all of it must do. Rounds in turns, medians; time is
processor time, memory the largest that the process had.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.settings import BenchSettings
from deploy.local.settings import CHECKOUT
from shared.ledger import policy_text
from shared.ledger.bundle import bundle_zip
from tests.stack import folder_of_its_own
from tests.verify.house import made, policy
from tests.verify.synthetic import CASES, log_of

RECORDS: Final = 10_000
"""Of the case; as many again of another stand in the same logs."""

LOGS: Final = ("asf/intake", "asf/review", "asf/notify", "asf/certificates")
SECONDS_MAX: Final = 10.0
MEBIBYTES_MAX: Final = 512.0
VERIFY: Final = "runpy.run_module('verify', run_name='__main__')"
HASH_ALL: Final = """
with zipfile.ZipFile(sys.argv[1]) as bundle:
    for name in bundle.namelist():
        hashlib.sha256(bundle.read(name)).digest()
"""
WATCHED: Final = """
import hashlib, os, pathlib, runpy, sys, time, zipfile
try:
    {work}
except SystemExit as end:
    assert not end.code
peak, = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(time.process_time(), peak, file=sys.stderr)
"""
"""A program that says in the end what it used; the system's own count of a child begins at its parent's."""


@dataclass(frozen=True, slots=True)
class Used:
    """What one run of a program used.

    Attributes:
        cpu_s: Processor time.
        peak_mib: Of memory, resident.
    """

    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What both sides used, one entry a round."""

    verified: tuple[Used, ...]
    hashed: tuple[Used, ...]
    bundle_bytes: int

    def __str__(self) -> str:
        """Return the lines to print."""
        pairs = list(zip(self.verified, self.hashed, strict=True))
        ours_s, theirs_s = (
            median(each.cpu_s for each in side) for side in zip(*pairs, strict=True)
        )
        ours_mib, theirs_mib = (
            median(each.peak_mib for each in side) for side in zip(*pairs, strict=True)
        )
        return (
            f"verify a bundle of {RECORDS:,} records: {ours_s:.1f} s (limit {SECONDS_MAX:.0f} s;"
            f" {self.bundle_bytes / 1e6:.1f} MB, whole program, {len(pairs)} rounds in turns)\n"
            f"  / hash its files: {median(one.cpu_s / other.cpu_s for one, other in pairs):.1f}"
            f" ({theirs_s * 1_000:.0f} ms)\n"
            f"  memory: {ours_mib:.0f} MiB (limit {MEBIBYTES_MAX:.0f} MiB; the other"
            f" {theirs_mib:.0f} MiB)"
        )


def bundle() -> bytes:
    """Return the zip of a case that has ``RECORDS`` in four logs."""
    size = 2 * RECORDS // len(LOGS)
    logs = [log_of(name, size, cases=CASES[:2], streams=50) for name in LOGS]
    return bundle_zip(made(CASES[0], logs))


def measure(folder: Path, *, rounds: int) -> Measured:
    """Return what both sides use; the bundle is put into ``folder``."""
    data = bundle()
    zipped, believed = folder / "bundle.zip", folder / "policy"
    zipped.write_bytes(data)
    believed.write_text(policy_text(policy(LOGS)))
    asked = ("bundle", str(zipped), "--policy", str(believed))
    pairs = [(_used(VERIFY, *asked), _used(HASH_ALL, str(zipped))) for _ in range(rounds)]
    verified, hashed = zip(*pairs, strict=True)
    return Measured(verified, hashed, len(data))


def _used(work: str, *words: str) -> Used:
    """Return what a program of this Python uses; it must end well."""
    program = WATCHED.format(work=work.strip().replace("\n", "\n    "))
    done = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-c", program, *words],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    cpu_s, peak_kib = done.stderr.splitlines()[-1].split()
    return Used(float(cpu_s), int(peak_kib) / 1024)


def main() -> None:
    """Measure, and print the figures."""
    with folder_of_its_own() as folder:
        print(measure(folder, rounds=BenchSettings().rounds))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()
