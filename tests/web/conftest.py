"""What the tests of the edge share."""

from tests.telemetry.recorded import recorded_metrics, recorded_spans

__all__ = ["recorded_metrics", "recorded_spans"]
