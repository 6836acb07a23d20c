"""One description, every role: started in any order, stopped in time, well or saying why not."""

import signal
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.local.stack import Stack
from shared.ids import new_id
from shared.process.end import WATCHDOG_S
from tests.process.house import MONDAY, House, eventually

pytestmark = pytest.mark.system


def test_one_process_does_everything_and_ends_when_told(house: House) -> None:
    """Architecture 4: command, view, Kafka, policy, timer; then exit 0 within the grace."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        answer = process.plan(new_id())
        assert answer.status_code == 201
        assert process.letters(answer.headers["log-position"])[0] == ["admission", False]
        assert eventually(lambda: len(process.letters()) == 2), "the policy heard of it on Kafka"
        house.set_clock(MONDAY + timedelta(days=2))
        assert eventually(
            lambda: process.letters() == [["admission", True], ["certificate", True]]
        ), "the timer noticed that the clock jumped"
        assert process.failing() == []
        began = time.monotonic()
        assert process.ended(10) == 0
        assert time.monotonic() - began < 5
    checked = house.command("check-views")
    assert checked.returncode == 0, checked.stderr
    assert "letters v1 at 4: 2, agrees" in checked.stdout


def test_each_role_can_stand_alone(house: House) -> None:
    """Architecture 4: any number of processes, each with its own health."""
    with (
        house.running("api") as api,
        house.running("worker") as worker,
        house.running("worker") as second,
        house.running("relay") as relay,
    ):
        everyone = (api, worker, second, relay)
        assert eventually(lambda: all(each.failing() == [] for each in everyone))
        assert worker.get("/v1/letters").status_code == 404
        api.plan(new_id())
        assert eventually(lambda: len(api.letters()) == 2)
        house.set_clock(MONDAY + timedelta(days=2))
        assert eventually(lambda: api.letters() == [["admission", True], ["certificate", True]])
        assert [each.ended(10) for each in everyone] == [0, 0, 0, 0]


def test_commands_are_taken_while_kafka_is_away(house: House, stack: Stack) -> None:
    """Architecture 4: the log is the outbox; readiness reports, and what was said arrives later."""
    stack.kill("kafka")
    try:
        with house.running("all") as process:
            assert eventually(lambda: process.get("/v1/letters").status_code == 200)
            assert process.plan(new_id()).status_code == 201
            named = {"consumer example.when_example", "relay asf.example.events.v1"}
            assert eventually(lambda: set(process.failing()) == named), process.failing()
            assert process.plan(new_id()).status_code == 201
            stack.restart("kafka")
            assert eventually(lambda: len(process.letters()) == 4, 60)
            assert eventually(lambda: process.failing() == [])
            assert process.ended(10) == 0
    finally:
        stack.restart("kafka")


def test_a_process_waits_for_its_database_and_survives_it(house: House, stack: Stack) -> None:
    """Architecture 4: services start in any order and survive each other's absence."""
    stack.kill("postgres")
    with house.running("all") as process:
        try:
            assert eventually(lambda: process.failing() == ["starting"])
            assert process.get("/livez").status_code == 200
            early = process.get("/v1/letters")
            assert (early.status_code, early.headers["retry-after"]) == (503, "1")
        finally:
            stack.restart("postgres")
        assert eventually(lambda: process.failing() == [])
        assert process.plan(new_id()).status_code == 201
        stack.kill("postgres")
        assert eventually(lambda: "database" in process.failing())
        stack.restart("postgres")
        assert eventually(lambda: process.failing() == [])
        assert process.plan(new_id()).status_code == 201
        assert eventually(lambda: len(process.letters()) == 4)
        assert process.ended(10) == 0


def test_a_process_that_was_not_migrated_yet_waits(house: House) -> None:
    """Architecture 4: whoever is first waits for ``migrate``."""
    other = replace(house, more={"DATABASE_DSN": _elsewhere(house)})
    with other.running("api") as process:
        assert eventually(lambda: process.failing() == ["starting"])
        assert process.ended(10) == 0


def _elsewhere(house: House) -> str:
    """Return the address of a database that is not there."""
    return house.environment(1)["EXAMPLE_DATABASE_DSN"] + "_of_nobody"


def test_a_process_is_told_to_end_before_it_has_begun(house: House, stack: Stack) -> None:
    """House: SIGTERM is heard at any time."""
    stack.kill("postgres")
    try:
        with house.running("worker") as process:
            assert eventually(lambda: process.failing() == ["starting"])
            assert process.ended(10) == 0
    finally:
        stack.restart("postgres")


def test_a_view_that_stops_is_named_and_the_rest_goes_on(house: House) -> None:
    """Style 7: it never skips; commands are taken, and the other views are kept."""
    with house.running("all") as process:
        assert eventually(lambda: process.failing() == [])
        assert process.plan(UUID(int=13)).status_code == 201
        assert eventually(lambda: process.failing() == ["view letters", "views"])
        assert process.plan(new_id()).status_code == 201
        house.set_clock(MONDAY + timedelta(days=2))
        answer = process.get("/v1/letters", **{"Wait-For-Position": "2"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert process.process.poll() is None
        assert process.ended(10) == 0
    assert '"why":"AssertionError on NotificationPlanned"' in house.log("all")
    assert house.command("check-views").returncode == 1


def test_our_own_mistake_ends_the_process(house: House) -> None:
    """Style 7: crash loudly; the world outside begins it again."""
    with house.running("worker", trouble="mistake") as process:
        assert process.process.wait(30) == 1
    assert "process.failed" in house.log("worker")


def test_a_loop_that_meets_the_world_is_begun_again(house: House) -> None:
    """Style 7: bounded pauses, and readiness names it."""
    with house.running("worker", trouble="world") as process:
        assert eventually(lambda: process.failing() == ["background background"])
        assert process.process.poll() is None
        assert process.ended(10) == 0


def test_what_hangs_is_ended_by_the_watchdog(house: House) -> None:
    """Architecture 4: a watchdog ends what hangs, and shows where it hung."""
    with house.running("worker", trouble="hang", shutdown_grace_ms="100") as process:
        assert eventually(lambda: "process.works" in house.log("worker"))
        time.sleep(0.5)
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(15) == 1
    assert "background" in house.log("worker")


def test_whoever_tells_it_again_and_again_does_not_put_the_end_off(house: House) -> None:
    """Architecture 4: the watchdog is set by the first SIGTERM; a supervisor may send more."""
    with house.running("worker", trouble="hang", shutdown_grace_ms="100") as process:
        assert eventually(lambda: "process.works" in house.log("worker"))
        time.sleep(0.5)

        def told_until_it_ends() -> bool:
            with suppress(ProcessLookupError):
                process.process.send_signal(signal.SIGTERM)
            return process.process.poll() is not None

        assert eventually(told_until_it_ends, WATCHDOG_S + 5)
        assert process.process.poll() == 1
