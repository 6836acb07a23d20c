"""Log entries: one JSON object a line on stdout, joined to the trace and the case.

An entry is ``<service>.<what happened>`` with values as fields. What the libraries log comes out
in the same form. Exceptions are told by class and place; their text is kept back, since a library
may quote in it what a person wrote.
"""

import errno
import json
import logging
import socket
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Protocol, cast

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.clock import now, simulated
from shared.contracts.base import instant_text

LINE_CHARS_MAX = 500
FRAMES_MAX = 20
ERRORS_MAX = 8
NETWORK = (ConnectionError, TimeoutError, socket.gaierror)
OUTSPOKEN = ("aiokafka", "faust", "mode")
"""Libraries whose errors speak of brokers and topics, never of people."""
LEVELS = {
    "aiokafka": logging.WARNING,
    "asyncio": logging.WARNING,
    "opentelemetry": logging.CRITICAL,  # ``export`` says in one line that a collector is missing
    "urllib3": logging.ERROR,
}

_case: ContextVar[str | None] = ContextVar("case", default=None)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Logger(Protocol):
    """What is done with a logger: an event and its fields, in four weights."""

    def debug(self, event: str, **fields: Any) -> None:
        """Say what only a developer asks for."""
        ...

    def info(self, event: str, **fields: Any) -> None:
        """Say what happened as it should."""
        ...

    def warning(self, event: str, **fields: Any) -> None:
        """Say what went wrong and mends itself."""
        ...

    def error(self, event: str, **fields: Any) -> None:
        """Say what somebody must look at; ``exc_info=error`` tells class and place."""
        ...


def get_logger(name: str) -> Logger:
    """Return the logger called ``name``: the module's, or the room's."""
    return cast("Logger", structlog.get_logger(source=name))


def log(event: str, **fields: Any) -> None:
    """Log ``event``, which happened as it should."""
    get_logger("sigill").info(event, **fields)


@contextmanager
def bound_case(case: str | None) -> Generator[None, None, None]:
    """Make every log entry inside say which case it is about; ``None`` for none."""
    token = _case.set(case)
    try:
        yield
    finally:
        _case.reset(token)


def about_case(case: str) -> None:
    """Make every log entry from here on, in this task, say which case it is about."""
    _case.set(case)


def configure_logs(service: str, level: int) -> None:
    """Send everything that is logged in this process to stdout, one JSON object a line."""
    shared = _write_entries(service, level)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared, _shorten],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, weight in LEVELS.items():
        logging.getLogger(name).setLevel(max(weight, level))
    for name in ("uvicorn", "uvicorn.error", "faust", "mode"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    access = logging.getLogger("uvicorn.access")  # its lines hold paths and queries as called
    access.handlers.clear()
    access.propagate = False
    logging.captureWarnings(capture=True)


def _write_entries(service: str, level: int) -> list[Processor]:
    """Write our own entries to stdout; return what is done to every entry before."""
    shared: list[Processor] = [
        _Stamp(service),
        structlog.processors.add_log_level,
        _tell_exception,
    ]
    structlog.configure(
        processors=[*shared, _render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stdout),
        cache_logger_on_first_use=False,
    )
    return shared


class _Stamp:
    """Adds when, where, and to which trace and case an entry belongs."""

    def __init__(self, service: str) -> None:
        self.service = service

    def __call__(self, _: WrappedLogger, __: str, entry: EventDict) -> EventDict:
        """Return ``entry``, stamped."""
        entry["at"] = instant_text(now())
        entry["service"] = self.service
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            entry["trace_id"] = trace.format_trace_id(context.trace_id)
            entry["span_id"] = trace.format_span_id(context.span_id)
        if (case := _case.get()) is not None:
            entry.setdefault("case", case)
        if simulated():
            entry["simulated"] = True
        return entry


def _tell_exception(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Replace ``exc_info`` by the classes of the exceptions and the place of the last one."""
    found = entry.pop("exc_info", None)
    entry.pop("stack_info", None)
    error: object = found
    if found is True:
        error = sys.exc_info()[1]
    elif isinstance(found, tuple):
        error = cast("ExcInfo", found)[1]
    if isinstance(error, BaseException):
        entry["error"] = [_told(each) for each in _led_to(error)]
        frames = traceback.extract_tb(_first_leaf(error).__traceback__)[-FRAMES_MAX:]
        entry["error_at"] = [
            f"{_place(each.filename)}:{each.lineno} {each.name}" for each in frames
        ]
    return entry


def _led_to(error: BaseException) -> list[BaseException]:
    """Return ``error``, what it groups and what led to it, at most ``ERRORS_MAX``."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < ERRORS_MAX:
        each = waiting.pop(0)
        found.append(each)
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(cast("BaseExceptionGroup[BaseException]", each).exceptions)
        before = each.__cause__ or each.__context__
        if before is not None and before not in found:
            waiting.append(before)
    return found


def _first_leaf(error: BaseException) -> BaseException:
    """Return the first error that ``error`` groups, which says where; else ``error`` itself."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _told(error: BaseException) -> str:
    """Return the class of ``error``; its text too where that cannot be about a person."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    if isinstance(error, NETWORK) or kind.__module__.split(".")[0] in OUTSPOKEN:
        return f"{name}: {error}"[:LINE_CHARS_MAX]
    if isinstance(error, OSError) and error.errno is not None:  # its text may name a file
        return f"{name}: {errno.errorcode.get(error.errno, error.errno)}"
    return name


def _place(filename: str) -> str:
    """Return ``filename`` from the library or room it belongs to."""
    parts = filename.replace("\\", "/").split("/")
    for root in ("site-packages", "services", "shared", "deploy", "tests"):
        if root in parts:
            start = len(parts) - parts[::-1].index(root) - 1
            return "/".join(parts[start + (root == "site-packages") :])
    return parts[-1]


def _shorten(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Keep the first line of what a library says: asyncio puts exceptions on the next ones."""
    entry["source"] = entry.pop("logger", None)
    said = str(entry["event"]).split("\n", 1)[0]
    entry["event"] = said[:LINE_CHARS_MAX]
    return entry


def _render(_: WrappedLogger, __: str, entry: EventDict) -> str:
    """Return ``entry`` as one line; a value that has no JSON form is told by its class alone."""
    option = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(entry, default=_class_name, option=option).decode()
    except TypeError:  # half a character, or an integer beyond 64 bits
        return json.dumps(entry, default=_class_name, sort_keys=True)


def _class_name(value: object) -> str:
    """Return the name of the class of ``value``."""
    return f"<{type(value).__name__}>"


_write_entries("unnamed", logging.INFO)
"""Until ``configure``: the library's default would print exceptions with every local value."""
