"""What the clients do: firms go from interest to their place, two people at a time on each case.

Everything is chosen by the seed: who asks for what, with which words, how often at once. What the
house answers is not, so two runs of a seed agree in their questions and not in their order.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random  # noqa: TID251 -- the type of seeded dice
from time import monotonic
from typing import Any, Final

from deploy.demo.appointments import person_id
from shared.contracts.survey import SURVEY_V1, Question, QuestionKind, Section
from shared.contracts.swedish_time import local_day
from tests.faults.chance import dice
from tests.faults.client import Clients, Opened, Order
from tests.faults.firms import Firm, firm
from tests.faults.history import Invoked

LEADER: Final = "PL1"
PLACES: Final = 900
WAIT_S: Final = 30.0
POLL_S: Final = 0.2
NOT_ALLOWED: Final = "role_may_not_act"
REUSED: Final = "idempotency_key_reused"
INCOMPLETE: Final = "survey_incomplete"
INCOMPLETE_TRIED: Final = 0.25
"""How many firms try to submit with one section answered as often as there are sections."""

SURELY_COMING: Final = timedelta(days=59)
"""For how long a round that was opened on a day is one that can be applied to, in any time zone."""

AGREEMENT: Final = "1"
HURRIED: Final = 0.5
"""How many firms declare once and go on; the others write at once for a while."""

FEE_ORE: Final = 300_000
REMARKS: Final = ("Se årsredovisningen.", "Vi återkommer om detta.", "Enligt stadgarna.")


@dataclass(slots=True)
class Workload:
    """The clients of one round.

    Attributes:
        firms: The places of the firms that nobody has been yet: each is played once.
        opened: The round as it was opened; ``None``: it is not.
        stopping: Set it, and no firm begins any more, and those that play take no further step.
    """

    clients: Clients
    seed: int
    firms: list[int]
    at_once: int = 6
    round_id: str = ""
    opened: Opened | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    played: int = 0

    async def run(self) -> None:
        """Plan a round of admission and let firms apply to it until told to stop."""
        await self._plan()
        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(self._players())

    async def _players(self) -> None:
        """Play one firm after the other."""
        while self.firms and not self.stopping.is_set():
            place = self.firms.pop(0)
            player = Player(self, firm(place), dice(self.seed, "firm", place))
            await player.play()
            self.played += 1

    async def _plan(self) -> None:
        """Let the project leader plan, announce and open a round, dated from now."""
        clients = self.clients
        at, since_s = clients.clocks.of("intake"), monotonic()
        today = local_day(at)
        body = {
            "code": f"F{self.seed % 100_000_000:08}"[:10],
            "name_sv": f"Omgång {self.seed}",
            "name_en": f"Round {self.seed}",
            "kind": "regular",
            "places": PLACES,
            "opens_on": str(today),
            "application_deadline_on": str(today + timedelta(days=60)),
            "admission_on": str(today + timedelta(days=90)),
            "starts_on": str(today + timedelta(days=120)),
        }
        made: Invoked | None = None
        for attempt in range(20):  # until intake has heard of the founding appointment
            order = Order("intake", "POST", "/v1/rounds", body)
            made = await clients.command(LEADER, f"{self.seed}-round-{attempt}", order)
            if made.refused is None:
                break
            await asyncio.sleep(1)
        if made is None or made.stream is None:
            return
        round_stream = made.stream
        self.round_id = made.stream.removeprefix("round-")
        steps: tuple[tuple[str, str, object], ...] = (
            ("PUT", "fees", {"fee_ore": FEE_ORE, "vat_percent": 25}),
            ("PUT", "scheme", {"scheme": "v1"}),
            ("POST", "announcement", None),
            ("POST", "opening", None),
        )
        resource = f"/v1/rounds/{self.round_id}"
        for method, what, told in steps:
            seen = await clients.read(LEADER, "intake", f"{resource}/places", stream=round_stream)
            if seen is None:
                return
            order = Order("intake", method, f"{resource}/{what}", told, round_stream, seen[2])
            made = await clients.command(LEADER, f"{self.seed}-round-{what}", order)
            if made.acknowledged is None:
                return
        assert made.acknowledged is not None
        self.opened = Opened(self.round_id, made.acknowledged, since_s, at + SURELY_COMING)


@dataclass(slots=True)
class Player:
    """One firm, its people, and the project leader where it is her turn."""

    load: Workload
    firm: Firm
    dice: Random
    application: str = ""
    number: int = 0

    @property
    def stream(self) -> str:
        """Return the stream of the firm's application."""
        return f"application-{self.application}"

    @property
    def path(self) -> str:
        """Return the address of the firm's application."""
        return f"/v1/applications/{self.application}"

    async def play(self) -> None:
        """Go as far as the house lets the firm, or until told to stop."""
        if not await self._begin():
            return
        await self._look_for_rounds()
        if self.dice.random() < INCOMPLETE_TRIED:
            await self._try_incomplete()
        await self._draft()
        async for well in self._steps():
            if not well or self.load.stopping.is_set():
                return

    def _key(self, what: str) -> str:
        """Return a fresh key."""
        self.number += 1
        return f"{self.load.seed}-{self.firm.label}-{self.number:03}-{what}"

    async def _begin(self) -> bool:
        """APP-1: show interest twice at once, of which one is taken; return whether one was."""
        order = Order("intake", "POST", "/v1/applications", self._interest())
        rivals = [self._key("interest") for _ in range(self.dice.randint(1, 2))]
        twins = self.dice.randint(1, 2)
        sent = await asyncio.gather(
            *(
                self.load.clients.command(self.firm.applicant, key, order, twins=twins)
                for key in rivals
            )
        )
        taken = next((each for each in sent if each.acknowledged), None)
        if taken is None or taken.stream is None:
            return False
        self.application = taken.stream.removeprefix("application-")
        assert taken.acknowledged is not None
        await self.load.clients.listed(
            self.firm.applicant, "intake", "/v1/applications", taken.acknowledged
        )
        return True

    async def _look_for_rounds(self) -> None:
        """GEN-6: which rounds one can apply to is true of an instant, by intake's clock."""
        if self.load.opened is not None:
            await self.load.clients.coming(self.firm.applicant, self.load.opened)

    async def _try_incomplete(self) -> None:
        """APP-4: sets, not counts: one section over and over is no complete survey."""
        firm_, first = self.firm, SURVEY_V1.sections[0]
        well = await self._until_seen(firm_.applicant, self.path, "requirements")
        for path, body in (("/mandate", self._mandate()), ("/commitment", {"hours_per_month": 9})):
            well = well and await self._insist(firm_.signatory, "POST", path, body)
        for _ in SURVEY_V1.sections:
            well = well and await self._answer_section(first)
        seen = await self.load.clients.read(
            firm_.signatory, "intake", self.path, stream=self.stream
        )
        if not well or seen is None or seen[0] != 200 or not self.load.round_id:
            return
        order = Order(
            *("intake", "POST", f"{self.path}/submission", {"round_id": self.load.round_id}),
            stream=self.stream,
            if_match=seen[2],
            must_refuse=INCOMPLETE,
        )
        await self.load.clients.command(firm_.signatory, self._key("incomplete"), order)

    def _interest(self) -> Mapping[str, str]:
        """Return what the interest says."""
        return {
            "organisation_number": self.firm.number,
            "organisation_name": f"{self.firm.label.capitalize()} ekonomisk förening",
            "contact_name": f"Kontakt {self.firm.label}",
            "contact_email": f"kontakt@{self.firm.label}.example",
            "language": self.dice.choice(("sv", "en")),
        }

    async def _draft(self) -> None:
        """Let both people write at once, each on the version that they saw."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._answer_survey())
            group.create_task(self._declare())

    async def _answer_survey(self) -> None:
        """Answer every section; what came too late is answered again on what is there now."""
        for section in SURVEY_V1.sections:
            await self._answer_section(section)
            if self.load.stopping.is_set():
                return

    async def _answer_section(self, section: Section) -> bool:
        """Answer every question of a section; return whether that was taken."""
        answers = {each.code: self._answer(each) for each in section.questions}
        body = {"answers": answers, "remarks": self.dice.choice(REMARKS)}
        return await self._insist(self.firm.applicant, "PUT", f"/survey/{section.code}", body)

    def _answer(self, question: Question) -> object:
        """Return an answer that a firm gives that can be admitted."""
        match question.kind:
            case QuestionKind.YES_NO:
                return True
            case QuestionKind.NUMBER:
                return question.minimum + self.dice.randint(0, 5)
            case QuestionKind.ORGANISATION_NUMBER:
                return self.firm.number
            case QuestionKind.CHOICE:
                return self.dice.choice(question.options).code

    async def _declare(self) -> None:
        """Declare mandate and time again and again, and try what the role does not allow."""
        turns = 1 if self.dice.random() < HURRIED else self.dice.randint(2, 4)
        for turn in range(turns):
            await self._insist(self.firm.signatory, "POST", "/mandate", self._mandate())
            hours = {"hours_per_month": 10 * (turn + 1) + self.dice.randint(0, 9)}
            await self._insist(self.firm.signatory, "POST", "/commitment", hours)
            if self.dice.random() < 0.5:
                await self._try_in_vain()
            if self.load.stopping.is_set():
                return

    def _mandate(self) -> Mapping[str, str]:
        """Return a declaration to sign for the firm."""
        return {
            "name": f"Firmatecknare {self.firm.label}",
            "email": f"firmatecknare@{self.firm.label}.example",
            "basis": self.dice.choice(("alone", "jointly", "power_of_attorney")),
            "language": "sv",
        }

    async def _try_in_vain(self) -> None:
        """SOD-15: an applicant commits nobody's time; the try is refused and remembered."""
        order = Order(
            "intake",
            "POST",
            f"{self.path}/commitment",
            {"hours_per_month": 1},
            self.stream,
            self.load.clients.history.least(self.stream),
            must_refuse=NOT_ALLOWED,
        )
        await self.load.clients.command(self.firm.applicant, self._key("vain"), order)

    async def _insist(self, label: str, method: str, what: str, body: object) -> bool:
        """Ask on the version that is seen, and anew when somebody was quicker; return if it was taken.

        ``what`` stands below the application. A place has the version of its round, and a section
        may be answered so already.
        """
        clients = self.load.clients
        of_round = what == "/place"
        stream = f"round-{self.load.round_id}" if of_round else self.stream
        seen_at = self.path + what * of_round
        for _ in range(8):
            seen = await clients.read(label, "intake", seen_at, stream=stream)
            if seen is None or seen[0] != 200 or self.load.stopping.is_set():
                return False
            order = Order(
                *("intake", method, self.path + what, body),
                stream=stream,
                if_match=seen[2],
                changes=method != "PUT",
            )
            key = self._key(what.strip("/").replace("/", "-"))
            twins = 2 if self.dice.random() < 0.2 else 1
            told = await clients.command(label, key, order, twins=twins)
            if told.acknowledged is not None:
                if self.dice.random() < 0.1:
                    await clients.again(label, key, order, told)
                other = _another(body)
                if other is not None and self.dice.random() < 0.1:
                    reused = replace(order, body=other, must_refuse=REUSED)
                    await clients.reuse(label, key, reused)
                return True
            if told.refused is None or told.refused.status != 412:
                return False
        return False

    async def _steps(self) -> AsyncGenerator[bool]:
        """From the submission to the countersigned agreement."""
        firm_, read = self.firm, self._until_seen
        yield await read(firm_.applicant, self.path, "requirements")
        submission = {"round_id": self.load.round_id}
        yield await self._insist(firm_.signatory, "POST", "/submission", submission)
        named = {"person_id": person_id(LEADER)}
        yield await self._insist(LEADER, "POST", "/screening", named)
        if self.dice.random() < 0.2:
            yield await self._insist(LEADER, "POST", "/rejection", _because("nej"))
            yield False
        yield await self._insist(LEADER, "POST", "/admission", _because("ja"))
        yield await read(firm_.signatory, f"{self.path}/place", "stands_until")
        yield await self._insist(firm_.signatory, "POST", "/place", None)
        agreed = {"agreement": AGREEMENT}
        yield await self._insist(firm_.signatory, "POST", "/agreement", agreed)
        yield await self._insist(LEADER, "POST", "/agreement/countersignature", None)
        yield await self._insist(firm_.applicant, "POST", "/document-access", None)

    async def _until_seen(self, label: str, path: str, member: str) -> bool:
        """Return whether a member of a resource is there in time: a consumer brings it."""
        until = monotonic() + WAIT_S
        while monotonic() < until and not self.load.stopping.is_set():
            seen = await self.load.clients.read(label, "intake", path)
            if seen is not None and isinstance(seen[1], dict) and seen[1].get(member):
                return True
            await asyncio.sleep(POLL_S)
        return False


def _another(body: object) -> Mapping[str, object] | None:
    """L4: return another body that could be asked for, and that the key is not for."""
    match body:
        case {"hours_per_month": int(hours)}:
            return {"hours_per_month": hours + 1}
        case {"basis": str(), "name": str(name), "email": email, "language": language}:
            return {"basis": "alone", "name": f"{name} d.y.", "email": email, "language": language}
        case {"answers": answers}:
            return {"answers": answers, "remarks": "Annat."}
        case _:
            return None


def _because(answer: str) -> Mapping[str, Any]:
    """Return a decision's body."""
    return {"reason": f"Underlaget ger svaret {answer}."}
