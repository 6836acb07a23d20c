"""How long is waited in an outage that lasts for days."""

from shared.relay.outages import WAIT_FIRST_S, WAIT_MAX_S, wait_s


def test_a_wait_doubles_up_to_its_bound_and_stays_there() -> None:
    """House: whoever waits for a person waits as often as it takes."""
    assert wait_s(1) == 2 * WAIT_FIRST_S
    assert {wait_s(failed) for failed in (100, 1_024, 100_000)} == {WAIT_MAX_S}
