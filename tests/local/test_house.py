"""The house starts services, tells each what it needs, awaits it and stops it."""

from base64 import b64decode
from collections.abc import Iterator

import asyncpg
import httpx2
import pytest

from deploy.local.empty import empty
from deploy.local.errors import StackError
from deploy.local.house import House
from deploy.local.part import wait_for
from deploy.local.stack import Stack
from tests.process.house import MONDAY
from tests.stack import emptied

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def house(stack: Stack) -> Iterator[House]:
    """Two thin services on the shared stack, with the names of real ones."""
    with emptied(stack, MONDAY), House(stack, package="tests.local.house") as house:
        yield house


def test_every_service_that_is_there_runs(house: House) -> None:
    """House: a service is there when its main module is; one with streams has two processes."""
    assert house.processes() == ("certificates", "notify", "certificates-streams")
    assert all(house.ready(process) for process in house.processes())


def test_a_service_is_told_where_everything_is(house: House, stack: Stack) -> None:
    """House: addresses, secrets and time come by environment, with the service's prefix."""
    told = httpx2.get(house.url("notify")).json()

    assert told["NOTIFY_DATABASE_DSN"].startswith("postgresql://notify_app:")
    assert told["NOTIFY_DATABASE_DSN"].endswith("/notify")
    assert told["NOTIFY_RELAY_DSN"].startswith("postgresql://notify_relay:")
    assert told["NOTIFY_KAFKA_BOOTSTRAP_SERVERS"] == stack.kafka_bootstrap
    assert told["NOTIFY_ISSUER_URL"] == stack.issuer_url
    assert told["NOTIFY_SMTP_PORT"] == str(stack.smtp_port)
    assert told["NOTIFY_CERTIFICATES_URL"] == house.url("certificates")
    assert told["NOTIFY_SIMULATED_TIME"] == "true"
    assert told["SIGILL_CLOCK"] == str(stack.settings.clock_file)
    assert told["OTEL_SERVICE_NAME"] == "notify"
    assert told["OTEL_TRACES_EXPORTER"] == "zipkin"
    assert len(b64decode(told["NOTIFY_VAULT_MASTER_KEY"])) == 32


def test_only_migrate_is_told_the_superuser(house: House) -> None:
    """House: whoever serves requests cannot change tables or grants."""
    told = httpx2.get(house.url("notify")).json()

    assert "NOTIFY_DATABASE_ADMIN_DSN" not in told


def test_the_vault_key_is_the_owners_alone_and_stays(house: House, stack: Stack) -> None:
    """House: made once per data folder; every service has its own."""
    keys = [stack.settings.data / "vault" / f"{name}.key" for name in house.services]
    before = [key.read_text() for key in keys]

    House(stack, package="tests.local.house").start()

    assert [key.read_text() for key in keys] == before
    assert len(set(before)) == len(keys)
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_starting_again_disturbs_nobody(house: House, stack: Stack) -> None:
    """House: starting twice is harmless."""
    before = [stack.processes.running(process) for process in house.processes()]

    house.start()

    assert [stack.processes.running(process) for process in house.processes()] == before


def test_a_killed_service_comes_back(house: House, stack: Stack) -> None:
    """House: services start in any order and survive each other's absence."""
    house.kill("notify")
    assert stack.processes.running("notify") is None
    assert house.ready("certificates")

    house.restart("notify")

    assert house.ready("notify")


def test_a_service_that_dies_is_quoted(stack: Stack) -> None:
    """House: what a process said last is in the message, and where the rest is."""
    with pytest.raises(StackError, match="review cannot set up its database") as failed:
        House(stack, package="tests.local.house", services=("review",)).start()

    assert "No module named" in str(failed.value)


def test_an_empty_system_has_no_databases_and_no_letters(house: House, stack: Stack) -> None:
    """House: a scenario begins with nothing, without another stack."""
    house.stop()
    stack.mail_folder.joinpath("000009.eml").write_text("a letter")

    empty(stack, house.services)
    left = wait_for(_databases(stack.postgres_admin_dsn))
    house.start()

    assert not left & set(house.services)
    assert not stack.mail.letters()
    assert set(house.services) <= wait_for(_databases(stack.postgres_admin_dsn))


async def _databases(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
        return {row["datname"] for row in rows}
    finally:
        await connection.close()
