"""The alerting rules, read by Prometheus' own code: what ``promtool check rules`` asks of them.

The whole of ``promtool`` brings the clients of every cloud, two gigabytes; its reader of rules needs
none of them.
"""

import subprocess
from pathlib import Path

import pytest

from deploy.local.settings import CHECKOUT
from tests.ledger.foreign.environment import go_program

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

RULES = CHECKOUT / "deploy" / "observability" / "prometheus" / "alerts.yml"
SPOILT = {
    "a query that is none": ("expr: max by", "expr: max bye", "could not parse expression"),
    "a text that is none": ("{{ $labels.job }}: the oldest", "{{ $labels.job }: the", "annotation"),
    "a time that is none": ("for: 2m", "for: soon", "not a valid duration"),
    "a word of nobody's": ("        for: 2m", "        until: 2m", "field until not found"),
    "a label of no form": ("labels: {severity: page}", 'labels: {"": page}', "invalid label name"),
    "a group twice": ("  - name: what", "  - name: what the log owes\n  - name: what", "repeated"),
}


def said(file: Path) -> tuple[int, str]:
    """Return how the reading of a file ended, and what was wrong with it."""
    words = [str(go_program(Path(__file__).parent / "rules", "rules")), str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 -- built above
    return done.returncode, done.stdout


def test_prometheus_takes_the_rules() -> None:
    """Section 4: queries, texts, times and names are of its form."""
    assert said(RULES) == (0, "")


@pytest.mark.parametrize(("right", "wrong", "complaint"), SPOILT.values(), ids=SPOILT)
def test_prometheus_refuses_spoilt_rules(
    tmp_path: Path, right: str, wrong: str, complaint: str
) -> None:
    """House: a check that cannot fail checks nothing."""
    text = RULES.read_text()
    assert right in text
    file = tmp_path / "alerts.yml"
    file.write_text(text.replace(right, wrong, 1))
    code, words = said(file)
    assert code == 1
    assert complaint in words
