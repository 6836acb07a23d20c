"""A bundle of a case that was really played, and how its parts are left out, mixed up and judged."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

from deploy.demo.cast import Firm
from deploy.local.house import House
from verify.bundle import Wanted, Whole, check_bundle
from verify.container import checked_manifest
from verify.policy import policy_from
from verify.published import PUBLISHED


@dataclass
class Played:
    """The house after the demo, whose clock goes on.

    Attributes:
        told: What the demo said.
        gamma: Whose case tests may erase.
        policy: Whom the auditor believes.
        data: Alfa's bundle, as it was sent.
    """

    house: House
    told: str
    alfa: Firm
    gamma: Firm
    policy: str
    data: bytes

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Return the files of Alfa's bundle."""
        return unzipped(self.data)

    def judged(self, files: Mapping[str, bytes]) -> Whole:
        """Return what a bundle of ``files`` shows.

        Raises:
            RefusedError: It does not verify.
        """
        wanted = Wanted(policy_from(self.policy.encode()), PUBLISHED)
        return check_bundle(checked_manifest(files), files, wanted)


def unzipped(data: bytes) -> Mapping[str, bytes]:
    """Return the files of a bundle, by path."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {path: archive.read(path) for path in archive.namelist()}
