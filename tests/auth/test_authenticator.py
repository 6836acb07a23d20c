"""Who carries a token, and every way in which a token may prove nothing."""

import base64
import hmac
import json
from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from shared.auth import Authenticator, IssuerUnreachable, TokenRefused
from shared.auth.authenticator import ORGANISATION_CLAIM, REMEMBERED_FOR, REMEMBERED_MAX
from shared.auth.keys import REFRESH_FLOOR_S, KeysUnavailable
from shared.contracts.roles import Role
from tests.auth.issuer import (
    AUDIENCE,
    EC,
    ED,
    ISSUER,
    NOW,
    ORGANISATION,
    PERSON,
    authenticator,
    claims,
    key_set,
    published,
    token,
)

LATER = NOW + timedelta(minutes=1, seconds=1)
OTHER_EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
EC_384 = ECKey.generate_key("P-384", {"kid": "ec", "use": "sig"})
RSA = RSAKey.generate_key(2048, {"kid": "ec", "use": "sig"})


def seconds(at: Any) -> int:
    """Return ``at`` in seconds since 1970."""
    return int(at.timestamp())


def b64(value: object) -> str:
    """Return ``value`` as a part of a token: JSON in unpadded base64url."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


async def test_a_good_token_says_who_in_which_roles_for_which_firm() -> None:
    """Conventions 2: RFC 9068, roles and the firm's number from the Swedish claim."""
    said = claims(Role.SIGNATORY, Role.APPLICANT, **{ORGANISATION_CLAIM: ORGANISATION})
    found = await authenticator().authenticate(token(said))
    assert found.person == PERSON
    assert found.roles == {Role.SIGNATORY, Role.APPLICANT}
    assert (found.organisation, found.signed_in_at, found.client) == (ORGANISATION, NOW, False)


@pytest.mark.parametrize(("key", "alg"), [(EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")])
async def test_both_kinds_of_signature_are_accepted(key: Any, alg: str) -> None:
    """Conventions 2: ES256 or Ed25519, under its old name and its new one."""
    with pytest.warns(match="RFC 9864") if alg == "EdDSA" else nullcontext():
        made = token(key=key, alg=alg)
    assert (await authenticator().authenticate(made)).person == PERSON


async def test_several_audiences_and_the_longer_type_are_accepted() -> None:
    """RFC 9068 section 4: ``application/at+jwt`` is the same type; aud may be a list."""
    made = token(claims(aud=["intake", AUDIENCE]), header={"typ": "application/AT+JWT"})
    assert (await authenticator().authenticate(made)).person == PERSON


async def test_a_service_is_known_by_its_name_and_signs_in_with_each_token() -> None:
    """Conventions 2: client credentials: the subject is the client itself."""
    said = claims(Role.SERVICE, sub="audit", client_id="audit", auth_time=None)
    found = await authenticator().authenticate(token(said))
    assert found.client
    assert found.person == uuid5(NAMESPACE_URL, f"{ISSUER}#audit")
    assert found.signed_in_at == NOW


async def test_a_subject_that_is_no_uuid_becomes_one_and_always_the_same() -> None:
    """SV-9: only a pairwise subject is kept; the log knows persons by UUID."""
    trusting = authenticator()
    first = await trusting.authenticate(token(claims(sub="pairwise-1", jti="a")))
    second = await trusting.authenticate(token(claims(sub="pairwise-1", jti="b")))
    other = await trusting.authenticate(token(claims(sub="pairwise-2")))
    assert first.person == second.person != other.person


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "http://other.example"}, "token_invalid"),
        ({"iss": f"{ISSUER}/"}, "token_invalid"),
        ({"iss": None}, "token_invalid"),
        ({"aud": "intake"}, "token_for_another_service"),
        ({"aud": ["intake", "reviews"]}, "token_for_another_service"),
        ({"aud": None}, "token_for_another_service"),
        ({"aud": {"review": 1}}, "token_for_another_service"),
        ({"aud": []}, "token_for_another_service"),
        ({"exp": seconds(NOW)}, "token_expired"),
        ({"exp": seconds(NOW) - 1}, "token_expired"),
        ({"exp": None}, "token_invalid"),
        ({"exp": "never"}, "token_invalid"),
        ({"exp": True}, "token_invalid"),
        ({"exp": -1}, "token_invalid"),
        ({"exp": 1e300}, "token_invalid"),
        ({"nbf": seconds(LATER)}, "token_invalid"),
        ({"nbf": "soon"}, "token_invalid"),
        ({"sub": None}, "token_invalid"),
        ({"sub": ""}, "token_invalid"),
        ({"sub": 7}, "token_invalid"),
        ({"sub": "x" * 256}, "token_invalid"),
        ({"jti": None}, "token_invalid"),
        ({"client_id": None}, "token_invalid"),
        ({"scope": ["openid"]}, "token_invalid"),
        ({"auth_time": None}, "token_invalid"),
        ({"auth_time": seconds(LATER)}, "token_invalid"),
        ({"roles": None}, "token_without_role"),
        ({"roles": []}, "token_without_role"),
        ({"roles": "reviewer"}, "token_without_role"),
        ({"roles": ["king", 7, None]}, "token_without_role"),
        ({ORGANISATION_CLAIM: "556000-0167"}, "token_invalid"),
        ({ORGANISATION_CLAIM: "٥٥٦٠٠٠٠١٦٧"}, "token_invalid"),
        ({ORGANISATION_CLAIM: 5560000167}, "token_invalid"),
        ({ORGANISATION_CLAIM: ""}, "token_invalid"),
        ({ORGANISATION_CLAIM: "7502310241"}, "token_invalid"),  # SV-2: perhaps a person's
    ],
)
async def test_a_token_that_says_the_wrong_thing_proves_nothing(
    changed: dict[str, Any], code: str
) -> None:
    """RFC 9068 section 4: issuer, audience, expiry, subject; each is checked."""
    with pytest.raises(TokenRefused) as refused:
        await authenticator().authenticate(token(claims(**changed)))
    assert refused.value.code == code


async def test_the_last_second_of_a_token_still_counts() -> None:
    """RFC 7519 section 4.1.4: not accepted on or after ``exp``, and accepted until then."""
    assert (
        await authenticator().authenticate(token(claims(exp=seconds(NOW) + 1)))
    ).person == PERSON
    assert (
        await authenticator().authenticate(token(claims(nbf=seconds(NOW) + 60)))
    ).person == PERSON


def unsigned() -> str:
    """Return a token that says it needs no signature."""
    return f"{b64({'typ': 'at+jwt', 'alg': 'none', 'kid': 'ec'})}.{b64(claims())}."


def mac_with_the_public_key() -> str:
    """Return a token whose MAC is made with what everybody knows: the public key."""
    head = b64({"typ": "at+jwt", "alg": "HS256", "kid": "ec"})
    signed = f"{head}.{b64(claims())}"
    mac = hmac.new(EC.as_pem(private=False), signed.encode(), "sha256").digest()
    return f"{signed}.{b64(mac)}"


def tampered() -> str:
    """Return a good token whose claims were changed afterwards."""
    head, _, signature = token().split(".")
    return f"{head}.{b64(claims(Role.CERTIFIER))}.{signature}"


def encrypted() -> str:
    """Return a token that is encrypted instead of signed."""
    return jwe.encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A128GCM", "typ": "at+jwt", "kid": "ec"},
        b"{}",
        ECKey.generate_key("P-256"),
    )


def with_its_own_key() -> str:
    """Return a token that brings the key to check it with."""
    return token(key=OTHER_EC, header={"jwk": OTHER_EC.as_dict(private=False)})


def signed_text(text: bytes) -> str:
    """Return a token with a good signature around something that is no set of claims."""
    header = {"typ": "at+jwt", "alg": "ES256", "kid": "ec"}
    return jws.serialize_compact(header, text, EC, algorithms=["ES256"])


def with_a_critical_extension() -> str:
    """Return a good token that must not be read by whoever does not know its extension."""
    knowing = JWSRegistry({"exp": HeaderParameter("An extension", "int")}, ["ES256"])
    header = {"typ": "at+jwt", "alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": 1}
    return jws.serialize_compact(header, json.dumps(claims()), EC, registry=knowing)


FORGED = {
    "empty": "",
    "word": "token",
    "dots": "..",
    "many dots": "." * 50,
    "two parts": ".".join(token().split(".")[:2]),
    "four parts": f"{token()}.x",
    "no signature": ".".join([*token().split(".")[:2], ""]),
    "half a signature": token()[:-20],
    "spaces": f" {token()}",
    "not base64": "€.€.€",
    "header is no object": f"{b64([1])}.{b64(claims())}.x",
    "header is no JSON": f"{b64(b'{')}.{b64(claims())}.x",
    "header nests without end": f"{b64(b'[' * 5_000)}.{b64(claims())}.x",
    "header is not UTF-8": f"{b64(bytes([255]))}.{b64(claims())}.x",
    "alg none": unsigned(),
    "alg None": f"{b64({'typ': 'at+jwt', 'alg': 'None', 'kid': 'ec'})}.{b64(claims())}.",
    "alg missing": f"{b64({'typ': 'at+jwt', 'kid': 'ec'})}.{b64(claims())}.x",
    "alg a number": f"{b64({'typ': 'at+jwt', 'alg': 7, 'kid': 'ec'})}.{b64(claims())}.x",
    "HS256 with the public key": mac_with_the_public_key(),
    "RS256": token(key=RSA, alg="RS256"),
    "ES384": token(key=EC_384, alg="ES384"),
    "another key of the same name": token(key=OTHER_EC),
    "a key of its own": with_its_own_key(),
    "tampered": tampered(),
    "encrypted": encrypted(),
    "claims are no object": signed_text(b"[1]"),
    "claims are no JSON": signed_text(b"{"),
    "claims nest without end": signed_text(b"[" * 5_000),
    "typ missing": token(header={"typ": None}),
    "typ JWT": token(header={"typ": "JWT"}),
    "typ of an identity token": token(header={"typ": "id+jwt"}),
    "typ a list": f"{b64({'typ': ['at+jwt'], 'alg': 'ES256', 'kid': 'ec'})}.{b64(claims())}.x",
    "kid unknown": token(header={"kid": "other"}),
    "kid of the other key": token(header={"kid": "ed"}),
    "kid a number": f"{b64({'typ': 'at+jwt', 'alg': 'ES256', 'kid': 7})}.{b64(claims())}.x",
    "kid a path": token(header={"kid": "../../dev/null"}),
    "critical extension": with_a_critical_extension(),
    "too long": token(claims(jti="x" * 9_000)),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_or_garbled_token_proves_nothing(name: str) -> None:
    """RFC 8725: no algorithm is taken from the token, no key but the issuer's checks it."""
    with pytest.raises(TokenRefused) as refused:
        await authenticator().authenticate(FORGED[name])
    assert refused.value.code == "token_invalid"


@given(st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
async def test_no_text_breaks_the_authenticator(text: str) -> None:
    """House: whatever stands in the header, the answer is 401 and never 500."""
    with pytest.raises(TokenRefused):
        await authenticator().authenticate(text)


@given(st.integers(0, 255), st.integers(0, 2_000))
async def test_no_changed_letter_goes_unnoticed(letter: int, at: int) -> None:
    """RFC 7515: the signature covers header and claims, each bit of them."""
    whole = bytearray(GOOD.encode())
    place = at % (len(whole) - 2)  # the last letter of a signature holds spare bits
    if whole[place] == letter:
        return
    whole[place] = letter
    with pytest.raises(TokenRefused):
        await authenticator().authenticate(whole.decode("latin-1"))


GOOD = token()


class Source:
    """A source of keys that counts how often it is asked, and fails when told."""

    def __init__(self) -> None:
        self.calls = 0
        self.keys = key_set()
        self.away = False

    async def __call__(self) -> KeySet:
        """Return the keys."""
        self.calls += 1
        if self.away:
            raise KeysUnavailable
        return self.keys


async def test_a_verified_token_is_remembered_for_a_minute_and_no_longer_than_it_lasts() -> None:
    """Conventions 2: by its digest, until ``exp``, at most 60 s."""
    at = [NOW]
    trusting = Authenticator(ISSUER, AUDIENCE, lambda: at[0], keys=published)
    made = token(claims(exp=seconds(NOW + timedelta(minutes=5))))
    first = await trusting.authenticate(made)
    at[0] = NOW + REMEMBERED_FOR - timedelta(microseconds=1)
    assert await trusting.authenticate(made) is first
    at[0] = NOW + REMEMBERED_FOR
    second = await trusting.authenticate(made)
    assert second == first
    assert second is not first
    at[0] = NOW + timedelta(minutes=5)
    with pytest.raises(TokenRefused) as refused:
        await trusting.authenticate(made)
    assert refused.value.code == "token_expired"


async def test_a_short_token_is_forgotten_when_it_ends() -> None:
    """Conventions 2: a remembered token does not outlive itself."""
    at = [NOW]
    trusting = Authenticator(ISSUER, AUDIENCE, lambda: at[0], keys=published)
    made = token(claims(exp=seconds(NOW) + 5))
    await trusting.authenticate(made)
    at[0] = NOW + timedelta(seconds=5)
    with pytest.raises(TokenRefused):
        await trusting.authenticate(made)


async def test_what_is_remembered_is_bounded() -> None:
    """Style 9.3: every limit has a name; the oldest token goes first."""
    trusting = authenticator()
    principal = await trusting.authenticate(GOOD)
    for number in range(REMEMBERED_MAX + 5):
        trusting._remember(number.to_bytes(32, "big"), principal, NOW)
    assert len(trusting._remembered) == REMEMBERED_MAX
    assert (4).to_bytes(32, "big") not in trusting._remembered


async def test_a_refused_token_is_not_remembered() -> None:
    """House: only what was verified is; garbage costs no memory."""
    trusting = authenticator()
    with pytest.raises(TokenRefused):
        await trusting.authenticate(FORGED["tampered"])
    assert not trusting._remembered


async def test_a_new_key_is_fetched_when_it_is_first_used_but_not_again_and_again() -> None:
    """Conventions 2: refresh on an unknown key id, with a floor, so that garbage makes no storm."""
    source, elapsed = Source(), [0.0]
    trusting = Authenticator(
        ISSUER, AUDIENCE, lambda: NOW, keys=source, monotonic=lambda: elapsed[0]
    )
    await trusting.authenticate(GOOD)
    rotated = ECKey.generate_key("P-256", {"kid": "new", "use": "sig"})
    for _ in range(3):
        with pytest.raises(TokenRefused):
            await trusting.authenticate(token(key=rotated))
    assert source.calls == 1
    elapsed[0] += REFRESH_FLOOR_S
    source.keys = KeySet.import_key_set(KeySet([rotated]).as_dict(private=False))
    assert (await trusting.authenticate(token(key=rotated))).person == PERSON
    assert source.calls == 2


async def test_without_keys_nobody_is_let_in_and_nobody_is_accused() -> None:
    """House: an issuer that is away is the world's fault: 503, not 401."""
    source = Source()
    source.away = True
    trusting = Authenticator(ISSUER, AUDIENCE, lambda: NOW, keys=source)
    with pytest.raises(IssuerUnreachable):
        await trusting.authenticate(GOOD)
    source.away = False
    assert (await trusting.authenticate(GOOD)).person == PERSON


async def test_a_token_without_a_key_id_is_checked_with_the_one_key_that_fits() -> None:
    """RFC 9068 demands no ``kid``; where two keys fit, none is guessed."""
    assert (await authenticator().authenticate(token(header={"kid": None}))).person == PERSON
    source = Source()
    source.keys = KeySet([*key_set().keys, ECKey.generate_key("P-256", {"kid": "ec2"})])
    trusting = Authenticator(ISSUER, AUDIENCE, lambda: NOW, keys=source)
    with pytest.raises(TokenRefused):
        await trusting.authenticate(token(header={"kid": None}))


async def test_a_key_for_encryption_checks_no_signature() -> None:
    """RFC 7517 section 4.2: ``use`` says what a key is for."""
    source = Source()
    source.keys = KeySet([OKPKey.generate_key("X25519", {"kid": "ed", "use": "enc"})])
    trusting = Authenticator(ISSUER, AUDIENCE, lambda: NOW, keys=source)
    with pytest.raises(TokenRefused):
        await trusting.authenticate(token(key=ED, alg="Ed25519"))
