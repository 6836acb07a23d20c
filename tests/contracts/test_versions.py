"""ADR-0025: an event of an earlier version is read for ever, and its schema stays as it was published."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from services.certificates.policy import when_review
from shared.contracts.base import Event, sealed_fields
from shared.contracts.catalogue import EVENTS, event_of
from shared.contracts.documents import asyncapi, schema_text
from shared.contracts.record import Record, decode, encode
from shared.contracts.review import CertificationApproved, CertificationRefused
from shared.contracts.versions import KEPT, UPCASTS, kept_schema, versions_of
from tests.verify.synthetic import CASE, record

GOLDEN = Path(__file__).parent / "golden"
EARLIER = [(e, v) for e in EVENTS.values() for v in versions_of(e)[:-1]]
PUBLISHED = {
    "CertificationApproved.v1": "e633ac7cc164c1d9ce77cf9f7bea84d5f11f053900d4f82d8d1175f473752f93",
    "CertificationRefused.v1": "cc5c341b8d3d6576d984d49c3c6fd2bb4af1a17f214b407da149c4f68bed6b8b",
    "TamperSuspected.v1": "af53afa1285e125f276a8b3dcaf3e04c2f3e75f162ad6ba5112d76a418721512",
}
"""SHA-256 of each schema that is not made from the code any more: bundles hold these very bytes."""
DECISIONS = [CertificationApproved, CertificationRefused]
SIGNED_IN_AT = datetime(2019, 6, 19, 7, 58, tzinfo=UTC)


def golden(event: type[Event], version: int) -> Record:
    """Return a record of a version of ``event`` as a log holds it."""
    text = (GOLDEN / f"{event.__name__}.v{version}.json").read_text()
    now = event.model_validate_json(
        (GOLDEN / f"{event.__name__}.v{event.schema_version}.json").read_text()
    )
    kept = decode(record("asf/review", "review-1", 1, None, now, CASE))
    return kept._replace(schema=version, data=json.loads(text))


def test_every_earlier_version_has_its_upcast_and_its_schema() -> None:
    """ADR-0025: none is missing, and none is of nothing."""
    assert set(UPCASTS) == {(event.__name__, version) for event, version in EARLIER}
    kept = {f"{event.__name__}.v{version}" for event, version in EARLIER}
    assert {path.stem for path in KEPT.glob("*.json")} == kept == set(PUBLISHED)


def test_a_schema_that_was_published_is_never_edited() -> None:
    """ADR-0025: whoever compares a bundle of 2019 with one of 2029 finds the same bytes."""
    for event, version in EARLIER:
        text = kept_schema(event, version)
        name = f"{event.__name__}.v{version}"
        assert sha256(text.encode()).hexdigest() == PUBLISHED[name]
        assert json.loads(text)["$id"] == f"urn:sigill:event:{event.__name__}:v{version}"
        assert name in asyncapi()["components"]["messages"]
    for version in (0, 1, 2):
        with pytest.raises(LookupError):
            kept_schema(EVENTS["ReviewOpened"], version)


def test_what_is_sealed_is_sealed_in_every_version() -> None:
    """GEN-7: erasure and disclosure go by the fields of today's event."""
    for event, version in EARLIER:
        properties = json.loads(schema_text(event, version))["properties"]
        sealed = {n for n, told in properties.items() if "Sealed:" in told.get("description", "")}
        assert sealed == set(sealed_fields(event))


@pytest.mark.parametrize("event", DECISIONS)
def test_a_decision_of_version_1_is_read_and_does_not_say_when_the_certifier_signed_in(
    event: type[CertificationApproved | CertificationRefused],
) -> None:
    """REV-13: unknown is unknown."""
    leaf = encode(golden(event, 1))
    read = event_of(decode(leaf))
    assert isinstance(read, event)
    assert read.signed_in_at is None
    assert read.decision_id == event_of(golden(event, 2)).decision_id  # type: ignore[union-attr]
    assert encode(decode(leaf)) == leaf, "the bytes that are hashed stay"


@pytest.mark.parametrize(("event", "version"), EARLIER, ids=str)
def test_what_came_with_a_later_version_is_malformed_in_an_earlier_one(
    event: type[Event], version: int
) -> None:
    """ADR-0025: nobody ever said it so; passed over, it would stand in the record and count for nothing."""
    kept, later = golden(event, version), golden(event, version + 1)
    added = later.data.keys() - kept.data.keys()
    assert added
    for name in added:
        odd = kept._replace(data={**kept.data, name: later.data[name]})
        with pytest.raises(ValueError, match=f"{name} is not of this version"):
            event_of(odd)


def test_what_listens_to_decisions_hears_both_versions() -> None:
    """PM: an approval of last year prepares the same certificate as one of today."""
    heard = [event_of(golden(CertificationApproved, version)) for version in (1, 2)]
    one, two = (when_review(event, SIGNED_IN_AT) for event in heard if event is not None)
    assert one == two != ()


def test_a_version_that_is_not_known_is_no_event() -> None:
    """House: neither a newer one nor none at all is guessed at."""
    for version in (0, -1, 3, 99):
        assert event_of(golden(CertificationApproved, 2)._replace(schema=version)) is None


@pytest.mark.parametrize("event", DECISIONS)
def test_each_version_obeys_its_own_schema_and_no_other(event: type[Event]) -> None:
    """House: checked by a validator that we did not write."""
    one, two = (Draft202012Validator(json.loads(schema_text(event, v))) for v in (1, 2))
    one.validate(golden(event, 1).data)
    two.validate(golden(event, 2).data)
    with pytest.raises(ValidationError, match="signed_in_at"):
        two.validate(golden(event, 1).data)
