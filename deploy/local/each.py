"""Asks each of several services the same: ``python -m deploy.local.each <words> -- <main module>...``.

One after the other, each in a process of its own that is forked from this one, which has loaded the
libraries: to load them again for every service would be most of the work.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from importlib import import_module

LOADED = ("shared.process", "shared.web")


def main(words: Sequence[str], modules: Sequence[str]) -> int:
    """Run each main module with ``words`` as its command line, up to the first that ends badly.

    Returns:
        0, or the place of that one, from 1 on. What each said is on its own standard output and error.
    """
    for each in LOADED:
        import_module(each)
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
    _, *told = sys.argv
    parted = told.index("--")
    sys.exit(main(told[:parted], told[parted + 1 :]))
