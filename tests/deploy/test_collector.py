"""Issue 4, section 4: the OpenTelemetry Collector takes its configuration, and calls what we measure as we think.

It is its own code, of the release that is deployed, with the components that our configuration names.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from deploy.local.ports import free_ports
from deploy.local.settings import CHECKOUT
from tests.deploy.foreign import MODULES, collector, validated
from tests.deploy.measured import MEASURED, bounds_of, labels_of
from tests.deploy.reading import containers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

CONFIGURATION = CHECKOUT / "deploy" / "observability" / "collector.yaml"
SPOILT = {
    "a word of nobody's": ("check_interval: 1s", "check_often: 1s", "invalid keys: check_often"),
    "a time that is none": ("metric_expiration: 2m", "metric_expiration: soon", "invalid duration"),
    "a share above all": (
        "limit_percentage: 80",
        "limit_percentage: 180",
        "less than or equal to hundred",
    ),
    "a component of nobody's": ("batch: {}", "bunch: {}", 'unknown type: "bunch"'),
    "a component that is not set up": (
        "exporters: [prometheus]",
        "exporters: [debug]",
        "not configured",
    ),
    "an address without a port": ("endpoint: jaeger:4317", "endpoint: jaeger", "missing port"),
    "a reader of nobody's": ("- pull:", "- poll:", "invalid keys: poll"),
    "a pipeline that leads nowhere": (
        "      exporters: [prometheus]\n",
        "",
        "at least one exporter",
    ),
}
SAYING = """
from opentelemetry import metrics
from shared.telemetry import *
from shared.telemetry.attributes import Dimensions
configure("review")
for metric in Metric:
    measure(metric, 1, **{word: "x" for word in Dimensions.__annotations__})
assert metrics.get_meter_provider().force_flush(20_000)
shutdown()
"""
"""A process that measures everything once, with every word that there is."""
_LIMIT_S = 30
_PAUSE_S = 0.1


def spoilt(folder: Path, right: str, wrong: str) -> Path:
    """Return a copy of the configuration with one thing wrong."""
    text = CONFIGURATION.read_text()
    assert right in text
    copy = folder / "collector.yaml"
    copy.write_text(text.replace(right, wrong, 1))
    return copy


def test_it_is_the_collector_that_is_deployed() -> None:
    """House: what reads it here is of the release that will read it there."""
    image = containers()["collector"]["image"]
    assert image == "otel/opentelemetry-collector:0.159.0"
    ours = re.findall(
        r"(?:otelcol|\w+exporter|\w+processor|\w+receiver) v([\d.]+)$",
        MODULES.read_text(),
        re.MULTILINE,
    )
    assert len(ours) >= 6
    assert set(ours) == {image.rpartition(":")[2]}


def test_the_collector_takes_what_we_have() -> None:
    """Section 4: components, settings, addresses, pipelines and its own telemetry are of its form."""
    assert validated(CONFIGURATION) == (0, "")


@pytest.mark.parametrize(("right", "wrong", "complaint"), SPOILT.values(), ids=SPOILT)
def test_the_collector_refuses_what_is_spoilt(
    tmp_path: Path, right: str, wrong: str, complaint: str
) -> None:
    """House: a check that cannot fail checks nothing."""
    code, words = validated(spoilt(tmp_path, right, wrong))
    assert code == 1
    assert complaint in words


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Run the collector on free ports; yield where it is told, where it is asked, and what it says."""
    told, asked, own = map(str, free_ports(3))
    text = CONFIGURATION.read_text()
    for there, here in (("4318", told), ("8889", asked), ("8888", own)):
        assert text.count(there) == 1
        text = text.replace(there, here)
    file, words = folder / "collector.yaml", folder / "log"
    file.write_text(text.replace("0.0.0.0", "127.0.0.1"))  # noqa: S104 -- inside the container
    program = collector()
    with words.open("wb") as log:
        process = subprocess.Popen([str(program), f"--config={file}"], stderr=log)  # noqa: S603 -- built here
    try:
        yield f"http://127.0.0.1:{told}", f"http://127.0.0.1:{asked}/metrics", words
    finally:
        process.terminate()
        process.wait(_LIMIT_S)


def answer(address: str) -> str:
    """Return what ``address`` answers, once it says anything, within the limit."""
    for _ in range(int(_LIMIT_S / _PAUSE_S)):
        try:
            with urlopen(address, timeout=_LIMIT_S) as said:  # noqa: S310 -- our own address
                if text := said.read().decode():
                    return str(text)
        except URLError:
            pass
        time.sleep(_PAUSE_S)
    raise AssertionError(f"{address} says nothing")


def exported(folder: Path) -> str:
    """Return what the collector shows Prometheus of a process that has measured everything."""
    with running(folder) as (told, asked, words):
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": told, "OTEL_EXPORTER_OTLP_TIMEOUT": "20"}
        for _ in range(int(_LIMIT_S / _PAUSE_S)):
            if "Everything is ready" in words.read_text():
                break
            time.sleep(_PAUSE_S)
        say = [sys.executable, "-c", SAYING]
        subprocess.run(say, cwd=CHECKOUT, env=env, check=True, timeout=_LIMIT_S)  # noqa: S603 -- our own words
        shown = answer(asked)
        assert "deprecated" not in words.read_text()
        return shown


def test_everything_measured_has_the_name_that_alerts_and_panels_ask_for(tmp_path: Path) -> None:
    """Section 4: what a process says by OTLP comes out under these names, labels, bounds, job and instance."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} \S+$", exported(tmp_path), re.MULTILINE):
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            found.setdefault(name, {}).setdefault(label, set()).add(value)
    ours = {name for names in MEASURED.values() for name in names}
    assert ours == set(found) - {"target_info"}
    for name in ours:
        assert labels_of()[name] | {"job", "instance"} <= set(found[name])
        assert found[name]["job"] == {"sigill/review"}
        assert found[name].get("le", set()) == (
            bounds_of(name) if name.endswith("_bucket") else set()
        )
