"""The witness as anybody sees it, over services that really run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from services.audit.witness.known import keys_in, origin_hash
from shared.contracts.audit import TamperSuspected
from shared.contracts.notify import NotificationSent
from shared.ledger import (
    AddCheckpoint,
    Checkpoint,
    Policy,
    parse_checkpoint,
    parse_note,
    policy_of,
)
from shared.ledger.signer import VERIFIER_KEYS
from tests.audit.running import Audited
from tests.intake.facts import admitted
from tests.notify.running import eventually, person

SERVICES = ("intake", "notify", "audit")


@dataclass(frozen=True, slots=True)
class Witness:
    """The witness, as anybody sees it, and the logs with it."""

    house: Audited

    def folder(self, service: str, log: str = "log") -> Path:
        """Return where a signer keeps its key and its memory."""
        return self.house.house.stack.settings.data / "ledger" / service / log

    def memory(self, service: str) -> Path:
        """Return where the witness keeps what it cosigned last of ``service``."""
        (key,) = {each.name for each in keys_in(self.folder(service) / VERIFIER_KEYS)}
        return self.folder("audit", "witness") / origin_hash(key)

    def policy(self, service: str) -> Policy:
        """Return whom to believe about the log of ``service``: from files, not from the services."""
        logs = keys_in(self.folder(service) / VERIFIER_KEYS)
        return policy_of(logs, keys_in(self.folder("audit", "witness") / VERIFIER_KEYS), need=1)

    async def get(self, service: str, path: str) -> httpx2.Response:
        """Ask ``service``; no token."""
        async with httpx2.AsyncClient() as http:
            return await http.get(self.house.house.url(service) + path)

    async def post(self, wish: AddCheckpoint) -> httpx2.Response:
        """Ask audit for a cosignature."""
        async with httpx2.AsyncClient() as http:
            url = f"{self.house.house.url('audit')}/add-checkpoint"
            return await http.post(url, content=wish.encode())

    async def cosigned(self, service: str, size: int | None = None) -> httpx2.Response:
        """Return what was cosigned of ``service``, last or at ``size``."""
        of = origin_hash(self.policy(service).logs[0].name)
        place = "checkpoint" if size is None else f"checkpoints/{size}"
        return await self.get("audit", f"/v1/witness/{of}/{place}")

    async def proved(self, service: str, what: str) -> httpx2.Response:
        """Return what the witness proves of the log of ``service``, e.g. ``proofs/1``."""
        of = origin_hash(self.policy(service).logs[0].name)
        return await self.get("audit", f"/v1/witness/{of}/{what}")

    async def size(self, service: str) -> int:
        """Return the size that was cosigned last of ``service``; -1: none."""
        answer = await self.cosigned(service)
        return said_in(answer.content).size if answer.status_code == 200 else -1

    async def quiet(self, service: str) -> int:
        """Return the size of the log of ``service`` as soon as all of it is cosigned."""

        async def all_cosigned() -> bool:
            [row] = await self.house.database(service, "SELECT pos FROM log.log_head")
            return await self.size(service) == int(row["pos"])

        await eventually(all_cosigned)
        return await self.size(service)

    async def alarms(self, service: str, kinds: set[str]) -> Sequence[TamperSuspected]:
        """Return what was found out about the log of ``service``."""
        return [
            each for each in await self.house.findings(service, after=-1) if each.finding in kinds
        ]


def said_in(note: bytes) -> Checkpoint:
    """Return the checkpoint in ``note``."""
    return parse_checkpoint(parse_note(note).text)


async def a_case(house: Audited) -> None:
    """Let intake and notify say something."""
    case = await house.enterprise(person("ann"), person("bo", "en"), admitted)
    await eventually(lambda: house.happened(case, NotificationSent), count=3)
