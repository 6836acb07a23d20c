"""A process that vanishes leaves its word: the stack in its log, and how it ended with who started it."""

import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from deploy.local.processes import Launch, Processes, module
from deploy.local.settings import StackSettings
from deploy.local.stack import Stack
from shared.ids import new_id
from tests.last_words import last_words
from tests.process.house import CHECKOUT, MONDAY, House, eventually

pytestmark = pytest.mark.system

FAULT = "Fatal Python error: Segmentation fault"
FRAME = re.compile(r'  File "[^"]+", line \d+ in [\w<>]+')


def test_a_fault_in_a_library_leaves_the_stack_and_nothing_of_anybody(house: House) -> None:
    """House: a fault in C ends Python at once; which files, lines and functions, and no value."""
    case = new_id()
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        assert process.plan(case).status_code == 201
        process.process.send_signal(signal.SIGSEGV)
        assert process.process.wait(10) == -signal.SIGSEGV
    _, fault, stack = house.log("all").partition(FAULT)
    assert fault
    assert stack_of(stack), stack
    assert str(case) not in stack


def test_the_streams_leave_theirs_too(stack: Stack, tmp_path: Path) -> None:
    """House: Faust has a loop of its own, and the same edge."""
    house = House(stack, tmp_path, "certificates", "services.certificates.main")
    house.set_clock(MONDAY)
    with house.running("streams") as process:
        assert eventually(lambda: process.failing() == ["table"])
        process.process.send_signal(signal.SIGSEGV)
        assert process.process.wait(10) == -signal.SIGSEGV
    _, fault, words = house.log("streams").partition(FAULT)
    assert fault
    assert stack_of(words), words


@pytest.mark.parametrize("warm", [True, False])
def test_who_started_it_knows_how_it_ended(house: House, tmp_path: Path, *, warm: bool) -> None:
    """House: ADR-0029: started either way, it has a log that names the place, and an end with a name."""
    processes = Processes(run=tmp_path / "run", log=tmp_path / "log")
    launch = Launch(module(house.module, "worker"), CHECKOUT, house.environment(1), {}, warm=warm)
    record = processes.start("it", launch)
    try:
        assert eventually(lambda: "process.works" in processes.last_words("it"))
        os.kill(record.pid, signal.SIGSEGV)
        assert eventually(lambda: processes.died("it"))
    finally:
        processes.kill("it")
    assert processes.how_ended("it") == "ended by SIGSEGV"
    assert FAULT in processes.log_file("it").read_text()


def test_a_process_says_where_it_is_when_asked_and_goes_on(house: House) -> None:
    """House: SIGUSR1 is for one that hangs: nobody could look into it without ending it."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        process.process.send_signal(signal.SIGUSR1)
        assert eventually(lambda: "Current thread" in house.log("all"))
        assert process.failing() == []
        assert process.ended(20) == 0


def test_a_failed_test_tells_of_processes_that_have_ended_or_hang(
    house: House, tmp_path: Path
) -> None:
    """House: else one that ended by itself is one time-out after another, in test after test."""
    settings = StackSettings(local_dir=tmp_path)
    processes = Processes(run=settings.run, log=settings.log)
    (port,) = free_ports(1)
    environment, argv = house.environment(port), module(house.module, "all")
    launch = Launch(argv, CHECKOUT, environment, {}, ports={"PORT": port}, warm=True)
    record = processes.start("intake", launch)
    try:
        assert eventually(lambda: last_words(settings) == "", 60)
        worker = module(house.module, "worker")
        processes.start("intake-second-worker", replace(launch, argv=worker, ports={}))
        assert eventually(lambda: "works" in processes.last_words("intake-second-worker"))
        assert last_words(settings) == "", "it listens nowhere, so nothing is asked of it"
        os.kill(record.pid, signal.SIGSTOP)
        assert last_words(settings).startswith("intake is not ready (TimeoutError")
        os.kill(record.pid, signal.SIGSEGV)
        os.kill(record.pid, signal.SIGCONT)
        assert eventually(lambda: processes.died("intake"))
        processes.stop("intake-second-worker")
        told = last_words(settings)
    finally:
        for name in ("intake", "intake-second-worker"):
            processes.kill(name)
    assert told.startswith("intake ended by SIGSEGV:\n")
    assert FAULT in told


def stack_of(words: str) -> list[str]:
    """Return the lines of all threads' stacks, which have nothing else in them."""
    found = [line for line in words.splitlines() if line.startswith("  ")]
    assert all(FRAME.fullmatch(line) for line in found), found
    return found
