"""A log that is sealed and served over HTTP, a mirror of it, and a witness: all real but Kafka.

What Kafka does is copied from the log's table to the mirror's, record by record, in the hands of
the test. ``test_real_witness.py`` has it whole.
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import httpx2
import orjson
from pydantic import SecretStr

from deploy.local.ports import free_ports
from deploy.local.stack import Stack
from services.audit.decider import decider
from services.audit.main import SCHEMA
from services.audit.settings import Settings
from services.audit.witness.api import ADD_CHECKPOINT, WITNESS_OPERATIONS, witness_routes
from services.audit.witness.asking import Asking
from services.audit.witness.evidence import FORMAT
from services.audit.witness.proofs import Proofs, proofs_over
from services.audit.witness.submitting import Submitting
from services.audit.witness.watching import Watch
from services.audit.witness.witnessing import Witness, witness_over
from shared.auth import Authenticator
from shared.contracts.audit import TamperSuspected
from shared.contracts.record import decode
from shared.eventlog import Handler
from shared.eventlog.connection import Connection, Pool, connect, open_pool
from shared.eventlog.migrate import SchemaText, migrate_log
from shared.eventlog.projector_positions import Positions
from shared.ids import new_id
from shared.ledger import AddCheckpoint, Policy, leaf_hash, policy_of, verifier_key
from shared.ledger.signer import VERIFIER_KEYS
from shared.process import Parts
from shared.process.service import actor_of
from shared.testing.memory import MemoryAccessLog, MemoryLog
from shared.web import LEDGER_OPERATIONS, Edge, Limits, create_app, ledger_routes
from shared.web.server import server
from tests.auth.issuer import NOW, authenticator
from tests.ledger.sealing import Sealing, sealing

SERVICE, LOG = "review", "asf/review"
AT = datetime(2019, 6, 17, 8, tzinfo=UTC)
PASSWORD = "local"  # noqa: S105 -- for one test
KEEP = """
    INSERT INTO mirror (log, position, leaf, hash, stream, version, type, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@dataclass
class Witnessed:
    """A log, its mirror, and whoever witnesses it.

    Attributes:
        ledger: The log, its ledger and its signer.
        pool: Of the database of audit, as the service.
        dsn: Of the same.
        admin: The same, as its superuser.
        url: Where the log is served.
        said: What audit has on record.
    """

    ledger: Sealing
    pool: Pool
    dsn: str
    admin: str
    url: str
    folder: Path
    said: MemoryLog = field(default_factory=lambda: MemoryLog("audit", now=lambda: AT))
    mirrored: int = 0

    @property
    def keys(self) -> Path:
        """Return the file with the keys by which the log is known."""
        return self.ledger.folder / VERIFIER_KEYS

    @property
    def policy(self) -> Policy:
        """Return whom a verifier believes: the log, and audit as its witness."""
        lines = (self.folder / "audit" / "witness" / VERIFIER_KEYS).read_text().splitlines()
        return policy_of(self.ledger.policy.logs, [verifier_key(line) for line in lines], need=1)

    @property
    def proofs(self) -> Proofs:
        """Return what a bundle asks."""
        return proofs_over(self.pool)

    @asynccontextmanager
    async def as_admin(self) -> AsyncGenerator[Connection]:
        """Yield a connection to audit's database as its superuser, whom no trigger stops."""
        async with connect(self.admin, name="superuser") as connection:
            for table in ("mirror", "witness_tile", "witness_checkpoint", "witness_evidence"):
                await connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL")
            yield connection
            for table in ("mirror", "witness_tile", "witness_checkpoint", "witness_evidence"):
                await connection.execute(f"ALTER TABLE audit.{table} ENABLE TRIGGER ALL")

    def witness(self, http: httpx2.AsyncClient) -> Witness:
        """Return the witness of a process that just began."""
        settings = settings_for(self.folder, self.keys, self.url)
        return witness_over(parts_over(self.pool, settings, self.said), Asking(http))

    @asynccontextmanager
    async def watching(self, elapsed_s: Callable[[], float] = monotonic) -> AsyncGenerator[Watch]:
        """Yield a watch over the log that remembers nothing yet."""
        async with httpx2.AsyncClient() as http:
            yield Watch(SERVICE, self.witness(http), elapsed_s)

    @asynccontextmanager
    async def asked(self, *, wait_s: float = 0.0) -> AsyncGenerator[httpx2.AsyncClient]:
        """Yield a client of the witness's HTTP."""
        edge = Edge(
            authenticator=authenticator(),
            operations=WITNESS_OPERATIONS,
            access=MemoryAccessLog(),
            now=lambda: NOW,
        )
        async with httpx2.AsyncClient() as http:
            routes = witness_routes(edge, Submitting(self.witness(http), wait_s))
            app = create_app(
                "Witness",
                routers=[routes],
                operations=WITNESS_OPERATIONS,
                limits=Limits(uploads=(ADD_CHECKPOINT,)),
            )
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app), base_url="http://audit"
            ) as client:
                yield client

    async def grow(self, number: int, *, mirrored: bool = True) -> None:
        """Append so many records, have them sealed, and send them to the mirror."""
        await self.ledger.append(number)
        await self.ledger.sealed(self.ledger.appended)
        if mirrored:
            await self.mirror()

    async def mirror(self) -> None:
        """Send to the mirror what it has not."""
        leaves = (await self.ledger.leaves())[self.mirrored :]
        for leaf in leaves:
            self.mirrored += 1
            said = orjson.loads(leaf)
            await self.pool.execute(
                KEEP,
                LOG,
                self.mirrored,
                leaf,
                leaf_hash(leaf).hex(),
                said["stream"],
                said["version"],
                said["type"],
                datetime.fromisoformat(said["recorded_at"]),
            )

    async def findings(self) -> list[TamperSuspected]:
        """Return what audit has found, oldest first."""
        records = [decode(each.leaf) for each in await self.said.tail(0, limit=1_000)]
        return [TamperSuspected.model_validate(each.data, strict=False) for each in records]

    async def evidence(self, finding_id: UUID) -> dict[str, Any]:
        """Return the evidence of a finding."""
        row = await self.pool.fetchrow(
            "SELECT document FROM witness_evidence WHERE finding_id = $1", finding_id
        )
        assert row is not None
        document: dict[str, Any] = orjson.loads(row["document"])
        assert document["format"] == FORMAT
        return document

    async def cosigned(self) -> list[int]:
        """Return every size that was cosigned, ascending."""
        rows = await self.pool.fetch("SELECT size FROM witness_checkpoint ORDER BY size")
        return [row["size"] for row in rows]

    async def note(self, size: int | None = None) -> bytes:
        """Return what the log signed, last or at ``size``."""
        store = self.ledger.store
        found = await (store.latest() if size is None else store.at(size))
        assert found is not None
        return found.note

    async def wish(self, old: int, new: int) -> AddCheckpoint:
        """Return the wish that the log's checkpoint at ``new`` be cosigned, from its own proof."""
        async with httpx2.AsyncClient() as http:
            answer = await http.get(f"{self.url}/v1/ledger/consistency?old={old}&new={new}")
        hashes = (b64decode(each) for each in answer.json()["hashes"])
        return AddCheckpoint(old, tuple(hashes), await self.note(new))


def settings_for(folder: Path, keys: Path, url: str) -> Settings:
    """Return the settings of an audit service that knows one log."""
    secret = SecretStr("x")
    return Settings(
        database_dsn=secret,
        relay_dsn=secret,
        kafka_bootstrap_servers="x",
        http_port=1,
        issuer_url="http://issuer.example",
        client_secret=secret,
        ledger_folder=folder,
        ledger_origin_prefix="example.org/",
        vault_master_key=SecretStr("A" * 43 + "="),
        log_keys={SERVICE: keys},
        review_url=url,
    )


def parts_over(pool: Pool, settings: Settings, log: MemoryLog) -> Parts[Settings]:
    """Return the parts of an audit process that keeps its own log in memory."""
    access = MemoryAccessLog()
    return Parts(
        name="audit",
        settings=settings,
        actor=actor_of("audit"),
        handler=Handler(log, {"finding": decider}, access, lambda: AT),
        log=log,
        access=access,
        vault=log.vault,
        authenticator=Authenticator("http://issuer.example", "audit", lambda: AT),
        pool=pool,
        positions=Positions(pool, "audit", 1),
        now=lambda: AT,
        new_id=new_id,
    )


@asynccontextmanager
async def witnessed(stack: Stack, folder: Path) -> AsyncGenerator[Witnessed]:
    """Yield a log that nobody seals yet, with an empty mirror."""
    name = f"w{new_id().hex[:12]}"
    app, relay = (
        stack.dsn(user=f"{name}_{role}", password=PASSWORD, database=name)
        for role in ("app", "relay")
    )
    admin = stack.postgres_admin_dsn.rpartition("/")[0] + f"/{name}"
    await migrate_log(
        stack.postgres_admin_dsn,
        service="audit",
        app_dsn=app,
        relay_dsn=relay,
        schemas=[SchemaText("audit", SCHEMA)],
    )
    async with (
        sealing(stack, folder) as ledger,
        open_pool(app, name="test") as pool,
        served(ledger) as url,
    ):
        yield Witnessed(ledger, pool, app, admin, url, folder / "ledger")
    async with connect(stack.postgres_admin_dsn, name="test") as connection:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in ("app", "relay", "owner"):
            await connection.execute(f"DROP ROLE {name}_{role}")


@asynccontextmanager
async def served(ledger: Sealing) -> AsyncGenerator[str]:
    """Serve the ledger over real HTTP; yield its address."""
    edge = Edge(
        authenticator=authenticator(),
        operations=LEDGER_OPERATIONS,
        access=MemoryAccessLog(),
        now=lambda: NOW,
        ledgers=ledger.house.pool,
    )
    app = create_app("Ledger", routers=[ledger_routes(edge)], operations=LEDGER_OPERATIONS)
    (port,) = free_ports(1)
    running = server(app, host="127.0.0.1", port=port)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(running.serve())
        while not running.started:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.should_exit = True
            await serving


def kinds(found: Sequence[TamperSuspected]) -> list[tuple[str, int]]:
    """Return what was found, and at which size."""
    return [(each.finding, each.position) for each in found]
