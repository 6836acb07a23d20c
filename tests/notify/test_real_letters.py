"""Letters from the event to the mail server: to the right person, in their words, once."""

from hashlib import sha256
from pathlib import Path

import httpx2
import orjson
import pytest

from shared.contracts.certificates import CertificateIssued
from shared.contracts.intake import ApplicantAdmitted, InterestRegistered
from shared.contracts.notify import NotificationMerged, NotificationSent
from shared.kafka import events_topic
from shared.kafka.reading import whole_topic
from tests.intake.facts import admitted
from tests.notify.running import Running, eventually, person, text_of
from tests.system.observed import Observed

LEAVES = "SELECT leaf FROM log.event ORDER BY pos"
GOLDEN = Path(__file__).parents[1] / "contracts" / "golden" / "CertificateIssued.v1.json"
pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.mark.parametrize(("language", "greeting"), [("sv", "Hej Person"), ("en", "Hello Person")])
async def test_each_person_is_written_to_in_their_own_language(
    running: Running, language: str, greeting: str
) -> None:
    """MSG-2, MSG-4: and the hash on record is that of what they have before them."""
    who = person("ann", language)
    case = await running.enterprise(who)
    (sent,) = await eventually(lambda: running.happened(case, NotificationSent))
    (letter,) = running.mail(sent.notification_id)
    assert letter["To"] == who.email
    assert letter["X-Envelope-To"] == who.email
    assert letter["Content-Language"] == language
    assert text_of(letter).startswith(greeting)
    assert (sent.recipient_id, sent.language, sent.attempt) == (who.person_id, language, 1)
    whole = f"{letter['Subject']}\n\n{text_of(letter)}"
    assert sent.text_hash == sha256(whole.encode()).hexdigest()


async def test_a_decision_goes_to_both_roles_with_its_words(running: Running) -> None:
    """MSG-3: one letter each; the reasons come from the vault of the service that decided."""
    reason = "Första raden.\r\nAndra raden."
    case = await running.enterprise(
        person("bo"), person("cia", "en"), admitted.model_copy(update={"reason": reason})
    )
    wanted = await running.planned(case, ApplicantAdmitted)
    await eventually(lambda: running.happened(case, NotificationSent), count=3)
    for letter_id in wanted:
        (letter,) = running.mail(letter_id)
        assert "Första raden.\nAndra raden." in text_of(letter)
    sent = {s.notification_id: s for s in await running.happened(case, NotificationSent)}
    assert [sent[letter_id].language for letter_id in wanted] == ["sv", "en"]


async def test_whoever_has_both_roles_gets_one_letter(running: Running) -> None:
    """MSG-1: at most one per causing event, recipient and template."""
    who = person("dan")
    case = await running.enterprise(who, who, admitted)
    wanted = await running.planned(case, ApplicantAdmitted)
    (merged,) = await eventually(lambda: running.happened(case, NotificationMerged))
    await eventually(lambda: running.happened(case, NotificationSent), count=2)
    assert {merged.notification_id, merged.into_id} == set(wanted)
    assert merged.recipient_id == who.person_id
    assert [len(running.mail(letter_id)) for letter_id in wanted].count(1) == 1
    assert running.mail(merged.notification_id) == []
    (row,) = await running.database(
        "notify",
        "SELECT state, due_at FROM notify.notification_list WHERE key = $1",
        str(merged.notification_id),
    )
    assert tuple(row) == ("merged", None)


async def test_a_replay_of_everything_sends_nothing(running: Running) -> None:
    """MSG-1: offsets at zero and nothing remembered; killed in the middle of it, too."""
    case = await running.enterprise(person("eva"), person("fia"), admitted)
    await eventually(lambda: running.happened(case, NotificationSent), count=3)

    async def all_done() -> bool:
        due = "SELECT 1 FROM notify.notification_list WHERE due_at IS NOT NULL"
        return await running.database("notify", due) == []

    await eventually(all_done)  # what other tests gave occasion to, too
    before, mails = await running.records(), len(running.mail())
    for _ in range(2):
        running.house.kill("notify")
        await running.database("notify", "DELETE FROM consumer.progress")
        await Observed(running.house).rewind("notify")
    [heard] = await running.database("intake", "SELECT count(DISTINCT stream) FROM log.event")

    async def all_heard() -> bool:
        rows = await running.database(
            "notify",
            "SELECT stream FROM consumer.progress"
            " WHERE consumer = 'notify.letters_for_intake' AND version > 0",
        )
        return bool(len(rows) == heard["count"])

    await eventually(all_heard)
    late = await running.enterprise(person("gun"))
    await eventually(lambda: running.happened(late, NotificationSent))
    assert len(await running.records()) == len(before) + 2
    assert len(running.mail()) == mails + 1
    assert await running.database("notify", "SELECT 1 FROM consumer.parked") == []


async def test_nothing_of_a_person_is_kept_or_said_anywhere(running: Running) -> None:
    """MSG-2, GEN-7: no name, address or word in a record, on Kafka, in a log or in a trace."""
    canary, words = "kanarie", "Hemlig motivering"
    running.house.stack.mail.reply_with("550 5.1.1 kanarie.x@alfa.example is unknown here")
    try:
        case = await running.enterprise(
            person(canary), person(canary), admitted.model_copy(update={"reason": words})
        )
        observed = Observed(running.house)
        await eventually(lambda: running.records("notify", case), count=6)
    finally:
        running.house.stack.mail.reply_with(None)

    async def span_of_case() -> bool:
        found = await observed.traces("notify", "notify.send")
        return str(case) in str(found)

    await eventually(span_of_case)
    kept = b"".join(row["leaf"] for row in await running.database("notify", LEAVES))
    topic = events_topic("notify").name
    sent = [message async for message in whole_topic(running.brokers, topic)]
    assert str(case).encode() in b"".join(m.value or b"" for m in sent)
    async with httpx2.AsyncClient(timeout=30) as http:
        url = f"{running.house.stack.zipkin_url}/api/v2/traces"
        asked = {"serviceName": "notify", "lookback": "3600000", "limit": "1000"}
        traces = (await http.get(url, params=asked)).text
    listed = await running.database("notify", "SELECT document FROM notify.notification_list")
    for place in (
        kept.decode(),
        str([(m.key, m.value, m.headers) for m in sent]),
        running.said_by("notify"),
        traces,
        str([row["document"] for row in listed]),
    ):
        assert place
        for secret in (canary, "@alfa", words, "Person "):
            assert secret not in place


async def test_a_letter_belongs_to_the_trace_of_what_it_is_about(running: Running) -> None:
    """Conventions 4: from the request over the relay to the mail: one trace."""
    case = await running.enterprise(person("hans"))
    (sent,) = await eventually(lambda: running.happened(case, NotificationSent))
    (cause,) = [r for r in await running.records("intake", case) if r.type == "InterestRegistered"]
    records = await running.records("notify", case)
    assert [r.type for r in records] == ["NotificationPlanned", "NotificationSent"]
    assert cause.traceparent is not None
    for record in records:
        assert record.traceparent is not None
        assert record.traceparent.split("-")[1] == cause.traceparent.split("-")[1]
        assert record.causation_id == cause.event_id
        assert record.actor.role == "policy"
    assert sent.application_id == case


async def test_a_certificate_heard_from_another_service_is_told_of(running: Running) -> None:
    """PM-9: from certificates; the number can be checked by anyone."""
    case = await running.enterprise(person("ida"), person("jan"))
    golden = orjson.loads(GOLDEN.read_bytes())
    event = CertificateIssued.model_validate(
        {**golden, "application_id": case, "issued_at": running.now}
    )
    await running.heard_from("certificates", event)
    sent = await eventually(lambda: running.happened(case, NotificationSent), count=3)
    assert len(sent) == 3
    letters = [m for s in sent for m in running.mail(s.notification_id)]
    assert sum(golden["number"] in text_of(letter) for letter in letters) == 2
    assert len(await running.planned(case, InterestRegistered)) == 1
