"""The list of appointments: who may act as what, and until when."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event
from shared.contracts.preparation import AppointmentMade, AppointmentProposed
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from shared.eventlog.views import View


class AppointmentRecord(BaseModel):
    """One row.

    Attributes:
        areas: Ascending; empty for roles that assess none.
        valid_until: The last valid day.
    """

    model_config = ConfigDict(frozen=True)

    appointment_id: UUID
    person_id: UUID
    role: Role
    areas: tuple[Criterion, ...]
    schemes: tuple[str, ...]
    valid_from: date
    valid_until: date
    status: Literal["proposed", "active"]
    founding: bool = False


def _keys(event: Event) -> tuple[str, ...]:
    """Return the appointment that ``event`` is about."""
    match event:
        case AppointmentProposed() | AppointmentMade():
            return (str(event.appointment_id),)
        case _:
            return ()


def appointment(row: AppointmentRecord | None, event: Event, _key: str) -> AppointmentRecord | None:
    """Return the row after ``event``. Replaying it changes nothing."""
    match event:
        case AppointmentProposed():
            if row is not None:
                return row
            status: Literal["proposed", "active"] = "proposed"
            founding = False
        case AppointmentMade():
            status, founding = "active", event.founding
        case _:
            return row
    return AppointmentRecord(
        appointment_id=event.appointment_id,
        person_id=event.person_id,
        role=event.role,
        areas=event.areas,
        schemes=event.schemes,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        status=status,
        founding=founding,
    )


appointment_record = View(
    name="appointment_record",
    version=1,
    document=AppointmentRecord,
    keys=_keys,
    evolve=appointment,
)
