"""From the log to Kafka and to its ledger, in log order, each by one leader."""

from pathlib import Path

from shared.relay.lease import LeaseLost, checkpoint, leading, send_again
from shared.relay.reconcile import Reconciled, reconcile
from shared.relay.relay import Health, Output, Reader, Relay
from shared.relay.sealer import Sealer, SealHealth, origin_of

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
    "SealHealth",
    "Sealer",
    "checkpoint",
    "leading",
    "origin_of",
    "reconcile",
    "send_again",
]
