"""What the OpenAPI document says beyond the framework: problems, keys, roles, versions, links."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.auth import PUBLIC, Operations
from shared.auth.service_token import ON_BEHALF_OF
from shared.web.idempotency import IDEMPOTENCY_KEY, KEY_CHARS_MAX
from shared.web.links import Linked, add_links
from shared.web.meanings import MEANINGS_KEY, Meanings, shown
from shared.web.problem import MEDIA_TYPE, ProblemDocument

SCHEMA: Final = "#/components/schemas/{model}"
CODES_KEY: Final = "x-problem-codes"
ROLES_KEY: Final = "x-roles"
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
TOKEN_CODES: Final = (
    "issuer_unreachable",
    "role_may_not_act",
    "token_expired",
    "token_for_another_service",
    "token_invalid",
    "token_missing",
    "token_without_role",
)
HEADER_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "If-Match": ("if_match_malformed", "if_match_required", "stream_moved"),
    "If-None-Match": ("if_none_match_malformed",),
    "Idempotency-Key": (
        "idempotency_key_malformed",
        "idempotency_key_missing",
        "idempotency_key_reused",
        "log_busy",
        "outcome_unknown",
    ),
    "On-Behalf-Of": ("on_behalf_of_malformed", "on_behalf_of_not_allowed"),
    "Wait-For-Position": ("position_not_reached", "wait_for_position_malformed"),
}
BODY_CODES: Final = ("body_not_json", "body_too_large", "json_malformed", "request_malformed")
JSON: Final = "application/json"
KEY_HEADER: Final = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": True,
    "description": "A key of your own for this command; the same on every retry.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX},
}
BEHALF_HEADER: Final = {
    "name": ON_BEHALF_OF,
    "in": "header",
    "required": False,
    "description": "From services only: the pseudonym of the person they carry out a request for.",
    "schema": {"type": "string", "format": "uuid"},
}
FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "If-Match": {
        "required": True,
        "description": "The version you saw: the ETag of the answer that showed it.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
    },
    "If-None-Match": {
        "description": "Versions that you have in hand; of one of them nothing is sent again.",
        "schema": {"type": "string", "maxLength": 1_024},
    },
    "Wait-For-Position": {
        "description": "A Log-Position that you were told: the list waits until it has come there.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
}
"""What the framework cannot know of headers that our own dependencies read."""
VERSIONED: Final = {
    "ETag": {
        "required": True,
        "description": "The version of the resource.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
    },
    "Log-Position": {
        "required": True,
        "description": "How far the log had come; what Wait-For-Position takes.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
}
LOCATED: Final = {
    "Location": {
        "required": True,
        "description": "Where it is now.",
        "schema": {"type": "string", "pattern": "^/v1/"},
    },
}
TAGGED: Final = {
    "ETag": {
        "required": True,
        "description": "What If-None-Match takes.",
        "schema": {"type": "string", "pattern": '^(W/)?"[!#-~]*"$'},
    },
}
UNCHANGED: Final = {"description": "You have this version already.", "headers": TAGGED}
EDGE_HEADERS: Final = {True: (KEY_HEADER, BEHALF_HEADER), False: (BEHALF_HEADER,)}
"""The headers that the edge itself reads: of commands (``True``), and of readings."""
BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "at+jwt",
    "description": "An access token (RFC 9068) for this service.",
}


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI ``responses`` entry naming the refusals a route may give."""
    return {"4XX": {"description": _listed(codes), CODES_KEY: sorted(codes)}}


def _listed(codes: Iterator[str] | tuple[str, ...]) -> str:
    """Return the sentence that lists ``codes``."""
    return f"Problem document, code one of: {', '.join(sorted(codes))}"


def operations_in(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and operation of everything in the document, in its order."""
    for path, item in schema.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield method.upper(), path, operation


def finish(schema: dict[str, Any], operations: Operations, meanings: Meanings) -> dict[str, Any]:
    """Return ``schema`` with what the framework does not know. Safe to repeat.

    Raises:
        ValueError: An operation gives a code that nobody has said the meaning of.
    """
    components = schema.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    problem = ProblemDocument.model_json_schema(ref_template=SCHEMA, mode="serialization")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = {**problem, "title": "Problem"}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["schemas"] = dict(sorted(schemas.items()))
    components.setdefault("securitySchemes", {})["token"] = BEARER
    for method, path, operation in operations_in(schema):
        roles = operations.get(operation["operationId"], PUBLIC)
        if roles != PUBLIC and ROLES_KEY not in operation:
            operation["security"] = [{"token": []}]
            operation[ROLES_KEY] = [str(role) for role in roles]
            read = (*operation.get("parameters", ()), *EDGE_HEADERS[method != "GET"])
            operation["parameters"] = list(read)
        _finish(operation, roles)
        _say_versions(operation)
        _say_made(path, operation)
    schema[MEANINGS_KEY] = shown(meanings)
    _check_meanings(schema)
    add_links(schema, [Linked(*each) for each in operations_in(schema)])
    return schema


def _check_meanings(schema: Mapping[str, Any]) -> None:
    """RFC 9457: the ``type`` of every problem can be looked up, so every code has a meaning."""
    given = {
        code
        for _, _, operation in operations_in(schema)
        for code in operation["responses"]["4XX"][CODES_KEY]
    }
    if unsaid := sorted(given - schema[MEANINGS_KEY].keys()):
        raise ValueError(f"codes without a meaning: {', '.join(unsaid)}")


def _say_made(path: str, operation: dict[str, Any]) -> None:
    """Say of what makes something which version that has, and where it is: below a collection."""
    answer = operation["responses"].get("201")
    if answer is not None:
        place = {} if "{" in path else LOCATED
        answer["headers"] = {**answer.get("headers", {}), **VERSIONED, **place}


def _say_versions(operation: dict[str, Any]) -> None:
    """Say of one operation which versions it asks for, and which it tells."""
    parameters: list[dict[str, Any]] = operation.get("parameters", [])
    for parameter in parameters:
        parameter.update(FORMS.get(parameter["name"], {}))
    names = {parameter["name"] for parameter in parameters}
    if names.isdisjoint({"If-Match", "If-None-Match"}):
        return
    responses: dict[str, Any] = operation["responses"]
    told = VERSIONED if "If-Match" in names else TAGGED
    for status in [each for each in responses if each.startswith("2")]:
        responses[status]["headers"] = {**responses[status].get("headers", {}), **told}
    if "If-None-Match" in names:
        responses["304"] = UNCHANGED


def _finish(operation: dict[str, Any], roles: tuple[Any, ...]) -> None:
    """Say of one operation which problems it may answer with."""
    responses: dict[str, Any] = operation.setdefault("responses", {})
    responses.pop("422", None)
    said = responses.get("4XX", {})
    codes = {*said.get(CODES_KEY, ()), *_codes(operation, public=roles == PUBLIC)}
    content = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA.format(model="Problem")}}}
    responses["4XX"] = {
        "description": _listed(tuple(codes)),
        CODES_KEY: sorted(codes),
        "content": content,
    }
    responses["5XX"] = {"description": "Problem document: ask again later.", "content": content}


def _codes(operation: Mapping[str, Any], *, public: bool) -> Iterator[str]:
    """Yield the codes that the edge itself may give for ``operation``."""
    yield from ("path_malformed", "request_malformed", "temporarily_unavailable")
    if not public:
        yield from TOKEN_CODES
    for parameter in operation.get("parameters", ()):
        yield from HEADER_CODES.get(parameter["name"], ())
    if "requestBody" in operation:
        json = JSON in operation["requestBody"].get("content", ())
        yield from BODY_CODES if json else ("body_too_large",)
