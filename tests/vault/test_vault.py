"""Section 8: what is sealed can be read by who may, changed by nobody, and forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.contracts.base import Event
from shared.eventlog import Log, Write
from shared.testing.memory import MASTER_KEY, MemoryLog, MemoryShelf
from shared.vault import BrokenSeal, PostgresShelf, UnsealableError, Vault, erase
from shared.vault.commitment import commitment
from shared.vault.vault import KEYS_REMEMBERED_MAX
from tests.eventlog.house import fresh_database, open_house
from tests.eventlog.samples import SPEAKER, Opened, Spoken, cause, event_of, opened, spoken

SOMEBODY_ELSE = UUID(int=31)
STREAM = "box-1"


async def shelved(event: Spoken = spoken) -> tuple[MemoryShelf, Vault, Spoken]:
    """Return ``event`` as the log holds it, and the shelf with its texts."""
    shelf = MemoryShelf()
    vault = Vault(shelf, master_key=MASTER_KEY)
    sealing = await vault.seal(STREAM, 1, event)
    shelf.put(sealing.values)
    assert isinstance(sealing.event, Spoken)
    return shelf, vault, sealing.event


async def test_what_is_sealed_can_be_revealed() -> None:
    """Section 8: reading merges what writing split; another process needs no more than the key."""
    shelf, vault, kept = await shelved()
    assert kept != spoken
    assert await vault.reveal(STREAM, 1, kept) == spoken
    assert await Vault(shelf, master_key=MASTER_KEY).reveal(STREAM, 1, kept) == spoken


async def test_an_event_without_texts_is_left_as_it_is() -> None:
    """Section 8: codes, ids and dates are open."""
    vault = Vault(MemoryShelf(), master_key=MASTER_KEY)
    assert (await vault.seal(STREAM, 1, opened)).event is opened
    assert await vault.reveal(STREAM, 1, opened) == opened


async def test_the_same_text_is_sealed_differently_each_time() -> None:
    """Section 8: fresh salts always; nobody can tell that two people said the same."""
    shelf, vault, first = await shelved()
    second = (await vault.seal(STREAM, 2, spoken)).event
    assert isinstance(second, Spoken)
    assert first.words != second.words
    assert len(shelf.keys) == 1


def test_a_commitment_is_what_the_documentation_says() -> None:
    """Section 8: computed here by hand, as a stranger would."""
    salt = bytes(range(32))
    by_hand = sha256(b"asf-sealed-v1\x00Spoken\x00words\x00" + salt + '"Så."'.encode())
    assert commitment("Spoken", "words", salt, "Så.") == by_hand.hexdigest()


async def test_an_erased_text_is_gone_and_the_event_stays() -> None:
    """Law (GDPR 17): erased texts are None, also where the key is still remembered."""
    shelf, vault, kept = await shelved()
    assert shelf.erase(str(SPEAKER)) == 1
    assert await vault.reveal(STREAM, 1, kept) is None
    assert await vault.reveal_all(STREAM, [kept, opened]) == (None, opened)


async def test_what_was_changed_on_the_shelf_is_noticed() -> None:
    """Section 8: an alarm, and never a wrong text."""
    shelf, vault, kept = await shelved()
    place = (STREAM, 1, "words")
    value = shelf.sealed[place]
    flipped = value.sealed[:-1] + bytes([value.sealed[-1] ^ 1])
    other = replace(value.key, wrapped=bytes(60), id=UUID(int=1))
    for changed in (
        replace(value, sealed=flipped),
        replace(value, sealed=b""),
        replace(value, key=other),
        replace(value, key=replace(other, wrapped=b"")),
    ):
        shelf.sealed[place] = changed
        with pytest.raises(BrokenSeal):
            await vault.reveal(STREAM, 1, kept)


async def test_a_text_does_not_open_in_another_place() -> None:
    """Section 8: stream, version and field belong to the seal."""
    shelf, vault, kept = await shelved()
    value = shelf.sealed[STREAM, 1, "words"]
    shelf.sealed["box-2", 1, "words"] = replace(value, stream="box-2")
    with pytest.raises(BrokenSeal):
        await vault.reveal("box-2", 1, kept)


async def test_a_text_that_the_log_did_not_commit_to_is_no_answer() -> None:
    """Section 8: the commitment in the log decides what was said."""
    _, vault, kept = await shelved()
    with pytest.raises(BrokenSeal):
        await vault.reveal(STREAM, 1, kept.model_copy(update={"words": "0" * 64}))


async def test_another_master_key_opens_nothing() -> None:
    """Section 8: a copy of the database alone tells nothing."""
    shelf, _, kept = await shelved()
    stranger = Vault(shelf, master_key=bytes(32))
    with pytest.raises(BrokenSeal):
        await stranger.reveal(STREAM, 1, kept)
    with pytest.raises(BrokenSeal):
        await stranger.seal(STREAM, 2, spoken)


def test_a_master_key_has_its_length() -> None:
    """House: said at start, and not at the first text."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(MemoryShelf(), master_key=b"short")


@pytest.mark.parametrize("words", ["NUL \x00", "a\u030a", "\ud800", "a" * 70_000], ids=repr)
async def test_a_text_without_a_single_form_is_not_sealed(words: str) -> None:
    """House: whatever two programs could write in two ways has no commitment."""
    with pytest.raises(UnsealableError):
        await shelved(Spoken(speaker_id=SPEAKER, words=words))


async def test_keys_are_remembered_up_to_a_limit() -> None:
    """House: everything has a limit; a key that was forgotten is fetched again."""
    shelf = MemoryShelf()
    vault = Vault(shelf, master_key=MASTER_KEY)
    for number in range(KEYS_REMEMBERED_MAX + 10):
        said = Spoken(speaker_id=UUID(int=number), words="Ja.")
        shelf.put((await vault.seal(f"box-{number}", 1, said)).values)
    assert len(vault._keys) == KEYS_REMEMBERED_MAX
    assert len(shelf.keys) == KEYS_REMEMBERED_MAX + 10
    first = await vault.seal("box-x", 1, Spoken(speaker_id=UUID(int=0), words="Nej."))
    assert first.values[0].key == shelf.keys[str(UUID(int=0))]


@dataclass(frozen=True, slots=True)
class Erasing:
    """A log whose subjects can be erased.

    Attributes:
        forget: Erase a subject, as whoever may; return how many values that were.
    """

    log: Log
    vault: Vault
    forget: Callable[[UUID], "asyncio.Future[int]"]
    other: Vault


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
async def erasing(request: pytest.FixtureRequest) -> AsyncIterator[Erasing]:
    """Return a log of each kind in turn."""
    if request.param == "memory":
        memory = MemoryLog(event_of=event_of)

        async def forget(subject: UUID) -> int:
            return memory.shelf.erase(str(subject))

        other = Vault(memory.shelf, master_key=MASTER_KEY)
        yield Erasing(memory, memory.vault, lambda s: asyncio.ensure_future(forget(s)), other)
        return
    stack: Stack = request.getfixturevalue("stack")
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        open_house(database) as house,
        database.as_admin() as admin,
    ):
        yield Erasing(
            house.log,
            house.vault,
            lambda subject: asyncio.ensure_future(erase(admin, str(subject))),
            Vault(PostgresShelf(house.pool), master_key=MASTER_KEY),
        )


async def test_erasing_one_subject_leaves_the_others(erasing: Erasing) -> None:
    """Law (GDPR 17): and the log still proves that something was said, and by which pseudonym."""
    theirs = Spoken(speaker_id=SOMEBODY_ELSE, words="Nej.", aside="Kanske.")
    writes = [Write(STREAM, (spoken, theirs, spoken), 0)]
    answer = await erasing.log.append(writes, cause=cause(1))
    assert await erasing.forget(SPEAKER) == 2
    assert await erasing.forget(SPEAKER) == 0
    history = await erasing.log.load(STREAM)
    assert history.events == answer.events
    for vault in (erasing.vault, erasing.other):
        assert await vault.reveal_all(STREAM, history.events) == (None, theirs, None)


async def test_what_is_said_after_an_erasure_has_a_new_key(erasing: Erasing) -> None:
    """L11, section 8: a process that still remembers the erased key cannot use it any more."""
    await erasing.log.append([Write(STREAM, (spoken,), 0)], cause=cause(1))
    await erasing.forget(SPEAKER)
    await erasing.log.append([Write(STREAM, (spoken,), 1)], cause=cause(2))
    history = await erasing.log.load(STREAM)
    assert await erasing.other.reveal_all(STREAM, history.events) == (None, spoken)


async def test_a_subjects_first_key_is_one_key_whoever_comes_first(erasing: Erasing) -> None:
    """Section 8: of many who make it at once, all get the same."""
    vaults = (erasing.vault, erasing.other)
    sealings = await asyncio.gather(*(vaults[n % 2].seal(f"box-{n}", 1, spoken) for n in range(20)))
    assert len({sealing.values[0].key.id for sealing in sealings}) == 1


@pytest.mark.integration
async def test_a_value_cannot_be_kept_without_its_event(stack: Stack) -> None:
    """L11: not by the function either: a value belongs to an event of the same call."""
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        open_house(database) as house,
        database.as_admin() as admin,
    ):
        said = Opened(application_id=UUID(int=1))
        await house.log.append([Write(STREAM, (said, spoken), 0)], cause=cause(1))
        kept = await admin.fetch("SELECT stream, version, field FROM log.sealed_value")
        assert [tuple(row) for row in kept] == [(STREAM, 2, "words")]
        with pytest.raises(asyncpg.NotNullViolationError):
            await admin.execute(
                """
                SELECT log.append(ARRAY[$1]::uuid[], '{NULL}', '{1}', '{1}', ARRAY[$2], '{3}',
                    ARRAY[convert_to($3, 'UTF8')], '{2}', '{words}',
                    ARRAY(SELECT id FROM log.vault_key), '{x}')
                """,
                *(UUID(int=2), STREAM),
                f'{{"stream":"{STREAM}","version":3,"command_id":"{UUID(int=2)}",'
                f'"correlation_id":"{UUID(int=3)}","recorded_at":"{await admin.fetchval("SELECT clock_timestamp()")}"}}',
            )


def anything(_event: type[Event], _field: str) -> bool:
    """Let everything be seen."""
    return True


async def test_what_is_disclosed_can_be_held_against_the_log(erasing: Erasing) -> None:
    """Section 8: the salt makes the commitment checkable; only fields that may be seen are shown."""
    both = Spoken(speaker_id=SPEAKER, words="Ja.", aside="Kanske.")
    await erasing.log.append([Write(STREAM, (opened, both, spoken), 0)], cause=cause(1))
    events = dict(enumerate((await erasing.log.load(STREAM)).events, start=1))

    shown = await erasing.other.disclose(STREAM, events, may=anything)
    told = [(each.version, each.field, each.value) for each in shown]
    assert told == [(2, "aside", "Kanske."), (2, "words", "Ja."), (3, "words", "Det är så.")]
    for each in shown:
        committed = getattr(events[each.version], each.field)
        assert commitment("Spoken", each.field, each.salt, each.value) == committed
    asides = await erasing.vault.disclose(STREAM, events, may=lambda _, field: field == "aside")
    assert asides == shown[:1]
    later = {version: event for version, event in events.items() if version > 2}
    assert await erasing.vault.disclose(STREAM, later, may=anything) == shown[2:]
    assert await erasing.vault.disclose(STREAM, events, may=lambda *_: False) == ()
    assert await erasing.vault.disclose("box-2", events, may=anything) == ()


async def test_what_was_erased_is_not_disclosed(erasing: Erasing) -> None:
    """Law (GDPR 17): it is absent, and what others said is not."""
    theirs = Spoken(speaker_id=SOMEBODY_ELSE, words="Nej.")
    await erasing.log.append([Write(STREAM, (spoken, theirs), 0)], cause=cause(1))
    events = dict(enumerate((await erasing.log.load(STREAM)).events, start=1))
    assert len(await erasing.vault.disclose(STREAM, events, may=anything)) == 2
    await erasing.forget(SPEAKER)
    for vault in (erasing.vault, erasing.other):
        shown = await vault.disclose(STREAM, events, may=anything)
        assert [(each.version, each.value) for each in shown] == [(2, "Nej.")]


async def test_what_was_changed_on_the_shelf_is_not_disclosed() -> None:
    """Section 8: an alarm, and never a wrong text or a salt that fits another."""
    shelf, vault, kept = await shelved()
    value = shelf.sealed[STREAM, 1, "words"]
    flipped = value.sealed[:-1] + bytes([value.sealed[-1] ^ 1])
    for stored, committed in (
        (replace(value, sealed=flipped), kept),
        (value, kept.model_copy(update={"words": "0" * 64})),
    ):
        shelf.sealed[STREAM, 1, "words"] = stored
        with pytest.raises(BrokenSeal):
            await vault.disclose(STREAM, {1: committed}, may=anything)
