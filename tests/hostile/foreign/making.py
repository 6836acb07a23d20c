"""Makes requests out of an OpenAPI document with Schemathesis, and has them sent.

Three ways: what a document's limits suggest (boundaries, missing and doubled parts), what chance
makes of its schemas, good and bad, and walks: one answer's ids and versions in the next request.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import count, islice
from typing import Any, Final

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, strategies
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.errors import NoLinksFound
from schemathesis.generation import GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.generation.stateful.state_machine import StepOutput
from schemathesis.specs.openapi import stateful

from tests.hostile.foreign.sending import Sender

MODES: Final = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
LIMITS, CHANCE = 0.45, 0.3
"""Parts of the requests; the rest goes to walks."""
WALKS_AT_ONCE: Final = 5
STEPS: Final = 8
MORE_AT_ONCE: Final = 4
LEDGER_TAG: Final = "ledger"
LEDGER_WEIGHT: Final = 0.25
"""Every service has these operations, and the same code behind them."""
OFFERED: Final = 3
"""Of so many that a document's limits suggest, one is sent: to make them all takes long."""
KNOWN_ID: Final = 0.8
"""How often an id of something that is there stands in the place of an invented one."""
REFUSED_IN_GOOD_FAITH: Final = ["2xx", "304", "400", "401", "403", "404", "409", "412", "422"]
"""A document cannot say what a rule or a check digit says of a body that has the right form."""

REFUSED: Final = [
    "400",
    "401",
    "403",
    "404",
    "405",
    "406",
    "409",
    "413",
    "415",
    "422",
    "428",
    "429",
]
"""What a bad request may hear: what Schemathesis expects, without its 5xx, and that it is too long."""


def load(document: dict[str, Any], ids: Mapping[str, Sequence[Any]], seed: int) -> Any:
    """Return the document as Schemathesis reads it; ``ids`` by place and name, ``path.round_id``."""
    names = {place: place.replace(".", "-").replace("_", "-") for place in ids}
    config = {
        "seed": seed,
        "dictionaries": {names[place]: {"values": list(known)} for place, known in ids.items()},
        "parameters": {
            place: {"dictionary": names[place], "probability": KNOWN_ID} for place in ids
        },
        "generation": {"mode": "all", "with-security-parameters": False, "database": "none"},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": REFUSED_IN_GOOD_FAITH},
            "negative_data_rejection": {"expected-statuses": REFUSED},
        },
    }
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(config))


def run(schema: Any, sender: Sender, requests: int, seed: int) -> None:
    """Send at least ``requests``; the same for the same ``seed`` and the same answers."""
    operations = [result.ok() for result in schema.get_all_operations()]
    weights = [_weight(operation) for operation in operations]
    for operation, weight in zip(operations, weights, strict=True):
        share = requests * weight / sum(weights)
        wanted = max(1, round(share * LIMITS))
        limits = list(islice(_from_limits(operation), wanted * OFFERED))
        chosen = _some(limits, wanted, f"{seed} {operation.label}")
        number = max(round(share * CHANCE), 0 if limits else 1)
        for case in (*chosen, *_by_chance(operation, number, seed)):
            sender.send(case)
    try:
        _walk(schema, sender, requests, seed)
    except NoLinksFound:  # a service of few things, none of which leads to another
        _more(operations, sender, requests, seed)


def _weight(operation: Any) -> float:
    """Return how many requests an operation gets, beside others."""
    return LEDGER_WEIGHT if LEDGER_TAG in (operation.tags or ()) else 1.0


def _from_limits(operation: Any) -> Iterator[Case]:
    """Yield what the limits in the document suggest: the same each time."""
    yield from CoverageGenerator(
        operation=operation,
        generation_modes=MODES,
        generation_config=operation.schema.config.generation,
        auth_storage=None,
        override=Override(),
        feedback=NO_FEEDBACK,
        hooks=None,
    )


def _by_chance(operation: Any, number: int, seed: int) -> list[Case]:
    """Return ``number`` requests that chance makes of the schemas, good and bad.

    Fewer where there are no more, and none but good ones where nothing can be bad.
    """
    if not number:
        return []
    both = [operation.as_strategy(generation_mode=mode) for mode in MODES]
    return _drawn(strategies.one_of(both), number, seed) or _drawn(both[0], number, seed)


def _drawn(strategy: Any, number: int, seed: int) -> list[Case]:
    """Return as many cases of ``strategy`` as there are, up to ``number``."""
    drawn: list[Case] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def draw(case: Case) -> None:
        drawn.append(case)

    with suppress(hypothesis.errors.Unsatisfiable):  # nothing is bad where nothing is asked for
        draw()
    return drawn


def _some(cases: list[Case], wanted: int, seed: str) -> list[Case]:
    """Return ``wanted`` of ``cases``: others for another seed, the same for the same."""

    def rank(at: int) -> bytes:
        return sha256(f"{seed} {at}".encode()).digest()

    return [cases[at] for at in sorted(range(len(cases)), key=rank)[:wanted]]


def _more(operations: Sequence[Any], sender: Sender, requests: int, seed: int) -> None:
    """Send what chance makes of operation upon operation, until ``requests`` are sent in all."""
    for turn in count(1):
        before = sender.sent
        for operation in operations:
            if sender.sent >= requests:
                return
            for case in _by_chance(operation, MORE_AT_ONCE, seed + turn):
                sender.send(case)
        if sender.sent == before:
            return


def _begins(operation: Any, *_: Any) -> bool:
    """Return whether a walk may begin there: with what makes something, or reads what is there.

    The library would rather guess at commands than read what it was told the ids of.
    """
    makes = operation.method == "post" and not operation.path_parameters
    return makes or operation.method == "get"


def _walk(schema: Any, sender: Sender, requests: int, seed: int) -> None:
    """Follow links from answer to request until ``requests`` are sent in all."""
    stateful.is_likely_root_transition = _begins

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        """Sends by ``sender``, which checks and raises nothing."""

        def step(self, input: Any) -> Any:  # noqa: A002 -- the name is the library's
            response = sender.send(input.case, input.transition)
            if response is None:
                hypothesis.reject()
            self.recorder.record_response(case_id=input.case.id, response=response)
            return StepOutput(response, input.case)

    for turn in count():
        before = sender.sent
        settings = hypothesis.settings(
            max_examples=WALKS_AT_ONCE,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        hypothesis.seed(seed + turn)(Walk)
        with suppress(hypothesis.errors.Unsatisfiable):  # nobody answers any more
            Walk.run(settings=settings)
        if sender.sent >= requests or sender.sent == before:
            return
