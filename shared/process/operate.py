"""Commands for operators. A dry run until ``--apply``: they say what they would do."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from shared.contracts.catalogue import event_recorded
from shared.eventlog.connection import connect, open_pool
from shared.eventlog.projector import Pages
from shared.eventlog.projector_check import compare
from shared.eventlog.projector_migrate import rebuild_view
from shared.eventlog.projector_positions import Positions
from shared.eventlog.reader import open_reader
from shared.kafka import Book, events_topic
from shared.ledger.fsck import Outside, check
from shared.ledger.signer import known_keys, signed_note
from shared.ledger.store import LOGS
from shared.process.compose import opened
from shared.process.provide import admin_dsn, view_tables
from shared.process.service import Service
from shared.process.settings import ServiceSettings
from shared.relay import checkpoint, origin_of, reconcile

S = TypeVar("S", bound=ServiceSettings)


async def check_views(service: Service[S], settings: S, names: Sequence[str]) -> bool:
    """Fold the log anew beside each view and compare, byte for byte; return whether all is well.

    A view that has stopped is not well, even if it agrees up to there. Changes nothing. Without ``names`` every view of the service is checked.
    """
    dsn, agreed = settings.database_dsn.get_secret_value(), True
    async with (
        open_pool(dsn, name=f"{service.name} check") as pool,
        open_reader(dsn, service=service.name) as log,
    ):
        pages = Pages(log, event_recorded)
        for view in service.every_view:
            if names and view.name not in names:
                continue
            found = await compare(pool, pages, service.name, view)
            verdict = f"differs in {', '.join(found.differing)}" if found.differing else "agrees"
            say(f"{view.name} v{view.version} at {found.position}: {found.documents}, {verdict}")
            agreed = agreed and not found.differing
        stopped = await Positions(pool, service.name, 0).stopped()
    for each in stopped:
        say(f"{each.view} stopped at {each.position}: {each.reason}")
    return agreed and not stopped


async def check_relay(service: Service[S], settings: S) -> bool:
    """Hold the topic against the log, by arithmetic; return whether it has every position sent.

    Distinct positions on the topic must be as many as the checkpoint says were sent. Reads the
    whole topic; changes nothing. What came twice is no fault.
    """
    topic = events_topic(service.name).name
    last = await checkpoint(settings.relay_dsn.get_secret_value(), topic)
    found = await reconcile(settings.brokers, topic, 1, last)
    lacks = f"lacks {found.lacking}, from {found.missing[0]} on" if found.missing else "is whole"
    say(f"{topic} to position {last}: {lacks}, {found.repeats or 'none'} came twice")
    return found.complete


async def check_ledger(service: Service[S], settings: S, saved: Sequence[Path]) -> bool:
    """Compute both ledgers anew from the records' bytes; return whether all is as it was signed.

    Reads the signer's folder, and the checkpoints in the files ``saved``: what lies outside the
    database finds what was changed inside it. Changes nothing.
    """
    well, held = True, set[Path]()
    async with connect(
        settings.database_dsn.get_secret_value(), name=f"{service.name} check"
    ) as connection:
        simulated: bool = await connection.fetchval("SELECT skew_max_ms IS NULL FROM log.log_head")
        for log in LOGS:
            prefix = settings.ledger_origin_prefix
            origin = origin_of(service.name, log, prefix=prefix, simulated=simulated)
            folder = settings.ledger_folder / service.name / log
            ours = [path for path in saved if path.read_bytes().startswith(f"{origin}\n".encode())]
            held |= {*ours}
            found = await check(
                connection,
                log,
                origin=origin,
                verifiers=known_keys(folder),
                outside=_outside(folder, ours),
            )
            bad = found.bad
            verdict = f"bad from {bad.position} on: {bad.why}" if bad else "as signed"
            say(f"{origin}: {found.records} records, {found.checkpoints} checkpoints, {verdict}")
            well = well and bad is None
    for path in {*saved} - held:
        say(f"{path.name} is a checkpoint of neither log")
    return well and held == {*saved}


def _outside(folder: Path, saved: Sequence[Path]) -> tuple[Outside, ...]:
    """Return the signed notes about one log that lie outside the database."""
    signed = signed_note(folder)
    own = () if signed is None else (Outside("the signer's memory", signed),)
    return (*own, *(Outside(path.name, path.read_bytes(), published=True) for path in saved))


async def rebuild(service: Service[S], settings: S, name: str, *, apply: bool) -> bool:
    """Have the workers build a view anew beside the live one; return whether there is such a view.

    What is read stays as it is until the new one has caught up.
    """
    view = next((view for view in service.every_view if view.name == name), None)
    if view is None:
        say(f"{service.name} has no view {name}: {', '.join(v.name for v in service.every_view)}")
        return False
    if not apply:
        async with open_pool(
            settings.database_dsn.get_secret_value(), name=f"{service.name} rebuild"
        ) as pool:
            position = await Positions(pool, service.name, 0).applied(name)
        say(f"would build {name} v{view.version} anew, {position} events; with --apply it is done")
        return True
    database = unquote(urlsplit(settings.database_dsn.get_secret_value()).path.removeprefix("/"))
    async with connect(
        admin_dsn(settings), name=f"{service.name} rebuild", database=database
    ) as connection:
        await rebuild_view(connection, view_tables(service, settings), name)
    say(f"{name} v{view.version} is being built anew beside the live one")
    return True


async def list_parked(service: Service[S], settings: S) -> bool:
    """Say which streams wait for an operator, and why; return whether there is none."""
    none = True
    async with opened(service, settings, role="parked") as process:
        for heard in service.subscriptions(process.parts):
            book = Book(process.parts.pool, heard.group, heard.topic)
            for each in await book.parked_streams():
                none = False
                say(
                    f"{heard.group} {heard.topic} {each.stream}: {each.messages} since "
                    f"{each.since:%Y-%m-%d %H:%M:%S}, {each.code}: {each.reason}"
                )
    if none:
        say(f"{service.name} has no parked stream")
    return none


async def own_command(service: Service[S], settings: S, name: str) -> bool:
    """Do what the service itself has to offer under ``name``; return whether all is well."""
    async with opened(service, settings, role=name) as process:
        return await service.commands[name](process.parts)


def say(line: str) -> None:
    """Tell the operator."""
    sys.stdout.write(f"{line}\n")
