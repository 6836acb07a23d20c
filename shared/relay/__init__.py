"""From the log to Kafka, in log order, at least once, by one leader."""

from pathlib import Path

from shared.relay.lease import LeaseLost, checkpoint, leading
from shared.relay.reconcile import Reconciled, reconcile
from shared.relay.relay import Health, Output, Reader, Relay

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()
"""What ``migrate`` runs in the schema ``relay``, whose writer is ``<service>_relay``."""

__all__ = [
    "SCHEMA",
    "Health",
    "LeaseLost",
    "Output",
    "Reader",
    "Reconciled",
    "Relay",
    "checkpoint",
    "leading",
    "reconcile",
]
