"""Schemathesis is what the lock names."""

from tests.hostile.fuzzing import REQUIREMENTS


def test_every_package_is_pinned_by_hash() -> None:
    """House: a package is known by its content, wherever it comes from."""
    text = REQUIREMENTS.read_text().replace(" \\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert any(line.startswith("schemathesis==") for line in packages)
    assert all("==" in line and " --hash=sha256:" in line for line in packages)
    assert "://" not in text
