"""What the code measures, by the names that Prometheus knows it by, and what asks for it."""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from deploy.local.settings import CHECKOUT
from shared.telemetry.attributes import NAMES, Dimensions
from shared.telemetry.metrics import DECLARED, Declared, Metric
from tests.deploy.reading import said, yaml_file

OF_PROMETHEUS = {"up", "ALERTS"}
OF_ALL = {"job", "instance", "le", "alertstate"}
"""Labels that Prometheus and the collector give to every metric."""
WORDS = frozenset(Dimensions.__annotations__)
"""Every word that a measurement can be told apart by."""
_PARSE = """
import json, sys
import promql_parser as promql
for line in sys.stdin:
    query = json.loads(line).replace("$__rate_interval", "5m")
    tree = promql.parse(query)
    found, todo = [], [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, promql.VectorSelector):
            found.append([node.name, [each.name for each in node.matchers.matchers]])
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            found.append([None, list(node.modifier.labels)])
        for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
            child = getattr(node, name, None)
            if child is not None and not isinstance(child, str):
                todo.append(child)
        todo.extend(getattr(node, "args", ()) or ())
    print(json.dumps(found))
"""


def in_prometheus(name: str, declared: Declared) -> set[str]:
    """Return what the collector calls a metric: units and kinds are written out as suffixes."""
    base = name.replace(".", "_")
    if declared.unit == "s" and "seconds" not in base.split("_"):
        base += "_seconds"
    if declared.unit == "1" and declared.kind == "gauge":
        base += "_ratio"
    if declared.kind == "counter":
        return {f"{base}_total"}
    if declared.kind == "histogram":
        return {f"{base}_{part}" for part in ("bucket", "sum", "count")}
    return {base}


MEASURED = {
    str(metric): in_prometheus(str(metric), said_of) for metric, said_of in DECLARED.items()
}


@cache
def said_with() -> Mapping[str, list[set[str]]]:
    """Return with which labels each metric is measured, place by place, as Prometheus calls all of them."""
    found: dict[str, list[set[str]]] = {name: [] for names in MEASURED.values() for name in names}
    for room in ("shared", "services"):
        for path in (CHECKOUT / room).rglob("*.py"):
            for metric, words in _measured_in(ast.parse(path.read_text())):
                for name in MEASURED[str(metric)]:
                    found[name].append({NAMES[word].replace(".", "_") for word in words})
    return found


def labels_of() -> Mapping[str, set[str]]:
    """Return the labels that each metric may have."""
    return {name: set[str]().union(*places) for name, places in said_with().items()}


def always_of(name: str) -> set[str]:
    """Return the labels that the metric ``name`` has wherever it is measured; empty for a span's."""
    places = said_with()[name]
    every = {NAMES[word].replace(".", "_") for word in WORDS}
    return set() if every in places else set.intersection(*places)


def bounds_of(name: str) -> set[str]:
    """Return the bounds of a histogram's buckets, as the collector writes them."""
    (declared,) = (said_of for metric, said_of in DECLARED.items() if name in MEASURED[str(metric)])
    return {f"{bound:g}" for bound in declared.buckets} | {"+Inf"}


def _measured_in(tree: ast.Module) -> Iterator[tuple[Metric, Iterable[str]]]:
    """Yield each metric that a module measures, and the words that it says with it.

    Spans measure with whatever they were given: there every word is possible.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("measure"), args=[ast.Attribute(attr=name), *_]):
                words = [each.arg for each in node.keywords if each.arg is not None]
                yield Metric[name], words if len(words) == len(node.keywords) else WORDS
            case ast.Call(func=ast.Name("measure"), args=[ast.Name("metric"), *_]):
                for metric in (each for each in Metric if each.startswith("messaging.")):
                    yield metric, WORDS
            case _:
                pass


def strange(query: str) -> set[str]:
    """Return the labels that ``query`` names and none of its metrics has."""
    metrics, labels = named([query])
    return labels - OF_ALL - {label for each in metrics for label in labels_of().get(each, ())}


def rules() -> Iterator[Mapping[str, Any]]:
    """Yield every alert."""
    for group in yaml_file("observability", "prometheus", "alerts.yml")["groups"]:
        assert set(group) == {"name", "rules"}
        yield from group["rules"]


@cache
def parsed(queries: tuple[str, ...]) -> list[list[tuple[str | None, list[str]]]]:
    """Return, of each query, the metrics with the labels that it names, as a parser of PromQL reads it."""
    lines = "".join(f"{json.dumps(each)}\n" for each in queries)
    answers = said("python", "-c", _PARSE, stdin=lines).splitlines()
    return [json.loads(each) for each in answers]


def named(queries: list[str]) -> tuple[set[str], set[str]]:
    """Return the metrics and the labels that ``queries`` name."""
    found = [each for query in parsed(tuple(queries)) for each in query]
    return {n for n, _ in found if n is not None}, {
        label for _, labels in found for label in labels
    }
