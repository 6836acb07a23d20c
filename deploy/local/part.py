"""What the stack must know of each of its parts."""

import asyncio
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Coroutine
from pathlib import Path
from typing import Protocol, TypeVar

from deploy.local.processes import Launch

T = TypeVar("T")
_HTTP_TIMEOUT_S = 2


class Part(Protocol):
    """A program of the local stack.

    Attributes:
        name: What people call it; also the name of its record and its log.
        required: Whether a start waits for it.
        light: Whether a start may restart it in passing, when it is to run otherwise than it does.
        stop_signal: What asks it to end in good order.
    """

    name: str
    required: bool
    light: bool
    stop_signal: signal.Signals

    def prepare(self) -> None:
        """Make folders, files and clusters; safe to repeat, called before every launch."""
        ...

    def launch(self) -> Launch:
        """Return how it is started."""
        ...

    def answers(self) -> bool:
        """Return whether it does its work, tried with a real request."""
        ...

    def address(self) -> str:
        """Return where a person or a client finds it."""
        ...


def wait_for(work: Coroutine[None, None, T]) -> T:
    """Run ``work`` in an event loop of its own, also where one is already running."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 -- raised again below, in the caller
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def answers_with_ok(url: str) -> bool:
    """Return whether a GET of ``url`` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=_HTTP_TIMEOUT_S) as answer:  # noqa: S310 -- ours
            return bool(answer.status == 200)  # noqa: PLR2004 -- RFC 9110
    except (urllib.error.URLError, OSError):
        return False


def shown(path: Path) -> Path:
    """Return ``path`` as seen from where the person stands, if it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
