"""The house keeps its shape: style that a machine can check is checked here.

One test for each rule, over all files: it names every file that breaks the rule. A test for each
file was a third of all fast tests.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted(p.parent for p in (ROOT / "services").glob("*/__init__.py"))
SOURCES = sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

ROOMS = {
    *("commands", "decider", "views", "policy", "queries"),
    *("api", "consumers", "settings", "schema", "main"),
}
MAY_HAVE = {"__init__", "streams", "letters", "witness", "bundles"}
"""Rooms that only some services need: Faust's tables, the mail, what audit vouches for and hands out."""
PURE = {"commands", "decider", "policy", "views"}
PURE_MAY_IMPORT = {
    *("collections", "dataclasses", "datetime", "decimal", "enum", "functools"),
    *("hashlib", "itertools", "re", "types", "typing", "uuid", "pydantic", "stdnum"),
    *("services", "shared.contracts", "shared.decider", "shared.eventlog.views"),
}
ONE_DOOR = {"faust": "streams", "aiokafka": "kafka", "opentelemetry": "telemetry"}
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
SOURCE = re.compile(r"(Step \d|SIS \d\.\d|[A-Z]{2,3}-\d|Law \(|House: ADR-\d{4}|Return )")
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)+")


@cache
def tree(path: Path) -> ast.Module:
    """Return ``path`` as Python reads it; read once."""
    return ast.parse(path.read_text())


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return everything in ``path``; walked once."""
    return tuple(ast.walk(tree(path)))


@cache
def words_in_tests_of(service: str) -> frozenset[str]:
    """Return every text that stands in quotation marks in the tests of ``service``."""
    texts = "".join(p.read_text() for p in (ROOT / "tests" / service).rglob("test_*.py"))
    return frozenset(re.findall(r'"([^"\n]*)"', texts))


def room(path: Path) -> str:
    """Return the room ``path`` belongs to: the part below its service or below shared."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[2 if parts[0] == "services" and len(parts) > 2 else 1]


FIELDS = {
    node.target.id
    for path in (ROOT / "shared" / "contracts").glob("*.py")
    for node in nodes(path)
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
}
"""Names of fields of events: they look like codes and are none."""
DECIDERS = [p for p in SOURCES if p.is_relative_to(ROOT / "services") and room(p) == "decider"]


def imports(path: Path) -> set[str]:
    """Return the dotted names that ``path`` imports."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_names_that_say_nothing_do_not_appear() -> None:
    """A file called utils is a drawer; whoever adds to it has not said what it is for."""
    drawers = {"utils", "helpers", "common", "manager", "misc", "base_service"}
    assert not {path for path in SOURCES if path.stem in drawers}


@pytest.mark.parametrize("service", SERVICES, ids=lambda p: p.name)
def test_every_service_reads_the_same(service: Path) -> None:
    """Whoever knows one service knows where to look in all of them."""
    modules = {p.stem for p in service.iterdir() if p.suffix in {".py", ".sql"}}
    packages = {p.parent.name for p in service.glob("*/__init__.py")}
    assert (modules | packages) - MAY_HAVE == ROOMS


def test_rules_import_only_what_is_pure() -> None:
    """An allow-list: whatever is not named here is not pure until someone argues that it is."""
    rooms = tuple(f"{name}." for name in PURE_MAY_IMPORT)
    assert not [
        (path, name)
        for path in SOURCES
        if room(path) in PURE
        for name in imports(path)
        if name not in PURE_MAY_IMPORT and not name.startswith(rooms)
    ]


def test_each_wire_enters_by_one_door() -> None:
    """Whoever wants to know how we speak to Kafka reads one room."""
    assert not [
        (path, name)
        for path in SOURCES
        for name in imports(path)
        if ONE_DOOR.get(name.split(".")[0]) not in {None, room(path)}
    ]


def test_functions_fit_on_a_screen() -> None:
    """A function one must scroll is two functions."""
    assert not [
        (path, node.name)
        for path in [*SOURCES, *TESTS]
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]


def test_files_fit_in_a_head() -> None:
    """A file that needs a map is two files."""
    files = [*SOURCES, *TESTS]
    assert not [path for path in files if len(path.read_text().splitlines()) > FILE_LINES_MAX]


def test_every_rule_names_its_source() -> None:
    """A rule nobody can trace is a rule nobody dares to change."""
    assert not [
        (path, node.name)
        for path in DECIDERS
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("_")
        and not SOURCE.match(ast.get_docstring(node) or "")
    ]


def codes(path: Path) -> set[str]:
    """Return the refusal codes that ``path`` names."""
    module = tree(path)
    exported = {
        item.value
        for node in module.body
        if isinstance(node, ast.Assign) and "__all__" in {ast.unparse(t) for t in node.targets}
        for item in ast.walk(node.value)
        if isinstance(item, ast.Constant)
    }
    return {
        node.value
        for node in nodes(path)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    } - (FIELDS | exported)


def test_every_refusal_is_tested_by_its_code() -> None:
    """The codes are public API: a test says when each one is given."""
    assert not [
        (path, code)
        for path in DECIDERS
        for code in codes(path) - words_in_tests_of(path.relative_to(ROOT / "services").parts[0])
    ]


CLAUSE = re.compile(
    r"\b((?:APP|RND|GRP|SES|INV|SCH|APT|WSP|SAS|REV|APL|CMP|CER|ISS|WCH|MSG|SUB|TPL|CNT|AUD|ERA|POR"
    r"|PM|GEN|SOD|SV|Q|K|T)-\d{1,3}|T\d{1,2})\b"
)
CLAUSES = frozenset(
    clause
    for page in (ROOT / "docs" / "domain").glob("*.md")
    for clause in CLAUSE.findall(page.read_text())
)
PROBLEMS = (ROOT / "docs" / "problems.md").read_text()


def test_every_clause_that_is_cited_exists() -> None:
    """A rule that cites what nobody can look up cites nothing."""
    assert not [
        (path, clause)
        for path in [*SOURCES, *TESTS]
        for clause in set(CLAUSE.findall(path.read_text())) - CLAUSES
    ]


def test_every_problem_that_is_raised_is_explained_to_whoever_gets_it() -> None:
    """RFC 9457: rules or edge, whoever raises it, its code stands in docs/problems.md.

    What ``shared.process`` refuses is told to operators at their commands, never over HTTP.
    """
    raised = [
        (path, argument.value)
        for path in SOURCES
        if room(path) != "process"
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Refusal", "Problem", "later"}
        for argument in node.args[:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert raised
    assert not [
        (path, code)
        for path, code in raised
        if CODE.fullmatch(code) and f"| `{code}` |" not in PROBLEMS
    ]


def test_every_refusal_is_explained_to_whoever_gets_it() -> None:
    """RFC 9457: the codes are public API, so each stands in docs/problems.md."""
    assert not [
        (path, code) for path in DECIDERS for code in codes(path) if f"`{code}`" not in PROBLEMS
    ]
