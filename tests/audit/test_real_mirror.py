"""The mirror over a real broker: byte for byte, and an alarm for whatever does not agree."""

import asyncio
from dataclasses import replace

import pytest

from services.audit.queries import Mirror, Mirrored
from services.audit.views.facets import keys_of
from services.audit.views.parts import parts_of
from shared.contracts.audit import TamperSuspected
from shared.contracts.notify import NotificationSent
from shared.eventlog.connection import open_pool
from shared.kafka import Outgoing, events_topic, producing, send_page
from tests.audit.conftest import PATIENCE_MS
from tests.audit.running import Audited, Sent
from tests.intake.facts import admitted
from tests.notify.running import entries, eventually, person
from tests.system.observed import Observed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def outlined(found: list[TamperSuspected]) -> list[tuple[str, int, str | None, str | None]]:
    """Return what was found, without names and times."""
    return [(each.finding, each.position, each.expected, each.found) for each in found]


async def long_enough() -> None:
    """Wait until a gap would have become an alarm."""
    await asyncio.sleep(2 * PATIENCE_MS / 1_000)


async def test_every_log_is_mirrored_byte_for_byte(audited: Audited) -> None:
    """L7, AUD-1: what services have on record is what audit has, its own log too."""
    case = await audited.enterprise(person("ann"), person("bo", "en"), admitted)
    await eventually(lambda: audited.happened(case, NotificationSent), count=3)
    story = await audited.story("review", 1)
    wrong = replace(story[0], record=story[0].record._replace(previous="ab" * 32))
    await audited.send("review", wrong.message)
    observed = Observed(audited.house)
    for service in ("intake", "notify", "audit"):

        async def all_here(service: str = service) -> bool:
            on_record = await observed.leaves(service)
            assert on_record
            return await audited.mirrored(service) == dict(enumerate(on_record, 1))

        await eventually(all_here)


async def test_a_second_delivery_is_silent(audited: Audited) -> None:
    """AUD-3: a relay that died sends again; that is no finding, and nothing is parked."""
    story = await audited.story("review", 4)
    messages = [each.message for each in story]
    before = story[0].position - 1
    await audited.send("review", *messages)
    await audited.send("review", *messages, *messages)
    await long_enough()
    assert await audited.findings("review", after=before) == []
    parked = {row["stream"] for row in await audited.parked("review")}
    assert story[0].record.stream not in parked


async def test_another_record_for_a_known_place_is_an_alarm_once(audited: Audited) -> None:
    """AUD-3: changed afterwards, put on the real topic: it is found, and the mirror stays."""
    story = await audited.story("review", 2)
    await audited.send("review", *(each.message for each in story))
    changed = replace(story[0], record=story[0].record._replace(policy="2"))
    await audited.send("review", changed.message)
    await audited.send("review", changed.message, story[0].message)
    place = story[0].position
    assert outlined(await audited.findings("review", after=place - 1)) == [
        ("difference", place, story[0].hash, changed.hash)
    ]
    assert (await audited.mirrored("review"))[place] == story[0].leaf
    said = entries(audited.said_by("audit"), "audit.disagreement")
    assert (said[-1]["log"], said[-1]["position"]) == ("asf/review", place)


async def test_a_record_of_another_log_in_a_known_place_is_an_alarm(audited: Audited) -> None:
    """AUD-3: and it neither parks the stream that it pretends to be of, nor holds it up."""
    first, second = await audited.story("review", 2)
    await audited.send("review", first.message)
    stranger = replace(first, record=first.record._replace(log="asf/intake"))
    await audited.send("review", stranger.message, second.message)
    assert outlined(await audited.findings("review", after=first.position - 1)) == [
        ("difference", first.position, first.hash, stranger.hash)
    ]
    assert (await audited.mirrored("review"))[second.position] == second.leaf
    assert first.record.stream not in {row["stream"] for row in await audited.parked("review")}


async def test_a_known_record_at_another_place_is_an_alarm(audited: Audited) -> None:
    """AUD-3: inserted or moved: a version has one place."""
    story = await audited.story("review", 1)
    await audited.send("review", story[0].message)
    elsewhere = replace(story[0], position=story[0].position + 1)
    await audited.send("review", elsewhere.message)
    [filler] = await audited.story("review", 1)
    assert filler.position == elsewhere.position
    await audited.send("review", filler.message)
    assert outlined(await audited.findings("review", after=story[0].position)) == [
        ("difference", elsewhere.position, None, story[0].hash)
    ]


async def test_another_version_than_the_one_that_is_kept_is_an_alarm(audited: Audited) -> None:
    """AUD-3: a stream that is told anew, at new places."""
    story = await audited.story("review", 1)
    await audited.send("review", story[0].message)
    anew = Sent(story[0].record._replace(policy="2"), story[0].position + 1)
    await audited.send("review", anew.message)
    [filler] = await audited.story("review", 1)
    await audited.send("review", filler.message)
    assert outlined(await audited.findings("review", after=story[0].position)) == [
        ("difference", anew.position, story[0].hash, anew.hash)
    ]


async def test_a_position_that_stays_away_is_an_alarm_once(audited: Audited) -> None:
    """L3, AUD-3: removed from the topic; when it comes late, it is kept, and nothing is taken back."""
    before = await audited.head("certificates")
    streams = [(await audited.story("certificates", 1))[0].record for _ in range(6)]
    sent = [Sent(each, before + n) for n, each in enumerate(streams, 1)]
    late = sent.pop(2), sent.pop(2)
    await audited.send("certificates", *(each.message for each in sent))

    async def found() -> list[TamperSuspected]:
        return await audited.findings("certificates", after=before)

    await eventually(found)
    await long_enough()
    assert outlined(await found()) == [("gap", before + 3, None, None)]
    assert await audited.missing("certificates") == 2
    await audited.send("certificates", late[0].message)
    assert await audited.missing("certificates") == 1
    await audited.send("certificates", late[1].message)
    assert await audited.missing("certificates") == 0
    await long_enough()
    assert outlined(await found()) == [("gap", before + 3, None, None)]


async def test_a_broken_link_is_an_alarm(audited: Audited) -> None:
    """AUD-3: a record names another predecessor than the one that is kept."""
    first, second = await audited.story("review", 2)
    wrong = replace(second, record=second.record._replace(previous="ab" * 32))
    await audited.send("review", first.message, wrong.message)
    assert outlined(await audited.findings("review", after=first.position - 1)) == [
        ("chain", wrong.position, first.hash, "ab" * 32)
    ]


async def test_a_record_without_its_predecessor_is_kept_and_said(audited: Audited) -> None:
    """AUD-3: evidence is kept first: nothing is parked, and the one that lacks is named."""
    first, second, third = await audited.story("review", 3)
    [other] = await audited.story("review", 1)
    filler = replace(other, position=second.position)
    await audited.send("review", first.message, third.message, filler.message)
    assert outlined(await audited.findings("review", after=first.position - 1)) == [
        ("chain", third.position, None, second.hash)
    ]
    assert (await audited.mirrored("review"))[third.position] == third.leaf


async def test_a_crash_between_keeping_and_checking_hides_nothing(audited: Audited) -> None:
    """AUD-3: what is met again is checked again."""
    first, second = await audited.story("review", 2)
    wrong = replace(second, record=second.record._replace(previous="ab" * 32))
    await audited.send("review", first.message)
    dsn = audited.house.environment("audit")["AUDIT_DATABASE_DSN"]
    async with open_pool(dsn, name="test", connections_max=1) as pool:
        kept = await Mirror(pool).keep(mirrored(wrong))
    assert kept.fresh
    await audited.send("review", wrong.message)
    assert outlined(await audited.findings("review", after=first.position - 1)) == [
        ("chain", wrong.position, first.hash, "ab" * 32)
    ]


def mirrored(sent: Sent) -> Mirrored:
    """Return a record as the mirror keeps it."""
    return Mirrored(
        log=sent.record.log,
        position=sent.position,
        leaf=sent.leaf,
        hash=sent.hash,
        stream=sent.record.stream,
        version=sent.record.version,
        type=sent.record.type,
        recorded_at=sent.record.recorded_at,
        effective_at=sent.record.effective_at,
        keys=keys_of(sent.record),
        parts=parts_of(sent.record),
    )


async def test_several_workers_that_come_and_go_keep_everything_and_find_nothing(
    audited: Audited,
) -> None:
    """L3, AUD-3: six partitions, two processes, and one of them killed in the middle."""
    before = await audited.head("certificates")
    stories = [await audited.story("certificates", 5) for _ in range(40)]
    sent = [
        replace(each, position=before + place)
        for place, each in enumerate(
            (each for rank in zip(*stories, strict=True) for each in rank), 1
        )
    ]
    with audited.second("audit") as second:
        for part in range(0, len(sent), 50):
            page = [each.message for each in sent[part : part + 50]]
            async with producing(audited.brokers, client_id="stranger") as producer:
                await send_page(producer, events_topic("certificates").name, page)
            if part == 50:
                second.kill()
    await audited.caught_up("certificates")
    await long_enough()
    kept = await audited.mirrored("certificates")
    assert {each.position: each.leaf for each in sent}.items() <= kept.items()
    assert await audited.findings("certificates", after=before) == []


async def test_a_replay_from_zero_finds_nothing_and_changes_nothing(audited: Audited) -> None:
    """AUD-3: progress forgotten, every offset at the beginning."""
    case = await audited.enterprise(person("cia"))
    await eventually(lambda: audited.happened(case, NotificationSent))
    await audited.caught_up("notify")
    before = {s: await audited.mirrored(s) for s in ("intake", "notify", "review")}
    found = [r for r in await audited.records("audit") if r.type == "TamperSuspected"]
    await asyncio.to_thread(audited.house.stack.processes.stop, "audit")
    await audited.database("audit", "DELETE FROM consumer.progress")
    await Observed(audited.house).rewind("audit")
    for service in before:
        await audited.caught_up(service)
    await long_enough()
    assert {s: await audited.mirrored(s) for s in before} == before
    again = [r for r in await audited.records("audit") if r.type == "TamperSuspected"]
    assert again == found


async def test_what_is_no_record_parks_its_stream_and_nothing_else(audited: Audited) -> None:
    """House: loudly; the process lives, and other streams are mirrored on."""
    first, second = await audited.story("review", 2)
    stranger = (await audited.story("review", 1))[0].record._replace(log="asf/intake")
    huge = (await audited.story("review", 1))[0].record._replace(version=2**40)
    junk = (
        Outgoing("junk-1", b"no record", []),
        Outgoing("junk-2", None, []),
        Sent(stranger, first.position).message,
        Sent(huge, 2**41).message,
        replace(first.message, key="junk-3"),
    )
    await audited.send("review", *junk)
    await audited.send("review", first.message, second.message)
    kept = await audited.mirrored("review")
    assert (kept[first.position], kept[second.position]) == (first.leaf, second.leaf)
    codes = {row["stream"]: row["code"] for row in await audited.parked("review")}
    assert codes["junk-1"] == codes["junk-2"] == "unreadable"
    assert codes["junk-3"] == "unreadable"
    assert codes[stranger.stream] == "failed"
    assert codes[huge.stream] == "unreadable"
    assert await asyncio.to_thread(audited.house.ready, "audit")
