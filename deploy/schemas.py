"""Write the documents that are made from the code, or say which of them are out of date.

``python -m deploy.schemas`` writes; ``--check`` only compares and ends with 1 on a difference.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.openapi import openapi_documents
from deploy.problems import problems_page
from shared.contracts.catalogue import EVENTS
from shared.contracts.documents import asyncapi, record_schema, schema_text, text_of
from shared.contracts.versions import versions_of

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"


def documents() -> Iterator[tuple[Path, str]]:
    """Return every document made from the code, with its place."""
    yield DOCS / "events" / "asyncapi.json", text_of(asyncapi())
    yield DOCS / "events" / "record.v1.json", text_of(record_schema())
    for name, event in EVENTS.items():
        for version in versions_of(event):
            file = DOCS / "events" / "schemas" / f"{name}.v{version}.json"
            yield file, schema_text(event, version)
    made = tuple(openapi_documents())
    for service, document in made:
        yield DOCS / "api" / f"{service}.json", text_of(document)
    yield DOCS / "problems.md", problems_page(made)


def out_of_date() -> list[Path]:
    """Return the documents that differ from the code, in the order of ``documents``."""
    return [path for path, text in documents() if not path.exists() or path.read_text() != text]


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if "--check" in arguments:
        stale = out_of_date()
        for path in stale:
            sys.stdout.write(f"out of date: {path.relative_to(ROOT)} (run: make schemas)\n")
        return 1 if stale else 0
    for path, text in documents():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
