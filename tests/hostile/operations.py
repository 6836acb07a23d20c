"""Every operation of every service, as its own document has it, with a path that can be asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from deploy.openapi import openapi_documents
from shared.web.openapi import ROLES_KEY, operations_in
from tests.hostile.bodies import body_of

PARAMETER: Final = re.compile(r"\{(\w+)\}")
PLAIN: Final[Mapping[str, str]] = {
    "item_id": "3.1-a",
    "criterion": "3.1",
    "section": "organisation",
    "survey": "1",
    "version": "v1",
    "service": "intake",
    "position": "1",
    "size": "1",
    "old": "1",
    "of": "asf/intake",
    "path": "0/000",
}
"""Parameters that name nothing of anybody's."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        roles: Who may, by the table of the service; nobody in it: anyone may.
        body: One of the right form; None where there is none, or a file.
        seen: Whether the caller must say which version they saw.
        file: Whether its body is a file.
    """

    service: str
    name: str
    method: str
    path: str
    roles: tuple[str, ...]
    body: Any
    seen: bool
    file: bool

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names in the path."""
        return tuple(PARAMETER.findall(self.path))

    @property
    def key(self) -> str:
        """Return how the table calls it."""
        return f"{self.service}.{self.name}"

    def address(self, ids: Mapping[str, str]) -> str:
        """Return the path with ``ids`` in it; what is nobody's stands in ``PLAIN``."""
        return PARAMETER.sub(lambda found: {**PLAIN, **ids}[found[1]], self.path)


@cache
def every_operation() -> tuple[Operation, ...]:
    """Return them all."""
    return tuple(
        Operation(
            service=service,
            name=operation["operationId"],
            method=method,
            path=path,
            roles=tuple(operation.get(ROLES_KEY, ())),
            body=body_of(operation, document),
            seen=any(each["name"] == "If-Match" for each in operation.get("parameters", ())),
            file="application/pdf" in operation.get("requestBody", {}).get("content", {}),
        )
        for service, document in openapi_documents()
        for method, path, operation in operations_in(document)
    )
