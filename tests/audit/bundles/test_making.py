"""AUD-2: a bundle is whole, proved at checkpoints that cover its case, and the same bytes every time."""

import json
import zipfile
from io import BytesIO
from uuid import UUID

import pytest

from services.audit.bundles.making import CaseUnknown, NotKept, NotWhole
from services.audit.bundles.proving import NotCovered, covering
from tests.audit.bundles.house import AUDITOR, over
from tests.review import facts as review
from tests.verify import earlier, g1
from tests.verify.g1 import ALFA, BETA, CANARY
from tests.verify.house import SERVICES, Place, policy

BELIEVED = policy([f"asf/{name}" for name in SERVICES])


async def test_a_bundle_verifies_and_shows_what_an_auditor_may_see(
    pilot: g1.House, place: Place
) -> None:
    """ADR-0023: grounds are disclosed; the firm's own material is not, nor anybody's name."""
    bundles = over(pilot).bundles
    made = await bundles.made(ALFA, await bundles.sizes(ALFA), saved={}, on_behalf_of=AUDITOR)
    words = ("--policy", place.put_policy(BELIEVED))
    code, report = place.asked("bundle", place.put("alfa.zip", made.data), *words)
    assert (code, report["result"]) == (0, "ok"), report
    assert report["disclosed"] > 10
    assert sum(each["records"] for each in report["logs"]) == made.records
    with zipfile.ZipFile(BytesIO(made.data)) as files:
        texts = b"".join(map(files.read, files.namelist())).decode()
    assert review.REASON in texts
    assert not [word for word in (CANARY, "Stormöte", "Kontaktperson") if word in texts]


async def test_a_bundle_of_what_was_decided_before_carries_the_schema_of_then(place: Place) -> None:
    """ADR-0025: exact bytes, the version's own schema, its grounds; and what cannot be asked of it."""
    house = await g1.house(*g1.story(ALFA, ending=(earlier.approved,)))
    bundles = over(house).bundles
    made = await bundles.made(ALFA, await bundles.sizes(ALFA), saved={}, on_behalf_of=AUDITOR)
    words = ("--policy", place.put_policy(BELIEVED))
    code, report = place.asked("bundle", place.put("alfa.zip", made.data), *words)
    assert (code, report["result"]) == (0, "ok"), report
    assert report["decisions"][0]["not_replayed"] == ["reauthentication_needed"]
    with zipfile.ZipFile(BytesIO(made.data)) as files:
        decisions = [name for name in files.namelist() if "/CertificationApproved." in name]
        values = json.loads(files.read("disclosed.json"))["values"]
    assert decisions == ["schemas/CertificationApproved.v1.json"]
    position = report["decisions"][0]["position"]
    assert ("reason", review.REASON) in [
        (each["field"], each["value"]) for each in values if each["position"] == position
    ]


async def test_the_same_case_at_the_same_checkpoints_is_the_same_bytes(pilot: g1.House) -> None:
    """docs/bundle.md: whoever asks again gets the same file."""
    sizes = await over(pilot).bundles.sizes(ALFA)
    one, other = [
        await over(pilot).bundles.made(ALFA, sizes, saved={}, on_behalf_of=AUDITOR)
        for _ in range(2)
    ]
    assert one.data == other.data
    elsewhere = await over(pilot).bundles.made(BETA, sizes, saved={}, on_behalf_of=AUDITOR)
    assert elsewhere.data != one.data


async def test_a_bundle_at_earlier_checkpoints_holds_what_was_there_then(
    pilot: g1.House, place: Place
) -> None:
    """AUD-2: a repeated question is answered as of the checkpoints that are on record."""
    made = over(pilot)
    sizes = dict(await made.bundles.sizes(ALFA))
    whole = await made.bundles.made(ALFA, sizes, saved={}, on_behalf_of=AUDITOR)
    sizes["asf/review"] = 14
    made.witness.cosigned_at["asf/review"] = 14
    early = await made.bundles.made(ALFA, sizes, saved={}, on_behalf_of=AUDITOR)
    assert early.records < whole.records
    words = ("--policy", place.put_policy(BELIEVED))
    _, report = place.asked("bundle", place.put("early.zip", early.data), *words)
    assert report["rule"] is not None or report["decisions"] == [], "not a decision yet, but whole"


async def test_growth_is_shown_from_checkpoints_that_were_saved(
    pilot: g1.House, place: Place
) -> None:
    """ADR-0020: with the proof from a checkpoint that the auditor kept; its own size needs none."""
    made = over(pilot)
    sizes = await made.bundles.sizes(ALFA)
    saved = {"asf/review": (14, 7, 14, sizes["asf/review"])}
    bundle = await made.bundles.made(ALFA, sizes, saved=saved, on_behalf_of=AUDITOR)
    kept = place.put("kept", made.witness.logs["asf/review"].note(14))
    asked = (place.put("alfa.zip", bundle.data), "--policy", place.put_policy(BELIEVED))
    assert place.asked("bundle", *asked, "--saved", kept)[0] == 0
    other = place.put("kept", made.witness.logs["asf/intake"].note(7))
    assert place.asked("bundle", *asked, "--saved", other)[0] == 2


@pytest.mark.parametrize("size", [0, 13, 10**6])
async def test_growth_is_shown_from_nothing_else(pilot: g1.House, size: int) -> None:
    """ADR-0020: what audit did not cosign before, it cannot vouch for."""
    bundles = over(pilot).bundles
    sizes = await bundles.sizes(ALFA)
    with pytest.raises(NotKept):
        await bundles.made(ALFA, sizes, saved={"asf/review": (size,)}, on_behalf_of=AUDITOR)


async def test_what_is_not_whole_is_not_made(pilot: g1.House) -> None:
    """ADR-0018: a record that the index does not list yet would be missing, and nobody gets that."""
    made = over(pilot)
    sizes = await made.bundles.sizes(ALFA)
    for log, kept in (await made.mirror.of_case(ALFA)).items():
        for each in kept:
            made.mirror.unlisted = {(log, each.position)}
            with pytest.raises(NotWhole):
                await made.bundles.made(ALFA, sizes, saved={}, on_behalf_of=AUDITOR)


async def test_a_case_that_nobody_knows_has_no_bundle(pilot: g1.House) -> None:
    """House: a bundle of nothing would say that there is nothing, of any name."""
    with pytest.raises(CaseUnknown):
        await over(pilot).bundles.sizes(UUID(int=99))


@pytest.mark.parametrize("cosigned", [None, 0, 12])
async def test_a_case_that_is_not_covered_is_waited_for_and_then_refused(
    pilot: g1.House, cosigned: int | None
) -> None:
    """AUD-2: bounded; what comes after the last checkpoint is under none."""
    made = over(pilot, wait_s=0.0)
    made.witness.cosigned_at["asf/review"] = cosigned
    with pytest.raises(NotCovered):
        await made.bundles.sizes(ALFA)


async def test_the_next_checkpoint_is_taken_when_it_comes_in_time(pilot: g1.House) -> None:
    """AUD-2: a few seconds after the last record there is one."""
    made = over(pilot)
    end = len(made.witness.logs["asf/review"].leaves)
    made.witness.cosigned_at["asf/review"] = 0

    async def pause(_: float) -> None:
        if made.witness.looks > 3:
            made.witness.cosigned_at["asf/review"] = end

    sizes = await covering(made.witness, {"asf/review": end}, wait_s=60, pause=pause)
    assert sizes == {"asf/review": end}
    assert made.witness.looks > 3
