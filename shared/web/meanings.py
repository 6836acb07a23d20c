"""What a problem code means. Each service says it of its own codes, the edge of its own.

The OpenAPI document carries all of them; the pages and ``docs/problems.md`` are made from it.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from shared.web.codes import CODES

MEANINGS_KEY: Final = "x-problems"


class Meaning(NamedTuple):
    """What a code says to whoever gets it.

    Attributes:
        sentence: What is the case, and what can be done.
        rules: The ids of the rules that say no, as in ``docs/domain``; none where no rule does.
    """

    sentence: str
    rules: tuple[str, ...] = ()

    @classmethod
    def of(cls, sentence: str, *rules: str) -> "Meaning":
        """Return the meaning, with its rules one after another."""
        return cls(sentence, rules)


Meanings = Mapping[str, Meaning]


def shown(own: Meanings) -> dict[str, dict[str, Any]]:
    """Return what the document says of every code: those of the edge, and a service's ``own``."""
    meanings = {code: Meaning(sentence) for code, sentence in CODES.items()} | dict(own)
    return {
        code: {"meaning": sentence, "rules": list(rules)}
        for code, (sentence, rules) in sorted(meanings.items())
    }
