"""Begin with an empty system: a log does not go back in time, and neither does its clock."""

import asyncio
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import asyncpg

from deploy.local.part import wait_for
from deploy.local.postgres import data_folders, stand_in
from deploy.local.settings import StackSettings
from deploy.local.stack import Stack
from shared.clock import set_clock
from shared.kafka import Brokers
from shared.kafka.clients import administrating

BEFORE = "-before-"
_TIMEOUT_S = 30


def put_aside(settings: StackSettings) -> tuple[Path, ...]:
    """Move the data of a stopped stack to ``data-before-1``, or the next number that is free.

    Returns:
        Where it is now; empty when there was none.
    """
    moved: list[Path] = []
    for folder in data_folders(settings):
        if folder.exists() and any(folder.iterdir()):
            aside = folder.with_name(f"{folder.name}{BEFORE}{1 + len(_before(folder))}")
            folder.rename(aside)
            moved.append(aside)
    return tuple(moved)


def remove(settings: StackSettings) -> tuple[Path, ...]:
    """Remove everything of a stopped stack but what was fetched; return what it was."""
    data = [each for folder in data_folders(settings) for each in (folder, *_before(folder))]
    programs = () if settings.parts_dir else (stand_in(settings.parts),)  # copied, not fetched
    folders = (*data, *programs, settings.run, settings.log)
    removed = [folder for folder in folders if folder.exists()]
    for folder in removed:
        shutil.rmtree(folder, ignore_errors=True)
    return tuple(removed)


def _before(folder: Path) -> tuple[Path, ...]:
    """Return what was put aside of ``folder``."""
    return tuple(folder.parent.glob(f"{folder.name}{BEFORE}*"))


def begin_clock(settings: StackSettings, at: datetime) -> Path:
    """Give the data a simulated clock, frozen at ``at``, and return its file."""
    clock = settings.clock or settings.data / "clock"
    clock.parent.mkdir(parents=True, exist_ok=True)
    set_clock(clock, at)
    return clock


def empty(stack: Stack, databases: Sequence[str]) -> None:
    """Remove ``databases``, every topic, letter and piece of evidence, and what was signed, of a running stack.

    Quicker than another stack. The services must be stopped; afterwards they must ``migrate``. Keys
    and memories of signers go with the logs: they would never sign for others.
    """
    wait_for(_empty(stack.postgres_admin_dsn, databases, stack.kafka_bootstrap))
    data = stack.settings.data
    for folder in (stack.mail_folder, data / "evidence", data / "ledger"):
        for path in folder.glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


async def _empty(dsn: str, databases: Sequence[str], bootstrap: str) -> None:
    async with asyncio.timeout(_TIMEOUT_S):
        await _drop(dsn, databases)
        await _delete_topics(bootstrap)


async def _drop(dsn: str, databases: Sequence[str]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for name in databases:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def _delete_topics(bootstrap: str) -> None:
    """Delete every topic but Kafka's own; the groups' offsets go with their topics."""
    async with administrating(Brokers(bootstrap)) as admin:
        topics = [topic for topic in await admin.list_topics() if not topic.startswith("__")]
        if topics:
            await admin.delete_topics(topics)
