"""The commands of our pages, pasted into a shell as they are printed."""

import asyncio
import json
import re
from pathlib import Path

from deploy.local.house import House
from deploy.local.settings import CHECKOUT, StackSettings, inherited_environment

PASTED_S = 60


def the_five() -> str:
    """Return the commands of the README that a partner pastes."""
    text = (CHECKOUT / "README.md").read_text()
    return text.partition("## As a partner")[2].partition("```sh\n")[2].partition("```")[0]


def as_an_auditor() -> str:
    """Return all commands of docs/auditing.md, the tampering with a record last."""
    text = (CHECKOUT / "docs" / "auditing.md").read_text()
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def as_here(commands: str, house: House) -> str:
    """Return ``commands`` with the addresses and the folder of ``house`` for those that a demo has."""
    before = commands.count("127.0.0.1")
    usual = StackSettings.model_construct()
    places = {usual.issuer_port: house.stack.issuer_url}
    places |= {usual.port_of(service): house.url(service) for service in house.services}
    for port, url in places.items():
        commands = commands.replace(f"http://127.0.0.1:{port}", url)
    assert commands.count("127.0.0.1") == before
    return commands.replace(".local/", f"{house.stack.settings.local_dir}/")


async def pasted(commands: str, *, cwd: Path = Path("/"), **told: str) -> str:
    """Return what a shell prints to whom pastes ``commands``, with ``told`` in its environment."""
    shell = await asyncio.create_subprocess_exec(
        *("sh", "-eu", "-c", commands),
        env=inherited_environment() | told,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PASTED_S):
        said, complaint = await shell.communicate()
    assert (shell.returncode, complaint) == (0, b"")
    return said.decode()


def heads_and_bodies(said: str) -> tuple[list[str], list[dict[str, object]]]:
    """Return the heads of the answers in ``said``, and the JSON documents in it, in order."""
    documents: list[dict[str, object]] = []
    decoder = json.JSONDecoder()
    at = said.find("{")
    while at >= 0:
        found, end = decoder.raw_decode(said, at)
        documents.append(found)
        at = said.find("{", end)
    return re.findall(r"^HTTP/1\.1 .*?\r\n\r\n", said, re.MULTILINE | re.DOTALL), documents
