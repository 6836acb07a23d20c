"""Golden scenario G1 for two firms: every service's real events, sealed for real, in their logs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar
from uuid import UUID, uuid5

import orjson

from shared.contracts.base import Event, sealed_fields
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.contracts.intake import InvoiceSettled, PlaceOffered
from shared.contracts.notify import Fact, NotificationPlanned, NotificationSent
from shared.contracts.preparation import (
    AgreementNoted,
    EvidenceTextWritten,
    Part,
    PartNoted,
    SelfAssessmentItemAnswered,
    WorkspaceFrozen,
    manifest_root,
)
from shared.contracts.record import decode
from shared.contracts.roles import Role
from shared.eventlog import Write
from shared.ids import NONCE_BYTES, SALT_BYTES
from shared.ledger.bundle import Disclosed
from shared.testing.memory import MemoryLog
from tests.certificates import facts as certificates
from tests.intake import facts as intake
from tests.review import facts as review
from tests.verify.house import SERVICES, Log

E_ = TypeVar("E_", bound=Event)
NAMES: Final = UUID("7e1a0000-0000-4000-8000-000000000003")
ALFA, BETA = (uuid5(NAMES, name) for name in ("alfa", "beta"))
CASE: Final = str(ALFA)
CANARY: Final = "Vi pratar om vår vardag i ett stormöte varje månad."
"""A text that is sealed; it may stand nowhere in clear unless it is disclosed."""
MANDATE: Final = uuid5(NAMES, "mandate")
ROUND: Final = f"round-{intake.ROUND}"


class Said(NamedTuple):
    """What one service put on record at once.

    Attributes:
        person: Who acted; ``None``: a policy of the service.
    """

    service: str
    stream: str
    events: tuple[Event, ...]
    person: UUID | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class House:
    """The logs of every service after all that was said."""

    logs: dict[str, MemoryLog]

    @property
    def shown(self) -> list[Log]:
        """The logs as the ledger sees them."""
        return [Log(f"asf/{name}", log.leaves) for name, log in self.logs.items()]

    async def disclosed(self, case: str, *services: str) -> list[Disclosed]:
        """Return every sealed text of ``case`` in the logs of ``services``, with its salt."""
        return [
            each
            for name in services
            for position, leaf in enumerate(self.logs[name].leaves, 1)
            if str(decode(leaf).correlation_id) == case
            for each in self._of(name, position, leaf)
        ]

    def _of(self, name: str, position: int, leaf: bytes) -> Iterator[Disclosed]:
        record, log = decode(leaf), self.logs[name]
        event = event_of(record)
        assert event is not None
        for field in sealed_fields(type(event)):
            if getattr(event, field) is None:
                continue
            kept = log.shelf.sealed[record.stream, record.version, field]
            cipher = log.vault._unwrap(kept.key).cipher
            place = f"{record.stream}\x00{record.version}\x00{field}".encode()
            nonce, sealed = kept.sealed[:NONCE_BYTES], kept.sealed[NONCE_BYTES:]
            opened = cipher.decrypt(nonce, sealed, place)
            text: str = orjson.loads(opened[SALT_BYTES:])
            yield Disclosed(record.log, position, field, opened[:SALT_BYTES], text)


async def house(*told: Said) -> House:
    """Return the logs after ``told``; without: both firms' whole way to their certificate."""
    logs = {name: MemoryLog(name) for name in SERVICES}
    for said in told or tuple(everything()):
        log = logs[said.service]
        history = await log.load(said.stream)
        actor = Actor(said.person or NAMES, said.role or "policy", mandate=MANDATE)
        made = uuid5(NAMES, f"{said.stream} {history.version}")
        cause = Cause(actor, made, intake.ROUND, made)
        write = Write(said.stream, said.events, history.version, scheme="v1")
        await log.append([write], cause=cause)
    return House(logs)


def everything() -> Iterator[Said]:
    """Yield what all services said, both cases in turns."""
    for one, other in zip(story(ALFA), story(BETA), strict=True):
        yield from (one, other)


def story(case: UUID, *, ending: Sequence[Event] = (review.approved,)) -> tuple[Said, ...]:
    """Return one firm's way, to the decision ``ending`` and the certificate."""
    return tuple(each._replace(events=of(case, each.events)) for each in _story(case, ending))


def of(case: UUID, events: Sequence[E_]) -> tuple[E_, ...]:
    """Return ``events`` as those of ``case``: its ids in the place of the facts'."""
    decision, opened = uuid5(case, "decision"), uuid5(case, "review")
    ids = {"application_id": case, "decision_id": decision, "review_id": opened}
    ids |= {name: uuid5(case, name) for name in ("certificate_id", "invoice_id")}
    return tuple(
        event.model_copy(
            update={name: value for name, value in ids.items() if name in type(event).model_fields}
        )
        for event in events
    )


def before_review(case: UUID) -> tuple[Event, ...]:
    """Return what review has heard of the case."""
    return (
        AgreementNoted(application_id=case, agreement="1", noted_at=intake.LATER),
        part(case, review.SUPERVISOR, Part.SUPERVISOR),
        part(case, review.SCREENER, Part.SCREENER),
        part(case, review.LEADER, Part.PROJECT_LEADER),
    )


def part(case: UUID, person: UUID, what: Part) -> PartNoted:
    """Return the fact that ``person`` had a part in the case."""
    day = intake.LATER.date()
    return PartNoted(
        application_id=case, person_id=person, part=what, last_on=day, noted_at=intake.LATER
    )


def _story(case: UUID, ending: Sequence[Event]) -> Iterator[Said]:
    yield Said("intake", f"application-{case}", intake.is_enrolled)
    yield Said("intake", ROUND, (_place(case),))
    settled = InvoiceSettled(
        invoice_id=intake.INVOICE,
        application_id=case,
        organisation_number=intake.ALFA,
        settled_at=intake.LATER,
    )
    yield Said("intake", f"invoice-{uuid5(case, 'invoice')}", (intake.issued, settled))
    yield Said("review", f"casefile-{case}", before_review(case))
    yield Said("review", f"workspace-{case}", (_evidence(case), _frozen(case)))
    yield Said("review", f"assessment-{case}", (_answer(case),))
    yield Said("notify", f"notification-{uuid5(case, 'letter')}", _letter(case))
    certifier = (review.CERTIFIER, Role.CERTIFIER)
    stream = f"review-{uuid5(case, 'review')}"
    yield Said("review", stream, review.ready)
    yield Said("review", stream, tuple(ending), *certifier)
    gates = (certificates.granted, certificates.agreed, certificates.paid, certificates.cleared)
    yield Said("certificates", f"issuance-{case}", gates)
    issued = (certificates.prepared, certificates.issued)
    yield Said("certificates", f"certificate-{uuid5(case, 'certificate')}", issued)


def _place(case: UUID) -> PlaceOffered:
    return PlaceOffered(
        round_id=intake.ROUND,
        application_id=case,
        stands_until=intake.LATER,
        offered_at=intake.LATER,
    )


def _evidence(case: UUID) -> EvidenceTextWritten:
    return EvidenceTextWritten(
        application_id=case,
        evidence_id=uuid5(case, "evidence"),
        title="Stormöte",
        text=CANARY,
        evidence_hash=review.BYLAWS,
        size_bytes=len(CANARY.encode()),
        written_at=intake.LATER,
    )


def _frozen(case: UUID) -> WorkspaceFrozen:
    manifest = (review.BYLAWS, review.POLICIES)
    return WorkspaceFrozen(
        application_id=case,
        manifest=manifest,
        manifest_root=manifest_root(manifest),
        frozen_at=review.MONDAY,
    )


def _answer(case: UUID) -> SelfAssessmentItemAnswered:
    return SelfAssessmentItemAnswered(
        application_id=case,
        item_id="3.5-a",
        answer_id=uuid5(case, "answer"),
        text=CANARY,
        answered_at=review.MONDAY,
    )


def _letter(case: UUID) -> tuple[Event, ...]:
    letter = uuid5(case, "letter")
    return (
        NotificationPlanned(
            notification_id=letter,
            application_id=case,
            cause_id=letter,
            letter="admission",
            recipient_role=Role.APPLICANT,
            legal_effect=True,
            facts=(Fact(name="round", value="P19"),),
            planned_at=intake.LATER,
        ),
        NotificationSent(
            notification_id=letter,
            application_id=case,
            recipient_id=intake.APPLICANT,
            language="sv",
            template_version=1,
            text_hash="0" * 64,
            attempt=1,
            sent_at=intake.LATER,
        ),
    )
