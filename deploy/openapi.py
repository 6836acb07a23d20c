"""The OpenAPI documents of all services, made from their routes. Nothing is opened for it."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from shared import clock, ids
from shared.process import Parts, Service

SERVICES: Final = Path(__file__).parents[1] / "services"


def openapi_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each service's name and its OpenAPI 3.1 document, by name."""
    for path in sorted(SERVICES.glob("*/main.py")):
        service: Service[Any] = importlib.import_module(f"services.{path.parent.name}.main").service
        yield service.name, service.api(unconnected(service)).openapi()


def unconnected(service: Service[Any]) -> Parts[Any]:
    """Return parts that describe a service and are connected to nothing: routes do not call them."""

    async def reached(_view: str, _position: int) -> bool:
        raise AssertionError("a description is asked for nothing")

    async def case_of(_stream: str) -> None:
        """Know no case: there is no log behind."""

    nothing = cast("Any", SimpleNamespace(reached=reached, case_of=case_of))
    return Parts(
        name=service.name,
        settings=service.settings.model_construct(),
        handler=nothing,
        log=nothing,
        access=nothing,
        vault=nothing,
        authenticator=nothing,
        pool=nothing,
        positions=nothing,
        actor=nothing,
        now=clock.now,
        new_id=ids.new_id,
    )
