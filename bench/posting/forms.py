"""What both sides take and answer: the same bytes in, the same shape out."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.notify import Fact
from shared.contracts.roles import Role
from shared.web import Body

PATH: Final = "/v1/letters"
SENT: Final = (
    b'{"recipient_role":"applicant","facts":['
    b'{"name":"round","value":"P19"},{"name":"deadline","value":"2018-12-07"},'
    b'{"name":"places","value":"5"},{"name":"organisation","value":"Arbetsintegrerande AB"}]}'
)


class LetterBody(Body):
    """A letter to be planned."""

    recipient_role: Role
    facts: Annotated[tuple[Fact, ...], Field(min_length=1, max_length=20)]


class Planned(BaseModel):
    """The letter that was planned."""

    model_config = ConfigDict(frozen=True)

    letter_id: UUID
    version: int
    position: int
