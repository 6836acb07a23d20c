"""The last act: an auditor fetches a case, checks it with two programs, and finds a changed byte."""

import asyncio
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

from deploy.demo.cast import Firm
from deploy.demo.client import UnexpectedAnswerError, eventually
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.settings import CHECKOUT, SERVICES
from shared.ledger import policy_of, policy_text, verifier_key
from shared.ledger.bundle import MANIFEST, bundle_zip

WITNESS: Final = "witness"
VERIFIER_KEYS: Final = "verifier-keys"
DECIDED: Final = (b'"decided_at":"2019-06-19', b'"decided_at":"2019-06-18')
"""One byte of the decision, a day earlier."""
UNAVAILABLE: Final = 503
LIMIT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Parcel:
    """A bundle on disk, and what it is checked with.

    Attributes:
        foreign: The words that start a verifier that others wrote.
    """

    house: House
    stage: Stage
    foreign: Sequence[str]

    @property
    def folder(self) -> Path:
        """Where the auditor keeps bundle and policy."""
        return self.house.stack.settings.data / "audited"

    @property
    def policy(self) -> Path:
        """Whom the auditor believes."""
        return self.folder / "policy"

    async def check(self, firm: Firm) -> Path:
        """Fetch the bundle of a firm's case, have it verified twice, change a byte, see it refused.

        Raises:
            UnexpectedAnswerError: Something else comes out.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.policy.write_text(self.policy_text())
        bundle, forged = self.folder / f"{firm.label}.zip", self.folder / f"{firm.label}-forged.zip"
        data = await self.fetched(firm)
        bundle.write_bytes(data)
        with zipfile.ZipFile(BytesIO(data)) as files:
            records = [path for path in files.namelist() if path.startswith("records/")]
        told = (
            f"{len(data) // 1024} kB, {len(records)} records, with proofs and a witness's signature"
        )
        self.stage.say(f"  A1: the bundle of {firm.name}: {told}")
        await self._verified(bundle, expected=0)
        forged.write_bytes(with_a_byte_changed(data))
        self.stage.say("  one byte of the decision is changed, and the manifest made to fit:")
        await self._verified(forged, expected=1)
        return bundle

    def policy_text(self) -> str:
        """Return whom the auditor believes: the keys of five logs, and the witness."""
        ledgers = self.house.stack.settings.data / "ledger"
        logs = [ledgers / service / "log" / VERIFIER_KEYS for service in SERVICES]
        witness = ledgers / "audit" / WITNESS / VERIFIER_KEYS
        keys = [verifier_key(line) for place in logs for line in place.read_text().splitlines()]
        seen = [verifier_key(line) for line in witness.read_text().splitlines()]
        return policy_text(policy_of(keys, seen, need=1))

    async def fetched(self, firm: Firm) -> bytes:
        """Return the bundle, once checkpoints cover the case; one key, one export on record."""
        auditor = self.stage.person("A1")
        key = sha256(firm.application_id.encode()).hexdigest()

        async def made() -> bytes | None:
            answer = await auditor.fetch(
                "audit", "/v1/exports/bundles", {"case": firm.application_id}, key=key
            )
            if answer.status_code == UNAVAILABLE:
                return None
            if not answer.is_success:
                raise UnexpectedAnswerError(f"no bundle: {answer.status_code} {answer.text}")
            return answer.content

        return await eventually(made, "a bundle")

    async def _verified(self, bundle: Path, *, expected: int) -> None:
        """Have both programs judge ``bundle``, and say how they end.

        Raises:
            UnexpectedAnswerError: One does not end with ``expected``.
        """
        ours = (sys.executable, "-m", "verify", "bundle", str(bundle), "--policy", str(self.policy))
        theirs = (*self.foreign, str(bundle), str(self.policy))
        for name, words in (("sigill-verify", (*ours, "--json")), ("sigstore", theirs)):
            done = await asyncio.to_thread(_run, words)
            said = _summary(done.stdout) if name == "sigill-verify" else done.stdout.strip()
            colour = "green" if done.returncode == 0 else "yellow"
            self.stage.say(f"  {name}: [{colour}]exit {done.returncode}[/{colour}], {said}")
            if done.returncode != expected:
                why = f"{done.stdout}{done.stderr}"[-600:]
                raise UnexpectedAnswerError(f"{name} ended with {done.returncode}: {why}")


def with_a_byte_changed(bundle: bytes) -> bytes:
    """Return ``bundle`` as a forger would: one byte of the decision is another, the manifest fits.

    Raises:
        UnexpectedAnswerError: It holds no decision of that day.
    """
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        files = {path: archive.read(path) for path in archive.namelist()}
    before, after = DECIDED
    path = next((p for p, data in files.items() if _decides(p, data) and before in data), None)
    if path is None:
        raise UnexpectedAnswerError("the bundle holds no decision of that day")
    files[path] = files[path].replace(before, after)
    manifest = json.loads(files[MANIFEST])
    manifest["files"][path]["sha256"] = sha256(files[path]).hexdigest()
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return bundle_zip({**files, MANIFEST: text.encode()})


def _decides(path: str, data: bytes) -> bool:
    """Return whether the file is the record of the certifier's decision."""
    return path.startswith("records/asf/review/") and b'"type":"CertificationApproved"' in data


def _run(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run one program to its end."""
    return subprocess.run(  # noqa: S603 -- our own words
        words, cwd=CHECKOUT, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def _summary(report: str) -> str:
    """Return in one line what ``sigill-verify`` found."""
    said = json.loads(report)
    if said["result"] != "ok":
        return f"{said['result']}: {said['log']} {said['position']}: {said['why']}"
    records = sum(each["records"] for each in said["logs"])
    outcome = ", ".join(each["outcome"] for each in said["decisions"])
    return (
        f"{records} records in {len(said['logs'])} logs, none missing; {said['disclosed']} texts as "
        f"committed; decision replayed: {outcome}"
    )
