"""What is fetched is what is locked."""

import tomllib
from pathlib import Path

import pytest
from jgo.env import compute_spec_hash

from deploy.local.errors import StackError
from deploy.local.fetch import LOCK, ZIPKIN, fetch, fetched, kafka_folder, zipkin_jar
from deploy.local.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    """Settings of a checkout in which nothing was fetched; its mirror is an empty folder."""
    nowhere = (tmp_path / "no-such-mirror").as_uri()
    return StackSettings.model_validate({"local_dir": tmp_path, "maven_repository": nowhere})


def test_the_lock_belongs_to_its_list() -> None:
    """House: who changes jgo.toml writes the lock anew."""
    lock = tomllib.loads(LOCK.read_text())

    assert lock["metadata"]["spec_hash"] == compute_spec_hash(LOCK.with_name("jgo.toml"))


def test_the_lock_has_a_hash_for_every_jar_and_no_address() -> None:
    """House: a jar is known by its content, wherever it comes from."""
    jars = tomllib.loads(LOCK.read_text())["dependencies"]

    assert len(jars) == 46
    assert all(len(jar["sha256"]) == len(ZIPKIN.sha256) == 64 for jar in jars)
    assert "://" not in LOCK.read_text()


def test_what_cannot_be_had_is_said_in_one_line(settings: StackSettings) -> None:
    """House: one line, with what to do; nothing half-fetched stays."""
    with pytest.raises(StackError) as failed:
        fetch(settings, lambda _line: None)

    assert "\n" not in str(failed.value)
    assert "SIGILL_MAVEN_REPOSITORY" in str(failed.value)
    assert not list(settings.parts.rglob("*.jar"))
    assert not list(settings.parts.glob(".fetch-*"))


def test_an_altered_jar_is_not_kept(settings: StackSettings) -> None:
    """House: `fetch --verify` compares what is here with its hash."""
    jar = zipkin_jar(settings)
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"something else")
    said: list[str] = []

    with pytest.raises(StackError, match="cannot download"):
        fetch(settings, said.append, verify=True)

    assert not jar.exists()
    assert "was altered" in said[0]


def test_nothing_is_done_when_all_is_here(settings: StackSettings) -> None:
    """House: repeating is quick."""
    for entry in tomllib.loads(LOCK.read_text())["dependencies"]:
        place = kafka_folder(settings) / f"{entry['artifactId']}-{entry['version']}.jar"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    zipkin_jar(settings).parent.mkdir(parents=True)
    zipkin_jar(settings).touch()
    said: list[str] = []

    fetch(settings, said.append)

    assert fetched(settings)
    assert said == ["fetch: Kafka and Zipkin are here"]
