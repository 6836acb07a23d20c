"""AUD-3: when records that are here and under no checkpoint of their log become an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.audit.policy import Shown
from services.audit.witness.evidence import document
from services.audit.witness.known import Signed
from services.audit.witness.stalling import Backlog, when_stalled
from shared.ledger import Checkpoint, sign_checkpoint
from tests.ledger.samples import STRANGER

AT = datetime(2019, 6, 17, 8, tzinfo=UTC)
PATIENCE_S = 40.0
SHOWN: tuple[Shown, ...] = ("earlier", "nothing", "unsigned", "no_answer")


@dataclass(frozen=True)
class Look:
    """What was there at one look: how much is mirrored, and how much of it is covered."""

    now_s: float
    head: int
    covered: int


def given_looks(*looks: Look) -> Backlog:
    """Return the backlog after ``looks``."""
    backlog = Backlog()
    for look in looks:
        backlog = backlog.after(
            look.head, covered=look.covered, now_s=look.now_s, patience_s=PATIENCE_S
        )
    return backlog


def overdue_after(*looks: Look) -> int | None:
    """Return up to where records are overdue at the last of ``looks``."""
    return given_looks(*looks).overdue(now_s=looks[-1].now_s, patience_s=PATIENCE_S)


def test_records_have_their_time_and_no_more() -> None:
    """Given records behind the checkpoint, when patience is over and not before, then it is said."""
    first = Look(100, head=8, covered=5)
    assert overdue_after(first) is None
    assert overdue_after(first, Look(140, 8, 5)) is None
    assert overdue_after(first, Look(140.1, 8, 5)) == 8


def test_a_log_at_rest_is_not_stalled() -> None:
    """Given that all is covered, or nothing was ever written, when hours pass, then nothing is said."""
    assert overdue_after(Look(0, 5, 5), Look(9_999, 5, 5)) is None
    assert overdue_after(Look(0, 0, 0), Look(9_999, 0, 0)) is None


def test_a_mirror_that_catches_up_is_not_the_log_s_fault() -> None:
    """Given a checkpoint far ahead, when records come in slowly, then they are covered as they come."""
    looks = [Look(second, head=second, covered=500) for second in range(0, 500, 20)]
    assert overdue_after(*looks) is None


def test_records_that_came_later_have_time_of_their_own() -> None:
    """Given a stall, when some are overdue, then those that have just come are not among them."""
    assert overdue_after(Look(0, 8, 5), Look(30, 20, 5), Look(41, 22, 5)) == 8
    assert overdue_after(Look(0, 8, 5), Look(30, 20, 5), Look(71, 22, 5)) == 20


def test_a_checkpoint_that_covers_what_is_overdue_ends_the_stall() -> None:
    """Given a stall, when a checkpoint covers what was overdue, then the rest has its time first."""
    stalled = (Look(0, 8, 5), Look(30, 20, 5), Look(41, 22, 5))
    assert overdue_after(*stalled, Look(42, 22, 7)) == 8
    assert overdue_after(*stalled, Look(42, 22, 8)) is None
    assert overdue_after(*stalled, Look(42, 22, 8), Look(71, 22, 8)) == 20
    assert overdue_after(*stalled, Look(42, 22, 22), Look(999, 22, 22)) is None


def test_a_log_that_seals_too_slowly_is_noticed() -> None:
    """Given one new checkpoint a minute, each too small, then moving is not enough."""
    looks = [Look(60 * n, head=100 + 100 * n, covered=100 + n) for n in range(5)]
    assert overdue_after(*looks) == 400


@given(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 9), st.integers(0, 12)), max_size=30))
def test_it_says_what_a_list_of_all_records_would_say(
    steps: Sequence[tuple[float, int, int]],
) -> None:
    """House: what is remembered is little, and says the same as when nothing is forgotten."""
    now_s, head, covered = 0.0, 0, 0
    backlog, seen = Backlog(), dict[int, float]()
    for passed_s, grown, sealed in steps:
        now_s, covered = now_s + passed_s, min(covered + sealed, head + grown)
        seen |= dict.fromkeys(range(head + 1, head + grown + 1), now_s)
        head += grown
        backlog = backlog.after(head, covered=covered, now_s=now_s, patience_s=PATIENCE_S)
        late = [at for at, s in seen.items() if at > covered and now_s - s > PATIENCE_S]
        overdue = backlog.overdue(now_s=now_s, patience_s=PATIENCE_S)
        assert overdue == max(late, default=None)
        assert sum(now_s - each.at_s > PATIENCE_S for each in backlog.come) <= 1


def test_it_is_one_finding_for_each_checkpoint_whatever_the_log_shows() -> None:
    """AUD-3: a process that begins in the middle, and finds the service away, says the same again."""
    said = Checkpoint(STRANGER.name, 5, b"r" * 32)
    last = Signed(said, sign_checkpoint(said, STRANGER))
    found = [when_stalled(8, last, shown) for shown in SHOWN]
    asked = [each.asked("asf/review", AT).command for each in found if each]
    assert [each.shown for each in asked] == list(SHOWN)
    assert {(each.position, each.finding, each.found) for each in asked} == {
        (5, "unsealed", said.root.hex())
    }
    assert len({each.finding_id for each in asked}) == 1
    never = when_stalled(8, None, "nothing")
    assert never is not None
    nothing = never.asked("asf/review", AT).command
    assert (nothing.position, nothing.found) == (0, None)
    assert nothing.finding_id != asked[0].finding_id
    assert b'"until":8' in document(never.evidence, log="asf/review", origin="x", found_at=AT)
    assert when_stalled(None, last, "earlier") is None
