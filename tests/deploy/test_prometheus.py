"""The configuration of Prometheus and its alerting rules, read by Prometheus' own code.

It is what ``promtool check config`` asks of them. That the alerts fire: ``test_alerts.py``.
"""

import re
import shutil
from pathlib import Path

import pytest

from deploy.local.settings import CHECKOUT
from tests.deploy.foreign import MODULES, prometheus
from tests.deploy.reading import containers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

FOLDER = CHECKOUT / "deploy" / "observability" / "prometheus"
CONFIGURATION = "prometheus.yml"
SPOILT_RULES = {
    "a query that is none": ("expr: max by", "expr: max bye", "could not parse expression"),
    "a text that is none": ("{{ $labels.job }}: the oldest", "{{ $labels.job }: the", "annotation"),
    "a time that is none": ("for: 2m", "for: soon", "not a valid duration"),
    "a word of nobody's": ("        for: 2m", "        until: 2m", "field until not found"),
    "a label of no form": ("labels: {severity: page}", 'labels: {"": page}', "invalid label name"),
    "a group twice": ("  - name: what", "  - name: what the log owes\n  - name: what", "repeated"),
}
SPOILT_CONFIGURATION = {
    "a setting that is none": ("evaluation_interval", "evaluation_every", "not found in type"),
    "an interval that is none": ("scrape_interval: 15s", "scrape_interval: often", "duration"),
    "a job twice": ("job_name: collector", "job_name: sigill", "multiple scrape configs"),
    "an address that is none": ('"collector:8889"', '"http://collector:8889"', "hostname"),
    "rules that are not there": ("[alerts.yml]", "[alarms.yml]", "names no file"),
}


def said(folder: Path) -> tuple[int, str]:
    """Return how the reading of a folder's configuration ended, and what was wrong with it."""
    return prometheus("config", folder / CONFIGURATION)


def spoilt(folder: Path, name: str, right: str, wrong: str) -> Path:
    """Return a copy of what we have, with one thing wrong in the file ``name``."""
    copy = Path(shutil.copytree(FOLDER, folder / "prometheus"))
    text = (copy / name).read_text()
    assert right in text
    (copy / name).write_text(text.replace(right, wrong, 1))
    return copy


def test_it_is_the_prometheus_that_is_deployed() -> None:
    """House: what reads it here is of the release that will read it there (v3.16.0 is module v0.316.0)."""
    (version,) = re.findall(
        r"prometheus/prometheus v0\.3(\d\d)\.(\d+)$", MODULES.read_text(), re.MULTILINE
    )
    assert containers()["prometheus"]["image"] == "prom/prometheus:v3.{}.{}".format(*version)


def test_prometheus_takes_what_we_have() -> None:
    """Section 4: settings, addresses, queries, texts, times and names are of its form."""
    assert said(FOLDER) == (0, "")


@pytest.mark.parametrize(("right", "wrong", "complaint"), SPOILT_RULES.values(), ids=SPOILT_RULES)
def test_prometheus_refuses_spoilt_rules(
    tmp_path: Path, right: str, wrong: str, complaint: str
) -> None:
    """House: a check that cannot fail checks nothing."""
    code, words = said(spoilt(tmp_path, "alerts.yml", right, wrong))
    assert code == 1
    assert complaint in words


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"), SPOILT_CONFIGURATION.values(), ids=SPOILT_CONFIGURATION
)
def test_prometheus_refuses_a_spoilt_configuration(
    tmp_path: Path, right: str, wrong: str, complaint: str
) -> None:
    """House: the same for what it is told to ask, and where."""
    code, words = said(spoilt(tmp_path, CONFIGURATION, right, wrong))
    assert code == 1
    assert complaint in words
