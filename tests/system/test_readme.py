"""What the README promises to whoever has just run ``make demo``, done as it is printed."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from deploy.demo import play
from deploy.local.house import House
from deploy.local.settings import CHECKOUT, StackSettings, inherited_environment

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PASTED_S = 60


def the_five() -> str:
    """Return the commands of the README that a partner pastes."""
    text = (CHECKOUT / "README.md").read_text()
    return text.partition("## As a partner")[2].partition("```sh\n")[2].partition("```")[0]


def as_here(commands: str, house: House) -> str:
    """Return ``commands`` with the addresses of ``house`` for those that a demo has."""
    usual = StackSettings.model_construct()
    places = {usual.issuer_port: house.stack.issuer_url}
    places |= {usual.port_of(service): house.url(service) for service in house.services}
    for port, url in places.items():
        commands = commands.replace(f"http://127.0.0.1:{port}", url)
    assert commands.count("127.0.0.1") == the_five().count("127.0.0.1")
    return commands


async def pasted(commands: str) -> str:
    """Return what a shell prints to whom pastes ``commands``."""
    shell = await asyncio.create_subprocess_exec(
        *("sh", "-eu", "-c", commands),
        env=inherited_environment(),
        cwd=Path("/"),
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


@pytest.fixture(scope="module")
def traced() -> bool:
    """The demo ends with the address of a trace."""
    return True


async def test_the_demo_ends_well_and_a_partner_can_go_on(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole demo, its ending included; then the five commands of the README."""
    assert await asyncio.to_thread(play.main, house) == 0
    told = capsys.readouterr().out
    for word in (": ApplicationSubmitted", "precertification_missing", "letter admission to the"):
        assert word in told, word
    assert told.count("active, 2019-06-19 to 2021-06-19") == 3
    assert "/zipkin/traces/" in told
    assert "decisions among" in told

    commands = as_here(the_five(), house)
    heads, (sent, read, verified, problem) = heads_and_bodies(await pasted(commands))
    assert sent["application_id"] == read["application_id"]
    assert [head.split()[1] for head in heads] == ["200", "422"]
    assert re.search(r'^etag: "\d+"\r$', heads[0], re.MULTILINE)
    assert (verified["status"], verified["valid"]) == ("active", True)
    assert "application/problem+json" in heads[1]
    assert problem["code"] == "idempotency_key_reused"
    assert problem["status"] == 422

    again = heads_and_bodies(await pasted(commands))[1]
    assert again[0] == sent, "the same key, the same answer"
