"""Pages for people: the operations of a service, and what each problem code means.

Plain HTML made here: no script, no font, no style from anywhere else.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from shared.web.codes import CODES
from shared.web.openapi import CODES_KEY, ROLES_KEY, operations_in
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
    """Let ``app`` serve its documentation and the page that each problem's ``type`` names."""

    async def docs(_: Request) -> Response:
        return _page(app.title, _docs(app.openapi()))

    async def problem_list(_: Request) -> Response:
        rows = "".join(
            f'<tr><td><a href="{PROBLEMS}/{code}"><code>{code}</code></a></td>'
            f"<td>{escape(text)}</td></tr>"
            for code, text in sorted(meanings(app.openapi()).items())
        )
        return _page("Problems", f"<h1>Problems</h1><table>{rows}</table>")

    async def problem(request: Request) -> Response:
        return _problem(app, request)

    routes: Mapping[str, Callable[[Request], Any]] = {
        DOCS: docs,
        PROBLEMS: problem_list,
        f"{PROBLEMS}/{{code}}": problem,
    }
    for path, endpoint in routes.items():
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)


def meanings(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return every code that the service may give, with a sentence about it."""
    found = dict(CODES)
    for method, path, operation in operations_in(schema):
        for code in operation["responses"]["4XX"][CODES_KEY]:
            if code not in CODES:
                before = found.get(code, "A rule says no. Given by")
                found[code] = f"{before} {method} {path};"
    return {code: text.removesuffix(";") for code, text in found.items()}


def _problem(app: FastAPI, request: Request) -> Response:
    """Return what one code means: as a page for a browser, else as JSON."""
    code = request.path_params["code"]
    text = meanings(app.openapi()).get(code)
    if text is None:
        raise Problem(404, "not_found")
    title = code.replace("_", " ").capitalize()
    if "text/html" in request.headers.get("accept", ""):
        body = f"<h1>{escape(title)}</h1><p>{escape(text)}</p><p><code>{code}</code></p>"
        return _page(title, f'{body}<p><a href="{PROBLEMS}">All problems</a></p>')
    about = {"type": f"{PROBLEMS}/{code}", "title": title, "code": code, "meaning": text}
    return JSONResponse(about)


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
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return (
        f'<h2 id="{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></h2>'
        f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"
        f"<p>For: {escape(roles)}</p>"
        + (f"<table>{rows}</table>" if rows else "")
        + (f"<pre>{escape(_indented(_resolved(body['schema'], schema)))}</pre>" if body else "")
        + f"<table>{responses}</table>"
    )


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that ``part`` refers to, or ``part`` itself."""
    name = str(part.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = schema["components"]["schemas"].get(name, part)
    return found


def _indented(value: Mapping[str, Any]) -> str:
    """Return ``value`` as JSON for people."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _page(title: str, body: str) -> Response:
    """Return the whole page; nothing in it may load or run anything."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        '</title><meta name="viewport" content="width=device-width"><style>'
        f"{STYLE}</style></head><body>{body}</body></html>",
        headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"},
    )
