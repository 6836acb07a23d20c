"""Whose a certificate number is."""

from uuid import UUID

from services.certificates.commands.number import TakeNumber
from services.certificates.decider.number import decider
from shared.contracts.certificates import NumberTaken
from shared.testing import Scenario
from tests.certificates.facts import CERTIFICATE, ISSUED_AT, NUMBER

number = Scenario(decider)
take = TakeNumber(NUMBER, CERTIFICATE, ISSUED_AT)
taken = NumberTaken(number=NUMBER, certificate_id=CERTIFICATE, taken_at=ISSUED_AT)


def test_a_free_number_is_taken() -> None:
    """CER-2: in a stream of its own."""
    number.when(take).then(taken)


def test_a_certificate_that_has_its_number_keeps_it() -> None:
    """GEN-4: asked again, nothing changes."""
    number.given(taken).when(take).then_nothing()


def test_no_two_certificates_have_one_number() -> None:
    """CER-2: the number is unique."""
    rival = TakeNumber(NUMBER, UUID(int=9), ISSUED_AT)
    number.given(taken).when(rival).then_refused("number_taken")
