"""PM-20: one erasure in every service: ``python -m deploy.erasing <subject> --basis ... --apply``.

Every service is asked first, and nothing is erased anywhere while one of them has a legal hold
(ERA-2); then each erases, one after the other. What each has done stands in its own log under the
id of the order, and nothing is kept here: whoever was interrupted repeats the same order. House: ADR-0031.
"""

import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias, get_args
from uuid import UUID

from deploy.local.errors import StackError
from deploy.local.house import House
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.contracts.erasure import Basis
from shared.ids import new_id
from shared.process.command_line import DECIDED_BY_HELP
from shared.process.erasure_orders import ENTERED_BEFORE, FILES_LEFT, HOLDS_NOTHING

ERASE: Final = "erase"


class Answer(NamedTuple):
    """What services answered.

    Attributes:
        no: Which one ended badly, or ``None``.
        said: What all of them wrote.
    """

    no: str | None
    said: str


Ask: TypeAlias = Callable[..., Answer]
"""``ask(services, *words)``: run an operator's command of each, one after the other, up to the first that
ends badly, and show what they say."""


def words_of(subject: UUID, basis: Basis, decided_by: UUID, order: UUID) -> tuple[str, ...]:
    """Return the command that is the same for every service."""
    told = ("--basis", basis, "--decided-by", str(decided_by), "--order", str(order))
    return (ERASE, str(subject), *told)


def erase_everywhere(
    ask: Ask, services: Sequence[str], words: Sequence[str], *, say: Callable[[str], None]
) -> bool:
    """Ask every service whether it may be, then have each of them erase; return whether all did."""
    say("first every service is asked, and nothing is erased:")
    if no := ask(services, *words).no:
        say(f"{no} did not say yes: nothing was erased now, in no service")
        return False
    say("all say yes; now each erases:")
    stopped, said = ask(services, *words, "--apply")
    if stopped:
        say(
            f"{stopped} has not erased, nor any after it; once that is mended repeat the same order"
        )
        return False
    if FILES_LEFT in said:
        say("done, but for files, as said above; repeat the same order later")
        return False
    say(_nothing_held(services, said) or f"done in {', '.join(services)}")
    return True


def _nothing_held(services: Sequence[str], said: str) -> str | None:
    """Return what to say where no service held anything; ``None``: one did, or not all have told."""
    if not all(f"{service}: {HOLDS_NOTHING}" in said for service in services):
        return None
    if ENTERED_BEFORE in said:
        return "no service holds anything sealed about it any more: it was erased before"
    return "no service holds anything sealed about it, nor ever erased any: is the id mistyped?"


def through(template: str) -> Ask:
    """Return how services are asked where ``template`` with ``{service}`` runs a command of one."""

    def ask(services: Sequence[str], *words: str) -> Answer:
        said: list[str] = []
        for service in services:
            argv = [*shlex.split(template.format(service=service)), *words]
            done = subprocess.run(argv, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- the operator's own
            said.append(done.stdout)
            _show(done.stdout)
            if done.returncode != 0:
                return Answer(service, "".join(said))
        return Answer(None, "".join(said))

    return ask


def in_house(house: House) -> Ask:
    """Return how the services of a local stack are asked, and heard."""

    def ask(services: Sequence[str], *words: str) -> Answer:
        no = house.ask_each(services, *words)
        said = house.stack.processes.log_file(words[0]).read_text()
        _show(said)
        return Answer(no, said)

    return ask


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the order on the command line; return what the program ends with."""
    asked = _parser().parse_args(arguments)
    order = asked.order or new_id()
    broken_off = f"; if this is broken off, repeat it with --order {order}" if asked.apply else ""
    _say(f"order {order}{broken_off}")
    words = words_of(asked.subject, asked.basis, asked.decided_by, order)
    ask = through(asked.through) if asked.through else in_house(House(Stack()))
    try:
        if asked.apply:
            return 0 if erase_everywhere(ask, SERVICES, words, say=_say) else 1
        return 0 if _would_erase(ask, words, order) else 1
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _would_erase(ask: Ask, words: Sequence[str], order: UUID) -> bool:
    """Ask every service what it would erase; return whether all of them would."""
    no, said = ask(SERVICES, *words)
    if no:
        _say(f"{no} did not say yes: nothing would be erased, in no service")
    else:
        _say(_nothing_held(SERVICES, said) or f"carry it out with --order {order} --apply")
    return no is None


def _parser() -> ArgumentParser:
    """Return what can be asked."""
    parser = ArgumentParser(prog="python -m deploy.erasing", description=__doc__)
    parser.add_argument("subject", type=UUID, help="UUID of the person, case or group")
    parser.add_argument("--basis", choices=get_args(Basis), required=True)
    parser.add_argument(
        "--decided-by", type=UUID, required=True, metavar="UUID", help=DECIDED_BY_HELP
    )
    parser.add_argument("--order", type=UUID, metavar="UUID", help="of the order; a fresh one")
    parser.add_argument("--through", metavar="COMMAND", help="of a service, with {service} in it")
    parser.add_argument("--apply", action="store_true", help="without it nothing is changed")
    return parser


def _say(line: str) -> None:
    """Tell the operator, in order with what the services say."""
    _show(f"{line}\n")


def _show(text: str) -> None:
    """Write to the operator at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
