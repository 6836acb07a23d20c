"""C2SP signed-note: who signed a text is found out, or nothing of it is believed."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    Algorithm,
    DisprovedError,
    MalformedError,
    Note,
    SigningKey,
    UntrustedError,
    VerifierKey,
    parse_note,
    private_key,
    sign_note,
    signers,
    verifier_key,
)
from shared.ledger.note import SIGNATURES_MAX
from shared.ledger.signature import Signature
from tests.ledger.published import flipped
from tests.ledger.samples import LOG_KEY, NEXT_LOG_KEY, STRANGER, WITNESS

PUBLISHED_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PUBLISHED = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2O"
    "NncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
"""Source: c2sp.org/signed-note, "Verifier keys", its example."""
TEXT = "a text\n\nwith an empty line\n"
SIGNED = sign_note(TEXT, LOG_KEY).encode()


def test_the_published_note_is_signed_by_the_published_key() -> None:
    """C2SP signed-note: its own example, key and note."""
    key = verifier_key(PUBLISHED_KEY)
    note = parse_note(PUBLISHED)

    assert note.text == "This is an example message.\n"
    assert note.encode() == PUBLISHED
    assert key.vkey == PUBLISHED_KEY
    assert key.key_id.hex() == "530d903a"
    assert signers(note, [key]) == ((key, note.signatures[0]),)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n")))
def test_every_text_is_signed_and_read_back(text: str) -> None:
    """C2SP signed-note: the text ends with the last empty line, whatever is in it."""
    note = sign_note(f"{text}\n", LOG_KEY)

    assert parse_note(note.encode()) == note
    assert signers(note, [LOG_KEY.verifier])


def test_a_signature_that_stands_again_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """House: a note of 100 lines costs no more than the signatures that it really has."""
    verified: list[Signature] = []
    verifies = VerifierKey.verifies

    def counted(key: VerifierKey, text: str, signature: Signature) -> bool:
        verified.append(signature)
        return verifies(key, text, signature)

    monkeypatch.setattr(VerifierKey, "verifies", counted)
    once = sign_note(TEXT, LOG_KEY, NEXT_LOG_KEY)
    again = parse_note(Note(TEXT, once.signatures * (SIGNATURES_MAX // 2)).encode())
    keys = [LOG_KEY.verifier, NEXT_LOG_KEY.verifier]
    assert signers(again, keys) == signers(once, keys)
    assert len(verified) == 4, "two for each of the notes"


def test_a_note_is_believed_by_whoever_knows_either_key() -> None:
    """Section 7: a key is replaced by signing with both for a while."""
    note = sign_note(TEXT, LOG_KEY, NEXT_LOG_KEY)
    old, new = LOG_KEY.verifier, NEXT_LOG_KEY.verifier

    assert old.name == new.name
    assert old.key_id != new.key_id
    assert [key for key, _ in signers(note, [old])] == [old]
    assert [key for key, _ in signers(note, [new])] == [new]
    assert [key for key, _ in signers(note, [old, new])] == [old, new]


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    """C2SP signed-note: also when name or id, but not both, is that of a known key."""
    known = LOG_KEY.verifier
    others = (
        Signature(known.name, b"\x00\x00\x00\x00", b"anything"),
        Signature("another.example", known.key_id, b"anything"),
        STRANGER.sign(TEXT),
    )
    note = Note(TEXT, (*others, LOG_KEY.sign(TEXT)))

    assert signers(note, [known]) == ((known, note.signatures[3]),)


def test_a_note_that_nobody_known_signed_says_nothing() -> None:
    """C2SP signed-note: no signature of a known key, nothing believed."""
    with pytest.raises(UntrustedError):
        signers(parse_note(SIGNED), [STRANGER.verifier])
    with pytest.raises(UntrustedError):
        signers(parse_note(SIGNED), [])


def test_a_false_signature_of_a_known_key_spoils_the_note() -> None:
    """C2SP signed-note: also beside a true one of another known key."""
    false = Signature(LOG_KEY.name, LOG_KEY.verifier.key_id, NEXT_LOG_KEY.sign(TEXT).value)
    note = Note(TEXT, (NEXT_LOG_KEY.sign(TEXT), false))

    assert signers(note, [NEXT_LOG_KEY.verifier])
    with pytest.raises(DisprovedError):
        signers(note, [NEXT_LOG_KEY.verifier, LOG_KEY.verifier])


def test_no_byte_of_a_note_may_differ() -> None:
    """Section 7: text, name, id or signature: each byte with one bit the other way is refused."""
    for place in range(len(SIGNED)):
        with pytest.raises((DisprovedError, MalformedError, UntrustedError)):
            signers(parse_note(flipped(SIGNED, 8 * place + place % 8)), [LOG_KEY.verifier])


def test_a_note_that_is_cut_anywhere_is_refused() -> None:
    """Section 7: truncated notes are refused."""
    for end in range(len(SIGNED)):
        with pytest.raises(MalformedError):
            parse_note(SIGNED[:end])


NAME = LOG_KEY.name
LINE = SIGNED.decode().rpartition("\n\n")[2]
NO_LINES = [
    *(LINE.replace("— ", dash) for dash in ("", "- ", "—", "—  ", "\N{EN DASH} ")),
    *(LINE.replace(NAME, name) for name in ("", "x" * 256, "a b", "a\N{NO-BREAK SPACE}b", "a+b")),
    *(LINE.replace("=\n", end) for end in ("\n", "==\n", "= \n", "=\n\n", "=")),
    LINE.replace(f"{NAME} ", NAME),
    LINE.replace(f"{NAME} ", f"{NAME}  "),
    LINE[:40] + "_" + LINE[41:],
    f"— {NAME} {b64encode(b'1234').decode()}\n",
    f"— {NAME} \n",
    f"— {NAME}\n",
    f"{LINE}more",
    f"{LINE}\n",
    LINE * (SIGNATURES_MAX + 1),
    "",
]


@pytest.mark.parametrize("lines", NO_LINES, ids=range(len(NO_LINES)))
def test_lines_that_are_no_signatures_are_refused(lines: str) -> None:
    """C2SP signed-note, "Format"; Section 7: one form for each note."""
    with pytest.raises(MalformedError):
        parse_note(f"a text\n\n{lines}".encode())


@pytest.mark.parametrize(
    "text",
    [
        "a text\n",
        "a text",
        "a\ttext\n\n",
        "a text\r\n\r\n",
        "a\0text\n\n",
        " " * 1_000_000 + "\n\n",
    ],
    ids=["no empty line", "no newline", "tab", "carriage return", "NUL", "too long"],
)
def test_what_is_no_text_of_a_note_is_refused(text: str) -> None:
    """C2SP signed-note, "Format": no control character but newline; a limit on everything."""
    with pytest.raises(MalformedError):
        parse_note(f"{text}{LINE}".encode())


def test_a_note_that_could_not_be_read_back_is_not_made() -> None:
    """C2SP signed-note, "Format": no newline at the end, nobody who signed, too many who did."""
    once = LOG_KEY.sign(TEXT)
    for text, signatures in (("text", (once,)), (TEXT, ()), (TEXT, (once,) * (SIGNATURES_MAX + 1))):
        with pytest.raises(MalformedError):
            Note(text, signatures)


def test_a_note_that_is_not_utf8_is_refused() -> None:
    """C2SP signed-note, "Format": valid UTF-8, no surrogate and no overlong form."""
    for bad in (b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"):
        with pytest.raises(MalformedError):
            parse_note(bad + SIGNED)


def test_stray_bits_of_base64_are_refused() -> None:
    """Section 7: non-canonical base64 would be a second text of the same note."""
    *_, last = SIGNED.decode().partition("=")
    stem = SIGNED.decode().removesuffix(f"={last}")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    neighbour = alphabet[alphabet.index(stem[-1]) + 1]

    with pytest.raises(MalformedError):
        parse_note(f"{stem[:-1]}{neighbour}={last}".encode())


def test_a_note_takes_sixteen_signatures_and_the_same_one_once() -> None:
    """C2SP signed-note: at least 16 are accepted; adding a known one changes nothing."""
    keys = [SigningKey(f"key-{n}", private_key(bytes([n] * 32))) for n in range(16)]
    note = sign_note(TEXT, *keys)

    assert len(signers(parse_note(note.encode()), [key.verifier for key in keys])) == 16
    assert note.signed_also([keys[3].sign(TEXT)]) == note
    assert len(note.signed_also([LOG_KEY.sign(TEXT), LOG_KEY.sign(TEXT)]).signatures) == 17


NO_KEYS = [
    *(
        PUBLISHED_KEY.replace("530d903a", other)
        for other in ("530d903b", "530D903A", "530d903", "")
    ),
    *(PUBLISHED_KEY.replace("example.com/foo", other) for other in ("example.com/fop", "", "a b")),
    *(PUBLISHED_KEY.replace("AekyeRr", other) for other in ("AekyeRs", "BekyeRr", "AukyeRr", "")),
    *(f"{PUBLISHED_KEY}{end}" for end in ("=", "\n", "+", " ")),
    *(PUBLISHED_KEY.rsplit("+", cut)[0] for cut in (1, 2)),
    f"{PUBLISHED_KEY.rsplit('+', 1)[0]}+",
    "",
]


@pytest.mark.parametrize("vkey", NO_KEYS, ids=range(len(NO_KEYS)))
def test_what_is_no_verifier_key_is_refused(vkey: str) -> None:
    """C2SP signed-note, "Verifier keys": name, id and key must belong together."""
    with pytest.raises(MalformedError):
        verifier_key(vkey)


def test_one_public_key_has_another_id_for_each_use() -> None:
    """C2SP signed-note, "Signatures": name and type are part of the id."""
    key = WITNESS.verifier
    as_log = VerifierKey(key.name, Algorithm.ED25519, key.public_key)

    assert as_log.key_id != key.key_id
    assert verifier_key(as_log.vkey) == as_log
    assert verifier_key(key.vkey) == key


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    """RFC 8032: secret or public; a longer text is no better secret, it is a mistake."""
    with pytest.raises(MalformedError):
        private_key(bytes(length))
    with pytest.raises(MalformedError):
        VerifierKey("log", Algorithm.ED25519, bytes(length))
