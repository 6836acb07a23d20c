"""What the play ends with: the look-ups, the decisions of one case, its trace, and a bundle that anybody can check."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.demo.cast import Firm
from deploy.demo.client import UnexpectedAnswerError, done, eventually
from deploy.demo.journey import Journey
from deploy.demo.parcel import Parcel
from deploy.local.house import House
from shared.contracts.catalogue import EVENTS

REFUSALS: Final = [
    *("precertification_missing",) * 2,
    "group_size_outside_policy",
    *("access_not_granted",) * 3,
    "comment_window_open",
]
"""G1: what must be refused, in this order."""

PERIOD: Final = ("active", "2019-06-19", "2021-06-19", "2021-06-19T22:00:00.000000Z")
DAY_BEFORE: Final = "2019-06-18T12:00:00Z"
PAGE: Final = "200"
DECIDED: Final = "post /v1/reviews/{review_id}/decision"


class Ending:
    """Looks at what the play has led to, and stops it when that is not what G1 says."""

    def __init__(self, house: House, journey: Journey) -> None:
        self.house = house
        self.stage = journey.stage
        self.firms = journey.certification.firms

    async def look(self) -> None:
        """Show everything.

        Raises:
            UnexpectedAnswerError: Something differs from the scenario.
        """
        self._expect("what was refused", self.stage.refusals, REFUSALS)
        self.stage.say("\n[bold]Anybody looks the certificates up[/bold]")
        for firm in self.firms:
            await self._verify(firm)
        await self._count()
        self.stage.say("\n[bold]An auditor reads how Alfa was decided[/bold]")
        await self._decisions(self.firms[0])

    async def check(self, foreign: Sequence[str]) -> Path:
        """Let the auditor take Alfa's case away, and check it without us.

        Args:
            foreign: The words that start a verifier that others wrote.

        Raises:
            UnexpectedAnswerError: It does not verify, or does although it was changed.
        """
        self.stage.say("\n[bold]An auditor checks Alfa's case without trusting us[/bold]")
        return await Parcel(self.house, self.stage, foreign).check(self.firms[0])

    async def trace(self) -> str | None:
        """Return the address of the trace of a decision; ``None`` where nobody keeps traces."""
        zipkin = self.house.stack.zipkin_url
        if not zipkin:
            return None
        http = self.stage.world.http
        asked = {"serviceName": "review", "spanName": DECIDED, "lookback": "3600000", "limit": "9"}

        async def whole() -> str | None:
            for trace in (await http.get(f"{zipkin}/api/v2/traces", params=asked)).json():
                heard = {span["localEndpoint"]["serviceName"] for span in trace}
                if {"review", "certificates", "notify"} <= heard:
                    return str(trace[0]["traceId"])
            return None

        found = await eventually(whole, "the trace of a decision")
        return f"{zipkin}/zipkin/traces/{found}"

    async def _verify(self, firm: Firm) -> None:
        world = self.stage.world
        answer = await world.public("certificates", f"/v1/certificates/{firm.certificate}")
        seen: Mapping[str, Any] = done(answer).body
        found = tuple(seen[name] for name in ("status", "valid_from", "valid_until"))
        self._expect(f"{firm.name}'s certificate", (*found, seen["valid_until_at"]), PERIOD)
        holder = seen["holder"]["organisation_name"] if seen["holder"] else "holder not listed"
        status, begins, ends = found
        self.stage.say(f"  {seen['number']}  [green]{status}[/green], {begins} to {ends}, {holder}")

    async def _count(self) -> None:
        ask, path = self.stage.world.public, "/v1/certificates/count"
        now = done(await ask("certificates", path)).body["count"]
        before = done(await ask("certificates", path, at=DAY_BEFORE)).body["count"]
        self._expect("the public count, now and the day before", (now, before), (3, 0))
        self.stage.say(f"  {now} certified; the day before there were {before}")

    async def _decisions(self, firm: Firm) -> None:
        auditor = self.stage.person("A1")
        after: dict[str, str] = {}
        entries: list[Mapping[str, Any]] = []
        while True:
            asked = {"case": firm.application_id, "limit": PAGE, **after}
            page = done(await auditor.get("audit", "/v1/history", **asked))
            entries += page.body
            link = page.headers.get("link", "")
            if not link:
                break
            after = {"after": link.partition("after=")[2].partition(">")[0].partition("&")[0]}
        decisions = [each for each in entries if EVENTS[each["type"]].decision]
        for each in decisions:
            self.stage.say(f"  {each['recorded_at'][:10]}  {each['sentence']['en']}")
        self.stage.say(f"  {len(decisions)} decisions among {len(entries)} entries")

    def _expect(self, what: str, found: object, expected: object) -> None:
        """Raise UnexpectedAnswerError: ``found`` is not what the scenario says."""
        if found != expected:
            raise UnexpectedAnswerError(f"{what}: expected {expected}, found {found}")
