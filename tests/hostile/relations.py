"""Asks every operation in every role: for one's own case, for another firm's, for what is not there.

Own, another's, not there: these are the relations of firms. The house's people have a part in a
case, or none, or need none. Each request has the right form and a version that nobody has seen, so
that nothing changes; but rules are asked after the version. So whoever may have a part names the
version that is there: the rule itself says no, or lets them in.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx2

from deploy.demo.appointments import person_id
from deploy.demo.cast import Firm
from deploy.local.settings import SERVICES
from shared.contracts.certificate_number import number_of
from shared.contracts.roles import Role
from shared.ids import new_id
from tests.hostile.operations import Operation, every_operation
from tests.hostile.rows import ALLOWED, BY_PART, FIRM, FIRMS, HIDDEN, NO_PART, OURS
from tests.hostile.scene import CALLER, UNASSIGNED, WORKS_FOR_US, Scene

AT_ONCE: Final = 8
OF_ONE_ANSWER: Final = frozenset({"date", "trace-id", "content-length"})
"""Headers that differ from answer to answer, whatever was asked; the body's length goes with it."""
OCCURRENCE: Final = frozenset({"instance", "trace_id"})
QUERIED: Final = {
    **{f"{service}.list_access_log": "case" for service in SERVICES if service != "notify"},
    "intake.list_invoices": "application_id",
}
"""Lists that firms may ask about one case: the name of the parameter that says which."""
OF_ONE_ROLE: Final = Role.BUYER
"""A buyer has no role in anything: what is not there is asked of one such role, not of each."""
SCREENER: Final = "PL1"
"""Leads every case, and screens Alfa's."""
PIECES: Final = frozenset({"evidence_id", "grant_id"})
"""Parameters that name a part of a case, beside the case."""
UNSEEN: Final = '"999999"'
NOT_THEIRS: Final = "role_may_not_act"
FILE: Final = {
    "Content-Type": "application/pdf",
    "Content-Disposition": "attachment; filename=a.pdf",
}


class Case(StrEnum):
    """Whose thing the path names."""

    OWN = "own"
    OTHERS = "another firm's"
    ABSENT = "nobody's"
    ASSIGNED = "one in which this person has a part"
    UNASSIGNED = "one in which another person of the same role has a part"
    ANY = "any firm's, for a role that needs no part"
    OTHERS_PIECE = "another firm's piece, in one's own case"
    ABSENT_PIECE = "nobody's piece, in one's own case"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, but for what names this one answer.

    Attributes:
        said: A problem document, whole; of anything else only its type.
        text: The body as it came.
    """

    status: int
    code: str | None
    said: str
    headers: frozenset[tuple[str, str]]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and what was answered."""

    operation: Operation
    label: str
    role: Role
    case: Case
    answer: Answer


THERE: Final = frozenset({Case.OWN, Case.ASSIGNED, Case.ANY})
OF_PARTS: Final = frozenset({Case.ASSIGNED, Case.UNASSIGNED})


def due(operation: Operation, role: Role, case: Case) -> str:
    """Return what the table says: a code of 403, ``HIDDEN`` or ``ALLOWED``."""
    if role.value not in operation.roles:
        return NOT_THEIRS
    if case is Case.UNASSIGNED:
        return NO_PART[operation.key, role]
    return ALLOWED if case in THERE else HIDDEN


def has_parts(operation: Operation, role: Role) -> bool:
    """Return whether some in ``role`` have a part in what the address names, and others none.

    A command that project leaders share with such a role is for the one who was named.
    """
    if operation.key not in {**FIRMS, **OURS} or role.value not in operation.roles:
        return False
    shared = any(each.value in operation.roles for each in BY_PART)
    named = role is Role.PROJECT_LEADER and operation.method != "GET" and shared
    return role in BY_PART or named


def relations_of(operation: Operation, role: Role) -> Sequence[Case]:
    """Return which relations there are between the role and what the address names."""
    if not operation.parameters and operation.key not in QUERIED:
        return (Case.OWN,)
    if role.value not in operation.roles:
        return (Case.OTHERS, Case.ABSENT) if role is OF_ONE_ROLE else (Case.OTHERS,)
    if has_parts(operation, role):
        return (Case.ASSIGNED, Case.UNASSIGNED, Case.ABSENT)
    if role not in FIRM:
        return (Case.ANY, Case.ABSENT)
    of_pieces = (Case.OTHERS_PIECE, Case.ABSENT_PIECE)
    piece = PIECES & {*operation.parameters}
    return (Case.OWN, Case.OTHERS, Case.ABSENT, *(of_pieces if piece else ()))


async def asked(scene: Scene) -> list[Asked]:
    """Return every question with its answer: each operation that is not public, in each role."""
    pieces = {firm.label: await _pieces(scene, firm) for firm in (scene.alfa, scene.beta)}
    gate = asyncio.Semaphore(AT_ONCE)
    questions = _questions(scene, pieces)
    one_by_one = [each for each in questions if each.operation.seen and each.case in OF_PARTS]
    async with httpx2.AsyncClient(timeout=60) as http:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_ask(http, gate, scene, question, UNSEEN))
                for question in questions
                if question not in one_by_one
            ]
        return [
            *(task.result() for task in tasks),
            *[
                await _ask(http, gate, scene, each, await _version(http, scene, each))
                for each in _in_order(one_by_one)
            ],
        ]


@dataclass(frozen=True, slots=True)
class _Question:
    operation: Operation
    label: str
    role: Role
    case: Case
    path: str


def _questions(scene: Scene, pieces: Mapping[str, Mapping[str, str]]) -> list[_Question]:
    """Return what is to be asked."""
    found: list[_Question] = []
    absent = {name: str(new_id()) for name in pieces["alfa"]}
    absent["number"] = number_of(new_id())
    house = {"round_id": scene.round_id, "group_id": scene.group_id}
    house |= {name: str(new_id()) for name in ("finding_id", "subject_id")}
    house |= {"person_id": person_id("R1")}
    elsewhere = {"group_id": scene.other_group_id}
    for operation in (each for each in every_operation() if each.roles):
        for label in _callers(scene):
            role = scene.roles_of(label)[0]
            own, others = ("beta", "alfa") if label.startswith("beta") else ("alfa", "beta")
            ids = {
                Case.OWN: {**house, **pieces[own]},
                Case.OTHERS: {**house, **pieces[others]},
                Case.ABSENT: {**{name: str(new_id()) for name in house}, **absent},
                Case.ANY: {**house, **pieces[others]},
                Case.ASSIGNED: {**house, **pieces[own if label == SCREENER else others]},
                Case.UNASSIGNED: {**house, **elsewhere, **pieces[others]},
                Case.OTHERS_PIECE: {**house, **pieces[others], **_cases(pieces[own])},
                Case.ABSENT_PIECE: {**house, **absent, **_cases(pieces[own])},
            }
            found += [
                _Question(operation, label, role, case, _address(operation, ids[case]))
                for case in _cases_to_ask(scene, operation, label)
            ]
    return found


def _callers(scene: Scene) -> tuple[str, ...]:
    """Return one person of each role, of two firms, and a service; and who has no part."""
    firms = (scene.alfa, scene.beta)
    of_firms = [label for firm in firms for label in (firm.applicant, firm.signatory)]
    return (*WORKS_FOR_US, *UNASSIGNED, *of_firms, CALLER)


def _cases(pieces: Mapping[str, str]) -> dict[str, str]:
    """Return what names a case itself, and no piece of it."""
    return {name: pieces[name] for name in ("application_id", "review_id")}


def _address(operation: Operation, ids: Mapping[str, str]) -> str:
    """Return the path, and the query where that says whose case is asked about."""
    path = operation.address(ids)
    name = QUERIED.get(operation.key)
    return path if name is None else f"{path}?{name}={ids['application_id']}"


def _cases_to_ask(scene: Scene, operation: Operation, label: str) -> Sequence[Case]:
    """Return which of the relations this person stands in; whoever has no part asks for no more."""
    (role,) = scene.roles_of(label)
    found = relations_of(operation, role)
    if label in UNASSIGNED:
        return (Case.UNASSIGNED, Case.ABSENT) if Case.UNASSIGNED in found else ()
    colleagues = {each for other in UNASSIGNED for each in scene.roles_of(other)}
    return [each for each in found if each is not Case.UNASSIGNED or role not in colleagues]


def _in_order(questions: Sequence[_Question]) -> Sequence[_Question]:
    """Return first what is to be refused, then the later steps before the earlier ones.

    So the state of the case refuses nearly all that is allowed, and no decision comes of it.
    """
    backwards = list(reversed(questions))
    return sorted(backwards, key=lambda each: each.case is Case.ASSIGNED)


async def _version(http: httpx2.AsyncClient, scene: Scene, question: _Question) -> str:
    """Return the version of the case that is named, as it is now."""
    place = "/".join(question.path.split("/")[:4])
    service = question.operation.service
    reader = scene.beta.applicant if "/workspaces/" in place else SCREENER
    seen = await http.get(
        f"{scene.house.url(service)}{place}", headers=scene.headers(service, reader)
    )
    tag: str = seen.raise_for_status().headers["etag"]
    return tag


async def _pieces(scene: Scene, firm: Firm) -> dict[str, str]:
    """Return the ids of all that belongs to a firm."""
    async with httpx2.AsyncClient(timeout=30) as http:
        intake, review = scene.house.url("intake"), scene.house.url("review")
        space = await http.get(
            f"{review}/v1/workspaces/{firm.application_id}",
            headers=scene.headers("review", firm.applicant),
        )
        bills = await http.get(
            f"{intake}/v1/invoices", headers=scene.headers("intake", firm.applicant)
        )
    body: dict[str, Any] = space.raise_for_status().json()
    files = [each["evidence_id"] for each in body["evidence"] if each["form"] == "file"]
    return {
        "application_id": firm.application_id,
        "review_id": firm.review_id,
        "invoice_id": bills.raise_for_status().json()[0]["invoice_id"],
        "number": firm.certificate or number_of(new_id()),
        "evidence_id": files[0],
        "grant_id": body["grants"][0]["grant_id"],
    }


async def _ask(
    http: httpx2.AsyncClient,
    gate: asyncio.Semaphore,
    scene: Scene,
    question: _Question,
    version: str,
) -> Asked:
    """Ask, and return the answer."""
    operation = question.operation
    headers = scene.headers(operation.service, question.label)
    if operation.method != "GET":
        headers["Idempotency-Key"] = str(new_id())
    if operation.seen:
        headers["If-Match"] = version
    sent: dict[str, Any] = {} if operation.body is None else {"json": operation.body}
    if operation.file:
        headers |= FILE
        sent = {"content": b"%PDF-1.7"}
    url = f"{scene.house.url(operation.service)}{question.path}"
    async with gate:
        answer = await http.request(operation.method, url, headers=headers, **sent)
    return Asked(operation, question.label, question.role, question.case, _read(answer))


def on_record(scene: Scene, service: str) -> Counter[tuple[str, str]]:
    """GEN-8: return how often each no is in the access log about Beta, by person and code."""
    found: Counter[tuple[str, str]] = Counter()
    page, after = {"case": scene.beta.application_id, "limit": "200"}, "0"
    with scene.speaking_to(service) as http:
        while after:
            asked = {**page, "after": after}
            answer = http.get("/v1/access-log", params=asked, headers=scene.headers(service, "A1"))
            rows = answer.raise_for_status().json()
            found.update((row["person_id"], row["code"]) for row in rows)
            after = str(rows[-1]["position"]) if rows else ""
    return found


def _read(answer: httpx2.Response) -> Answer:
    """Return what of an answer may tell one question from another."""
    kind = answer.headers.get("content-type", "")
    problem: dict[str, Any] = answer.json() if "problem+json" in kind else {}
    kept = {name: value for name, value in problem.items() if name not in OCCURRENCE}
    headers = frozenset(
        (name.lower(), value)
        for name, value in answer.headers.items()
        if name.lower() not in OF_ONE_ANSWER
    )
    text = "" if "octet-stream" in kind else answer.text
    return Answer(answer.status_code, problem.get("code"), repr(kept) or kind, headers, text)
