"""The list of problem codes, made from the OpenAPI documents: what a service says is what is here."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.web.codes import CODES
from shared.web.meanings import MEANINGS_KEY

HEAD: Final = """# Problems

Every answer that is no success is a problem document (RFC 9457). Programs go by its `code`; a code is public API and is
never renamed. This list is made by `make schemas` from the OpenAPI documents, where it stands under `x-problems`; each
service shows its own part, with the operations that give each code, at `/problems`, where the `type` of a problem leads.

"""
OWN: Final = """
## Of each service

Where a rule is named (see [docs/domain](domain/README.md)), that rule said no. Nothing changed in any case.
"""


def problems_page(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the page, as Markdown, of services' names and their OpenAPI documents."""
    return HEAD + _edge() + OWN + "".join(_own(*each) for each in documents)


def _edge() -> str:
    """Return the codes that any service's edge may give."""
    rows = "".join(f"| `{code}` | {text} |\n" for code, text in sorted(CODES.items()))
    return f"## About the request\n\n| code | what it says |\n|---|---|\n{rows}"


def _own(service: str, document: Mapping[str, Any]) -> str:
    """Return the codes of one service, beyond those of the edge."""
    rows = "".join(
        f"| `{code}` | {', '.join(said['rules']) or '-'} | {said['meaning']} |\n"
        for code, said in document[MEANINGS_KEY].items()
        if code not in CODES
    )
    return f"\n### {service}\n\n| code | rule | what it says |\n|---|---|---|\n{rows}"
