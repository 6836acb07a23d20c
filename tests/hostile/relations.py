"""Asks every operation in every role: for one's own case, for another firm's, for what is not there.

Own, another's, not there: these are the relations. Each request has the right form and a version
that nobody has seen, so that whatever says no says it of the relation, and nothing changes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx2

from deploy.demo.cast import Firm
from deploy.local.settings import SERVICES
from shared.contracts.certificate_number import number_of
from shared.contracts.roles import Role
from shared.ids import new_id
from tests.hostile.operations import Operation, every_operation
from tests.hostile.scene import CALLER, WORKS_FOR_US, Scene

AT_ONCE: Final = 8
FIRM: Final = frozenset({Role.APPLICANT, Role.SIGNATORY, Role.COWORKER})
"""Roles in which somebody acts for a firm."""
OF_ONE_ANSWER: Final = frozenset({"date", "trace-id", "content-length"})
"""Headers that differ from answer to answer, whatever was asked; the body's length goes with it."""
OCCURRENCE: Final = frozenset({"instance", "trace_id"})
QUERIED: Final = {
    **{f"{service}.list_access_log": "case" for service in SERVICES if service != "notify"},
    "intake.list_invoices": "application_id",
}
"""Lists that firms may ask about one case: the name of the parameter that says which."""
OF_ONE_ROLE: Final = "B1"
"""A buyer has no role in anything: what is not there is asked of one such role, not of each."""
PIECES: Final = frozenset({"evidence_id", "grant_id"})
"""Parameters that name a part of a case, beside the case."""
UNSEEN: Final = '"999999"'
FILE: Final = {
    "Content-Type": "application/pdf",
    "Content-Disposition": "attachment; filename=a.pdf",
}


class Case(StrEnum):
    """Whose thing the path names."""

    OWN = "own"
    OTHERS = "another firm's"
    ABSENT = "nobody's"
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


async def asked(scene: Scene) -> list[Asked]:
    """Return every question with its answer: each operation that is not public, in each role."""
    pieces = {firm.label: await _pieces(scene, firm) for firm in (scene.alfa, scene.beta)}
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx2.AsyncClient(timeout=60) as http, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(http, gate, scene, question))
            for question in _questions(scene, pieces)
        ]
    return [task.result() for task in tasks]


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
    house |= {name: str(new_id()) for name in ("finding_id", "subject_id", "person_id")}
    for operation in (each for each in every_operation() if each.roles):
        for label in _callers(scene):
            role = scene.roles_of(label)[0]
            own, others = ("beta", "alfa") if label.startswith("beta") else ("alfa", "beta")
            ids = {
                Case.OWN: {**house, **pieces[own]},
                Case.OTHERS: {**house, **pieces[others]},
                Case.ABSENT: {**{name: str(new_id()) for name in house}, **absent},
                Case.OTHERS_PIECE: {**house, **pieces[others], **_cases(pieces[own])},
                Case.ABSENT_PIECE: {**house, **absent, **_cases(pieces[own])},
            }
            found += [
                _Question(operation, label, role, case, _address(operation, ids[case]))
                for case in _cases_to_ask(operation, label, role)
            ]
    return found


def _callers(scene: Scene) -> tuple[str, ...]:
    """Return one person of each role, of two firms, and a service."""
    firms = (scene.alfa, scene.beta)
    of_firms = [label for firm in firms for label in (firm.applicant, firm.signatory)]
    return (*WORKS_FOR_US, *of_firms, CALLER)


def _cases(pieces: Mapping[str, str]) -> dict[str, str]:
    """Return what names a case itself, and no piece of it."""
    return {name: pieces[name] for name in ("application_id", "review_id")}


def _address(operation: Operation, ids: Mapping[str, str]) -> str:
    """Return the path, and the query where that says whose case is asked about."""
    path = operation.address(ids)
    name = QUERIED.get(operation.key)
    return path if name is None else f"{path}?{name}={ids['application_id']}"


def _cases_to_ask(operation: Operation, label: str, role: Role) -> Sequence[Case]:
    """Return which relations there are between the role and what the address names."""
    if not operation.parameters and operation.key not in QUERIED:
        return (Case.OWN,)
    if role.value not in operation.roles:
        return (Case.OTHERS, Case.ABSENT) if label == OF_ONE_ROLE else (Case.OTHERS,)
    if role not in FIRM:
        return (Case.OTHERS, Case.ABSENT)
    of_pieces = (Case.OTHERS_PIECE, Case.ABSENT_PIECE)
    piece = PIECES & {*operation.parameters}
    return (Case.OWN, Case.OTHERS, Case.ABSENT, *(of_pieces if piece else ()))


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
    http: httpx2.AsyncClient, gate: asyncio.Semaphore, scene: Scene, question: _Question
) -> Asked:
    """Ask, and return the answer."""
    operation = question.operation
    headers = scene.headers(operation.service, question.label)
    if operation.method != "GET":
        headers["Idempotency-Key"] = str(new_id())
    if operation.seen:
        headers["If-Match"] = UNSEEN
    sent: dict[str, Any] = {} if operation.body is None else {"json": operation.body}
    if operation.file:
        headers |= FILE
        sent = {"content": b"%PDF-1.7"}
    url = f"{scene.house.url(operation.service)}{question.path}"
    async with gate:
        answer = await http.request(operation.method, url, headers=headers, **sent)
    return Asked(operation, question.label, question.role, question.case, _read(answer))


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
