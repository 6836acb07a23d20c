"""Replay of what followed from a decision: the certificate. CER-1, CER-3, CER-4, K-14."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from verify.published import Constants
from verify.record import Record
from verify.refused import MalformedError, TamperedError, at

LOG: Final = "asf/certificates"


def check_issued(
    records: Iterable[Record], approved: Collection[str], constants: Mapping[str, Constants]
) -> tuple[str, ...]:
    """Return the numbers of the certificates, when each rests on an approval and on both gates.

    Args:
        records: Of the case in the log of certificates, by position.
        approved: Ids of the decisions that approve.
        constants: By version of the policy.

    Raises:
        TamperedError: One does not; says by which rule.
        MalformedError: A record lacks what its type has.
    """
    gates, used, numbers = set[str](), set[str](), list[str]()
    for record in records:
        with at(record.log, record.position):
            try:
                if record.type == "GateNoted":
                    gates.add(record.data["gate"])
                elif record.type == "CertificateIssued":
                    years = constants[record.policy].validity_years
                    for code in _broken(record, gates, set(approved) - used, years):
                        raise TamperedError(f"a certificate without: {code}", rule=code)
                    used.add(record.data["decision_id"])
                    numbers.append(str(record.data["number"]))
            except (KeyError, TypeError, ValueError) as error:
                raise MalformedError(f"{record.type} is not as its type: {error!r}") from error
    return tuple(numbers)


def _broken(record: Record, gates: set[str], granting: set[str], years: int) -> Iterator[str]:
    if record.data["decision_id"] not in granting:
        yield "decision_missing"
    if "agreement" not in gates:
        yield "agreement_missing"
    if "fee" not in gates:
        yield "fee_not_settled"
    start, end = (date.fromisoformat(record.data[each]) for each in ("valid_from", "valid_until"))
    last_day = monthrange(start.year + years, start.month)[1]
    if end != start.replace(year=start.year + years, day=min(start.day, last_day)):
        yield "CER-4"
