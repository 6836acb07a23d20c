"""C2SP tlog-policy: which logs are believed, and how many witnesses it takes."""

import pytest

from shared.ledger import (
    Checkpoint,
    CosigningKey,
    DisprovedError,
    MalformedError,
    Note,
    Policy,
    SigningKey,
    UntrustedError,
    parse_policy,
    policy_of,
    policy_text,
    private_key,
    sign_checkpoint,
)
from shared.ledger.signature import Signature
from tests.ledger.samples import (
    LOG_KEY,
    NEXT_LOG_KEY,
    OTHER_WITNESS,
    POLICY,
    SEEN_AT,
    STRANGER,
    WITNESS,
    checkpoint,
    cosigned,
    hashes,
)

SAID = checkpoint(hashes(7))
THIRD = CosigningKey("example.com/third", private_key(bytes([3] * 32)))
LOG = f"log {LOG_KEY.verifier.vkey}"
ONE, TWO, THREE = (
    f"witness {name} {key.verifier.vkey}"
    for name, key in (("one", WITNESS), ("two", OTHER_WITNESS), ("three", THIRD))
)


def seen_by(*witnesses: CosigningKey) -> bytes:
    """Return the checkpoint, signed by the log and seen by ``witnesses``."""
    note = sign_checkpoint(SAID, LOG_KEY)
    return note.signed_also([key.cosign(SAID.text, SEEN_AT) for key in witnesses]).encode()


def policy(*lines: str) -> Policy:
    """Return the policy that ``lines`` write."""
    return parse_policy("".join(f"{line}\n" for line in lines).encode())


def test_a_checkpoint_that_the_log_signed_and_the_witness_saw_is_opened() -> None:
    """C2SP tlog-policy: any listed log, and the quorum."""
    opened = POLICY.open(cosigned(SAID))

    assert opened.checkpoint == SAID
    assert opened.log_keys == (LOG_KEY.verifier,)
    assert opened.seen_at == {WITNESS.verifier: SEEN_AT}


def test_a_witness_that_says_it_twice_counts_once() -> None:
    """C2SP tlog-policy: witnesses are counted, not lines; the latest time is kept."""
    note = sign_checkpoint(SAID, LOG_KEY).signed_also(
        [WITNESS.cosign(SAID.text, SEEN_AT + 5), WITNESS.cosign(SAID.text, SEEN_AT)]
    )
    both = policy_of([LOG_KEY.verifier], [WITNESS.verifier, OTHER_WITNESS.verifier], need=2)

    assert POLICY.open(note.encode()).seen_at == {WITNESS.verifier: SEEN_AT + 5}
    with pytest.raises(UntrustedError):
        both.open(note.encode())


def test_too_few_witnesses_are_not_enough() -> None:
    """C2SP tlog-policy: the log's own word is not a quorum."""
    for data in (seen_by(), seen_by(OTHER_WITNESS)):
        with pytest.raises(UntrustedError):
            POLICY.open(data)


def test_a_witness_does_not_stand_for_the_log() -> None:
    """C2SP tlog-policy: a checkpoint that its log did not sign is nobody's."""
    note = Note(SAID.text, (WITNESS.cosign(SAID.text, SEEN_AT), STRANGER.sign(SAID.text)))
    with pytest.raises(UntrustedError):
        POLICY.open(note.encode())


def test_a_known_log_does_not_sign_for_another() -> None:
    """C2SP tlog-policy: the name of the key is the origin of the log."""
    other = SigningKey("example.org/asf/intake", private_key(bytes([7] * 32)))
    believed = policy_of([LOG_KEY.verifier, other.verifier])
    note = Note(SAID.text, (other.sign(SAID.text),))

    with pytest.raises(UntrustedError):
        believed.open(note.encode())
    assert believed.open(sign_checkpoint(SAID, LOG_KEY).encode()).checkpoint == SAID


def test_a_false_cosignature_spoils_the_checkpoint() -> None:
    """C2SP signed-note: a known key's signature that is false is no accident."""
    key = WITNESS.verifier
    false = Signature(key.name, key.key_id, OTHER_WITNESS.cosign(SAID.text, SEEN_AT).value)
    note = sign_checkpoint(SAID, LOG_KEY).signed_also([false])
    with pytest.raises(DisprovedError):
        POLICY.open(note.encode())


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    """C2SP tlog-checkpoint: signed or not."""
    note = Note("not\na checkpoint\n", (LOG_KEY.sign("not\na checkpoint\n"),))
    with pytest.raises(MalformedError):
        policy_of([LOG_KEY.verifier]).open(note.encode())


def test_both_keys_of_a_log_are_named_while_one_replaces_the_other() -> None:
    """Section 7: key rotation; either key alone is enough."""
    both = policy_of([LOG_KEY.verifier, NEXT_LOG_KEY.verifier])
    data = sign_checkpoint(SAID, LOG_KEY, NEXT_LOG_KEY).encode()

    assert both.open(data).log_keys == (LOG_KEY.verifier, NEXT_LOG_KEY.verifier)
    assert both.open(sign_checkpoint(SAID, NEXT_LOG_KEY).encode()).checkpoint == SAID


@pytest.mark.parametrize(
    ("lines", "enough"),
    [
        (["quorum none"], [[], [1], [2]]),
        ([ONE, "quorum one"], [[1], [1, 2]]),
        ([ONE, TWO, THREE, "group g 2 one two three", "quorum g"], [[1, 2], [1, 3], [1, 2, 3]]),
        ([ONE, TWO, "group g any one two", "quorum g"], [[1], [2]]),
        ([ONE, TWO, "group g all one two", "quorum g"], [[1, 2]]),
        (
            [ONE, TWO, THREE, "group a any one two", "group b all a three", "quorum b"],
            [[1, 3], [2, 3], [1, 2, 3]],
        ),
    ],
    ids=["none", "one", "two of three", "any", "all", "groups"],
)
def test_a_quorum_is_what_its_groups_say(lines: list[str], enough: list[list[int]]) -> None:
    """C2SP tlog-policy, "Defining a witness group"."""
    asked = policy(LOG, *lines)
    keys = {1: WITNESS, 2: OTHER_WITNESS, 3: THIRD}

    for chosen in enough:
        assert asked.open(seen_by(*(keys[each] for each in chosen))).checkpoint == SAID
    if [] not in enough:
        for chosen in ([], [3]):
            with pytest.raises(UntrustedError):
                asked.open(seen_by(*(keys[each] for each in chosen)))


def test_a_policy_is_read_with_its_comments_and_addresses() -> None:
    """C2SP tlog-policy, "Structure": blanks, comments and addresses mean nothing here."""
    text = (
        f"# whom we believe\n\n \t{LOG}\thttps://log.example/ \n  # comment\n"
        f"{ONE} https://witness.example/\n\tgroup g 1 one\nquorum g\n"
    )
    read = parse_policy(text.encode())

    assert read.logs == (LOG_KEY.verifier,)
    assert read.witnesses == {"one": WITNESS.verifier}
    assert parse_policy(policy_text(read).encode()) == read
    assert parse_policy(policy_text(POLICY).encode()) == POLICY


SAME = f"witness again {CosigningKey('x', WITNESS.private).verifier.vkey}"


NO_POLICIES = [
    [LOG],
    [LOG, "quorum none", "quorum none"],
    [LOG, "quorum one"],
    [LOG, "quorum one", ONE],
    [LOG, LOG, "quorum none"],
    [LOG, ONE, SAME, "quorum one"],
    [LOG, ONE, ONE, "quorum one"],
    [LOG, ONE, f"group one 1 {'one'}", "quorum one"],
    [LOG, ONE, "group g 2 one", "quorum g"],
    [LOG, ONE, "group g 0 one", "quorum g"],
    [LOG, ONE, "group g 01 one", "quorum g"],
    [LOG, ONE, "group g some one", "quorum g"],
    [LOG, ONE, "group g any", "quorum g"],
    [LOG, ONE, "group g 1 one one", "quorum g"],
    [LOG, ONE, "group g any h", "group h any one", "quorum g"],
    [LOG, "group g any one", ONE, "quorum g"],
    [LOG, ONE, "group g any one", "group h any one", "quorum g"],
    [LOG, "witness none " + WITNESS.verifier.vkey, "quorum none"],
    [f"log {WITNESS.verifier.vkey}", "quorum none"],
    [LOG, f"witness one {LOG_KEY.verifier.vkey}", "quorum one"],
    [LOG, "quorum none", "believe everybody"],
    [f"{LOG} https://log.example/ more", "quorum none"],
    [LOG[:-1], "quorum none"],
    [f"{LOG}\r", "quorum none"],
]


@pytest.mark.parametrize("lines", NO_POLICIES, ids=range(len(NO_POLICIES)))
def test_what_is_no_policy_is_refused(lines: list[str]) -> None:
    """C2SP tlog-policy: what is misread here lets somebody be believed."""
    with pytest.raises(MalformedError):
        policy(*lines)


def test_a_policy_is_held_to_the_same_when_it_is_not_read() -> None:
    """C2SP tlog-policy: a quorum that is nobody, and a witness named as nobody is."""
    for witnesses, quorum in (({}, "one"), ({"none": WITNESS.verifier}, "none")):
        with pytest.raises(MalformedError):
            Policy((LOG_KEY.verifier,), witnesses, {}, quorum)


def test_more_witnesses_than_there_are_cannot_be_asked_for() -> None:
    """C2SP tlog-policy: 1 <= k <= n."""
    with pytest.raises(MalformedError):
        policy_of([LOG_KEY.verifier], [WITNESS.verifier], need=2)


def test_an_origin_may_be_anything_but_signs_nothing_by_itself() -> None:
    """C2SP tlog-checkpoint: the origin is a name; only a key of that name makes it true."""
    said = Checkpoint("an origin with spaces", 1, hashes(1)[0])
    note = Note(said.text, (LOG_KEY.sign(said.text),))
    with pytest.raises(UntrustedError, match="an origin with spaces"):
        policy_of([LOG_KEY.verifier]).open(note.encode())
