"""``make demo``: the journey is played while it is told, looked at, and left running."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.demo.client import UnexpectedAnswerError, World
from deploy.demo.ending import Ending
from deploy.demo.foreign import foreign_check
from deploy.demo.journey import BEGINS_AT, Journey
from deploy.demo.narrator import Narrator
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.part import shown
from deploy.local.settings import SERVICES
from shared.contracts.swedish_time import STOCKHOLM
from shared.kafka import Brokers

GOES_ON_AT: Final = datetime(2019, 6, 19, 10, 5, tzinfo=STOCKHOLM)
"""From where the clock runs on when the play is over."""

OPEN_AT: Final = datetime(2019, 5, 2, 9, 5, tzinfo=STOCKHOLM)
"""Likewise where it ends before the submission."""

__all__ = ["BEGINS_AT", "main"]


def main(house: House, *, leave_open: bool = False) -> int:
    """Play the journey on a running house, and leave the clock running. Return 0 when well."""
    console = Console(highlight=False, soft_wrap=True)
    return 0 if played(house, console, leave_open=leave_open) else 1


def played(house: House, console: Console, *, leave_open: bool = False) -> Journey | None:
    """Play the journey, tell ``console``, and leave the clock running; ``None``: it stopped.

    What is to be left open ends before the submission, where firms still work in their workspaces.
    """
    clock = house.stack.settings.clock_file
    assert clock is not None, "the demo is played on a simulated clock"
    began = time.monotonic()
    try:
        play = _play_to_submission if leave_open else _play
        journey, to_look_at = asyncio.run(play(house, Path(clock), console))
    except UnexpectedAnswerError as error:
        console.print(f"[red]the play stopped: {error}[/red]")
        return None
    _let_run(Path(clock), OPEN_AT if leave_open else GOES_ON_AT)
    console.print(f"\nplayed in {time.monotonic() - began:.0f} s; what to look at now:\n")
    for line in to_look_at:
        console.print(f"  {line}")
    return journey


async def _play(house: House, clock: Path, console: Console) -> tuple[Journey, tuple[str, ...]]:
    """Play every act, look at what it led to; return what was played, and what to look at now."""
    addresses = {service: house.url(service) for service in SERVICES}
    narrator = Narrator(Brokers(house.stack.kafka_bootstrap), console.print)
    async with World(house.stack.issuer_url, addresses) as world, narrator.listening():
        preparing = asyncio.get_running_loop().run_in_executor(None, foreign_check)
        journey = Journey(Stage(world, clock, narrator.tell))
        await journey.admit()
        await journey.prepare()
        await journey.certify()
        await journey.certification.list_alfa()
        await narrator.quiet()
        ending = Ending(house, journey)
        await ending.look()
        bundle = await ending.check(await preparing)
        return journey, _to_look_at(house, journey, await ending.trace(), bundle)


async def _play_to_submission(
    house: House, clock: Path, console: Console
) -> tuple[Journey, tuple[str, ...]]:
    """Play up to where all is ready to be submitted; return what was played, and where to go on."""
    addresses = {service: house.url(service) for service in SERVICES}
    narrator = Narrator(Brokers(house.stack.kafka_bootstrap), console.print)
    async with World(house.stack.issuer_url, addresses) as world, narrator.listening():
        journey = Journey(Stage(world, clock, narrator.tell))
        await journey.admit()
        await journey.fill_in()
        await narrator.quiet()
        return journey, _open_workspaces(house, journey)


def _open_workspaces(house: House, journey: Journey) -> tuple[str, ...]:
    """Return where each firm's workspace is, and how its applicant signs in."""
    return (
        *(
            f"workspace of {firm.label:<7} {house.url('review')}/v1/workspaces/{firm.application_id}"
            f"  token: .venv/bin/python -m deploy.local token {firm.applicant} review"
            for firm in journey.preparation.firms
        ),
        "uploading a file    docs/uploading.md",
        "what runs           make status",
        "stop, start again   make down, make up",
    )


def _let_run(clock: Path, at: datetime) -> None:
    """Let the clock run on from ``at``, so that what was started can be used."""
    offset_s = at.timestamp() - time.time()  # noqa: TID251 -- how far the play's clock is moved
    fresh = clock.with_suffix(".next")
    fresh.write_text(f"offset {offset_s:.0f}\n")
    fresh.replace(clock)


def _to_look_at(house: House, journey: Journey, trace: str | None, bundle: Path) -> tuple[str, ...]:
    """Return addresses and commands for whoever wants to look around."""
    alfa = journey.certification.firms[0]
    token = "$(.venv/bin/python -m deploy.local token A1 audit)"  # noqa: S105 -- a command
    history = f"{house.url('audit')}/v1/history?case={alfa.application_id}&limit=200"
    return (
        f"the certificate     {house.url('certificates')}/v1/certificates/{alfa.certificate}",
        (
            f"when it has expired {house.url('certificates')}/v1/certificates/{alfa.certificate}"
            "?at=2021-06-20T00:00:00Z"
        ),
        f"the public count    {house.url('certificates')}/v1/certificates/count",
        f'its whole history   curl -s -H "Authorization: Bearer {token}" "{history}"',
        (
            f"its bundle          .venv/bin/python -m verify bundle {shown(bundle)}"
            f" --policy {shown(bundle.with_name('policy'))}"
        ),
        "what runs           make status",
        f"the letters         {shown(house.stack.mail_folder)}/*.eml",
        *((f"a decision's trace  {trace}",) if trace else ()),
        f"the APIs            {', '.join(f'{house.url(s)}/docs' for s in house.services)}",
        "for partners        README.md, five commands and the public topic",
        "stop, start again   make down, make up",
    )
