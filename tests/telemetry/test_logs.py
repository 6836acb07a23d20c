"""Log entries: one JSON object a line, joined to the trace and the case, personal to nobody."""

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
import structlog

from shared.telemetry import about_case, bound_case, current_trace_id, get_logger, log, span
from shared.telemetry.logs import configure_logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Yield a function that returns the entries logged so far; restore logging afterwards.

    Ours go to stdout as it is at each entry, those of libraries to stdout as it was at set-up.
    """
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stdout = StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    configure_logs("review", logging.INFO)

    def entries() -> list[dict[str, Any]]:
        said = capsys.readouterr().out + stdout.getvalue()
        return [json.loads(line) for line in said.splitlines()]

    yield entries
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_an_entry_is_one_json_object_with_its_fields(lines: Any) -> None:
    """Style 4: ``<service>.<what happened>``; values as fields, never inside the text."""
    get_logger("relay").info("relay.producer_rebuilt", topic="t", event_id=UUID(int=1), lag=3)
    (entry,) = lines()
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "event": "relay.producer_rebuilt",
        "level": "info",
        "source": "relay",
        "service": "review",
        "topic": "t",
        "event_id": "00000000-0000-0000-0000-000000000001",
        "lag": 3,
    }


@pytest.mark.usefixtures("recorded_spans")
def test_an_entry_names_its_trace_and_its_case(lines: Any) -> None:
    """Conventions 4: with ``trace_id`` and ``case``, so that it is found from either."""
    with span("review.decide"), bound_case("case-1"):
        log("review.decided")
        about_case("case-2")
        log("review.decided")
        trace_id = current_trace_id()
    log("review.idle")
    first, second, third = lines()
    assert first["trace_id"] == second["trace_id"] == trace_id
    assert (first["case"], second["case"]) == ("case-1", "case-2")
    assert not {"trace_id", "case", "simulated"} & third.keys()


def _fail() -> None:
    """Raise an error that quotes what a person wrote, caused by another that does."""
    try:
        json.loads("{}")["19121212-1212"]
    except KeyError as cause:
        raise ValueError("A. Person") from cause


def test_an_exception_is_told_by_class_and_place_and_not_by_its_text(lines: Any) -> None:
    """Architecture 3.6: a library may quote in its exception what a person wrote."""
    try:
        _fail()
    except ValueError as error:
        get_logger("web").error("web.failed", exc_info=error)
        logging.getLogger("somewhere").exception("it failed")
    for entry in lines():
        assert entry["error"] == ["ValueError", "KeyError"]
        assert entry["error_at"][-1].startswith("tests/telemetry/test_logs.py:")
        assert "Person" not in json.dumps(entry)
        assert "1212" not in json.dumps({**entry, "at": ""})


def test_an_error_of_the_network_may_speak(lines: Any) -> None:
    """House: a refused connection is about a host and a port, never about a person."""
    get_logger("kafka").warning("kafka.away", exc_info=ConnectionRefusedError(111, "refused"))
    (entry,) = lines()
    assert entry["error"] == ["ConnectionRefusedError: [Errno 111] refused"]


def test_a_files_name_is_kept_back(lines: Any) -> None:
    """House: people name their files after people."""
    get_logger("review").warning("x.y", exc_info=FileNotFoundError(2, "no", "A. Person.pdf"))
    (entry,) = lines()
    assert entry["error"] == ["FileNotFoundError: ENOENT"]


def test_of_several_errors_at_once_each_is_told(lines: Any) -> None:
    """House: tasks live in groups, so errors come in groups."""
    both = ExceptionGroup("A. Person", [ValueError("A"), ExceptionGroup("B", [KeyError("C")])])
    get_logger("review").error("x.y", exc_info=both)
    (entry,) = lines()
    assert entry["error"] == ["ExceptionGroup", "ValueError", "ExceptionGroup", "KeyError"]


def test_what_libraries_log_comes_out_in_the_same_form(lines: Any) -> None:
    """Conventions 4: uvicorn, aiokafka and faust speak JSON too; asyncio's second line stays."""
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("aiokafka.consumer").warning("Heartbeat failed for group %s", "g")
    logging.getLogger("faust.app").info("ready")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: private")
    server, kafka, faust, task = lines()
    assert (server["event"], server["source"]) == ("Started server process [7]", "uvicorn.error")
    assert (kafka["event"], kafka["level"]) == ("Heartbeat failed for group g", "warning")
    assert (faust["event"], faust["service"]) == ("ready", "review")
    assert task["event"] == "Task exception was never retrieved"


def test_addresses_as_called_are_never_logged(lines: Any) -> None:
    """Issue 3: digits of a wrong organisation number are never logged; a query may hold them."""
    logging.getLogger("uvicorn.access").info("GET /v1/x?organisation=5560000168")
    logging.getLogger("aiokafka").info("chatter")
    logging.getLogger("opentelemetry.sdk").error("no collector")
    assert lines() == []


def test_a_value_without_a_json_form_is_told_by_its_class(lines: Any) -> None:
    """House: what ``repr`` would show of an object may be personal."""
    log("review.odd", what=pytest)
    (entry,) = lines()
    assert entry["what"] == "<module>"


def test_a_stray_surrogate_does_not_silence_the_log(lines: Any) -> None:
    """House: a log entry never fails the work it tells of."""
    log("review.odd", text="\ud800")
    (entry,) = lines()
    assert entry["event"] == "review.odd"
