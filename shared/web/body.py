"""The form of what people send: unknown fields are refused, digits are ASCII digits."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Digits: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]+$", max_length=64)]
"""A number kept as text, e.g. of an organisation: ASCII digits only, leading zeros count."""


class Body(BaseModel):
    """A request's body. It says neither who nor when: the edge knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)
