"""Issue 4, section 3: what the image is made of can be listed and audited, by its locks."""

import json
import re

import pytest

from deploy.local.settings import CHECKOUT, SERVICES
from tests.deploy.environment import REQUIREMENTS
from tests.deploy.reading import said

LOCK = CHECKOUT / "requirements" / f"{SERVICES[0]}.txt"


def pinned(text: str) -> dict[str, tuple[str, set[str]]]:
    """Return the version and the hashes of each package in a lock, by name."""
    lines = text.replace(" \\\n", " ").splitlines()
    found: dict[str, tuple[str, set[str]]] = {}
    for line in lines:
        if package := re.match(r"([\w.-]+)==(\S+)", line):
            found[package[1]] = (package[2], set(re.findall(r"--hash=sha256:(\w+)", line)))
    return found


def test_every_program_is_pinned_by_hash() -> None:
    """House: a package is known by its content, wherever it comes from."""
    text = REQUIREMENTS.read_text()
    assert pinned(text)
    assert all(hashes for _, hashes in pinned(text).values())
    assert "://" not in text


@pytest.mark.integration
def test_the_list_of_materials_is_the_lock() -> None:
    """CycloneDX: each package with its version and every hash. ``make sbom`` validates it, too."""
    words = ("requirements", str(LOCK), "--sv", "1.6", "--of", "JSON", "--no-validate", "-o", "-")
    listed = json.loads(said("cyclonedx-py", *words))
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    found = {
        each["name"]: (
            each["version"],
            {one["content"] for where in each["externalReferences"] for one in where["hashes"]},
        )
        for each in listed["components"]
    }
    assert found == pinned(LOCK.read_text())
