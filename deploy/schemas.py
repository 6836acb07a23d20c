"""Write the documents that are made from the code, or say which of them are out of date.

``python -m deploy.schemas`` writes; ``--check`` only compares and ends with 1 on a difference.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.contracts.catalogue import EVENTS
from shared.contracts.documents import asyncapi, record_schema, schema_of

ROOT = Path(__file__).parents[1]
EVENT_DOCUMENTS = ROOT / "docs" / "events"


def documents() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Return every document made from the contracts, with its place."""
    yield EVENT_DOCUMENTS / "asyncapi.json", asyncapi()
    yield EVENT_DOCUMENTS / "record.v1.json", record_schema()
    for name, event in EVENTS.items():
        path = EVENT_DOCUMENTS / "schemas" / f"{name}.v{event.schema_version}.json"
        yield path, schema_of(event)


def text_of(document: dict[str, Any]) -> str:
    """Return ``document`` as it is checked in: two spaces, UTF-8, one final newline."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def out_of_date() -> list[Path]:
    """Return the documents that differ from the code, in the order of ``documents``."""
    return [
        path
        for path, document in documents()
        if not path.exists() or path.read_text() != text_of(document)
    ]


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if "--check" in arguments:
        stale = out_of_date()
        for path in stale:
            print(f"out of date: {path.relative_to(ROOT)} (run: make schemas)")
        return 1 if stale else 0
    for path, document in documents():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(document))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
