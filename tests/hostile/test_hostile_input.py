"""Issue "It holds", section 3: one real house, and everybody who means it no good."""

import time
from collections import Counter
from typing import Final

import pytest

from deploy.demo.appointments import person_id
from deploy.local.settings import SERVICES
from shared.contracts.roles import Role
from shared.telemetry import Metric
from shared.web.server import HEADER_TIMEOUT_S, KEEP_ALIVE_S, PIPELINED_MAX
from shared.web.strict import Limits
from tests.hostile import slow, tokens, uploads, waves
from tests.hostile.conftest import REQUESTS
from tests.hostile.fuzzing import Report
from tests.hostile.operations import every_operation
from tests.hostile.relations import (
    NOT_THEIRS,
    QUERIED,
    Asked,
    Case,
    due,
    has_parts,
    on_record,
    relations_of,
)
from tests.hostile.rows import (
    ALLOWED,
    ANYONE,
    BY_PART,
    FIRM,
    FIRMS,
    HIDDEN,
    NO_PART,
    OF_THE_WHOLE,
    OURS,
    WITHOUT,
)
from tests.hostile.scene import Scene, secrets_of
from tests.system.everywhere import Everywhere

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

LINKS: Final = 5
"""So many of the documents' links are followed at least; some twenty as a rule."""
EXPECTED: Final = {200, 201, 400, 401, 403, 404, 405, 409, 412, 422}
"""Statuses that so many requests meet; without one of them they went past what they should test."""
MEMORY_MB: Final = 64
"""By how much a service may grow under all attacks at once."""
OTHERS_S: Final = 10.0
"""How long others may wait meanwhile, on a machine that has to play both sides."""
LEFT_KIB: Final = 4_096
"""By how much a service may have grown from the end of the first wave to that of the third."""
BREATH_S: Final = 0.5
NAMED_IN_BODY: Final = "review.approve_appointment"
"""The body says which appointment of the person is meant, and ours says nobody's."""
KEYS: Final = "file:data/vault/"
"""Where the local stack keeps master keys, as an operator's own store of secrets would."""


def test_the_table_of_relations_is_total() -> None:
    """SOD-15: an operation that is new, or that changes sides, has a row or fails here."""
    rows = Counter([*ANYONE, *FIRMS, *OURS, *WITHOUT])
    assert rows == Counter(each.key for each in every_operation())
    assert {each.key for each in every_operation() if not each.roles} == ANYONE


def test_the_table_of_parts_is_total() -> None:
    """SOD-15: a role that is new, or may something new about a case, has a row or fails here."""
    assert Counter([*FIRM, *BY_PART, *OF_THE_WHOLE]) == Counter(Role)
    needed = {(op.key, role) for op in every_operation() for role in Role if has_parts(op, role)}
    assert NO_PART.keys() == needed


def test_every_relation_of_every_role_has_been_asked(answers: list[Asked]) -> None:
    """SOD-15: a table that nobody executes holds nothing."""
    told = {(each.operation.key, each.role, each.case) for each in answers}
    assert told == {
        (operation.key, role, case)
        for operation in every_operation()
        for role in Role
        for case in relations_of(operation, role)
        if operation.roles
    }


def test_no_generated_request_gets_a_wrong_answer(report: Report) -> None:
    """RFC 9457: no 5xx; status, body and headers as documented; every no a problem document."""
    assert report.failures == (), report.words()
    assert report.sent >= REQUESTS


def test_generated_requests_reach_every_operation_and_every_kind_of_answer(report: Report) -> None:
    """House: a run that meets one and the same wall two thousand times has shown nothing."""
    documented = {(each.service, f"{each.method} {each.path}") for each in every_operation()}
    assert documented - report.seen.keys() == set()
    statuses = report.statuses()
    assert statuses.keys() >= EXPECTED
    assert statuses[200] + statuses[201] > REQUESTS / 10


def test_generated_requests_follow_the_links_of_the_documents(report: Report) -> None:
    """OpenAPI 3.1 section 4.8.20: answers lead on; where they lead to nothing, it is a failure above."""
    assert len(report.followed) >= LINKS
    led = {status for each in report.followed.values() for status in each}
    assert 200 in led


def test_whoever_has_no_role_for_it_hears_so_whatever_they_name(answers: list[Asked]) -> None:
    """SOD-15: 403, the same for what is there and for what is not."""
    theirs = [each for each in answers if each.role.value not in each.operation.roles]
    assert len(theirs) > 1_000
    wrong = [each for each in theirs if (each.answer.status, each.answer.code) != (403, NOT_THEIRS)]
    assert [(each.operation.key, each.label, each.answer.code) for each in wrong] == []
    said = {(each.operation.service, each.answer.said, each.answer.headers) for each in theirs}
    assert len(said) == len({service for service, _, _ in said}), "one answer for each service"


def test_another_firms_case_is_answered_like_one_that_is_not_there(answers: list[Asked]) -> None:
    """WSP-1, SOD-14: same status, code, words and headers: nobody learns what others have."""
    asked = {(each.operation.key, each.label, each.case): each.answer for each in answers}
    told = [each for each in _of_firms(answers) if each.case is Case.OTHERS]
    assert len(told) > 50
    for each in told:
        key, label, answer = each.operation.key, each.label, each.answer
        assert (answer.status, answer.code) == (404, FIRMS[key]), (key, label, answer.text)
        assert answer == asked[key, label, Case.ABSENT], (key, label, answer.text)


def test_a_list_about_another_firms_case_says_what_one_about_none_says(
    answers: list[Asked],
) -> None:
    """SOD-14: also where the query names the case, and not the path."""
    asked = {(each.operation.key, each.label, each.case): each.answer for each in answers}
    told = [
        each
        for each in answers
        if each.operation.key in QUERIED and each.case is Case.OTHERS
        if each.role in FIRM and each.role.value in each.operation.roles
    ]
    assert {each.operation.key for each in told} == QUERIED.keys()
    for each in told:
        absent = asked[each.operation.key, each.label, Case.ABSENT]
        own = asked[each.operation.key, each.label, Case.OWN]
        assert each.answer == absent, (each.operation.key, each.label, each.answer.text)
        assert own.status == 200 or each.label.startswith("beta"), own.text  # no certificate yet
        assert each.answer.status == 404 or each.answer.text == absent.text == "[]"


def test_another_firms_piece_is_not_there_in_ones_own_case(answers: list[Asked]) -> None:
    """WSP-1: a file or a grant is found below its own case only."""
    asked = {(each.operation.key, each.label, each.case): each.answer for each in answers}
    told = [each for each in _of_firms(answers) if each.case is Case.OTHERS_PIECE]
    assert len(told) > 4
    for each in told:
        absent = asked[each.operation.key, each.label, Case.ABSENT_PIECE]
        assert each.answer == absent, (each.operation.key, each.label, each.answer.text)
        assert each.answer.status >= 400


def test_ones_own_case_is_there(answers: list[Asked]) -> None:
    """House: else to find nothing of others' would say nothing."""
    for each in _of_firms(answers):
        if each.case is Case.OWN and each.label.startswith("alfa"):
            said = (each.operation.key, each.label, each.answer.text)
            assert each.answer.code not in {FIRMS[each.operation.key], NOT_THEIRS}, said
            assert each.answer.status < 500, said


def test_a_firm_is_shown_nothing_of_another(answers: list[Asked], scene: Scene) -> None:
    """SOD-14: no id and no number of another firm, in lists and refusals as little as elsewhere."""
    ids = {
        firm.label: {firm.application_id, firm.review_id, firm.number, firm.number.replace("-", "")}
        for firm in (scene.alfa, scene.beta, scene.gamma)
    }
    own, others = 0, []
    for each in answers:
        firm = each.label.partition("-")[0]
        if firm in ids:
            own += any(word in each.answer.text for word in ids[firm] if word)
            strangers = {word for label, words in ids.items() if label != firm for word in words}
            found = [word for word in strangers if word and word in each.answer.text]
            others += [(each.operation.key, each.label, found)] if found else []
    assert own > 10
    assert others == []


def test_what_is_not_there_is_not_there_for_the_house_either(answers: list[Asked]) -> None:
    """Conventions 1: 404, or 412 for a version of it, for whichever of our own roles asks."""
    told = [
        each
        for each in answers
        if each.case is Case.ABSENT
        if each.role not in FIRM and each.role.value in each.operation.roles
    ]
    assert len(told) > 30
    rows = {**FIRMS, **OURS}
    for each in [each for each in told if each.operation.key in rows]:
        said = (each.operation.key, each.label, each.answer.text)
        if each.answer.code == "stream_moved":  # RFC 9110 section 13.1.1: no version is there
            assert each.operation.seen, said
            assert each.answer.status == 412, said
        elif each.operation.method == "GET":
            assert (each.answer.status, each.answer.code) == (404, rows[each.operation.key]), said
        else:
            assert each.answer.status == 404, said


def test_whoever_has_a_part_or_needs_none_is_let_in(answers: list[Asked]) -> None:
    """SOD-15: what is allowed is refused on no ground of role or duty, and is there."""
    let_in = [
        each
        for each in answers
        if each.role not in FIRM and due(each.operation, each.role, each.case) == ALLOWED
    ]
    assert {each.case for each in let_in} == {Case.OWN, Case.ASSIGNED, Case.UNASSIGNED, Case.ANY}
    rows = {**FIRMS, **OURS, NAMED_IN_BODY: NOT_THEIRS}
    for each in let_in:
        said = (each.operation.key, each.label, each.case, each.answer.text)
        assert each.answer.status not in {401, 403}, said
        assert each.answer.code != rows.get(each.operation.key, NOT_THEIRS), said
        assert each.case not in {Case.ASSIGNED, Case.UNASSIGNED} or each.answer.status != 412, said


def test_whoever_has_no_part_hears_what_the_table_says(answers: list[Asked]) -> None:
    """REV-5, REV-13, WSP-2, K-02: 403 with its code, or the answer of what is not there."""
    absent = {
        (each.operation.key, each.label): each.answer
        for each in answers
        if each.case is Case.ABSENT
    }
    told = [each for each in answers if each.case is Case.UNASSIGNED]
    for each in told:
        key, answer = each.operation.key, each.answer
        wanted, said = due(each.operation, each.role, each.case), (key, each.label, answer.text)
        if wanted == HIDDEN:
            assert (answer.status, answer.code) == (404, FIRMS[key]), said
            assert answer == absent[key, each.label], said
        elif wanted != ALLOWED:
            assert (answer.status, answer.code) == (403, wanted), said


def test_each_no_to_whoever_has_no_part_is_on_record(answers: list[Asked], scene: Scene) -> None:
    """GEN-8: for the auditors and the yearly review of impartiality, also where it was hidden."""
    for service, hidden in (("review", HIDDEN), ("intake", "not_the_screener")):
        wanted = Counter(
            (person_id(each.label), hidden if code == HIDDEN else code)
            for each in answers
            if each.operation.service == service and each.case is Case.UNASSIGNED
            if (code := due(each.operation, each.role, each.case)) != ALLOWED
            if code != HIDDEN or each.operation.method != "GET"
        )
        assert len(wanted) > 1
        assert on_record(scene, service) >= wanted


def _of_firms(answers: list[Asked]) -> list[Asked]:
    """Return what firms asked of cases, where their role may."""
    return [
        each
        for each in answers
        if each.operation.key in FIRMS
        if each.role in FIRM and each.role.value in each.operation.roles
    ]


def test_slow_and_endless_clients_are_left_in_time(endured: slow.Measured) -> None:
    """Conventions 1: a time-out for headers and body, and a limit of both; 408, 413 or silence."""
    late = {
        "silent": HEADER_TIMEOUT_S,
        "idle after an answer": KEEP_ALIVE_S,
        "headers drop by drop": HEADER_TIMEOUT_S,
        "body drop by drop": Limits().body_timeout_s,
    }
    for kind, each in ((kind, each) for kind, some in endured.ended.items() for each in some):
        assert each is not None, f"{kind}: was not left"
        assert each.after_s >= late.get(kind, 0.0) - 0.1, kind
        assert each.after_s <= late.get(kind, slow.GRACE_S) + slow.GRACE_S, kind
    said = {kind: {each.said[:12] for each in some if each} for kind, some in endured.ended.items()}
    assert said["body drop by drop"] == {b"HTTP/1.1 408"}
    assert said["refused, and goes on"] == {b"HTTP/1.1 400"}
    assert said["file of nobody"] == {b"HTTP/1.1 401"}
    assert said["body without end"] <= {b"HTTP/1.1 413", b""}
    assert said["idle after an answer"] == {b"HTTP/1.1 200"}
    silent = {"silent", "headers drop by drop", "headers without end", "one header without end"}
    assert {word for kind in silent for word in said[kind]} == {b""}
    waiting = [
        each.said.count(b"HTTP/1.1 200") for each in endured.ended["requests upon requests"] if each
    ]
    assert max(waiting) <= PIPELINED_MAX + 1


def test_their_number_costs_no_memory_and_nobody_else_their_answer(endured: slow.Measured) -> None:
    """Style 9.3: what one of them may take is bounded; the others are served all the while."""
    assert 0 < endured.before_mb < endured.peak_mb <= endured.before_mb + MEMORY_MB
    assert endured.others_failed == []
    assert len(endured.others_s) > 10
    assert max(endured.others_s) < OTHERS_S


def test_one_client_more_costs_what_a_connection_may_hold(
    weights: dict[str, waves.Weighed],
) -> None:
    """Style 9.3: each kind by itself, and twice as many: heads, bodies, files, unread answers."""
    assert weights.keys() == {*SERVICES}
    for service, seen in weights.items():
        assert {*seen.answered} == {200}, service
        for kind, weight in seen.of.items():
            allowed_kib = (weight.kind.keeps + waves.CONNECTION_BYTES) / 1_024
            assert weight.each_kib <= allowed_kib, (service, kind, weight.each_kib)
            few = weight.kind.few
            stayed = weight.there >= weight.half if few is None else weight.there <= few
            assert stayed, (service, kind, weight.there)


def test_a_wave_of_clients_leaves_no_more_behind_than_the_one_before(
    weights: dict[str, waves.Weighed],
) -> None:
    """Style 9.3: what the allocator keeps, it uses again; what leaks grows with each wave."""
    for service, seen in weights.items():
        first, *_, last = seen.left_kib
        assert last - first <= LEFT_KIB, (service, seen.left_kib, seen.wave)


def test_all_kinds_of_clients_together_leave_no_more_than_one_crowd_may_take(
    weights: dict[str, waves.Weighed],
) -> None:
    """Style 9.3: what the first of a kind cost is in no difference above, such as whole files in memory."""
    for service, seen in weights.items():
        grown_mb = (max(seen.left_kib) - seen.before_kib) / 1_024
        assert grown_mb <= MEMORY_MB, (service, grown_mb)


def test_a_token_that_proves_nothing_here_opens_nothing(scene: Scene) -> None:
    """RFC 8725, RFC 9068: real tokens of the issuer, in the wrong place or changed; 401."""
    bad = tokens.bad_tokens(scene)
    with scene.speaking_to(tokens.SERVICE) as http:
        good = scene.headers(tokens.SERVICE, tokens.SOMEBODY)
        assert http.get("/v1/reviews", headers=good).status_code == 200
        for what, (token, code) in bad.items():
            said = http.get("/v1/reviews", headers={"Authorization": f"Bearer {token}"})
            assert (said.status_code, said.json()["code"]) == (401, code), what
            assert 'error="invalid_token"' in said.headers["www-authenticate"], what
            assert token == tokens.NONE or token not in said.text, what


def test_a_token_counts_in_its_one_place_only(scene: Scene) -> None:
    """RFC 6750 section 2: in the header, once; in queries it would stand in histories and logs."""
    token = scene.tokens[tokens.SERVICE][tokens.SOMEBODY]
    with scene.speaking_to(tokens.SERVICE) as http:
        asked = http.get("/v1/reviews", params={"access_token": token})
        assert (asked.status_code, asked.json()["code"]) == (401, "token_missing")
        basic = http.get("/v1/reviews", headers={"Authorization": f"Basic {token}"})
        assert (basic.status_code, basic.json()["code"]) == (401, "token_missing")
        twice = [("Authorization", f"Bearer {token}")] * 2
        assert http.get("/v1/reviews", headers=twice).json()["code"] == "header_repeated"
        huge = http.get("/v1/reviews", headers={"Authorization": f"Bearer {'a' * 17_000}"})
        assert (huge.status_code, huge.json()["code"]) == (431, "headers_too_large")


def test_a_service_is_nobody_where_a_person_must_act(scene: Scene) -> None:
    """SOD-15: a good token of a service, in whoever's name it says to ask."""
    headers = scene.headers("review", "notify", On_Behalf_Of=str(tokens.person()))
    with scene.speaking_to("review") as http:
        said = http.get("/v1/reviews", headers=headers)
        assert (said.status_code, said.json()["code"]) == (403, NOT_THEIRS)


def test_a_file_that_is_not_what_it_seems_leaves_nothing(scene: Scene) -> None:
    """WSP-3: by its content; a name is no path; nothing is unpacked, and nothing is half done."""
    with scene.speaking_to(uploads.SERVICE) as http:
        for what, sent in uploads.files().items():
            before, seen = uploads.stored(scene.house), uploads.version(scene, http)
            said = uploads.send(scene, http, sent, seen)
            code = said.json().get("code")
            assert (said.status_code, code) == (sent.status, sent.code), (what, said.text)
            changed = uploads.version(scene, http) != seen
            assert changed is (sent.code is None), what
            more = uploads.stored(scene.house) - before
            assert len(more) == (sent.code is None), what
            if sent.code is None:
                assert uploads.came_back(scene, http, said.json()["id"], sent), what
                assert all(path.stat().st_size < 2 * len(sent.content) for path in more), what


def test_a_file_that_never_comes_whole_leaves_nothing(scene: Scene) -> None:
    """WSP-3: more than is taken, without a length; and senders who are gone in the middle."""
    with scene.speaking_to(uploads.SERVICE) as http:
        before, seen = uploads.stored(scene.house), uploads.version(scene, http)
        said = uploads.stream(scene, http, seen)
        assert (said.status_code, said.json()["code"]) == (413, "body_too_large")
        for chunked in (True, False):
            uploads.break_off(scene, seen, chunked=chunked)
        deadline = time.monotonic() + slow.PATIENCE_S
        while uploads.stored(scene.house) != before and time.monotonic() < deadline:
            time.sleep(BREATH_S)
        assert uploads.stored(scene.house) == before
        assert uploads.version(scene, http) == seen


async def test_no_secret_and_nothing_personal_lies_outside_the_vault(
    scene: Scene, report: Report, answers: list[Asked], endured: slow.Measured
) -> None:
    """Conventions 4: after all of this: in no file, row, message, trace, measurement or log."""
    assert report.sent + len(answers) + len(endured.ended) > REQUESTS
    secrets = secrets_of(scene)
    case = scene.alfa.application_id.encode()
    found = await Everywhere(scene.house).holding([*secrets.values(), scene.run.encode(), case])
    assert any(place.startswith("table:intake:log.event") for place in found[case])
    for service in SERVICES:  # measurements were said, so they were looked at
        said = scene.house.stack.settings.log / f"{service}.log"
        assert Metric.APPEND_DURATION in said.read_text(), service
    mail = f"/{scene.house.stack.mail_folder.name}/"
    names = {value: name for name, value in secrets.items()} | {scene.run.encode(): "canary"}
    left = {
        name: {each for each in found[value] if mail not in each and not each.startswith(KEYS)}
        for value, name in names.items()
    }
    assert {name: places for name, places in left.items() if places} == {}
