"""Steps 4 to 6 of the pilot round: workspace, evidence and self-assessment, over review's API."""

from dataclasses import dataclass
from typing import Final

from deploy.demo.cast import Firm
from deploy.demo.client import Reply, done, eventually
from deploy.demo.stage import Stage

TEXTS: Final = (
    ("Stadgar och mål", "Föreningens ändamål är arbetsintegrering.", "policy"),
    ("Uppföljning av metoder", "Av tolv deltagare har sju gått vidare till arbete.", "effect"),
    ("Medarbetarnas röst", "Vi beslutar om schema och inköp på måndagsmötet.", "coworkers_voice"),
    ("Delegationsordning", "Beslut fattas så nära arbetet som möjligt.", "policy"),
)
"""Title, text and kind of what each firm writes as evidence; words nobody else has written."""

LINKS: Final = {
    "Stadgar och mål": ("3.1-a", "3.1-b", "3.3-a", "3.3-b", "3.3-c"),
    "Uppföljning av metoder": ("3.1-c",),
    "Medarbetarnas röst": ("3.5-a",),
    "Delegationsordning": ("3.5-b", "3.5-c"),
}
REPORT: Final = (
    b"%PDF-1.4\n% \xc3\xa5rsredovisning f\xc3\xb6r ett p\xc3\xa5hittat f\xc3\xb6retag\n%%EOF\n"
)


@dataclass
class Preparation:
    """The admitted firms prepare themselves and account for their work.

    Attributes:
        let_in: From when until when S1 is let into the workspaces.
    """

    stage: Stage
    firms: tuple[Firm, ...]
    supervisor_id: str
    let_in: tuple[str, str] = ("2019-01-16T00:00:00+01:00", "2019-12-31T00:00:00+01:00")

    async def await_start(self) -> None:
        """G1-8: the clock of the self-assessment has started for each firm."""
        for firm in self.firms:
            seen = await eventually(lambda firm=firm: self._started(firm), "preparation to start")  # type: ignore[misc]
            deadline = seen.body["deadline_at"]
            self.stage.say(f"  {firm.name}: preparation started; to be submitted by {deadline}")

    async def _started(self, firm: Firm) -> Reply | None:
        path = f"/v1/self-assessments/{firm.application_id}"
        seen = await self.stage.person(firm.signatory).get("review", path)
        return seen if seen.code is None else None

    async def open_workspaces(self) -> None:
        """G1-9: the firms create their workspaces; S1 applies the kit once let in, not before."""
        for firm in self.firms:
            await self.create_workspace(firm)
            early = await self._apply_kit(firm)
            self.stage.refused(early, "access_not_granted", f"S1 applies the kit at {firm.name}")
            await self.share_workspace(firm)

    async def create_workspace(self, firm: Firm) -> None:
        """Step 4: the firm makes its workspace, which it owns."""
        applicant = self.stage.person(firm.applicant)
        await eventually(lambda: self._requested(firm), "the workspace")
        done(await applicant.act("review", _space(firm), "", None, method="PUT"))

    async def _requested(self, firm: Firm) -> Reply | None:
        seen = await self.stage.person(firm.applicant).get("review", _space(firm))
        return seen if seen.code is None else None

    async def share_workspace(self, firm: Firm) -> None:
        """Step 4: the firm lets S1 in, who puts in folders and a writing template."""
        applicant = self.stage.person(firm.applicant)
        from_at, until_at = self.let_in
        grant = {
            "person_id": self.supervisor_id,
            "scope": "support",
            "from_at": from_at,
            "until_at": until_at,
        }
        done(await applicant.act("review", _space(firm), "/grants", grant))
        reply = await self._apply_kit(firm)
        self.stage.happened(reply, f"S1: the kit is applied at {firm.name}")

    async def _apply_kit(self, firm: Firm) -> Reply:
        supervisor, kit = self.stage.person("S1"), {"kit": "v1"}
        return await supervisor.act("review", _space(firm), "/kit", kit, method="PUT")

    async def put_in_evidence(self) -> None:
        """Step 5: each firm writes texts, uploads a file, and links them to the items."""
        for firm in self.firms:
            applicant, space = self.stage.person(firm.applicant), _space(firm)
            for title, text, kind in TEXTS:
                body = {"title": title, "text": f"{firm.name}: {text}"}
                made = done(await applicant.act("review", space, "/texts", body))
                for item in LINKS[title]:
                    await self._link(firm, made.body["id"], item, kind)
            headers = {
                "Content-Type": "application/pdf",
                "Content-Disposition": "attachment; filename*=UTF-8''%C3%A5rsredovisning.pdf",
            }
            content = REPORT.replace(b"p\xc3\xa5hittat", firm.label.encode())
            sent = done(await applicant.upload("review", space, "/files", content, headers))
            await self._link(firm, sent.body["id"], "3.1-d", "annual_report")
            self.stage.say(f"  {firm.name}: four texts and a file as evidence")

    async def _link(self, firm: Firm, evidence_id: str, item: str, kind: str) -> None:
        applicant = self.stage.person(firm.applicant)
        body = {"evidence_id": evidence_id, "item_id": item, "kind": kind}
        done(await applicant.act("review", _space(firm), "/links", body))

    async def answer(self) -> None:
        """Step 5: each firm answers every item and marks it ready."""
        scheme = done(await self.stage.world.public("review", "/v1/scheme/v1")).body
        for firm in self.firms:
            applicant = self.stage.person(firm.applicant)
            own = f"/v1/self-assessments/{firm.application_id}"
            for item in scheme["items"]:
                path = f"/items/{item['item_id']}"
                text = {"text": f"{item['title_sv']}: så här gör vi hos {firm.name}."}
                done(await applicant.act("review", own, path, text, method="PUT"))
                done(await applicant.act("review", own, f"{path}/readiness", None))
            self.stage.say(f"  {firm.name}: all {len(scheme['items'])} items answered and ready")

    async def be_reminded(self, *, times: int) -> None:
        """SAS-2: whoever has not submitted is reminded, 30 and 14 days before the deadline.

        The play waits for the letters, so that a jump of the clock meets every firm alike.
        """
        for firm in self.firms:
            await eventually(lambda firm=firm: self._reminded(firm, times), "the reminders")  # type: ignore[misc]
        self.stage.say(f"  the firms have been reminded of the deadline, {times} of 2")

    async def _reminded(self, firm: Firm, times: int) -> bool | None:
        """Return True once applicant and signatory have been reminded so many ``times``."""
        asked = {"case": firm.application_id, "state": "sent", "limit": "200"}
        letters = done(await self.stage.person("REG").get("notify", "/v1/notifications", **asked))
        sent = [each for each in letters.body if each["letter"] == "deadline_reminder"]
        return True if len(sent) == times * len((firm.applicant, firm.signatory)) else None

    async def submit(self) -> None:
        """G1-10: the signatories submit; the evidence is frozen and the review opened."""
        for firm in self.firms:
            signatory = self.stage.person(firm.signatory)
            own = f"/v1/self-assessments/{firm.application_id}"
            reply = await signatory.act("review", own, "/submission", None)
            self.stage.happened(reply, f"{firm.name}: self-assessment submitted")
        for firm in self.firms:
            found = await eventually(lambda firm=firm: self._opened(firm), "the review to open")  # type: ignore[misc]
            firm.review_id = found

    async def _opened(self, firm: Firm) -> str | None:
        seen = done(await self.stage.person(firm.applicant).get("review", "/v1/reviews"))
        return next((row["review_id"] for row in seen.body), None)


def _space(firm: Firm) -> str:
    """Return the address of the firm's workspace."""
    return f"/v1/workspaces/{firm.application_id}"
