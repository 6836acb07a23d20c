"""Has the foreign program send generated requests to every service, and hands back its report."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.people import people
from deploy.local.settings import CHECKOUT, SERVICES
from deploy.openapi import openapi_documents
from shared.web.codes import CODES
from shared.web.meanings import MEANINGS_KEY
from shared.web.server import HEAD_BYTES_MAX
from tests.hostile.scene import CALLER, UNASSIGNED, Scene
from tests.ledger.foreign.environment import PLACE, filled

REQUIREMENTS: Final = CHECKOUT / "requirements" / "hostile.txt"
PROGRAM: Final = "tests.hostile.foreign"
INVENTED: Final = "00000000-0000-4000-8000-000000000000"
BUYERS: Final = ("B1", "CW1", "AP1", "TR1")
"""People whom most tables turn away: one of them is enough for each service."""
SECONDS_A_REQUEST: Final = 2.0
SECONDS_TO_BEGIN: Final = 120


@dataclass(frozen=True, slots=True)
class Report:
    """What was sent, and what was wrong.

    Attributes:
        seen: How often each status came, by service and operation (``GET /v1/rounds``).
        followed: How often each status came, by service and link of its document.
        failures: One for each wrong answer: service, operation, check, words, how to repeat it.
    """

    sent: int
    seen: Mapping[tuple[str, str], Mapping[int, int]]
    followed: Mapping[tuple[str, str], Mapping[int, int]]
    failures: tuple[dict[str, str], ...]

    def statuses(self) -> Counter[int]:
        """Return how often each status came."""
        total: Counter[int] = Counter()
        for each in self.seen.values():
            total.update(each)
        return total

    def words(self) -> str:
        """Return the failures, each kind once, for a person."""
        kinds = Counter(
            (each["service"], each["operation"], each["check"], each["words"])
            for each in self.failures
        )
        told = [f"{times} x {' | '.join(kind)}" for kind, times in kinds.most_common()]
        return "\n".join([*told, *(each["repeat"] for each in self.failures[:3])])


def python() -> Path:
    """Return the Python that has Schemathesis, exactly as locked."""
    return filled(PLACE / "python-hostile", REQUIREMENTS, sys.executable)


def fuzzed(scene: Scene, requests: int, seed: int) -> Report:
    """Return what became of at least ``requests``, which are the same for the same ``seed``."""
    documents = dict(openapi_documents())
    known = _ids(scene)
    codes = {*CODES, *(code for document in documents.values() for code in document[MEANINGS_KEY])}
    order = {
        "seed": seed,
        "requests": requests,
        "codes": sorted(codes),
        "of_the_edge": sorted(CODES),
        "head_bytes_max": HEAD_BYTES_MAX,
        "services": {
            service: {
                "url": scene.house.url(service),
                "document": documents[service],
                "people": _people(scene, service),
                "ids": known,
            }
            for service in SERVICES
        },
    }
    return sent(order)


def sent(order: Mapping[str, Any]) -> Report:
    """Return what became of an order; see ``tests.hostile.foreign`` for its form."""
    limit_s = SECONDS_TO_BEGIN + order["requests"] * SECONDS_A_REQUEST
    done = subprocess.run(  # noqa: S603 -- our own words
        [str(python()), "-m", PROGRAM],
        cwd=CHECKOUT,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return _report(json.loads(done.stdout))


def _report(said: dict[str, Any]) -> Report:
    """Return what the program said."""
    seen, followed = (_counted(said, what) for what in ("seen", "followed"))
    failures = tuple(failure for each in said.values() for failure in each["failures"])
    return Report(sum(each["sent"] for each in said.values()), seen, followed, failures)


def _counted(said: dict[str, Any], what: str) -> dict[tuple[str, str], Counter[int]]:
    """Return how often each status came, by service and ``what``."""
    found: dict[tuple[str, str], Counter[int]] = {}
    for service, each in said.items():
        for name, status, times in each[what]:
            found.setdefault((service, name), Counter())[status] += times
    return found


def _people(scene: Scene, service: str) -> dict[str, tuple[str, list[str]]]:
    """Return who asks: somebody of each role, of two firms, and another service."""
    firms = [
        each for firm in (scene.beta, scene.gamma) for each in (firm.applicant, firm.signatory)
    ]
    labels = [
        label for label in scene.tokens[service] if label in {*firms, CALLER, *_of_the_house()}
    ]
    return {
        label: (scene.tokens[service][label], [role.value for role in scene.roles_of(label)])
        for label in labels
    }


def _of_the_house() -> set[str]:
    """Return who works for the certifying house, but for most of those turned away."""
    turned_away = {*BUYERS[1:], *UNASSIGNED}
    return {label for label, each in people().items() if each.org_number is None} - turned_away


def _ids(scene: Scene) -> dict[str, list[Any]]:
    """Return what there is, by where its name stands in requests."""
    applications = [scene.beta.application_id, scene.gamma.application_id, INVENTED]
    persons = [str(people()[label].sub) for label in ("PL1", "S1", "R1", "C1", "SG", "REG")]
    known: dict[str, list[Any]] = {
        "application_id": applications,
        "case": applications,
        "review_id": [scene.beta.review_id, INVENTED],
        "round_id": [scene.round_id, INVENTED],
        "group_id": [scene.group_id, INVENTED],
        "person_id": persons,
        "number": [scene.alfa.certificate],
    }
    query = {"application_id", "case", "round_id"}
    return {
        **{f"path.{name}": values for name, values in known.items() if name != "case"},
        **{f"query.{name}": known[name] for name in query},
        **{f"body.{name}": known[name] for name in ("application_id", "round_id", "person_id")},
        "path.criterion": ["3.1", "X1"],
        "path.survey": ["1"],
        "path.version": ["v1"],
        "path.of": ["asf/intake", "intake", "log"],
        "path.position": [1, 2, 7],
        "path.size": [0, 1, 5],
        "path.path": ["0/000", "0/000.p/1", "1/000", "entries/000.p/5"],
    }
