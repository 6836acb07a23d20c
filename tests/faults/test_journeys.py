"""Whole certifications under faults: who repeats and how, what is compared, and one round of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import islice

import pytest

from deploy.demo.cast import Firm
from deploy.demo.journey import BEGINS_AT
from deploy.local.stack import Stack
from tests.faults.chance import dice
from tests.faults.journeys_outcome import (
    Outcome,
    a_repeat_is_never_too_late,
    only_documented_trouble,
    outcome,
    the_outcome_is_the_calm_one,
)
from tests.faults.journeys_people import Attempt, Careful
from tests.faults.journeys_plan import TARGETS, strikes
from tests.faults.journeys_round import journey
from tests.faults.made import CASE, history, house
from tests.stack import emptied

SEED = 1
LOST = b""
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    b"Retry-After: 1\r\nContent-Length: 19\r\n\r\n"
    b'{"code":"log_busy"}'
)
BROKEN = BUSY.replace(b"503 Service Unavailable", b"500 Internal Server Error")
BARE = BUSY.replace(b"Retry-After: 1\r\n", b"")
DONE = b'HTTP/1.1 200 OK\r\nETag: "4"\r\nLog-Position: 9\r\nContent-Length: 0\r\n\r\n'
SAYS = {"Idempotency-Key": '"k"', "If-Match": '"3"'}


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[Careful, list[bytes]]]:
    """Yield people whose only service gives these answers in turn, and what they sent to it."""
    asked, coming = list[bytes](), iter(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head + await reader.readexactly(7))
        writer.write(next(coming))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, Careful("", {}, dice=dice(SEED, "test")) as world:
        world.services = {"review": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}
        yield world, asked


async def sent(world: Careful) -> int:
    """Send one command, and return the status that its sender has in the end."""
    person = world.person("R1")
    person.tokens["review"] = "token"
    request = {"headers": SAYS, "content": b'{"a":1}'}
    return (await person._answer("POST", "review", "/v1/x", **request)).status_code


@pytest.mark.integration
async def test_whoever_hears_nothing_repeats_the_same() -> None:
    """L5: a lost connection and a 503 are followed by the same request, to the byte."""
    async with answering(LOST, BUSY, DONE) as (world, asked):
        assert await sent(world) == 200
    assert len(asked) == 3
    assert len({*asked}) == 1
    assert not world.undocumented
    (command,) = world.history.commands
    assert [each.kind for each in command.heard] == ["unknown", "unknown", "acknowledged"]
    assert world.attempts[command.command_id] == [Attempt(3, s) for s in (None, 503, 200)]


@pytest.mark.integration
@pytest.mark.parametrize("answer", [BROKEN, BARE], ids=["500", "503 without Retry-After"])
async def test_trouble_that_no_document_allows_is_found(answer: bytes) -> None:
    """House: what strikes the house is told as a documented 503, and as nothing else."""
    async with answering(answer, DONE) as (world, _):
        await sent(world)
        assert [each.check for each in only_documented_trouble(world)] == [
            "only_documented_trouble"
        ]


async def test_a_repeat_that_comes_too_late_is_found() -> None:
    """L5: what was carried out on version 2 must not be told that version 2 is gone."""
    async with Careful("", {}, dice=dice(SEED, "test")) as world:
        world.history = history()
        signed = world.history.commands[1].command_id
        world.attempts[signed] = [Attempt(1, 412), Attempt(2, None), Attempt(2, 200)]
        assert not [*a_repeat_is_never_too_late(world, house())]
        world.attempts[signed] += [Attempt(2, 412)]
        assert len([*a_repeat_is_never_too_late(world, house())]) == 1


def test_another_outcome_is_found() -> None:
    """L1, L10: what is missing, and what is there twice, of a stream that ought to be as in calm."""
    firms, seen = (Firm("alfa", "", application_id=str(CASE)),), house()
    calm = outcome(seen, firms)
    assert calm["alfa, intake application"].total() == 1
    assert not [*the_outcome_is_the_calm_one(calm, outcome(seen, firms))]
    intake = seen.services["intake"]
    for log in (intake.log[:2], (*intake.log, intake.log[-1])):
        services = {**seen.services, "intake": replace(intake, log=log)}
        hurt = outcome(replace(seen, services=services), firms)
        found = [*the_outcome_is_the_calm_one(calm, hurt)]
        assert [each.where for each in found] == ["alfa, intake application"] * 2


@pytest.mark.parametrize(("kind", "found"), [("cohort", 0), ("application", 2)])
def test_only_what_is_gathered_may_come_in_another_order(kind: str, found: int) -> None:
    """L2, L7: the order of one stream is promised, and among those that another notes it is not."""
    firms, seen = (Firm("alfa", "", application_id=str(CASE)),), house()

    def led_to(*places: int) -> Outcome:
        log = tuple(
            replace(seen.services["intake"].log[place], stream=f"{kind}-1") for place in places
        )
        services = {"intake": replace(seen.services["intake"], log=log)}
        return outcome(replace(seen, services=services), firms)

    assert len([*the_outcome_is_the_calm_one(led_to(0, 1, 2), led_to(1, 0, 2))]) == found


def test_a_seed_strikes_the_same_again() -> None:
    """House: ADR-0026: a failing seed is printed, and repeats its faults; each process is hit."""
    faults = [*islice(strikes(SEED), 300)]
    assert faults == [*islice(strikes(SEED), 300)]
    assert faults != [*islice(strikes(SEED + 1), 300)]
    assert {fault.target for fault in faults} == {*TARGETS, ""}
    assert {fault.kind for fault in faults} == {"kill", "term", "postgres"}


@pytest.mark.system
@pytest.mark.nightly
@pytest.mark.timeout(1800)
async def test_a_certification_survives_what_strikes_it(stack: Stack) -> None:
    """G1, L1 to L10, MSG-1: killed and stopped all the while, it leads where it leads in calm."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        calm = await journey(parts, 0, (), print)
    assert not calm.found
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        hurt = await journey(parts, SEED, strikes(SEED), print, calm=calm.outcome)
    assert not hurt.found
    assert hurt.struck["kill mid-command"] + hurt.struck["term mid-command"]
    assert hurt.struck["term"]
    assert hurt.struck["repeated"]
