"""The list of problem codes is total: whoever gets one can look it up, and learns what to do."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.catalogue import SERVICES
from shared.web.codes import CODES
from shared.web.meanings import MEANINGS_KEY
from shared.web.openapi import CODES_KEY, operations_in
from shared.web.pages import explained

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (?:([^|]+) \| )?([^|]+) \|$", re.MULTILINE)
RULE = re.compile(r"^(?:- \*\*|\| )([A-Z]{2,3}-\d{1,2})\b.*$", re.MULTILINE)


def document(service: str) -> Mapping[str, Any]:
    """Return the OpenAPI document of ``service``, as it is checked in."""
    found: Mapping[str, Any] = json.loads((DOCS / "api" / f"{service}.json").read_text())
    return found


def given(service: str) -> set[str]:
    """Return every code that an operation of ``service`` names."""
    return {
        code
        for _, _, operation in operations_in(document(service))
        for code in operation["responses"]["4XX"][CODES_KEY]
    }


def listed(part: str) -> dict[str, tuple[str, str]]:
    """Return, by code, the rules and the sentence in one part of the list."""
    page = (DOCS / "problems.md").read_text()
    _, _, rest = page.partition(f"# {part}\n")
    return {code: (rules, said) for code, rules, said in ROW.findall(rest.split("\n#")[0])}


def own() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield service, code and meaning of everything that a service says itself."""
    for service in SERVICES:
        for code, said in document(service)[MEANINGS_KEY].items():
            if code not in CODES:
                yield service, code, said


@pytest.mark.parametrize("service", SERVICES)
def test_every_code_of_an_operation_is_listed_and_served_with_the_same_meaning(
    service: str,
) -> None:
    """RFC 9457 section 3.1.1: the codes are those of the OpenAPI document, and of nothing else."""
    edge, there = listed("About the request"), listed(service)
    pages = explained(document(service))
    assert given(service)
    for code in given(service):
        rules, sentence = (edge if code in CODES else there)[code]
        assert pages[code].meaning == sentence
        assert ", ".join(pages[code].rules) == ("" if rules == "-" else rules)
        assert pages[code].given_by
    assert there.keys() | edge.keys() == pages.keys()


def test_every_meaning_is_a_sentence_of_its_own() -> None:
    """House: "See ...." and "the rule says when" send whoever asks away with nothing."""
    for service, code, said in own():
        sentence = said["meaning"]
        assert re.fullmatch(r"[A-Z][^|]{15,}(\.|name\.pdf)", sentence), (service, code)
        assert "..." not in sentence, (service, code)
        assert not re.search(r"^See |the rule says", sentence), (service, code)
    for service in SERVICES:
        sentences = [each["meaning"] for of, _, each in own() if of == service]
        assert len(set(sentences)) == len(sentences), service


def test_the_rules_of_a_code_are_those_that_name_it() -> None:
    """House: a code leads to its rule in ``docs/domain``, and the rule to its code."""
    named: dict[str, set[str]] = {}
    for page in (DOCS / "domain").glob("*.md"):
        for line in RULE.finditer(page.read_text()):
            for code in re.findall(r"`([a-z0-9_]+)`", line[0]):
                named.setdefault(code, set()).add(line[1])
    said: dict[str, set[str]] = {}
    for _, code, each in own():
        said.setdefault(code, set()).update(each["rules"])
    apart = {
        code: (rules, named.get(code, set()))
        for code, rules in said.items()
        if rules != named.get(code, set())
    }
    assert not apart


@pytest.mark.parametrize(
    "code",
    [
        "content_digest_malformed",
        "content_digest_mismatch",
        "evidence_empty",
        "file_name_malformed",
        "media_type_not_accepted",
    ],
)
def test_what_is_wrong_with_an_upload_is_no_rule(code: str) -> None:
    """House: the request is mended and sent again; nobody need look for a rule."""
    assert explained(document("review"))[code].rules == []
