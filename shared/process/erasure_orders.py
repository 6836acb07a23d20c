"""What operators ask about erasures. A dry run until ``--apply``: they say what they would do."""

from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from shared import clock
from shared.contracts.envelope import Cause
from shared.decider import Refusal
from shared.ledger.signer import signed_note
from shared.ledger.store import LOGS
from shared.process.compose import opened
from shared.process.erased_files import Removed, remove_files
from shared.process.erasing import Eraser, LegallyHeld
from shared.process.erasure_ledger import Erasure, ErasureOrder, OrderDiffers
from shared.process.legal_hold import HOLD, HoldCommand, decider, stream_of
from shared.process.operate import check_ledger, say
from shared.process.provide import eraser
from shared.process.service import Service
from shared.process.settings import ServiceSettings
from shared.vault import key_id_of

S = TypeVar("S", bound=ServiceSettings)

HOLDS_NOTHING: Final = "holds nothing sealed about"
ENTERED_BEFORE: Final = "entered for erasure before"
FILES_LEFT: Final = "files are left in the store, which nobody can read"
"""What is said of a subject; whoever asks several services looks for it."""


async def erase_subject(
    service: Service[S], settings: S, order: ErasureOrder, *, apply: bool
) -> bool:
    """Erase what the service has sealed about a subject, or say what that would be.

    Return whether that may be: not while a legal hold lies on it (ERA-2), nor under an order that said
    something else. Enters the ledger of erasures first; finishes what was entered and not carried out, too.
    """
    async with eraser(service, settings) as erasing:
        try:
            free = await _told(service, erasing, order, apply=apply)
            if not apply:
                return free
            await erasing.enter(order)
        except (LegallyHeld, OrderDiffers) as no:
            say(f"{service.name}: {no}")
            return False
        subjects = {order.subject: None}
        for done in await erasing.finish():
            subjects[done.erasure.subject_id] = None
            what = f"{done.texts} texts and the key of {done.erasure.subject_id}"
            say(f"{service.name}: erased {what}")
        for subject in subjects:
            _tell_files(
                service.name, subject, await remove_files(service, settings, erasing, subject)
            )
    return True


def _tell_files(service: str, subject: UUID, removed: Removed) -> None:
    """Say what became of the files of a subject."""
    if removed.why_left is not None:
        say(f"{service}: {FILES_LEFT}, of {subject}; repeat this later: {removed.why_left}")
    elif removed.files:
        say(f"{service}: removed the files of {subject}: {removed.files}")


async def _told(service: Service[S], erasing: Eraser, order: ErasureOrder, *, apply: bool) -> bool:
    """Say what is there, what became of it before, and what holds it; return whether nothing does.

    Raises:
        OrderDiffers: See there.
    """
    held = await erasing.held(order.subject)
    for each in held or ():
        say(f"{service.name}: {each.case or 'no case'}: {each.name}: {each.texts}")
    for before in erasing.ledger.of(order.subject):
        say(f"{service.name}: {ENTERED_BEFORE}: {_entered(before)}")
    holds = await erasing.holds(order.subject)
    for hold in holds:
        say(f"{service.name}: held since {_at(hold.placed_at)}: {hold.ground} {hold.hold_id}")
    entered = erasing.ledger.entered(order)
    if held is None:
        say(f"{service.name}: {HOLDS_NOTHING} {order.subject}")
    elif entered is not None and not await erasing.is_back(entered):
        say(f"{service.name}: what it holds came after this order, and stays")
    elif not apply:
        if entered is None:
            await erasing.require_own(order)
        texts = f"{sum(each.texts for each in held)} texts and the key of {order.subject}"
        what = texts if service.remove_files is None else f"{texts}, and every file under it"
        say(f"{service.name}: {'would keep, while it is held:' if holds else 'would erase'} {what}")
    return not holds


def _entered(erasure: Erasure) -> str:
    """Return when and why something was erased, and on which order."""
    order = f", order {erasure.order_id}" if erasure.order_id else ""
    return f"{_at(erasure.entered_at)}, {erasure.basis}{order}"


def _at(moment: datetime) -> str:
    """Return a moment as operators are told it: UTC, to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


async def change_hold(
    service: Service[S], settings: S, command: HoldCommand, *, apply: bool
) -> bool:
    """Place a legal hold on a subject or lift it, or say what that would be; return whether it may be.

    On record of this service: each holds up what its own vault has.
    """
    stream = stream_of(command.subject_id)
    async with opened(service, settings, role="legal hold") as process:
        parts = process.parts
        handler = replace(parts.handler, deciders={HOLD: decider})
        made = parts.new_id()
        try:
            if apply:
                cause = Cause(parts.actor, made, command.subject_id, made)
                events = (await handler.put(stream, command, cause)).events
            else:
                events = decider.decide(command, (await handler.look(stream)).state)
            sealed = await key_id_of(parts.pool, str(command.subject_id))
        except Refusal as no:
            say(f"{no.code}: {no.detail}")
            return False
    for event in events:
        say(f"{'' if apply else 'would be recorded: '}{type(event).__name__} {command.subject_id}")
    if not events:
        say(f"{command.hold_id} holds already")
    if not sealed:
        say(f"{service.name}: {HOLDS_NOTHING} {command.subject_id}")
    return True


async def remake_erasures(service: Service[S], settings: S, *, apply: bool) -> bool:
    """Make a lost ledger of erasures again from those on record; return whether that may be.

    All of them are on record in a log that is as its signer remembers it, and in no other: one
    that was put back from an earlier time lacks those after it.
    """
    if not await _whole(service, settings):
        say(f"the log of {service.name} may lack erasures; put it back as it was signed")
        return False
    async with eraser(service, settings) as erasing:
        if erasing.ledger.begun:
            say(f"the ledger of erasures of {service.name} is there")
            return False
        recorded = await erasing.on_record()
        for each in recorded:
            say(f"on record: {each.subject_id}: {_entered(each)}")
        if apply:
            erasing.ledger.begin(clock.now(), recorded)
            say(f"made again, with {len(recorded)} erasures; now run migrate")
        else:
            say(f"would make it again with {len(recorded)} erasures; with --apply it is done")
    return True


async def _whole(service: Service[S], settings: S) -> bool:
    """Return whether both logs are what their signers remember; a signer without memory says no."""
    folder = settings.ledger_folder / service.name
    forgot = [log for log in LOGS if signed_note(folder / log) is None]
    for log in forgot:
        say(f"nobody remembers what was signed of {service.name}/{log}")
    return not forgot and await check_ledger(service, settings, ())
