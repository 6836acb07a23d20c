"""What does not agree is said once."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from services.audit.commands import ReportFinding
from services.audit.decider import decider
from services.audit.policy import when_chain_broken, when_different, when_missing
from shared.contracts.audit import TamperSuspected
from shared.testing import Scenario
from shared.testing.laws import laws

NOON = datetime(2019, 6, 20, 10, tzinfo=UTC)
finding = Scenario(decider)
difference = when_different("asf/review", 47, "cd" * 32, "ef" * 32, NOON)
said = TamperSuspected(
    finding_id=difference.command.finding_id,
    log="asf/review",
    position=47,
    finding="difference",
    expected="cd" * 32,
    found="ef" * 32,
    suspected_at=NOON,
)


def test_a_difference_is_said_once() -> None:
    """AUD-3: a changed event is found, and the alarm is one event."""
    finding.when(difference.command).then(said)
    finding.given(said).when(difference.command).then_nothing()


def test_the_same_disagreement_is_the_same_finding_whenever_it_is_seen() -> None:
    """AUD-3: looked at every few seconds, a gap is one alarm and not many."""
    later = datetime(2019, 6, 21, tzinfo=UTC)
    assert when_missing("asf/review", 9, NOON).stream == when_missing("asf/review", 9, later).stream


def test_different_disagreements_are_different_findings() -> None:
    """AUD-3: a gap, a difference and a broken chain at one place are told apart."""
    found = {
        when_missing("asf/review", 9, NOON).stream,
        when_missing("asf/intake", 9, NOON).stream,
        when_missing("asf/review", 10, NOON).stream,
        when_chain_broken("asf/review", 9, None, "ef" * 32, NOON).stream,
        when_different("asf/review", 9, "cd" * 32, "ef" * 32, NOON).stream,
    }
    assert len(found) == 5


reports = st.builds(
    ReportFinding,
    finding_id=st.just(UUID(int=1)),
    log=st.just("asf/review"),
    position=st.integers(1, 9),
    finding=st.sampled_from(["gap", "difference", "chain"]),
    expected=st.none(),
    found=st.none(),
    at=st.just(NOON),
)
TestFindingLaws = laws(decider, commands=reports, histories=st.sampled_from([(), (said,)]))
