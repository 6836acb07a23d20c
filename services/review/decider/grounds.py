"""What every decision and every firm's act must show: a reason, and that the firm is the right one."""

from shared.contracts.scheme import Criterion
from shared.contracts.wording import shows_something
from shared.decider import Refusal, RefusalKind


def refuse_without_reason(reason: str) -> None:
    """GEN-2: a decision says why.

    Raises:
        Refusal: Nothing of ``reason`` can be seen.
    """
    if not shows_something(reason):
        raise Refusal(RefusalKind.INCOMPLETE, "reason_missing", "Say why.")


def refuse_outside_appointment(
    wanted: frozenset[Criterion], competence: frozenset[Criterion]
) -> None:
    """APT-3, K-03: whoever assesses or decides is appointed for all of it on that day.

    Args:
        wanted: The criteria that the act is about.
        competence: The criteria that the person's appointments cover at that instant.

    Raises:
        Refusal: An appointment is missing, or does not cover all of ``wanted``.
    """
    if wanted - competence:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "mandate_missing",
            "No appointment in force covers what is assessed.",
        )


def refuse_unless_own(organisation: str | None, owner: str, *, not_found: Refusal) -> None:
    """WSP-1: only the firm itself acts for itself; to another firm the case does not exist.

    Args:
        organisation: Number of the firm that the caller acts for; ``None``: for none.
        owner: Number of the firm whose case it is.
        not_found: What another firm gets: the very answer for an id that does not exist.

    Raises:
        Refusal: The caller acts for another firm, or for none.
    """
    if organisation is None:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_owner", "Only the firm itself may do this."
        )
    if organisation != owner:
        raise not_found
