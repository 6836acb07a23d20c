"""What the tests of telemetry share."""

from tests.telemetry.recorded import recorded_metrics, recorded_spans

__all__ = ["recorded_metrics", "recorded_spans"]
