"""House: review is told to end in the middle of uploads, answers, reviews and decisions, and nobody loses any."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from deploy.demo.appointments import person_id
from deploy.demo.cast import Firm, pilot_firms
from deploy.demo.certification import Certification
from deploy.demo.client import MOVED, UNAUTHORIZED, done
from deploy.demo.preparation import Preparation
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.contracts.preparation import EvidenceFileUploaded
from tests.faults.chance import dice
from tests.faults.checks import violations
from tests.faults.clock import Clocks
from tests.faults.house import FaultyHouse
from tests.faults.journeys_outcome import a_repeat_is_never_too_late, only_documented_trouble
from tests.faults.journeys_people import unhurried
from tests.faults.journeys_round import RunningStage
from tests.faults.observing import observe
from tests.faults.seen import Seen
from tests.faults.settling import settle
from tests.hostile.scene import admitted
from tests.hostile.uploads import stored
from tests.stack import emptied
from tests.system.conftest import BEGINS_AT
from tests.upgrade.sending import CUT_OFF, LOST, Endless, Unhurried

pytestmark = [pytest.mark.system, pytest.mark.nightly, pytest.mark.timeout(600)]

REVIEW: Final = "review"
SEED: Final = 31
FILE_BYTES: Final = 6_000_000
"""More than one part of an upload to the store, and longer under way than the grace."""
GRACE_MS: Final = "1500"
ENDS_WITHIN_S: Final = 20.0
"""Grace and watchdog, on a machine that does everything else too."""
HEADERS: Final = {
    "Content-Type": "application/pdf",
    "Content-Disposition": "attachment; filename=large.pdf",
}
MOMENTS: Final = ("half", "whole", "half", "whole")
"""How far a file is when review is told to end; once in each act of the reviewers."""


@dataclass
class Middle:
    """A house with a firm in review and two that prepare themselves.

    Attributes:
        sent: The SHA-256 of every file that was acknowledged, by the id of the evidence.
        answered: How many answers of the firms were acknowledged.
    """

    house: FaultyHouse
    clocks: Clocks
    world: Unhurried
    stage: RunningStage
    firms: tuple[Firm, ...]
    sent: dict[str, str] = field(default_factory=dict[str, str])
    answered: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self) -> None:
        """Play up to where Alfa is about to be reviewed, and Beta and Gamma have workspaces."""
        await admitted(self.stage, self.firms)
        every = Preparation(self.stage, self.firms, person_id("S1"))
        await every.await_start()
        self.stage.at("2019-01-16 09:00")
        await every.open_workspaces()
        await every.put_in_evidence()
        alfa = Preparation(self.stage, self.firms[:1], person_id("S1"))
        await alfa.answer()
        await alfa.submit()
        self.stage.at("2019-05-08 09:00")
        await self.reviewing.staff()
        self.stage.at("2019-05-09 09:00")

    @property
    def reviewing(self) -> Certification:
        """Return the acts of whoever reviews and decides on Alfa."""
        return Certification(self.stage, self.firms[:1], person_id("R1"), person_id("C1"))

    async def send_files(self, firm: Firm) -> None:
        """Put in one large file after the other until told to stop."""
        space, number = f"/v1/workspaces/{firm.application_id}", 0
        while not self.over.is_set():
            content = b"%PDF-1.7\n" + dice(SEED, firm.label, number).randbytes(FILE_BYTES)
            applicant = self.world.person(firm.applicant)
            made = done(await applicant.upload(REVIEW, space, "/files", content, HEADERS))
            self.sent[made.body["id"]] = sha256(content).hexdigest()
            number += 1

    async def answer(self, firm: Firm) -> None:
        """Answer one item in other words each time, until told to stop."""
        applicant = self.world.person(firm.applicant)
        own, number = f"/v1/self-assessments/{firm.application_id}", 0
        while not self.over.is_set():
            text = {"text": f"So we do it, for the {number}th time."}
            done(await applicant.act(REVIEW, own, "/items/3.1-a", text, method="PUT"))
            self.answered += 1
            number += 1

    async def end(self, moment: str, endless: Endless) -> None:
        """Tell review to end when a file is so far and another has no end; then start it again."""
        while not endless.open:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.01)
        await self.world.comes_to(moment)
        self.house.signal(REVIEW, signal.SIGTERM)
        ended = await asyncio.to_thread(self.house.ends, REVIEW, ENDS_WITHIN_S)
        words = self.house.stack.processes.last_words(REVIEW)
        assert ended, words
        assert '"process.ended"' in words.splitlines()[-1], words
        self.house.revive(REVIEW)
        assert await asyncio.to_thread(self.house.becomes_ready, REVIEW), words

    async def seen(self) -> Seen:
        """Return everything once the house has come to rest."""
        services = self.house.services
        unsettled = await settle(
            self.house.stack, services, lambda: self.clocks.move(timedelta(hours=1))
        )
        return await observe(self.house.stack, services, frozenset({("term", REVIEW)}), unsettled)

    async def given_back(self, firm: Firm) -> dict[str, tuple[str, str]]:
        """Return of every file of a firm what its record says it is, and what is given back as it."""
        applicant, found = self.world.person(firm.applicant), dict[str, tuple[str, str]]()
        space = f"/v1/workspaces/{firm.application_id}"
        for each in done(await applicant.get(REVIEW, space)).body["evidence"]:
            if each["form"] == "file":
                path = f"{space}/files/{each['evidence_id']}"
                content = (await applicant._answer("GET", REVIEW, path, headers={})).content
                found[each["evidence_id"]] = (each["evidence_hash"], sha256(content).hexdigest())
        return found

    @property
    def endless(self) -> Endless:
        """Return somebody who sends Beta's workspace a file without end."""
        return Endless(self.house.stack.settings.port_of(REVIEW), self.head)

    async def head(self) -> bytes:
        """Return the head of an upload to Beta's workspace as it is now."""
        beta = self.world.person(self.firms[1].applicant)
        space = f"/v1/workspaces/{self.firms[1].application_id}"
        seen = await beta.get(REVIEW, space)
        headers = {
            **HEADERS,
            "Host": "house",
            "Idempotency-Key": '"endless"',
            "If-Match": seen.headers["etag"],
            "Authorization": f"Bearer {beta.tokens[REVIEW]}",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {space}/files HTTP/1.1\r\n{lines}".encode()


@asynccontextmanager
async def middle(stack: Stack) -> AsyncGenerator[Middle]:
    """Yield a house in the middle of everything."""
    clock = Path(str(stack.settings.clock))
    clocks = Clocks.beginning({"": clock}, BEGINS_AT)
    house = FaultyHouse(stack, dict.fromkeys(SERVICES, clock))
    try:
        await asyncio.to_thread(house.start)
        addresses = {service: house.url(service) for service in SERVICES}
        async with Unhurried(stack.issuer_url, addresses, dice=dice(SEED, "people")) as world:
            stage = RunningStage(world, clock, lambda _line: None, clocks=clocks)
            playing = Middle(house, clocks, world, stage, pilot_firms()[:3])
            await playing.begin()
            yield playing
    finally:
        await asyncio.to_thread(house.stop)


async def during(playing: Middle, endless: Endless) -> None:
    """Review and decide, send and answer, while review is told to end in the middle of each act."""
    reviewing = playing.reviewing
    acts: tuple[tuple[str, Callable[[], Coroutine[None, None, None]]], ...] = (
        ("2019-05-09 10:00", reviewing.review),
        ("2019-05-28 09:00", reviewing.report),
        ("2019-06-10 09:00", reviewing.recommend),
        ("2019-06-19 10:00", reviewing.decide),
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(endless.go_on(playing.over))
        for firm in playing.firms[1:]:
            group.create_task(playing.send_files(firm))
            group.create_task(playing.answer(firm))
        for moment, (at, act) in zip(MOMENTS, acts, strict=True):
            playing.stage.at(at)
            async with asyncio.TaskGroup() as both:
                both.create_task(playing.end(moment, endless))
                both.create_task(act())
        playing.over.set()


async def test_review_is_restarted_in_the_middle_and_nothing_is_lost_or_half_done(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1, L4, L5, WSP-3: each request that fails succeeds with its key; a file is whole, or is none."""
    monkeypatch.setenv("REVIEW_SHUTDOWN_GRACE_MS", GRACE_MS)
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        async with middle(parts) as playing:
            endless = playing.endless
            with unhurried():
                await during(playing, endless)
            seen, world = await playing.seen(), playing.world
            given = [await playing.given_back(firm) for firm in playing.firms]
            kept = {each.name for each in stored(playing.house)}
    assert [
        *violations(world.history, seen),
        *a_repeat_is_never_too_late(world, seen),
        *only_documented_trouble(world),
    ] == []
    refused = [each.refused.code for each in world.history.commands if each.refused]
    assert {*refused} <= {*playing.stage.refusals}
    assert all(each.acknowledged or each.refused for each in world.history.commands)
    assert endless.answers.keys() <= {LOST, CUT_OFF, MOVED, UNAUTHORIZED}  # a token expired
    assert endless.answers[CUT_OFF]
    records = recorded(seen)
    files = {evidence: hashes for each in given for evidence, hashes in each.items()}
    assert {evidence: (told, told) for evidence, told in records.items()} == files
    assert playing.sent.items() <= records.items()
    assert len(records) == len(playing.sent) + len(playing.firms)
    assert kept == set(records.values())
    cut = [each for each in world.history.commands if each.was_unknown]
    assert any("/files" in each.what for each in cut)
    assert any("/files" not in each.what for each in cut)
    assert playing.firms[0].certificate


def recorded(seen: Seen) -> dict[str, str]:
    """Return the hash of every file that review has on record, by the id of the evidence."""
    return {
        str(entry.record.data["evidence_id"]): str(entry.record.data["evidence_hash"])
        for entry in seen.services[REVIEW].log
        if entry.record.type == EvidenceFileUploaded.__name__
    }
