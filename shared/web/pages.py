"""Pages for people: the operations of a service, and what each problem code means.

Plain HTML made here: no script, no font, no style from anywhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from shared.web.meanings import MEANINGS_KEY
from shared.web.openapi import CODES_KEY, JSON, ROLES_KEY, operations_in
from shared.web.problem import Problem

DOCS: Final = "/docs"
OPENAPI: Final = "/openapi.json"
PROBLEMS: Final = "/problems"
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f4f4f4;padding:.7rem;"
    "overflow:auto}h2{margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1rem}"
    "table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.1rem 1rem "
    ".1rem 0}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}pre{background:"
    "#222}a{color:#8cf}}"
)


def add_pages(app: FastAPI) -> None:
    """Let ``app`` serve its documentation and the page that each problem's ``type`` names.

    What is long is made once, and is one text for everybody: whoever does not read it keeps nothing
    of it in memory but a place in it.
    """

    @cache
    def document() -> bytes:
        return orjson.dumps(app.openapi())

    @cache
    def operations() -> bytes:
        return _text(app.title, _docs(app.openapi()))

    @cache
    def problems() -> bytes:
        return _text("Problems", _problems(app.openapi()))

    async def openapi(_: Request) -> Response:
        return Response(document(), media_type=JSON)

    async def docs(_: Request) -> Response:
        return _page(operations())

    async def problem_list(_: Request) -> Response:
        return _page(problems())

    async def problem(request: Request) -> Response:
        return _problem(app, request)

    routes: Mapping[str, Callable[[Request], Any]] = {
        OPENAPI: openapi,
        DOCS: docs,
        PROBLEMS: problem_list,
        f"{PROBLEMS}/{{code}}": problem,
    }
    for path, endpoint in routes.items():
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Explained:
    """A code as its page explains it.

    Attributes:
        meaning: What is the case, and what can be done.
        rules: The ids of the rules that say no; none where no rule does.
        given_by: The operations that name it: method, path and id. What any request may meet, such
            as ``json_too_deep``, is named by none.
    """

    meaning: str
    rules: Sequence[str]
    given_by: Sequence[tuple[str, str, str]]


def explained(schema: Mapping[str, Any]) -> dict[str, Explained]:
    """Return every code that the service may give, as its OpenAPI document has it."""
    given: dict[str, list[tuple[str, str, str]]] = {}
    for method, path, operation in operations_in(schema):
        for code in operation["responses"]["4XX"][CODES_KEY]:
            given.setdefault(code, []).append((method, path, operation["operationId"]))
    return {
        code: Explained(said["meaning"], said["rules"], given.get(code, ()))
        for code, said in schema[MEANINGS_KEY].items()
    }


def _problem(app: FastAPI, request: Request) -> Response:
    """Return what one code means: as a page for a browser, else as JSON."""
    code = request.path_params["code"]
    about = explained(app.openapi()).get(code)
    if about is None:
        raise Problem(404, "not_found")
    title = code.replace("_", " ").capitalize()
    if "text/html" in request.headers.get("accept", ""):
        return _page(_text(title, _explanation(title, code, about)))
    return JSONResponse(
        {
            "type": f"{PROBLEMS}/{code}",
            "title": title,
            "code": code,
            "meaning": about.meaning,
            "rules": list(about.rules),
            "given_by": [f"{method} {path}" for method, path, _ in about.given_by],
        }
    )


def _explanation(title: str, code: str, about: Explained) -> str:
    """Return the body of the page of one code."""
    rules = f"<p>A rule says no: {', '.join(about.rules)}.</p>" if about.rules else ""
    given = "".join(
        f'<li><a href="{DOCS}#{escape(name)}"><code>{method} {escape(path)}</code></a></li>'
        for method, path, name in about.given_by
    )
    return (
        f"<h1>{escape(title)}</h1><p>{escape(about.meaning)}</p><p><code>{code}</code></p>{rules}"
        + (f"<p>Given by</p><ul>{given}</ul>" if given else "")
        + f'<p><a href="{PROBLEMS}">All problems</a></p>'
    )


def _docs(schema: Mapping[str, Any]) -> str:
    """Return the body of the documentation page."""
    info = schema["info"]
    head = (
        f"<h1>{escape(info['title'])}</h1><p>{escape(info.get('summary', ''))}</p>"
        f'<p><a href="{OPENAPI}">OpenAPI document</a> · <a href="{PROBLEMS}">Problems</a></p>'
    )
    return head + "".join(
        _operation(method, path, operation, schema)
        for method, path, operation in operations_in(schema)
    )


def _operation(
    method: str, path: str, operation: Mapping[str, Any], schema: Mapping[str, Any]
) -> str:
    """Return one operation: what it does, who may, what it takes, what it answers."""
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
        f"<td>{escape(each.get('description', ''))}</td></tr>"
        for each in operation.get("parameters", ())
    )
    responses = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{escape(each['description'])}</td></tr>"
        for status, each in operation["responses"].items()
    )
    roles = ", ".join(operation.get(ROLES_KEY, ())) or "anyone, without a token"
    return (
        f'<h2 id="{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></h2>'
        f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"
        f"<p>For: {escape(roles)}</p>"
        + (f"<table>{rows}</table>" if rows else "")
        + _body(operation.get("requestBody", {}), schema)
        + f"<table>{responses}</table>"
    )


def _body(said: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return what the body holds: the form of JSON, or the media types of anything else."""
    content = said.get("content", {})
    if JSON in content:
        return f"<pre>{escape(_indented(_resolved(content[JSON]['schema'], schema)))}</pre>"
    kinds = "".join(f"<li><code>{escape(each)}</code></li>" for each in content)
    return f"<p>{escape(said.get('description', ''))}</p><ul>{kinds}</ul>" if kinds else ""


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that ``part`` refers to, or ``part`` itself."""
    name = str(part.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = schema["components"]["schemas"].get(name, part)
    return found


def _indented(value: Mapping[str, Any]) -> str:
    """Return ``value`` as JSON for people."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _problems(schema: Mapping[str, Any]) -> str:
    """Return the list of all codes, each with its rules and its meaning."""
    rows = "".join(
        f'<tr><td><a href="{PROBLEMS}/{code}"><code>{code}</code></a></td>'
        f"<td>{', '.join(about.rules)}</td><td>{escape(about.meaning)}</td></tr>"
        for code, about in explained(schema).items()
    )
    return f"<h1>Problems</h1><table>{rows}</table>"


def _text(title: str, body: str) -> bytes:
    """Return the whole page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        '</title><meta name="viewport" content="width=device-width"><style>'
        f"{STYLE}</style></head><body>{body}</body></html>"
    ).encode()


def _page(text: bytes) -> Response:
    """Return the answer that is a page; nothing in it may load or run anything."""
    return HTMLResponse(
        text, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    )
