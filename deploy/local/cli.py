"""The commands of the local stack, for people and for the Makefile."""

import importlib
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.local.empty import begin_clock, put_aside, remove
from deploy.local.errors import StackError
from deploy.local.fetch import fetch as fetch_parts
from deploy.local.fetch import fetched
from deploy.local.figures import Figures, figures
from deploy.local.house import House
from deploy.local.memory import memory_mb
from deploy.local.part import shown
from deploy.local.processes import module
from deploy.local.settings import StackSettings, inherited_environment
from deploy.local.stack import Stack
from deploy.local.tokens import sign_in

PLAY = "deploy.demo.play"
_STATUS_COLUMNS = 130
_INTERRUPTED = 130
"""What a program ends with that Ctrl-C ended, to a shell."""

app = typer.Typer(
    add_completion=False,
    help="Kafka, PostgreSQL, traces, mail and an issuer on this machine; no Docker, no root.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(highlight=False, soft_wrap=True, stderr=True)


@app.command()
def fetch(
    verify: Annotated[bool, typer.Option(help="Compare what is here with its hashes.")] = False,
) -> None:
    """Obtain the programs that the stack runs; quick when they are here."""
    with _said_plainly():
        fetch_parts(StackSettings(), _say, verify=verify)


@app.command()
def up(
    services: Annotated[bool, typer.Option(help="Start the services on the stack too.")] = True,
) -> None:
    """Start what does not run yet, and wait until it answers."""
    with _said_plainly():
        settings = StackSettings()
        _fetch_missing(settings)
        stack = Stack(settings, say=_say)
        house = House(stack, say=_say)
        with _broken_off(house):
            stack.start()
            if services:
                house.start()


@app.command()
def down() -> None:
    """Stop everything; the data stays."""
    with _said_plainly():
        stack = Stack(say=_say)
        House(stack, say=_say).stop()
        stack.stop()
        _say("nothing runs")


@app.command()
def status() -> None:
    """Say what runs, whether it answers, how far it is, and how much memory it holds.

    Ends with 1 when something that was started has ended by itself, or does not answer.
    """
    with _said_plainly():
        stack = Stack()
        house = House(stack)
        far = figures(stack, house.services)
        headings = ("part", "process", "answers", "MiB", "log", "relay lag", "view lag", "parked")
        table = Table(*headings, "where", box=None, pad_edge=False)
        for column in (table.columns[0], table.columns[1], table.columns[-1]):
            column.no_wrap = True
        total, well = 0, True
        for name, answers, where in _everything(stack, house):
            record, died = stack.processes.running(name), stack.processes.died(name)
            well = well and not died and (record is None or answers or _need_not(stack, name))
            memory = memory_mb(record.pid) if record else None
            total += memory or 0
            known = far.get(name, Figures())
            table.add_row(
                name,
                str(record.pid) if record else _how_ended(stack, name) if died else "-",
                ("[green]yes[/green]" if answers else "[red]no[/red]") if record else "-",
                *map(_number, (memory, known.log, known.relay_lag, known.view_lag, known.parked)),
                where,
            )
        table.add_row("together", "", "", str(total))
        Console(highlight=False, width=_STATUS_COLUMNS).print(table)
    if not well:
        _say(
            f"make up starts again what has ended; what it said last is in {shown(stack.settings.log)}"
        )
        raise typer.Exit(1)


@app.command()
def demo(
    leave_open: Annotated[
        bool, typer.Option("--open", help="End before the submission, with open workspaces.")
    ] = False,
) -> None:
    """Start everything with an empty system, play a whole certification, leave it running."""
    with _said_plainly():
        settings = StackSettings()
        _fetch_missing(settings)
        play = importlib.import_module(PLAY)
        stack = Stack(settings, say=_say)
        house = House(stack, say=_say)
        house.stop()
        stack.stop()
        stack.require_ports()
        house.require_ports()
        for kept in put_aside(settings):
            _say(f"demo: begins with an empty system; what was there is in {shown(kept)}")
        begin_clock(settings, play.BEGINS_AT)
        with _broken_off(house):
            stack.start()
            house.start()
            code = play.main(house, leave_open=leave_open)
    raise typer.Exit(code)


@app.command()
def token(
    person: Annotated[str, typer.Argument(help="A label of people.json, such as PL1.")],
    service: Annotated[str, typer.Argument(help="Whom the token is for, such as intake.")],
) -> None:
    """Sign in as somebody and print an access token, good for ten minutes."""
    with _said_plainly():
        typer.echo(sign_in(Stack().issuer_url, person, service))


@app.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    name="run",
)
def run_command(
    service: Annotated[str, typer.Argument(help="Whose, such as intake.")],
    words: Annotated[list[str], typer.Argument(help="What, such as check-views; --help lists.")],
) -> None:
    """Run an operator's command of a service with the settings that it has here."""
    with _said_plainly():
        house = House(Stack())
        if service not in house.services:
            raise StackError(f"there is no service {service}: {', '.join(house.services)}")
        argv = module(f"services.{service}.main", *words)
        environment = inherited_environment() | house.operator_environment(service)
        code = subprocess.run(argv, env=environment, check=False).returncode  # noqa: S603
        if code and not all(part.answers() for part in house.stack.parts.values() if part.required):
            raise StackError("the local stack does not run, or not all of it: make up")
    raise typer.Exit(code)


@app.command()
def clean() -> None:
    """Stop everything and remove its data, also what lies outside the checkout; no way back."""
    with _said_plainly():
        down()
        for folder in remove(StackSettings()):
            _say(f"clean: {shown(folder)} removed")


def _everything(stack: Stack, house: House) -> Iterator[tuple[str, bool, str]]:
    """Yield every process: its name, whether it answers, and where."""
    for name, part in stack.parts.items():
        yield name, part.answers(), part.address()
    for name in house.processes():
        yield name, house.ready(name), house.url(name)


def _how_ended(stack: Stack, name: str) -> str:
    """Return how ``name`` ended, which nobody had told to."""
    return f"[red]{stack.processes.how_ended(name)}[/red]"


def _need_not(stack: Stack, name: str) -> bool:
    """Return whether nothing waits for the answer of ``name``."""
    return name in stack.parts and not stack.parts[name].required


def _fetch_missing(settings: StackSettings) -> None:
    """Obtain what is missing; say nothing where all is here: ``make`` has said it."""
    if not fetched(settings):
        fetch_parts(settings, _say)


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _say(line: str) -> None:
    """Show one line of progress; the part's name stands out."""
    name, colon, rest = line.partition(":")
    _out.print(f"[bold]{escape(name)}[/bold]{colon}{escape(rest)}")


@contextmanager
def _broken_off(house: House) -> Generator[None]:
    """Say in one sentence what still runs when somebody presses Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        names = (*house.stack.parts, *house.processes())
        left = ", ".join(name for name in names if house.stack.processes.running(name))
        told = f"broken off; what still runs ends with make down: {left}" if left else "broken off"
        _err.print(f"[red]{told}[/red]")
        raise typer.Exit(_INTERRUPTED) from interrupt


@contextmanager
def _said_plainly() -> Generator[None]:
    """Turn what the stack cannot do into one line and exit code 1."""
    try:
        yield
    except StackError as error:
        _err.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            name = str(wrong["loc"][0]).upper()
            _err.print(f"[red]SIGILL_{name}: {escape(wrong['msg'])}[/red]")
        raise typer.Exit(1) from error
