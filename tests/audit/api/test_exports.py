"""Exports: on record before a byte leaves, the same bytes for the same key, harmless in a spreadsheet."""

import csv
import io
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import orjson
import pytest

from services.audit.api import export_lines, exports
from services.audit.queries import HistoryRow
from shared.contracts.audit import ExportMade
from shared.contracts.record import decode, encode, leaf_hash
from tests.audit.api.asked import export
from tests.audit.api.house import CASE, MONDAY, PERSON, House, client, record
from tests.audit.case import certification

BODY: dict[str, Any] = {"case": str(CASE), "format": "jsonl"}


def filled() -> House:
    """Return a house with a case."""
    house = House()
    house.keep(certification())
    return house


def events(house: House) -> list[ExportMade]:
    """Return which exports are on record."""
    return [ExportMade.model_validate(decode(leaf).data, strict=False) for leaf in house.log.leaves]


async def test_lines_hold_the_exact_bytes_and_can_be_checked() -> None:
    """L7, AUD-2: log, position, leaf hash, and the record as it is stored."""
    house = filled()
    answer = await export(house, BODY)
    assert answer.headers["content-type"] == "application/jsonl"
    lines = answer.content.splitlines()
    assert len(lines) == 20
    for line in lines:
        each = orjson.loads(line)
        leaf = house.leaves[each["log"], each["position"]]
        assert leaf in line
        assert each["hash"] == leaf_hash(leaf)
        assert each["record"] == orjson.loads(leaf)


async def test_an_export_is_on_record_with_what_it_holds() -> None:
    """AUD-2: who, the question's digest, sizes, number and hash; and nothing about anybody else."""
    house = filled()
    answer = await export(house, {**BODY, "person": str(PERSON)})
    (event,) = events(house)
    assert event.content_hash == sha256(answer.content).hexdigest()
    assert event.records == len(answer.content.splitlines())
    assert (event.application_id, event.format) == (CASE, "jsonl")
    assert ", ".join(event.as_of) == answer.headers["asf-as-of"]
    stored = decode(house.log.leaves[0])
    assert (stored.actor.role, stored.correlation_id) == ("auditor", CASE)
    assert str(PERSON) not in house.log.leaves[0].decode().replace(str(stored.actor.person), "")
    digest = b64encode(sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    (entry,) = [placed.entry for placed in await house.access.entries()]
    assert (entry.command, entry.stream) == ("make_export", f"export-{event.export_id}")


async def test_no_byte_leaves_without_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-2: the log cannot be written: nothing is sent, not even the head of a table."""
    house = filled()

    async def away(*_: object, **__: object) -> None:
        raise OSError("no log")

    monkeypatch.setattr(house.log, "append", away)
    for form in ("jsonl", "csv"):
        answer = await export(house, {**BODY, "format": form}, key=form)
        assert answer.status_code == 503
        assert b"InterestRegistered" not in answer.content
        assert b"position" not in answer.content
    assert events(house) == []


async def test_the_event_is_there_before_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-2: event first: while the bytes are made the second time, it is on record."""
    house, seen = filled(), list[int]()
    written = export_lines.WRITTEN["jsonl"]

    def watched(rows: Iterable[HistoryRow]) -> bytes:
        seen.append(len(house.log.leaves))
        return written.lines(rows)

    monkeypatch.setattr(exports, "WRITTEN", {"jsonl": written._replace(lines=watched)})
    assert (await export(house, BODY)).status_code == 200
    assert seen == [0, 1]


async def test_the_same_key_gives_the_same_bytes_whatever_came_since() -> None:
    """GEN-4: one export, one event; another key sees what is new."""
    house = filled()
    first = await export(house, BODY)
    house.keep([record("intake", 99, after_s=5)])
    again = await export(house, BODY)
    assert (again.content, again.headers["log-position"]) == (
        first.content,
        first.headers["log-position"],
    )
    assert len(events(house)) == 1
    assert (await export(house, BODY, key="two")).content != first.content
    assert len(events(house)) == 2
    other = await export(house, {**BODY, "format": "csv"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_an_export_that_would_differ_from_its_event_is_not_sent() -> None:
    """AUD-2: what is sent is what was said, or nothing."""
    house = filled()
    assert (await export(house, BODY)).status_code == 200
    place = ("asf/review", 3)
    house.leaves[place] = encode(decode(house.leaves[place])._replace(policy="2"))
    answer = await export(house, BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "export_differs")


async def test_an_export_can_be_as_of_earlier_sizes() -> None:
    """AUD-2: bound to one vector, its own or one that was given before."""
    house = filled()
    answer = await export(house, {**BODY, "as_of_sizes": "asf/intake@2"})
    assert len(answer.content.splitlines()) == 2
    assert answer.headers["asf-as-of"].startswith("asf/intake@2, asf/review@0")


async def test_too_much_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-2: and nothing is on record, since nothing left."""
    monkeypatch.setattr(exports, "RECORDS_MAX", 19)
    house = filled()
    answer = await export(house, BODY)
    assert (answer.status_code, answer.json()["code"]) == (422, "answer_too_long")
    assert events(house) == []


@pytest.mark.parametrize(
    "body",
    [
        {"format": "jsonl"},
        {"case": str(CASE)},
        {**BODY, "format": "xml"},
        {**BODY, "format": "bundle"},
        {**BODY, "limit": 5},
        {**BODY, "recorded_from": 1560758400},
        {**BODY, "as_of_sizes": "x"},
    ],
)
async def test_a_body_that_makes_no_sense_is_told_where(body: dict[str, Any]) -> None:
    """RFC 9457: 422; nothing is on record."""
    house = filled()
    answer = await export(house, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")
    assert events(house) == []


async def test_an_export_needs_a_key() -> None:
    """Conventions 1: 400 without."""
    answer = await client(filled()).post("/v1/exports", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_table_has_one_row_for_each_record() -> None:
    """RFC 4180: a head, the same columns in each row, the event as JSON in the last."""
    house = filled()
    answer = await export(house, {**BODY, "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    assert tuple(head) == export_lines.COLUMNS
    assert len(rows) == 20
    assert {len(row) for row in rows} == {len(head)}
    row = dict(zip(head, rows[0], strict=True))
    assert row["recorded_at"] == "2019-06-17T08:00:00.000000Z"
    assert orjson.loads(row["data"])["application_id"] == str(CASE)


@pytest.mark.parametrize("start", export_lines.FORMULA)
def test_no_cell_begins_like_a_formula(start: str) -> None:
    """OWASP, CSV injection: a record that somebody forged opens no programs at the auditor's."""
    forged = record("review", 1, type=f"{start}cmd|' /C calc'!A0", stream=f"{start}1+1")
    leaf = encode(forged)
    row = HistoryRow("asf/review", 1, leaf, leaf_hash(leaf), MONDAY, MONDAY)
    ((*cells,),) = csv.reader(io.StringIO(export_lines.csv_lines([row]).decode(), newline=""))
    assert not any(cell.startswith(export_lines.FORMULA) for cell in cells)
    assert f"'{start}1+1" in cells
