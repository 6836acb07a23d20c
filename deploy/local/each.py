"""Asks each of several services the same: ``python -m deploy.local.each <words> -- <main module>...``.

One after the other, each in a process of its own that is forked from this one, which has loaded the
libraries: to load them again for every service would be most of the work.
"""

import os
import runpy
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Final

LOADED = ("shared.process", "shared.web")
NOBODY: Final = 100
"""What it ends with when it is wrong itself, and no service was asked: no place of one."""


def run(told: Sequence[str]) -> int:
    """Do what the command line ``told``; return what the program ends with."""
    if "--" not in told:
        sys.stderr.write("usage: python -m deploy.local.each <words> -- <main module>...\n")
        return NOBODY
    parted = told.index("--")
    return main(told[:parted], told[parted + 1 :])


def main(words: Sequence[str], modules: Sequence[str]) -> int:
    """Run each main module with ``words`` as its command line, up to the first that ends badly.

    Returns:
        0, or the place of that one, from 1 on; ``NOBODY`` when the libraries cannot be loaded. What
        each said is on its own standard output and error.
    """
    try:
        for each in LOADED:
            import_module(each)
    except Exception:  # noqa: BLE001 -- whatever it is, it is no service's
        traceback.print_exc()
        return NOBODY
    for place, each in enumerate(modules, 1):
        child = os.fork()
        if child == 0:
            sys.argv = [each, *words]
            runpy.run_module(each, run_name="__main__", alter_sys=True)
            sys.exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            return place
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
