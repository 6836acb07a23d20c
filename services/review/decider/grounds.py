"""What every decision and every firm's act must show: a reason, and that the firm is the right one."""

from shared.decider import Refusal, RefusalKind


def refuse_without_reason(reason: str) -> None:
    """GEN-2: a decision says why.

    Raises:
        Refusal: ``reason`` is blank.
    """
    if not reason.strip():
        raise Refusal(RefusalKind.INCOMPLETE, "reason_missing", "Say why.")


def refuse_unless_own(organisation: str | None, owner: str, *, not_found: str) -> None:
    """WSP-1: only the firm itself acts for itself; to another firm the case does not exist.

    Args:
        organisation: Number of the firm that the caller acts for; ``None``: for none.
        owner: Number of the firm whose case it is.
        not_found: The code that another firm gets, the same as for an id that does not exist.

    Raises:
        Refusal: The caller acts for another firm, or for none.
    """
    if organisation is None:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_owner", "Only the firm itself may do this."
        )
    if organisation != owner:
        raise Refusal(RefusalKind.NOT_FOUND, not_found, "There is no such case.")
