"""OpenAPI links: where an answer leads. Made of the addresses alone, in one way for all services.

What makes something leads to all that can be done with it, what moves something to its readings,
and a reading to what moves the thing on, and to the readings of what it names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MADE_KEY: Final = "x-made"
IF_MATCH: Final = "If-Match"
MODEL: Final = "#/components/schemas/"


def made(parameter: str) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` entry that says which path parameter the answer's ``id`` is."""
    return {201: {MADE_KEY: parameter}}


@dataclass(frozen=True, slots=True)
class Linked:
    """An operation, as links see it."""

    method: str
    path: str
    said: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, set[str]]:
        """Return the names of its parameters, by where they stand."""
        found: dict[str, set[str]] = {"path": set(), "query": set(), "header": set()}
        for parameter in self.said.get("parameters", ()):
            found[parameter["in"]].add(parameter["name"])
        return found

    def is_below(self, path: str) -> bool:
        """Return whether it is about a part of what is at ``path``."""
        return self.path.startswith(f"{path}/")

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield its answers that give what was asked for."""
        for status, answer in self.said["responses"].items():
            if status.startswith("2"):
                yield answer


def add_links(schema: Mapping[str, Any], operations: list[Linked]) -> None:
    """Say of every answer in ``schema`` where it leads. Safe to repeat."""
    for source in operations:
        for answer in source.answers():
            values = _values(schema, source, answer)
            links = {
                target.said["operationId"]: _link(source, target, answer, values, operations)
                for target in operations
                if target is not source and _leads(source, target, values)
            }
            if links:
                answer["links"] = links


def _values(schema: Mapping[str, Any], source: Linked, answer: Mapping[str, Any]) -> dict[str, str]:
    """Return where to take the value of a parameter from, by its name."""
    asked = _properties(schema, source.said.get("requestBody", {}))
    told = _properties(schema, answer)
    values = {name: f"$request.body#/{name}" for name in asked}
    values |= {name: f"$response.body#/{name}" for name in told}
    if "id" in told and MADE_KEY in answer:
        values[answer[MADE_KEY]] = "$response.body#/id"
    return values | {name: f"$request.path.{name}" for name in source.parameters["path"]}


def _properties(schema: Mapping[str, Any], part: Mapping[str, Any]) -> frozenset[str]:
    """Return what an object in JSON is made of; nothing, when it is something else."""
    shape = part.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in shape:
        shape = schema["components"]["schemas"][shape["$ref"].removeprefix(MODEL)]
    return frozenset(shape.get("properties", ()))


def _leads(source: Linked, target: Linked, values: Mapping[str, str]) -> bool:
    """Return whether ``target`` is a next step, and all that its address needs is known."""
    needs = target.parameters["path"]
    if not needs or not needs <= values.keys():
        return False
    if target.is_below(source.path):
        return True
    if source.method == "GET":
        return target.path == source.path or _names(target, values)
    return target.method == "GET" and f"{source.path}/".startswith(f"{target.path}/")


def _names(target: Linked, values: Mapping[str, str]) -> bool:
    """Return whether ``target`` reads a thing that the answer names, and the question did not."""
    (name, *more) = target.parameters["path"]
    read = target.method == "GET" and target.path.endswith(f"/{{{name}}}") and not more
    return read and values[name].startswith("$response")


def _link(
    source: Linked,
    target: Linked,
    answer: Mapping[str, Any],
    values: Mapping[str, str],
    operations: list[Linked],
) -> dict[str, Any]:
    """Return how ``target`` is asked for, with what is known from ``source``."""
    parameters = {f"path.{name}": values[name] for name in sorted(target.parameters["path"])}
    if IF_MATCH in target.parameters["header"] and _versioned(source, target, answer, operations):
        parameters[f"header.{IF_MATCH}"] = "$response.header.ETag"
    return {"operationId": target.said["operationId"], "parameters": parameters}


def _versioned(
    source: Linked, target: Linked, answer: Mapping[str, Any], operations: list[Linked]
) -> bool:
    """Return whether the tag of the answer is the version of what ``target`` is about.

    That is the version of the nearest thing on its path that can be read. What anybody may read
    has tags of its own.
    """
    near = target.is_below(source.path) or target.path == source.path
    told = "security" in source.said and "ETag" in answer.get("headers", {})
    read = max(
        (
            each.path
            for each in operations
            if each.method == "GET" and (each.path == target.path or target.is_below(each.path))
        ),
        key=len,
        default=source.path,
    )
    made = source.method != "GET" and read.rpartition("/")[0] == source.path
    return near and told and (read == source.path or made)
