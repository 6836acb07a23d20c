"""The list of problem codes, made from where they stand: rules, edge and domain pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.web.codes import CODES

ROOT: Final = Path(__file__).parents[1]
DOMAIN: Final = ROOT / "docs" / "domain"
RULE: Final = re.compile(r"^(?:- \*\*|\| )([A-Z]{2,3}-\d{1,2})\b.*$", re.MULTILINE)
CODE: Final = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
RULES_SAY_NO: Final = "Refusal"
HEAD: Final = """# Problems

Every answer that is no success is a problem document (RFC 9457). Programs go by its `code`; a code is public API and is
never renamed. This list is made from the code by `make schemas`.

"""


def problems_page() -> str:
    """Return the page, as Markdown."""
    return HEAD + _edge() + "\n" + _rules()


def _edge() -> str:
    """Return the codes that any service's edge may give."""
    rows = "".join(f"| `{code}` | {text} |\n" for code, text in sorted(CODES.items()))
    return f"## About the request\n\n| code | what it says |\n|---|---|\n{rows}"


def _rules() -> str:
    """Return the codes of the rules, by service."""
    sources = _sources()
    page = "## About the rules\n\nA rule said no, and nothing changed.\n"
    for service in sorted(p.parent.name for p in (ROOT / "services").glob("*/main.py")):
        found = dict(sorted(_said(ROOT / "services" / service)))
        if not found:
            continue
        rows = "".join(
            f"| `{code}` | {', '.join(sources.get(code, ())) or '-'} | {text} |\n"
            for code, text in found.items()
        )
        page += f"\n### {service}\n\n| code | rule | what it says |\n|---|---|---|\n{rows}"
    return page


def _said(service: Path) -> Iterator[tuple[str, str]]:
    """Yield the codes of a service's rules and edge, with what is said to the caller."""
    for path in sorted(service.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _called(node).endswith(RULES_SAY_NO):
                yield from _refusal(node)
            if isinstance(node, ast.Dict | ast.Tuple | ast.List) and "decider" in path.parts:
                yield from _table(node)


def _called(node: ast.Call) -> str:
    """Return the name of what is called."""
    return ast.unparse(node.func)


def _refusal(node: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield the code of ``Refusal(kind, code, detail)`` when it stands there in words."""
    match node.args:
        case [_, ast.Constant(value=str(code)), detail]:
            yield code, _text(detail)
        case _:
            pass


def _table(node: ast.Dict | ast.Tuple | ast.List) -> Iterator[tuple[str, str]]:
    """Yield the codes of a table of bars or of a list of demands."""
    items = node.keys if isinstance(node, ast.Dict) else node.elts
    for item in items:
        match item:
            case ast.Constant(value=str(code)) if CODE.fullmatch(code) and code in _sources():
                yield code, "It stands against what was asked; the rule says when."
            case _:
                pass


def _text(detail: ast.expr) -> str:
    """Return the sentence; what is filled in later stands as an ellipsis."""
    match detail:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr():
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "..."
                for part in detail.values
            )
        case _:
            return "The answer says what."


def _sources() -> dict[str, tuple[str, ...]]:
    """Return, by code, the ids of the rules that name it in the domain pages."""
    found: dict[str, set[str]] = {}
    for page in sorted(DOMAIN.glob("*.md")):
        for line in RULE.finditer(page.read_text()):
            for code in re.findall(r"`([a-z0-9_]+)`", line[0]):
                found.setdefault(code, set()).add(line[1])
    return {code: tuple(sorted(rules)) for code, rules in found.items()}
