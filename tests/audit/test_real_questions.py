"""Questions, differences, the matrix and exports, over services that really ran."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.audit.queries import LOGS
from shared.contracts.audit import ExportMade
from shared.contracts.record import leaf_hash
from shared.ids import new_id
from tests.audit.running import Audited
from tests.audit.test_real_history import told
from tests.notify.running import eventually
from tests.system.observed import Observed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


async def pages(audited: Audited, case: UUID, **query: str) -> list[Any]:
    """Return every page of a case, two entries each."""
    answer = await audited.read("/v1/history", case=str(case), limit="2", **query)
    found = [answer]
    while "next" in answer.links:
        answer = await audited.read(answer.links["next"]["url"])
        found.append(answer)
    assert {page.status_code for page in found} == {200}
    return found


async def test_a_case_is_found_by_everything_that_it_names(audited: Audited) -> None:
    """AUD-1: by service, by type, by person, together; each narrows."""
    case = await told(audited)
    whole = await audited.history(case)
    people = {entry["actor"]["person"] for entry in whole}
    for field, values in (
        ("service", {entry["log"].partition("/")[2] for entry in whole}),
        ("type", {entry["type"] for entry in whole}),
        ("role", {entry["actor"]["role"] for entry in whole}),
    ):
        for value in values:
            answer = await audited.read(
                "/v1/history", case=str(case), limit="200", **{field: value}
            )
            assert answer.status_code == 200
            assert answer.json() == [e for e in whole if value in _named(e, field)]
    for person in people:
        answer = await audited.read("/v1/history", case=str(case), person=person, limit="200")
        mine = [e["hash"] for e in whole if e["actor"]["person"] == person]
        assert {*mine} <= {e["hash"] for e in answer.json()}


def _named(entry: dict[str, Any], field: str) -> set[str]:
    """Return what an entry says of a facet."""
    return {
        "service": {entry["log"].partition("/")[2]},
        "type": {entry["type"]},
        "role": {entry["actor"]["role"]},
    }[field]


async def test_pages_stand_still_while_records_go_on_arriving(audited: Audited) -> None:
    """AUD-1: bytes and links, by the sizes that the first answer named."""
    case = await told(audited)
    first = await audited.read("/v1/history", case=str(case), limit="1")
    sizes = first.headers["asf-as-of"]
    assert all(f"{log}@" in sizes for log in LOGS)
    before = await pages(audited, case, as_of_sizes=sizes)
    story = await audited.story("certificates", 6, correlation_id=case, data={})
    await audited.send("certificates", *(each.message for each in story))
    again = await pages(audited, case, as_of_sizes=sizes)
    assert [page.content for page in again] == [page.content for page in before]
    assert [page.headers.get("link") for page in again] == [p.headers.get("link") for p in before]

    async def there() -> bool:
        return "asf/certificates" in {entry["log"] for entry in await audited.history(case)}

    await eventually(there)


async def test_a_difference_over_the_whole_case_is_the_whole_case(audited: Audited) -> None:
    """AUD-1: between before the beginning and the end lies everything."""
    case = await told(audited)
    whole = await audited.history(case)
    answer = await audited.read(
        "/v1/history/difference",
        case=str(case),
        **{"from": "2019-01-01T00:00:00Z", "to": whole[-1]["recorded_at"]},
    )
    assert answer.status_code == 200
    assert answer.json()["between"] == whole
    parts = {each["part"]: each for each in answer.json()["changed"]}
    assert parts["application"]["before"] is None
    assert parts["application"]["after"]["value"] == "admitted"


async def test_the_matrix_names_those_who_acted(audited: Audited) -> None:
    """SOD-9: the screener of an admitted case, by case and by person."""
    case = await told(audited)
    of_case = (await audited.read("/v1/involvement", case=str(case))).json()
    (screener,) = [each for each in of_case if each["part"] == "screener"]
    answer = await audited.read("/v1/involvement", person=screener["person"])
    assert answer.status_code == 200, answer.text
    assert screener in answer.json()
    answer = await audited.read(f"/v1/decisions/{case}/lineage")
    assert (answer.status_code, answer.json()["code"]) == (404, "decision_not_found")


async def test_an_export_is_on_record_and_in_the_history_of_its_case(audited: Audited) -> None:
    """AUD-2: its hash, its sizes and number; again with its key it is the same bytes, on record as read."""
    case = await told(audited)
    whole = await audited.history(case)
    body, key = {"case": str(case), "format": "jsonl"}, str(new_id())
    first = await audited.export(body, key=key)
    assert first.status_code == 200, first.text
    lines = [orjson.loads(line) for line in first.content.splitlines()]
    assert [line["hash"] for line in lines] == [entry["hash"] for entry in whole]
    for line in lines:
        assert leaf_hash(orjson.dumps(line["record"], option=orjson.OPT_SORT_KEYS)) == line["hash"]
    made = [each for each in await audited.records("audit", case) if each.type == "ExportMade"]
    (event,) = [ExportMade.model_validate(each.data, strict=False) for each in made]
    assert event.content_hash == sha256(first.content).hexdigest()
    assert (event.records, ", ".join(event.as_of)) == (len(lines), first.headers["asf-as-of"])

    async def shown() -> bool:
        return "ExportMade" in {entry["type"] for entry in await audited.history(case)}

    await eventually(shown)
    again = await audited.export(body, key=key)
    assert again.content == first.content
    table = await audited.export({**body, "format": "csv"}, key=str(new_id()))
    assert len(table.content.splitlines()) > len(lines)
    entries = await Observed(audited.house).access_entries("audit")
    read = [each for each in entries if each["command"] == "make_export"]
    assert [each["case"] for each in read[-3:]] == [str(case)] * 3
