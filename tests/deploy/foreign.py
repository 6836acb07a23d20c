"""Ask Prometheus and the OpenTelemetry Collector themselves about what ``deploy/observability`` tells them.

Both are built of their own code (``go/``), once; what was built is kept in ``.local/foreign``.
"""

import subprocess
from functools import cache
from pathlib import Path
from typing import Final, Literal

from tests.ledger.foreign.environment import go_program

SOURCE: Final = Path(__file__).parent / "go"
MODULES: Final = SOURCE / "go.mod"
TESTS_OF_RULES: Final = "github.com/prometheus/prometheus//cmd/promtool/unittest.go"
"""promtool is one program with the clients of every cloud: two gigabytes. This file of it needs none."""
_LIMIT_S: Final = 60


def prometheus(question: Literal["config", "rules"], file: Path) -> tuple[int, str]:
    """Return how Prometheus' reading of ``file`` ended, and what it said."""
    return _asked(_prometheus(), question, str(file))


@cache
def _prometheus() -> Path:
    return go_program(SOURCE / "prometheus", "prometheus", borrowed=TESTS_OF_RULES)


@cache
def collector() -> Path:
    """Return the program of the collector."""
    return go_program(SOURCE / "collector", "collector")


def validated(file: Path) -> tuple[int, str]:
    """Return how the collector's reading of ``file`` ended, and what it said."""
    return _asked(collector(), "validate", f"--config={file}")


def _asked(program: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 -- built above
        [str(program), *words], capture_output=True, text=True, check=False, timeout=_LIMIT_S
    )
    return done.returncode, done.stdout + done.stderr
