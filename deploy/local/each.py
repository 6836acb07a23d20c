"""Asks several services the same: ``python -m deploy.local.each [--at-once] <words> -- <main>...``.

One after the other, up to the first that ends badly, or all at once. Each in a process of its own
that is forked from this one, which has loaded the libraries: to load them again for every service
would be most of the work.
"""

import gc
import os
import runpy
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Final

LOADED = ("shared.process", "shared.web")
AT_ONCE: Final = "--at-once"
NOBODY: Final = 100
"""What it ends with when it is wrong itself, and no service was asked: no place of one."""


def run(told: Sequence[str]) -> int:
    """Do what the command line ``told``; return what the program ends with."""
    if "--" not in told:
        sys.stderr.write(f"usage: python -m deploy.local.each [{AT_ONCE}] <words> -- <main>...\n")
        return NOBODY
    parted = told.index("--")
    words, modules = told[:parted], told[parted + 1 :]
    at_once = words[:1] == [AT_ONCE]
    return main(words[1:] if at_once else words, modules, at_once=at_once)


def main(words: Sequence[str], modules: Sequence[str], *, at_once: bool = False) -> int:
    """Run each main module with ``words`` as its command line.

    ``at_once`` asks all, whatever becomes of any; otherwise none is asked after one that ends badly.

    Returns:
        0, or the place of the first that ended badly, from 1 on; ``NOBODY`` when the libraries cannot
        be loaded. What each said is on its own standard output and error.
    """
    try:
        for each in LOADED:
            import_module(each)
    except Exception:  # noqa: BLE001 -- whatever it is, it is no service's
        traceback.print_exc()
        return NOBODY
    gc.collect()
    gc.freeze()  # what is loaded stays shared: nobody's collector writes to it
    if at_once:
        children = [_asked(each, words) for each in modules]
        fine = iter([_ended_well(child) for child in children])
    else:
        fine = (_ended_well(_asked(each, words)) for each in modules)
    return next((place for place, well in enumerate(fine, 1) if not well), 0)


def _asked(module: str, words: Sequence[str]) -> int:
    """Fork a process that runs ``module``, and return its id."""
    child = os.fork()
    if child == 0:
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        sys.exit(0)
    return child


def _ended_well(child: int) -> bool:
    """Wait for a process and return whether it ended with 0."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
