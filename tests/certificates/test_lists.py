"""The public list, the count and what holders hold, over a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.stack import Stack
from services.certificates.main import build_api, service
from services.certificates.policy import number_stream
from services.certificates.queries import count_valid, whole_register
from services.certificates.settings import Settings
from shared.auth import Authenticator
from shared.contracts.catalogue import event_of
from shared.contracts.certificate_number import number_of
from shared.contracts.certificate_status import VALID, status
from shared.contracts.certificates import (
    CertificateEvent,
    CertificateIssued,
    ListingConsentGiven,
    NumberTaken,
)
from shared.contracts.envelope import Actor, Cause
from shared.contracts.roles import Role
from shared.contracts.swedish_time import add_years, local_day
from shared.eventlog import Write
from shared.eventlog.projector import Pages, Projector
from shared.process import Parts
from shared.process.compose import opened
from shared.process.provide import migrate
from tests.auth.issuer import AUDIENCE, ISSUER, claims, published, token
from tests.certificates.api.house import ORGANISATION, SETTINGS
from tests.certificates.facts import ALFA, BETA, ISSUED_AT, prepared

pytestmark = pytest.mark.integration

GAMMA = "7699990037"
FIRMS = ((1, ALFA, ISSUED_AT), (2, BETA, ISSUED_AT), (3, GAMMA, ISSUED_AT + timedelta(days=30)))
DATABASE = "certificates_lists"
NOW = datetime(2019, 12, 24, 15, tzinfo=UTC)


def certificate(count: int, organisation: str, at: datetime) -> tuple[CertificateEvent, ...]:
    """Return the facts that a firm's certificate was prepared and issued at ``at``."""
    ids = {"certificate_id": UUID(int=count), "application_id": UUID(int=count + 10)}
    firm = {**ids, "organisation_number": organisation}
    first = prepared.model_copy(update={**firm, "prepared_at": at})
    second = CertificateIssued(
        **first.model_dump(exclude={"prepared_at"}),
        number=number_of(UUID(int=count)),
        valid_from=local_day(at),
        valid_until=add_years(local_day(at), 2),
        first_certified_on=local_day(at),
        issued_at=at,
    )
    return first, second


@pytest.fixture
async def parts(stack: Stack) -> AsyncIterator[Parts[Settings]]:
    """The service's parts with three certificates on record, the first two listed, one pending."""
    password = stack.settings.service_password.get_secret_value()
    reach = {
        f"{name}_dsn": stack.dsn(user=f"{DATABASE}_{role}", password=password, database=DATABASE)
        for name, role in (("database", "app"), ("relay", "relay"))
    }
    given = {
        **SETTINGS.model_dump(),
        **reach,
        "database_admin_dsn": stack.postgres_admin_dsn,
        "kafka_bootstrap_servers": stack.kafka_bootstrap,
        "simulated_time": True,
        "ledger_folder": stack.settings.data / DATABASE,
    }
    own = Settings.model_validate(given)
    await migrate(service, own)
    async with opened(service, own, role="test", now=lambda: NOW) as process:
        parts = process.parts
        if await parts.log.head() == 0:
            await _record(parts)
        projector = Projector(parts.pool, Pages(parts.log, event_of), parts.name)
        for view in service.every_view:
            while await projector.advance(view):
                pass
        yield parts


async def _record(parts: Parts[Settings]) -> None:
    """Put the three certificates on record, and one that waits."""
    pending = prepared.model_copy(update={"certificate_id": UUID(int=4)})
    writes = [Write(f"certificate-{UUID(int=4)}", (pending,), 0)]
    for count, organisation, at in FIRMS:
        number = number_of(UUID(int=count))
        taken = NumberTaken(number=number, certificate_id=UUID(int=count), taken_at=at)
        events = certificate(count, organisation, at)
        if organisation != GAMMA:
            ids = {"certificate_id": UUID(int=count), "application_id": UUID(int=count + 10)}
            events = (*events, ListingConsentGiven(**ids, given_at=at))
        writes += [
            Write(number_stream(number), (taken,), 0),
            Write(f"certificate-{UUID(int=count)}", events, 0),
        ]
    for index, write in enumerate(writes, start=1):
        made = UUID(int=index)
        cause = Cause(Actor(UUID(int=1), "policy"), made, made, made)
        await parts.log.append([write], cause=cause)


def asking(parts: Parts[Settings], organisation: str | None = None) -> httpx2.AsyncClient:
    """Return a client: anyone's, or that of a signatory of ``organisation``."""
    seconds = int(NOW.timestamp())
    said = claims(Role.SIGNATORY, **{ORGANISATION: organisation})
    said |= {"iat": seconds, "auth_time": seconds, "exp": seconds + 600}
    head = {"Authorization": f"Bearer {token(said)}"} if organisation else {}
    checked = Authenticator(ISSUER, AUDIENCE, lambda: NOW, keys=published)
    fields = {name: getattr(parts, name) for name in Parts.__dataclass_fields__}
    app = build_api(Parts(**{**fields, "authenticator": checked}))
    transport = httpx2.ASGITransport(app)
    return httpx2.AsyncClient(transport=transport, base_url="http://certificates", headers=head)


async def test_the_list_shows_who_wants_to_be_shown_in_pages(parts: Parts[Settings]) -> None:
    """CER-10, K-15: by number, keyset, the rest of the query kept in the next address."""
    http = asking(parts)
    first = await http.get("/v1/certificates", params={"limit": 1, "at": "2019-12-01"})
    assert first.headers["link"].endswith('; rel="next"')
    assert "at=2019-12-01" in first.headers["link"]
    second = await http.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    assert "link" not in second.headers
    shown = [*first.json(), *second.json()]
    numbers = sorted(number_of(UUID(int=count)) for count in (1, 2))
    assert [each["number"] for each in shown] == numbers
    assert {each["holder"]["organisation_number"] for each in shown} == {ALFA, BETA}
    assert {each["status"] for each in shown} == {"active"}


async def test_the_list_of_a_past_day_has_what_was_issued_by_then(parts: Parts[Settings]) -> None:
    """GEN-5: in effective time; names by the consent of today."""
    http = asking(parts)
    assert (await http.get("/v1/certificates?at=2019-06-18")).json() == []
    later = (await http.get("/v1/certificates?at=2021-06-20")).json()
    assert [each["status"] for each in later] == ["expired", "expired"]


async def test_a_firm_is_found_by_its_number(parts: Parts[Settings]) -> None:
    """SV-1: in any of its forms; an unlisted holder is not found, golden scenario G13, step 3."""
    http = asking(parts)
    for written in ("769999-0011", "167699990011", ALFA):
        found = (await http.get("/v1/certificates", params={"organisation_number": written})).json()
        assert [each["holder"]["organisation_number"] for each in found] == [ALFA]
    assert (await http.get(f"/v1/certificates?organisation_number={GAMMA}")).json() == []


async def test_the_count_is_of_all_that_are_valid_then(parts: Parts[Settings]) -> None:
    """Q-117, golden scenario G1, step 17: 0 the day before, and listing plays no part."""
    http = asking(parts)
    counts = {
        at: (await http.get("/v1/certificates/count", params={"at": at})).json()["count"]
        for at in ("2019-06-18", "2019-06-19", "2019-08-01", "2021-06-19", "2021-06-20")
    }
    assert list(counts.values()) == [0, 2, 3, 3, 1]
    now = await http.get("/v1/certificates/count")
    assert now.json() == {"count": 3, "at": "2019-12-24T15:00:00.000000Z"}
    again = await http.get("/v1/certificates/count", headers={"If-None-Match": now.headers["etag"]})
    assert again.status_code == 304


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(at=st.datetimes(datetime(2019, 6, 18), datetime(2021, 8, 1), timezones=st.just(UTC)))  # noqa: DTZ001 -- the zone is added by the strategy
async def test_the_count_in_sql_is_the_status_in_python(
    parts: Parts[Settings], at: datetime
) -> None:
    """CER-5, CER-11: two ways to count, one truth, at every instant."""
    entries = (await whole_register(parts.pool)).values()
    count, ends_at = await count_valid(parts.pool, at=at)
    valid = [each.entry for each in entries if status(each.entry.validity, at) in VALID]
    assert count == len(valid)
    assert ends_at == min((each.validity.until_at for each in valid), default=None)


async def test_a_holder_sees_its_own_and_what_is_pending(parts: Parts[Settings]) -> None:
    """CER-3: a pending certificate has no number yet; other firms' are not there."""
    mine = (await asking(parts, ALFA).get("/v1/holdings")).json()
    assert [(each["number"], each["status"], each["listed"]) for each in mine] == [
        (number_of(UUID(int=1)), "active", True),
        (None, "pending", False),
    ]
    page = await asking(parts, ALFA).get("/v1/holdings?limit=1")
    assert 'rel="next"' in page.headers["link"]
    assert len((await asking(parts, GAMMA).get("/v1/holdings")).json()) == 1
    assert (await asking(parts, "8029990010").get("/v1/holdings")).json() == []


async def test_whoever_has_written_reads_it_in_the_list(parts: Parts[Settings]) -> None:
    """House: a list waits for the position of the caller's own command."""
    head = {"Wait-For-Position": str(await parts.log.head())}
    for path in ("/v1/certificates", "/v1/certificates/count"):
        assert (await asking(parts).get(path, headers=head)).status_code == 200
