"""Ports for several stacks at once."""

import subprocess
import sys

import pytest

from deploy.local.ports import free_ports
from deploy.local.settings import CHECKOUT

pytestmark = pytest.mark.system

_ELSEWHERE = "from deploy.local.ports import free_ports; print(*free_ports(8), flush=True); input()"


def test_no_two_stacks_get_the_same_port() -> None:
    """House: neither in one process nor in two, also while nobody listens yet."""
    ours = {*free_ports(8), *free_ports(8)}

    with subprocess.Popen(  # noqa: S603 -- every argument is ours
        (sys.executable, "-c", _ELSEWHERE),
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        theirs = {int(port) for port in other.stdout.readline().split()}
        other.communicate("\n", timeout=10)

    assert len(ours | theirs) == 24


def test_a_process_that_holds_ports_ends_without_a_complaint() -> None:
    """House: the blocks are kept until the end, and nothing is said about it then."""
    program = "from deploy.local.ports import free_ports; free_ports(2)"
    ended = subprocess.run(  # noqa: S603 -- every argument is ours
        (sys.executable, "-X", "dev", "-W", "error", "-c", program),
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
