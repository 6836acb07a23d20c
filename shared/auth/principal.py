"""What is known of a caller, and the table of what each role may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from shared.contracts.roles import Role

Operations: TypeAlias = Mapping[str, tuple[Role, ...]]
"""SOD-15: by name of the route's function, the roles that may use it; ``PUBLIC`` for anyone.

The order counts: a person with several of the roles acts in the first of them.
"""

PUBLIC: Final[tuple[Role, ...]] = ()
"""Marks an operation that needs no token."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller.

    Attributes:
        person: A pseudonym; for a service, one derived from its name.
        roles: At least one.
        organisation: Number of the firm that the person acts for, ten digits; ``None`` for the
            people of the certifying house and for services.
        signed_in_at: When the person signed in; for a service, when the token was made.
        client: Whether a service calls on its own account (client credentials).
    """

    person: UUID
    roles: frozenset[Role]
    organisation: str | None
    signed_in_at: datetime
    client: bool = False
