"""What does not agree is said once."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from services.audit.commands import MakeExport, ReportFinding
from services.audit.decider import decider, export_decider
from services.audit.policy import Range, missing_in, when_chained, when_different, when_missing
from shared.contracts.audit import ExportMade, TamperSuspected
from shared.decider import Asked
from shared.testing import Scenario
from shared.testing.laws import laws

NOON = datetime(2019, 6, 20, 10, tzinfo=UTC)
finding = Scenario(decider)
HELD, CAME = "cd" * 32, "ef" * 32


def different(at_place: str | None, of_version: str | None) -> Asked[ReportFinding] | None:
    """Return what is said of a record that came for position 47."""
    return when_different(
        "asf/review", 47, at_place=at_place, of_version=of_version, found=CAME, at=NOON
    )


def chained(before: str | None, previous: str | None) -> Asked[ReportFinding] | None:
    """Return what is said of a record at position 9 that names ``previous``."""
    return when_chained("asf/review", 9, before=before, previous=previous, at=NOON)


difference = different(HELD, HELD)
assert difference is not None
said = TamperSuspected(
    finding_id=difference.command.finding_id,
    log="asf/review",
    position=47,
    finding="difference",
    expected=HELD,
    found=CAME,
    suspected_at=NOON,
)


def test_a_difference_is_said_once() -> None:
    """AUD-3: a changed event is found, and the alarm is one event."""
    assert difference is not None
    finding.when(difference.command).then(said)
    finding.given(said).when(difference.command).then_nothing()


def test_the_same_disagreement_is_the_same_finding_whenever_it_is_seen() -> None:
    """AUD-3: looked at every few seconds, a gap is one alarm and not many."""
    later = datetime(2019, 6, 21, tzinfo=UTC)
    assert when_missing("asf/review", 9, NOON).stream == when_missing("asf/review", 9, later).stream


def test_a_replay_makes_no_second_finding_when_the_place_has_been_taken_since() -> None:
    """AUD-3: a finding is about what came; what is held against it may have changed."""
    first, again = different(None, CAME), different(HELD, CAME)
    assert first is not None
    assert again is not None
    assert first.stream == again.stream
    assert (first.command.expected, again.command.expected) == (None, HELD)


def test_different_disagreements_are_different_findings() -> None:
    """AUD-3: a gap, a difference and a broken chain at one place are told apart."""
    asked = (
        when_missing("asf/review", 9, NOON),
        when_missing("asf/intake", 9, NOON),
        when_missing("asf/review", 10, NOON),
        chained(None, CAME),
        different(HELD, HELD),
    )
    assert len({each.stream for each in asked if each is not None}) == len(asked)


def test_what_came_again_is_no_difference() -> None:
    """AUD-3: a second delivery is silent; the same record at another place is not."""
    assert different(CAME, CAME) is None
    for at_place, of_version in ((HELD, CAME), (None, HELD), (None, CAME), (CAME, HELD)):
        assert different(at_place, of_version) is not None


def test_a_record_names_the_one_before_it() -> None:
    """AUD-3: a chain is whole when both sides say the same, also of the first."""
    assert chained(None, None) is None
    assert chained(HELD, HELD) is None
    assert chained(HELD, CAME) is not None


def test_what_is_missing_is_named_by_its_ends() -> None:
    """L3: positions are dense, so whatever stays away between two that are here is missing."""
    assert missing_in((4, 5, 9), after=2, until=9) == (Range(3, 3), Range(6, 8))
    assert missing_in((3, 4), after=2, until=4) == ()
    assert missing_in((9,), after=2, until=5) == (Range(3, 5),)


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

export = Scenario(export_decider)
wish = MakeExport(
    export_id=UUID(int=7),
    case=None,
    format="jsonl",
    query_hash=HELD,
    as_of=("asf/intake@3",),
    records=3,
    content_hash=CAME,
    at=NOON,
)
taken = ExportMade(
    export_id=UUID(int=7),
    application_id=None,
    format="jsonl",
    query_hash=HELD,
    as_of=("asf/intake@3",),
    records=3,
    content_hash=CAME,
    made_at=NOON,
)


def test_an_export_is_said_once_with_what_it_holds() -> None:
    """AUD-2: question, sizes, number and hash; one export is one event."""
    export.when(wish).then(taken)
    export.given(taken).when(wish).then_nothing()


TestExportLaws = laws(
    export_decider,
    commands=st.builds(
        MakeExport,
        export_id=st.just(UUID(int=7)),
        case=st.none() | st.uuids(),
        format=st.sampled_from(["jsonl", "csv", "bundle"]),
        query_hash=st.just(HELD),
        as_of=st.just(("asf/intake@3",)),
        records=st.integers(0, 9),
        content_hash=st.just(CAME),
        at=st.just(NOON),
    ),
    histories=st.sampled_from([(), (taken,)]),
)
