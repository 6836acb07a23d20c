"""What must hold, each a pure function from what clients and house say to what is wrong."""

from collections.abc import Callable, Iterable

from tests.faults.checks.commands import (
    acknowledged_is_kept,
    acknowledged_once,
    no_internal_error,
    nothing_is_true_before_its_time,
    one_effect_per_command,
    reads_show_what_was_acknowledged,
    records_bear_the_time_of_their_command,
    refused_leaves_nothing,
    refused_where_it_must_be,
    unknown_is_resolved,
)
from tests.faults.checks.effects import (
    every_cause_has_its_effects,
    no_phantom,
    nothing_is_parked,
    progress_is_the_log,
    refusals_are_remembered,
)
from tests.faults.checks.letters import one_letter_per_cause_and_role
from tests.faults.checks.logs import (
    commands_are_known,
    everything_sealed_is_kept,
    positions_are_dense,
    rows_say_what_records_say,
    streams_are_whole,
)
from tests.faults.checks.outside import (
    ledger_is_as_signed,
    mirror_is_the_log,
    no_false_alarm,
    the_house_comes_to_rest,
)
from tests.faults.checks.recipients import letters_reach_whom_they_are_for
from tests.faults.checks.topics import topic_is_the_log
from tests.faults.checks.views import views_are_folds
from tests.faults.history import History
from tests.faults.seen import Seen, Violation

Check = Callable[[History, Seen], Iterable[Violation]]

CHECKS: tuple[Check, ...] = (
    acknowledged_is_kept,
    acknowledged_once,
    one_effect_per_command,
    refused_leaves_nothing,
    refused_where_it_must_be,
    unknown_is_resolved,
    records_bear_the_time_of_their_command,
    nothing_is_true_before_its_time,
    reads_show_what_was_acknowledged,
    no_internal_error,
    no_phantom,
    every_cause_has_its_effects,
    progress_is_the_log,
    nothing_is_parked,
    refusals_are_remembered,
    positions_are_dense,
    streams_are_whole,
    rows_say_what_records_say,
    commands_are_known,
    everything_sealed_is_kept,
    topic_is_the_log,
    one_letter_per_cause_and_role,
    letters_reach_whom_they_are_for,
    views_are_folds,
    mirror_is_the_log,
    ledger_is_as_signed,
    no_false_alarm,
    the_house_comes_to_rest,
)
"""All of them, in the order in which a finding is most telling."""


def violations(history: History, seen: Seen) -> tuple[Violation, ...]:
    """Return everything that is wrong, check by check."""
    return tuple(found for check in CHECKS for found in check(history, seen))
