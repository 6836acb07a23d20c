"""Traces, measurements and structured logs: the one door to OpenTelemetry.

Nothing personal enters: attributes are a closed list, exceptions are told by class and place.
"""

from shared.telemetry.export import configure, shutdown
from shared.telemetry.logs import Logger, about_case, bound_case, get_logger, log
from shared.telemetry.metrics import Metric, measure
from shared.telemetry.spans import (
    Exchange,
    current_trace_id,
    current_traceparent,
    http_span,
    joined,
    note,
    process_span,
    send_span,
    sending,
    span,
)

__all__ = [
    "Exchange",
    "Logger",
    "Metric",
    "about_case",
    "bound_case",
    "configure",
    "current_trace_id",
    "current_traceparent",
    "get_logger",
    "http_span",
    "joined",
    "log",
    "measure",
    "note",
    "process_span",
    "send_span",
    "sending",
    "shutdown",
    "span",
]
