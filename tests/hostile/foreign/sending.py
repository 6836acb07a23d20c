"""Sends one generated request to a service, and says everything that is wrong with its answer.

What Schemathesis knows of HTTP and OpenAPI it checks itself; added is what this house promises.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import requests
from schemathesis import Case
from schemathesis.core.failures import Failure, FailureGroup, ServerError
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import Transition
from schemathesis.openapi.checks import RejectedPositiveData

TIMEOUT_S: Final = 20
ERROR: Final = 400
UNAUTHENTICATED: Final = 401
METHOD_UNKNOWN: Final = 405
LATER: Final = frozenset({429, 503})
NOT_YET: Final = frozenset(
    {"position_not_reached", "history_incomplete", "checkpoint_not_mirrored"}
)
"""503 that is no failure: what was asked for is still on its way from another log."""
UNAVAILABLE: Final = (ServerError, RejectedPositiveData)
PROBLEM: Final = "application/problem+json"
MEMBERS: Final = {"type", "title", "status", "detail", "instance", "code", "trace_id", "errors"}
STRANGER_EVERY: Final = 7
NOBODY_EVERY: Final = 23
FOR_ANOTHER_EVERY: Final = 11
WAIT_EVERY: Final = 5
SERVICE: Final = "service"
FAILURES_MAX: Final = 200
REPEAT_CHARS_MAX: Final = 70_000
"""No request is longer: a part of one cannot be repeated."""
CREATED: Final = 201
ABSENT: Final = 404
VERSION: Final = re.compile(r'"\d+"')


Asker: TypeAlias = tuple[str | None, tuple[str, ...]]
"""Who asks: a token, and the roles in it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One service, as the order names it.

    Attributes:
        url: Where it listens.
        people: The token of each caller, and the roles in it.
        codes: Every code that the public page explains.
        of_the_edge: Those that any operation may answer with.
        head_bytes_max: Whoever sends a longer head may be left without a word (docs/hostile-input.md).
    """

    name: str
    url: str
    people: Sequence[tuple[str, str, tuple[str, ...]]]
    codes: frozenset[str]
    of_the_edge: frozenset[str]
    head_bytes_max: int


@dataclass
class Sender:
    """Sends, counts, and keeps what was wrong.

    Attributes:
        sent: Requests that left, probes of checks among them.
        seen: Answers by operation and status.
        followed: Answers by link of the document, which names its source, and status.
        failures: What was wrong: the operation, the check, words, and how to repeat it.
    """

    target: Target
    sent: int = 0
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    followed: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open one connection for all."""
        self._versions: dict[str, str] = {}
        self._callers: dict[str, Asker] = {}
        self._position = "0"
        self._session = requests.Session()
        self._session.hooks["response"].append(self._count)

    def _left_alone(self, error: Exception) -> bool:
        """Return whether the service need not have answered: the address alone was too long."""
        asked = error.request if isinstance(error, requests.ConnectionError) else None
        return asked is not None and len(asked.url or "") > self.target.head_bytes_max

    def send(self, case: Case, after: Transition | None = None) -> Any:
        """Send ``case`` as somebody, and check the answer. Nothing is raised.

        Who goes on ``after`` an answer of their own is the same person, where they may.
        """
        headers = self._headers(case, self._callers.get(after.parent_id) if after else None)
        try:
            response = case.call(
                self.target.url, self._session, headers, timeout=TIMEOUT_S, allow_redirects=False
            )
        except Exception as error:  # noqa: BLE001 -- whatever it was, the service gave no answer
            if not self._left_alone(error):
                self._fail(case, "no_answer", f"{type(error).__name__}: {error}", headers)
            return None
        self.seen[case.operation.label, response.status_code] += 1
        self._remember(response)
        told = {"session": self._session, "headers": headers, "timeout": TIMEOUT_S}
        try:
            case.validate_response(response, headers=headers, transport_kwargs=told)
        except FailureGroup as group:
            for failure in group.exceptions:
                if not (_not_yet(response) and isinstance(failure, UNAVAILABLE)):
                    said = f"{response.status_code}: {_words(failure)}"
                    self._fail(case, type(failure).__name__, said, headers)
        for wrong in self._promises(case, response):
            self._fail(case, "promise", wrong, headers)
        if after is not None and not after.is_inferred:
            self.followed[after.id, response.status_code] += 1
            if response.status_code == ABSENT and self._was_promised(case, after):
                self._fail(case, "link", f"{after.id} leads to nothing", headers)
        return response

    def _was_promised(self, case: Case, after: Transition) -> bool:
        """Return whether whoever made something asks for it, with the very id they were told."""
        told = after.parameters.get("path_parameters", {})
        ids = {name: each.value.ok() for name, each in told.items() if isinstance(each.value, Ok)}
        made = case.operation.method.upper() == "GET" and f"[{CREATED}]" in after.id
        same = self._callers[case.id] == self._callers.get(after.parent_id)
        return made and same and case.path_parameters == ids and _is_good(case)

    def _count(self, response: requests.Response, **_: Any) -> None:
        """Count what left."""
        del response
        self.sent += 1

    def _headers(self, case: Case, before: Asker | None) -> dict[str, str]:
        """Return who asks, under which key, having seen what; but what is bad on purpose stays."""
        found = {}
        token, roles = self._callers[case.id] = self._caller(case, before)
        if token is not None:
            found["Authorization"] = f"Bearer {token}"
        if _bad_headers(case):
            return found
        if SERVICE not in roles and self.sent % FOR_ANOTHER_EVERY:
            case.headers.pop("On-Behalf-Of", None)
        if "Idempotency-Key" in case.headers:
            found["Idempotency-Key"] = f"key-{self.sent}"
        if "If-Match" in case.headers:
            seen = self._versions.get(_resource(case.formatted_path), '"1"')
            found["If-Match"] = seen
        if "Wait-For-Position" in case.headers:
            found["Wait-For-Position"] = "0" if self.sent % WAIT_EVERY else self._position
        return found

    def _caller(self, case: Case, before: Asker | None) -> Asker:
        """Return the token and roles of somebody who may; now and then of another, or of nobody."""
        turn = sum(self.seen.values())
        roles = set(case.operation.definition.raw.get("x-roles", ()))
        if before is not None and roles & set(before[1]) and turn % STRANGER_EVERY:
            return before
        if not roles or turn % NOBODY_EVERY == 0:
            return None, ()
        fitting = [each for each in self.target.people if roles & set(each[2])]
        others = [each for each in self.target.people if not roles & set(each[2])]
        chosen = others if turn % STRANGER_EVERY == 0 and others else fitting or others
        _, token, own = chosen[turn % len(chosen)]
        return token, own

    def _remember(self, response: Any) -> None:
        """Keep how far the log is, and the version that was seen of a resource, as a client does."""
        self._position = max((self._position, *response.headers.get("log-position", [])), key=int)
        tags = response.headers.get("etag", [])
        for tag in tags if isinstance(tags, list) else [tags]:
            if VERSION.fullmatch(tag):
                path = response.request.url.removeprefix(self.target.url).partition("?")[0]
                self._versions[_resource(path)] = tag

    def _promises(self, case: Case, response: Any) -> list[str]:
        """Return which promises of the house the answer does not keep."""
        said = {name: ", ".join(value) for name, value in response.headers.items()}
        wrong = [] if said.get("x-content-type-options") == "nosniff" else ["no nosniff"]
        if "server" in said:
            wrong.append("the answer names the server's program")
        if response.status_code < ERROR:
            return wrong
        if not said.get("content-type", "").startswith(PROBLEM):
            return [*wrong, f"{response.status_code} is no problem document"]
        return [*wrong, *self._problem(case, response, said)]

    def _problem(self, case: Case, response: Any, said: Mapping[str, str]) -> list[str]:
        """RFC 9457: return what is wrong with a problem document."""
        body, status = response.json(), response.status_code
        if set(body) != MEMBERS:
            return [f"members of the document: {sorted(body)}"]
        code = body["code"]
        documented = {
            *case.operation.definition.raw["responses"]["4XX"]["x-problem-codes"],
            *self.target.of_the_edge,
        }
        checks = {
            f"{code} is not on the page of problems": code in self.target.codes,
            f"{code} is not in the document of the operation": code in documented,
            f"status {status} is {body['status']} in the body": body["status"] == status,
            f"type {body['type']} is not of {code}": body["type"] == f"/problems/{code}",
            "the trace is not named": said.get("trace-id", body["trace_id"]) == body["trace_id"],
            "the no may be kept by caches": said.get("cache-control") == "no-store",
            "401 without a challenge": status != UNAUTHENTICATED or "www-authenticate" in said,
            "405 without Allow": status != METHOD_UNKNOWN or "allow" in said,
            f"{status} without Retry-After": status not in LATER or "retry-after" in said,
        }
        return [what for what, holds in checks.items() if not holds]

    def _fail(self, case: Case, check: str, words: str, headers: Mapping[str, str]) -> None:
        """Keep what was wrong, without anybody's token."""
        if len(self.failures) < FAILURES_MAX:
            shown = {k: v for k, v in headers.items() if k != "Authorization"}
            self.failures.append(
                {
                    "service": self.target.name,
                    "operation": case.operation.label,
                    "check": check,
                    "words": words[:600],
                    "repeat": case.as_curl_command(headers=shown, base_url=self.target.url)[
                        :REPEAT_CHARS_MAX
                    ],
                }
            )


def _not_yet(response: Any) -> bool:
    """Return whether the service says, as it may, that it has not come so far yet."""
    said = response.headers.get("content-type", [""])[0]
    return said.startswith(PROBLEM) and response.json()["code"] in NOT_YET


def _words(failure: BaseException) -> str:
    """Return what a check says, in one text."""
    said = str(failure) if not isinstance(failure, Failure) else failure.message
    title = getattr(failure, "title", "")
    return f"{title}: {said}".strip(": ")


def _bad_headers(case: Case) -> bool:
    """Return whether headers are wrong on purpose in this case."""
    if case.meta is None:
        return False
    part = {where.value: info for where, info in case.meta.components.items()}.get("header")
    return part is not None and part.mode is GenerationMode.NEGATIVE


def _is_good(case: Case) -> bool:
    """Return whether nothing of it is wrong on purpose."""
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _resource(path: str) -> str:
    """Return the address of the stream that ``path`` belongs to: ``/v1/<nouns>/<id>``."""
    return "/".join(path.split("/")[:4])
