"""Commands for operators: dry runs until told otherwise."""

import json
from dataclasses import replace

import asyncpg
import pytest

from shared.ids import new_id
from tests.process.house import House, eventually

pytestmark = pytest.mark.system

OPERATOR = "0190a3c2-7a10-4c00-8000-00000000000d"


def test_migrating_again_changes_nothing(house: House) -> None:
    """Architecture 4: ``migrate`` is safe to repeat."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        process.plan(new_id())
        assert eventually(lambda: len(process.letters()) == 2)
        again = house.command("migrate")
        assert again.returncode == 0, again.stderr
        assert len(process.letters()) == 2
        assert process.failing() == []


async def test_a_view_that_differs_is_found_and_built_anew(house: House) -> None:
    """Style 9.10: the check changes nothing; the rebuild is done by the workers, with --apply."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        process.plan(new_id())
        assert eventually(lambda: len(process.letters()) == 2)
        connection = await asyncpg.connect(house.stack.postgres_admin_dsn, database="example")
        await connection.execute("DELETE FROM example.letters")
        await connection.close()
        found = house.command("check-views", "letters")
        assert (found.returncode, "differs in" in found.stdout) == (1, True)
        dry = house.command("rebuild-view", "letters")
        assert "would build letters v1 anew" in dry.stdout
        assert process.letters() == []
        assert house.command("rebuild-view", "letters", "--apply").returncode == 0
        assert eventually(lambda: len(process.letters()) == 2)
        assert house.command("check-views").returncode == 0
        assert house.command("rebuild-view", "crates", "--apply").returncode == 1


async def test_what_was_sent_and_is_not_on_kafka_is_found(house: House) -> None:
    """Event log 6: distinct positions on the topic must equal the length of the range."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        process.plan(new_id())
        assert eventually(lambda: len(process.letters()) == 2)
        whole = "asf.example.events.v1 to position 2: is whole"
        assert eventually(lambda: whole in house.command("check-relay").stdout)
        assert process.ended(10) == 0
    connection = await asyncpg.connect(house.stack.postgres_admin_dsn, database="example")
    await connection.execute("UPDATE relay.checkpoint SET position = 1000")
    found = house.command("check-relay")
    assert (found.returncode, "to position 1000: lacks 9" in found.stdout) == (1, True)
    again = ("resend", "--decided-by", OPERATOR, "--why", "topic_shortened")
    assert "from the beginning, 1000 events; with --apply" in house.command(*again).stdout
    sent = "SELECT position FROM relay.checkpoint WHERE output = 'asf.example.events.v1'"
    assert await connection.fetchval(sent) == 1000
    assert house.command(*again, "--apply").returncode == 0
    assert await connection.fetchval(sent) == 0
    said = await connection.fetchrow("SELECT type, data, actor FROM log.record ORDER BY pos DESC")
    assert said is not None
    assert (said["type"], json.loads(said["actor"])["role"]) == ("ResendOrdered", "policy")
    told = json.loads(said["data"])
    assert (told["position"], told["reason"]) == (1000, "topic_shortened")
    assert told["decided_by"] == OPERATOR
    await connection.close()


def test_a_setting_that_is_missing_is_named_and_its_value_is_not(house: House) -> None:
    """House: one line for each, before anything is opened; no secret in it."""
    broken = replace(house, more={"VAULT_MASTER_KEY": "c2hvcnQ="})
    done = broken.command("api")
    assert done.returncode == 2
    assert "EXAMPLE_VAULT_MASTER_KEY: Value error, the master key is 32 bytes" in done.stderr
    assert "c2hvcnQ" not in done.stderr + done.stdout


def test_a_service_without_streams_says_so(house: House) -> None:
    """House: a role that is not there is a question that makes no sense."""
    assert house.command("streams").returncode == 2


def test_redriving_a_consumer_that_is_not_there_is_told(house: House) -> None:
    """Style 9.10: an operator mistypes a name and learns it."""
    words = ("redrive", "example.nobody", "asf.example.events.v1", "letter-1")
    done = house.command(*words, "--decided-by", OPERATOR, "--why", "cause_mended")
    assert done.returncode == 1
    assert "example has no consumer example.nobody" in done.stdout
    assert "  example.when_example asf.example.events.v1\n" in done.stdout


def test_a_file_that_is_not_there_is_named(house: House) -> None:
    """House: a mistyped name is a question that makes no sense; what is wrong with it stands in one sentence."""
    done = house.command("check-ledger", str(house.folder / "nosuchfile"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("nosuchfile cannot be read: No such file or directory\n")
    assert "Traceback" not in done.stderr


def test_every_command_says_what_it_takes(house: House) -> None:
    """House: an operator asks a command how it is called; each answers, and redrive too."""
    for name, word in (("redrive", "GROUP"), ("erase", "SUBJECT"), ("hold", "--ground")):
        done = house.command(name, "--help")
        assert (done.returncode, word in done.stdout.upper() + done.stdout) == (0, True)


def test_a_service_that_has_nothing_parked_says_so(house: House) -> None:
    """House: an operator on duty asks first what waits."""
    done = house.command("parked")
    assert (done.returncode, done.stdout.strip()) == (0, "example has no parked stream")
