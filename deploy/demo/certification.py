"""Steps 7 and 8 of the pilot round: review, report, decision, certificate, look-up."""

from dataclasses import dataclass
from typing import Any, Final

from deploy.demo.cast import Firm
from deploy.demo.client import done, eventually
from deploy.demo.stage import Stage

EMPHASISED: Final = ("3.1", "3.3", "3.5")


@dataclass
class Certification:
    """The firms are reviewed, decided and certified.

    Attributes:
        reviewer_id: Pseudonym of R1, or of whoever ``reviewer`` is.
        certifier_id: Pseudonym of C1, or of whoever ``certifier`` is.
    """

    stage: Stage
    firms: tuple[Firm, ...]
    reviewer_id: str
    certifier_id: str
    reviewer: str = "R1"
    certifier: str = "C1"

    async def staff(self) -> None:
        """G1-11: PL1 plans the reviews, assigns R1 to lead and C1 to decide."""
        leader = self.stage.person("PL1")
        scheme = await self._scheme()
        for firm in self.firms:
            for label in (self.reviewer, self.certifier):
                declared = await self.stage.person(label).act(
                    "review", _review(firm), "/declarations", None
                )
                done(declared)
            plan = {
                "reviewers": [{"person_id": self.reviewer_id, "areas": scheme["criteria"]}],
                "certifier_id": self.certifier_id,
                "from_on": "2019-05-09",
                "until_on": "2019-06-28",
                "method": "remote_interview",
                "sampled_units": 1,
            }
            done(await leader.act("review", _review(firm), "/plan", plan, method="PUT"))
            lead = {"person_id": self.reviewer_id, "areas": scheme["criteria"], "lead": True}
            done(await leader.act("review", _review(firm), "/reviewers", lead))
            deciding = {"person_id": self.certifier_id}
            reply = await leader.act("review", _review(firm), "/certifier", deciding, method="PUT")
            told = f"reviewed by {self.reviewer}, decided by {self.certifier}"
            self.stage.happened(reply, f"PL1: {firm.name} is {told}")

    async def review(self) -> None:
        """G1-12: R1 examines the twelve criteria of each firm; all conform."""
        scheme, reviewer = await self._scheme(), self.stage.person(self.reviewer)
        for firm in self.firms:
            space = f"/v1/workspaces/{firm.application_id}"
            seen = await eventually(lambda space=space: self._readable(space), "access")  # type: ignore[misc]
            cited = [piece["evidence_hash"] for piece in seen["evidence"]]
            for criterion in scheme["criteria"]:
                items = [i["item_id"] for i in scheme["items"] if i["criterion"] == criterion]
                body = {
                    "result": "conforms",
                    "items": dict.fromkeys(items, "conforms") if criterion in EMPHASISED else {},
                    "reason": f"Underlagen visar att {firm.name} uppfyller {criterion}.",
                    "language": "sv",
                    "evidence": cited[:2],
                }
                done(await reviewer.act("review", _review(firm), f"/criteria/{criterion}", body))
            found = f"conforms on all {len(scheme['criteria'])} criteria"
            self.stage.say(f"  {self.reviewer}: {firm.name} {found}")

    async def _readable(self, space: str) -> Any:
        seen = await self.stage.person(self.reviewer).get("review", space)
        return seen.body if seen.code is None else None

    async def report(self) -> None:
        """G1-13: R1 assesses the whole and issues the reports."""
        reviewer = self.stage.person(self.reviewer)
        for firm in self.firms:
            whole = {
                "definition_confirmed": True,
                "reason": f"{firm.name} är ett ASF och lever upp till kraven.",
                "language": "sv",
            }
            path = "/overall-assessment"
            done(await reviewer.act("review", _review(firm), path, whole, method="PUT"))
            summary = {"summary": f"Granskningen av {firm.name} är klar.", "language": "sv"}
            reply = await reviewer.act("review", _review(firm), "/report", summary)
            self.stage.happened(
                reply, f"{self.reviewer}: the report on {firm.name} is issued for comment"
            )

    async def finalise_too_early(self) -> None:
        """G1-14: the comment window is open, so the report is not final yet."""
        alfa = self.firms[0]
        reply = await self.stage.person("R1").act(
            "review", _review(alfa), "/report/finalisation", None
        )
        self.stage.refused(reply, "comment_window_open", "R1 finalises Alfa's report")

    async def recommend(self) -> None:
        """G1-15: R1 finalises the reports and recommends approval."""
        reviewer = self.stage.person(self.reviewer)
        for firm in self.firms:
            done(await reviewer.act("review", _review(firm), "/report/finalisation", None))
            body = {"recommendation": "approve", "reason": "Alla krav är uppfyllda."}
            body["language"] = "sv"
            path = "/recommendation"
            reply = await reviewer.act("review", _review(firm), path, body, method="PUT")
            self.stage.happened(reply, f"{self.reviewer}: approval of {firm.name} is recommended")

    async def decide(self) -> None:
        """G1-16: C1 signs in afresh and approves all three; each gets one certificate."""
        certifier = self.stage.person(self.certifier)
        await certifier.sign_in("review")
        for firm in self.firms:
            body = {"outcome": "approve", "reason": f"{firm.name} uppfyller kraven."}
            body["language"] = "sv"
            reply = await certifier.act("review", _review(firm), "/decision", body)
            self.stage.happened(reply, f"{self.certifier}: {firm.name} is approved")
        for firm in self.firms:
            firm.certificate = await eventually(
                lambda firm=firm: self._number(firm),  # type: ignore[misc]
                "the certificate to be issued",
            )
            self.stage.say(f"  {firm.name}: certificate [green]{firm.certificate}[/green]")

    async def _number(self, firm: Firm) -> str | None:
        held = await self.stage.person(firm.signatory).get("certificates", "/v1/holdings")
        return next((row["number"] for row in done(held).body if row["number"]), None)

    async def list_alfa(self) -> None:
        """Step 8: Alfa lets its name stand in the public register."""
        alfa = self.firms[0]
        path = f"/v1/certificates/{alfa.certificate}/listing-consent"
        signatory = self.stage.person(alfa.signatory)
        reply = await signatory.act("certificates", path, "", None)
        self.stage.happened(reply, f"{alfa.name}: lets its name stand in the register")

    async def verify(self) -> dict[str, Any]:
        """Step 8: anybody looks Alfa's certificate up by its number, without signing in."""
        path = f"/v1/certificates/{self.firms[0].certificate}"
        seen = done(await self.stage.world.public("certificates", path))
        body: dict[str, Any] = seen.body
        return body

    async def _scheme(self) -> dict[str, Any]:
        seen = done(await self.stage.world.public("review", "/v1/scheme/v1"))
        body: dict[str, Any] = seen.body
        return body


def _review(firm: Firm) -> str:
    """Return the address of the firm's review."""
    return f"/v1/reviews/{firm.review_id}"
