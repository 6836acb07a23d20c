"""The commands that people and the Makefile use."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, StackSettings, inherited_environment
from tests.stack import folder_of_its_own, settings_of_its_own

pytestmark = pytest.mark.system

_TIMEOUT_S = 120
_PORTS = ("kafka", "kafka_controller", "postgres", "smtp", "issuer")


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """The environment of somebody with a folder and ports of their own, without traces."""
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        yield inherited_environment() | {
            "SIGILL_LOCAL_DIR": str(folder),
            "SIGILL_PARTS_DIR": str(StackSettings().parts),
            "SIGILL_TRACES": "off",
            "COLUMNS": "200",
            **{
                f"SIGILL_{name.upper()}_PORT": str(getattr(settings, f"{name}_port"))
                for name in _PORTS
            },
        }


def test_a_day_with_the_stack(environment: dict[str, str]) -> None:
    """House: up, status, token, down, clean; each says what it does, and traces can be left out."""
    try:
        up = _run(environment, "up", "--no-services")
        assert "kafka: ready after" in up.stdout
        assert "zipkin" not in up.stdout
        status = _run(environment, "status").stdout
        assert status.count(" yes ") == 4
        assert _run(environment, "token", "PL1", "intake").stdout.count(".") == 2
    finally:
        down = _run(environment, "down")
    assert "postgres: stopped" in down.stdout
    assert " yes " not in _run(environment, "status").stdout
    assert "removed" in _run(environment, "clean").stdout
    assert not (Path(environment["SIGILL_LOCAL_DIR"]) / "data").exists()


def test_what_cannot_be_done_ends_with_one_line(environment: dict[str, str]) -> None:
    """House: no traceback; exit code 1 and what to do."""
    ended = subprocess.run(  # noqa: S603 -- every argument is ours
        module("deploy.local", "up", "--no-services"),
        capture_output=True,
        check=False,
        cwd=CHECKOUT,
        env=environment | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        text=True,
        timeout=_TIMEOUT_S,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("the server in DATABASE_URL does not answer")
    assert "Traceback" not in ended.stderr


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- every argument is ours
        module("deploy.local", *words),
        capture_output=True,
        check=True,
        cwd=CHECKOUT,
        env=environment,
        text=True,
        timeout=_TIMEOUT_S,
    )
