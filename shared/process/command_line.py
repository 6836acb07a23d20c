"""``python -m services.<name>.main <role>``: what a process is to be."""

import asyncio
import faulthandler
import os
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast, get_args
from uuid import UUID

import uvloop
from pydantic import ValidationError

from shared.clock import now
from shared.contracts.erasure import Basis, Ground
from shared.contracts.repair import ResendReason
from shared.kafka.redrive import add_words, asked_by
from shared.process.erasure_ledger import ErasureOrder, LedgerBroken
from shared.process.erasure_orders import change_hold, erase_subject, remake_erasures
from shared.process.legal_hold import HoldCommand, LiftLegalHold, PlaceLegalHold
from shared.process.loops import WORLD
from shared.process.operate import (
    check_ledger,
    check_relay,
    check_views,
    list_parked,
    own_command,
    rebuild,
)
from shared.process.provide import AdminMissing, migrate
from shared.process.repair_orders import redrive_streams, resend
from shared.process.roles import Role, serve
from shared.process.service import Service
from shared.process.settings import ServiceSettings
from shared.telemetry import configure, get_logger, shutdown

S = TypeVar("S", bound=ServiceSettings)

TOLD: Final = (AdminMissing, LedgerBroken)
"""Answers to the operator: their text is our own, and says what to do."""

DECIDED_BY_HELP: Final = (
    "whose decision it is, for the record; whether there is such a person is not looked up"
)

_log = get_logger("process")


def run(service: Service[S], arguments: Sequence[str] | None = None) -> None:
    """Be the process of ``service`` that the command line asks for; then end the program.

    Ends with 0 when all went well, 1 when it did not, 2 when the question made no sense.
    """
    asked = _parser(service).parse_args(arguments)
    try:
        settings = service.settings()  # pyright: ignore[reportCallIssue] -- from the environment
    except ValidationError as error:
        sys.stderr.write(f"{_told(service, error)}\n")
        sys.exit(2)
    faulthandler.enable()  # a fault in a library in C ends us without a word: it leaves its stack
    faulthandler.register(signal.SIGUSR1)  # who hangs says where
    if asked.what == "streams":
        _end_at_once(_streams(service, settings))
    sys.exit(_run(service, settings, asked))


def _run(service: Service[S], settings: S, asked: Namespace) -> int:
    """Run what was asked in a loop of its own; return the code to end with."""
    configure(service.name)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            well = runner.run(_asked(service, settings, asked))
    except TOLD as error:
        _log.error("process.failed", service=service.name, role=asked.what, why=str(error))
        well = False
    except WORLD as error:
        why = f"what it works with does not answer, or says no: {type(error).__name__}"
        _log.error("process.failed", service=service.name, role=asked.what, why=why)
        well = False
    except Exception as error:  # noqa: BLE001 -- the edge of the process: said, and then the end
        _log.error("process.failed", service=service.name, role=asked.what, exc_info=error)
        well = False
    finally:
        shutdown()
    return 0 if well else 1


async def _asked(service: Service[S], settings: S, asked: Namespace) -> bool:
    """Do what was asked; return whether all is well."""
    match asked.what:
        case "migrate":
            await migrate(service, settings)
        case "check-views":
            return await check_views(service, settings, asked.names)
        case "check-ledger":
            return await check_ledger(service, settings, asked.checkpoints)
        case "rebuild-view":
            return await rebuild(service, settings, asked.name, apply=asked.apply)
        case "erase":
            order = ErasureOrder(asked.subject, asked.basis, asked.decided_by, asked.order)
            return await erase_subject(service, settings, order, apply=asked.apply)
        case "hold" | "lift-hold":
            return await change_hold(service, settings, _hold(asked), apply=asked.apply)
        case "remake-erasures":
            return await remake_erasures(service, settings, apply=asked.apply)
        case "check-relay" | "parked" | "resend" | "redrive":
            return await _asked_of_kafka(service, settings, asked)
        case name if name in service.commands:
            return await own_command(service, settings, name)
        case role:
            await serve(service, settings, cast("Role", role))
    return True


async def _asked_of_kafka(service: Service[S], settings: S, asked: Namespace) -> bool:
    """Do what was asked about what goes over Kafka; return whether all is well."""
    match asked.what:
        case "check-relay":
            return await check_relay(service, settings)
        case "resend":
            return await resend(
                service, settings, decided_by=asked.decided_by, why=asked.why, apply=asked.apply
            )
        case "parked":
            return await list_parked(service, settings)
        case _:
            return await redrive_streams(service, settings, asked_by(asked))


def _streams(service: Service[S], settings: S) -> int:
    """Run the service's Faust application, which has a loop and signals of its own."""
    if service.streams is None:
        sys.stderr.write(f"{service.name} has no streams\n")
        return 2
    configure(service.name)
    try:
        service.streams(settings)
    except Exception as error:  # noqa: BLE001 -- the edge of the process: said, and then the end
        _log.error("process.failed", service=service.name, role="streams", exc_info=error)
        return 1
    finally:
        shutdown()
    return 0


def _end_at_once(code: int) -> NoReturn:
    """End the program, and wait for no thread: one of Faust's may wait for a broker for ever."""
    for said in (sys.stdout, sys.stderr):
        said.flush()
    os._exit(code)


def _parser(service: Service[Any]) -> ArgumentParser:
    """Return what can be asked of a service."""
    parser = ArgumentParser(prog=f"python -m services.{service.name}.main")
    asked = parser.add_subparsers(dest="what", required=True, metavar="role")
    asked.add_parser("api", help="serve HTTP")
    asked.add_parser("worker", help="keep views, carry timers, hear the other services")
    asked.add_parser("relay", help="send the log to Kafka, and seal it")
    asked.add_parser("all", help="api, worker and relay in one process")
    asked.add_parser("streams", help="the Faust application, where there is one")
    asked.add_parser("migrate", help="make database, tables and topics; safe to repeat")
    checking = asked.add_parser("check-views", help="compare views with a fold of the log")
    checking.add_argument("names", nargs="*", metavar="view")
    asked.add_parser("check-relay", help="count on Kafka what the relay has sent")
    signed = asked.add_parser("check-ledger", help="compute anew what was signed for the logs")
    signed.add_argument(
        "checkpoints", nargs="*", type=_file, metavar="file", help="a saved checkpoint"
    )
    building = asked.add_parser("rebuild-view", help="build a view anew beside the live one")
    building.add_argument("name", metavar="view")
    building.add_argument("--apply", action="store_true", help="without it nothing is changed")
    erasing = asked.add_parser("erase", help="erase what is sealed about a person, case or group")
    erasing.add_argument("subject", type=UUID, help="UUID of the person, case or group")
    erasing.add_argument("--basis", choices=get_args(Basis), required=True)
    erasing.add_argument(
        "--decided-by", type=UUID, required=True, metavar="UUID", help=DECIDED_BY_HELP
    )
    erasing.add_argument(
        "--order", type=UUID, metavar="UUID", help="the same in every service that carries it out"
    )
    erasing.add_argument("--apply", action="store_true", help="without it nothing is changed")
    _add_holds(asked)
    remaking = asked.add_parser(
        "remake-erasures", help="make a lost ledger of erasures again, from the log"
    )
    remaking.add_argument("--apply", action="store_true", help="without it nothing is changed")
    sending = asked.add_parser("resend", help="put the whole log on Kafka once more, in order")
    sending.add_argument(
        "--decided-by", type=UUID, required=True, metavar="UUID", help=DECIDED_BY_HELP
    )
    sending.add_argument("--why", choices=get_args(ResendReason), required=True)
    sending.add_argument("--apply", action="store_true", help="without it nothing is changed")
    asked.add_parser("parked", help="list the streams that wait for an operator, and why")
    add_words(asked.add_parser("redrive", help="apply a parked stream again"))
    for name, command in service.commands.items():
        asked.add_parser(name, help=(command.__doc__ or name).partition("\n")[0])
    return parser


def _file(text: str) -> Path:
    """Return the file that is named, when it can be read.

    Raises:
        ArgumentTypeError: It cannot; the program ends with what is wrong with it.
    """
    place = Path(text)
    try:
        place.open("rb").close()
    except OSError as error:
        raise ArgumentTypeError(f"{text} cannot be read: {error.strerror}") from error
    return place


def _add_holds(asked: Any) -> None:
    """Add what can be asked about legal holds."""
    for name, what in (("hold", "let nothing about a subject be erased"), ("lift-hold", "lift it")):
        each = asked.add_parser(name, help=f"{what} (ERA-2)")
        each.add_argument("subject", type=UUID, help="UUID of the person, case or group")
        each.add_argument(
            "--for", type=UUID, required=True, dest="hold", metavar="UUID", help="what is open"
        )
        if name == "hold":
            each.add_argument("--ground", choices=get_args(Ground), required=True)
        each.add_argument(
            "--decided-by", type=UUID, required=True, metavar="UUID", help=DECIDED_BY_HELP
        )
        each.add_argument("--apply", action="store_true", help="without it nothing is changed")


def _hold(asked: Namespace) -> HoldCommand:
    """Return the command about a legal hold that is asked for."""
    if asked.what == "lift-hold":
        return LiftLegalHold(asked.subject, asked.hold, asked.decided_by, now())
    return PlaceLegalHold(asked.subject, asked.hold, asked.ground, asked.decided_by, now())


def _told(service: Service[Any], error: ValidationError) -> str:
    """Return which settings are missing or wrong, without their values."""
    prefix = str(service.settings.model_config.get("env_prefix", ""))
    lines = [
        f"  {prefix}{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)
    ]
    return "\n".join([f"{service.name} cannot start; these settings are missing or wrong:", *lines])
