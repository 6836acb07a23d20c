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
from typing import Final, TypeAlias, get_args
from uuid import UUID

from deploy.local.errors import StackError
from deploy.local.house import House
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.contracts.erasure import Basis
from shared.ids import new_id

ERASE: Final = "erase"

Ask: TypeAlias = Callable[..., str | None]
"""``ask(services, *words)``: run an operator's command of each, one after the other, up to the first that
ends badly; return which one did, or ``None``."""


def words_of(subject: UUID, basis: Basis, decided_by: UUID, order: UUID) -> tuple[str, ...]:
    """Return the command that is the same for every service."""
    told = ("--basis", basis, "--decided-by", str(decided_by), "--order", str(order))
    return (ERASE, str(subject), *told)


def erase_everywhere(
    ask: Ask, services: Sequence[str], words: Sequence[str], *, say: Callable[[str], None]
) -> bool:
    """Ask every service whether it may be, then have each of them erase; return whether all did."""
    if no := ask(services, *words):
        say(f"{no} says no: nothing was erased now, in no service")
        return False
    if stopped := ask(services, *words, "--apply"):
        say(
            f"{stopped} has not erased, nor any after it; once that is mended repeat the same order"
        )
        return False
    say(f"done in {', '.join(services)}")
    return True


def through(template: str) -> Ask:
    """Return how services are asked where ``template`` with ``{service}`` runs a command of one."""

    def ask(services: Sequence[str], *words: str) -> str | None:
        for service in services:
            argv = [*shlex.split(template.format(service=service)), *words]
            if subprocess.run(argv, check=False).returncode != 0:  # noqa: S603 -- the operator's own
                return service
        return None

    return ask


def in_house(house: House) -> Ask:
    """Return how the services of a local stack are asked, and heard."""

    def ask(services: Sequence[str], *words: str) -> str | None:
        no = house.ask_each(services, *words)
        sys.stdout.write(house.stack.processes.log_file(words[0]).read_text())
        return no

    return ask


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the order on the command line; return what the program ends with."""
    asked = _parser().parse_args(arguments)
    order = asked.order or new_id()
    if asked.apply:
        _say(f"order {order}: repeat it with --order {order}")
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
    no = ask(SERVICES, *words)
    end = f"carry it out with --order {order} --apply"
    _say(f"{no} says no: nothing would be erased, in no service" if no else end)
    return no is None


def _parser() -> ArgumentParser:
    """Return what can be asked."""
    parser = ArgumentParser(prog="python -m deploy.erasing", description=__doc__)
    parser.add_argument("subject", type=UUID, help="UUID of the person, case or group")
    parser.add_argument("--basis", choices=get_args(Basis), required=True)
    parser.add_argument("--decided-by", type=UUID, required=True, metavar="UUID")
    parser.add_argument("--order", type=UUID, metavar="UUID", help="of the order; a fresh one")
    parser.add_argument("--through", metavar="COMMAND", help="of a service, with {service} in it")
    parser.add_argument("--apply", action="store_true", help="without it nothing is changed")
    return parser


def _say(line: str) -> None:
    """Tell the operator, in order with what the services say."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
