"""Each named crash point is somewhere, and in one place: a test that names one meets it."""

import ast
from collections import Counter
from pathlib import Path

from shared.crash import POINTS

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])


def test_each_crash_point_is_called_exactly_once() -> None:
    """House: ADR-0026: ``CRASH_AT`` says at which line a process dies, so a point is one line."""
    called = Counter(
        argument.value
        for path in SOURCES
        if "crash_point(" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "crash_point"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    )
    assert called == dict.fromkeys(POINTS, 1)
