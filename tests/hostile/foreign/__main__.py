"""Reads one order (JSON) from standard input, sends what it asks for, writes a report (JSON).

``{"seed", "requests", "codes", "of_the_edge", "head_bytes_max", "services": {name: {"url", "document", "people",
"ids"}}}`` comes in; ``people`` are token and roles by label. Out goes what was sent and what was
wrong, by service.
"""

import json
import sys
import warnings
from typing import Any

from tests.hostile.foreign.making import load, run
from tests.hostile.foreign.sending import Sender, Target


def main() -> None:
    """Serve one order."""
    warnings.simplefilter("ignore")
    order = json.load(sys.stdin)
    told = order["services"]
    total = sum(len(each["document"]["paths"]) for each in told.values())
    report = {}
    for name, each in told.items():
        share = round(order["requests"] * len(each["document"]["paths"]) / total)
        report[name] = _serve(order, name, each, share)
    json.dump(report, sys.stdout)


def _serve(order: dict[str, Any], name: str, told: dict[str, Any], requests: int) -> dict[str, Any]:
    """Send ``requests`` to one service, and return what became of them."""
    people = [(label, token, tuple(roles)) for label, (token, roles) in told["people"].items()]
    target = Target(
        name,
        told["url"],
        people,
        frozenset(order["codes"]),
        frozenset(order["of_the_edge"]),
        order["head_bytes_max"],
    )
    sender = Sender(target)
    schema = load(told["document"], told["ids"], order["seed"])
    run(schema, sender, requests, order["seed"])
    seen = [[operation, status, times] for (operation, status), times in sender.seen.items()]
    followed = [[link, status, times] for (link, status), times in sender.followed.items()]
    return {
        "sent": sender.sent,
        "seen": seen,
        "followed": followed,
        "failures": sender.failures,
    }


if __name__ == "__main__":
    main()
