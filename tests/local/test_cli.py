"""The commands that people and the Makefile use."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from deploy.local.cli import _broken_off
from deploy.local.empty import put_aside, remove
from deploy.local.house import House
from deploy.local.processes import Launch, Processes, began, module
from deploy.local.settings import CHECKOUT, StackSettings, inherited_environment
from deploy.local.stack import Stack
from tests.process.house import eventually
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
        _kill_the_mail_sink(Path(environment["SIGILL_LOCAL_DIR"]))
        died = _ended(environment, "status")
        assert (died.returncode, "ended" in died.stdout) == (1, True)
        _fault_a_service(Path(environment["SIGILL_LOCAL_DIR"]))
        status = _ended(environment, "status").stdout
        assert "ended by SIGSEGV" in status, status
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


def test_three_brokers_are_asked_for_by_a_setting(environment: dict[str, str]) -> None:
    """Issue 4: ``BROKERS=3``; and a number that cannot be is said in one line."""
    assert "kafka-3" in _run(environment | {"SIGILL_BROKERS": "3"}, "status").stdout
    refused = _refused(environment | {"SIGILL_BROKERS": "2"}, "status")
    assert refused.strip() == "SIGILL_BROKERS: Input should be 1 or 3"


def test_nobody_home_and_nobody_known_is_said_in_one_line(environment: dict[str, str]) -> None:
    """House: a token needs an issuer that runs, and a person that it knows."""
    away = _refused(environment, "token", "PL1", "intake")
    assert away.startswith("the issuer does not answer at http://127.0.0.1:")
    try:
        _run(environment, "up", "--no-services")
        nobody = _refused(environment, "token", "NOBODY", "intake")
    finally:
        _run(environment, "down")
    assert "NOBODY cannot sign in to intake" in nobody
    assert "PL1, S1" in nobody
    assert "no service nowhere" in _refused(environment, "run", "nowhere", "check-views")


def test_what_was_there_is_put_aside_and_never_overwritten(tmp_path: Path) -> None:
    """House: a demo begins empty; what an earlier one left is kept until somebody cleans."""
    settings = StackSettings(local_dir=tmp_path, database_url=None)
    for number in (1, 2, 3):
        settings.data.mkdir(parents=True)
        (settings.data / "log").write_text(f"{number}")
        put_aside(settings)
    kept = {folder.name: (folder / "log").read_text() for folder in tmp_path.glob("data-*")}
    assert kept == {"data-before-1": "1", "data-before-2": "2", "data-before-3": "3"}
    assert not settings.data.exists()
    remove(settings)
    assert not list(tmp_path.glob("data*"))


def test_who_presses_ctrl_c_learns_what_still_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """House: one sentence, and no traceback; with nothing started there is nothing to stop."""
    house = House(Stack(StackSettings(local_dir=tmp_path, database_url=None)))
    place = house.stack.settings.run / "mail.json"
    for running, told in ((False, "broken off\n"), (True, "ends with make down: mail\n")):
        if running:
            place.parent.mkdir(parents=True)
            own: dict[str, object] = {"pid": os.getpid(), "began": began(os.getpid()), "ports": {}}
            place.write_text(json.dumps(own))
        with pytest.raises(typer.Exit) as ended, _broken_off(house):
            raise KeyboardInterrupt
        assert ended.value.exit_code == 130
        assert capsys.readouterr().err.endswith(told)


def _kill_the_mail_sink(folder: Path) -> None:
    """End a part of the stack as a crash would."""
    record = json.loads((folder / "run" / "mail.json").read_text())
    os.kill(record["pid"], signal.SIGKILL)
    assert eventually(lambda: began(record["pid"]) != record["began"])


def _fault_a_service(folder: Path) -> None:
    """Start something by the name of a service, and end it as a fault in a library would."""
    processes = Processes(run=folder / "run", log=folder / "log")
    record = processes.start("review", Launch(module("tests.local.waiting"), CHECKOUT, warm=True))
    os.kill(record.pid, signal.SIGSEGV)
    assert eventually(lambda: processes.running("review") is None)


def _refused(environment: dict[str, str], *words: str) -> str:
    """Return the one line with which a command ends that cannot be done."""
    ended = _ended(environment, *words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Return how a command ended, which is well."""
    ended = _ended(environment, *words)
    ended.check_returncode()
    return ended


def _ended(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Return how a command ended."""
    return subprocess.run(  # noqa: S603 -- every argument is ours
        module("deploy.local", *words),
        capture_output=True,
        check=False,
        cwd=CHECKOUT,
        env=environment,
        text=True,
        timeout=_TIMEOUT_S,
    )
