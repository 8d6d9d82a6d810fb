"""Is a vendor's result believed only if that vendor made it, for this issuer, now, and said everything?

The accepted twin of every refused token is ``token()``, which differs from it in the one thing that is named.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from credence.service.adapters.vendor_jws import LEEWAY, MAX_AGE, MAX_TOKEN, VendorJws
from credence.service.issuer.evidence import Assurance, EvidenceRefused, Kind, Record, Refusal, VerifiedEvidence
from tests.service.adapters.tokens import (
    ABSENT,
    CLAIMS,
    HEADER,
    ISSUER,
    KEY,
    NOW,
    OTHER_KEY,
    PUBLIC,
    VENDOR,
    changed,
    compact,
    encoded,
    token,
)


@pytest.fixture(scope="module")
def adapter() -> VendorJws:
    return VendorJws(ISSUER, {VENDOR: PUBLIC, f"{VENDOR}_2": OTHER_KEY.public_key().public_bytes_raw()})


def refusal(adapter: VendorJws, data: bytes, now: int = NOW) -> Refusal:
    with pytest.raises(EvidenceRefused) as caught:
        adapter.verify(data, now)
    return caught.value.refusal


def test_the_facts_are_what_was_signed(adapter: VendorJws) -> None:
    evidence = adapter.verify(token(), NOW)
    assert isinstance(evidence, VerifiedEvidence)
    assert (evidence.given_name, evidence.family_name, evidence.birth_date) == ("Zoë", "Marchetti", date(1990, 2, 28))
    assert (evidence.document.country, evidence.document.canonical_number) == ("IT", "YA1234567")
    assert (evidence.nationalities, evidence.residence, evidence.kind) == (("IT",), "DE", Kind.NATURAL)
    assert (evidence.assurance, evidence.pep, evidence.accredited) == (Assurance.SUBSTANTIAL, False, True)
    assert (evidence.reference.vendor, evidence.reference.id) == (VENDOR, "check-1")
    assert evidence.valid_until == NOW + 3_600 + LEEWAY


@pytest.mark.parametrize(
    "claims",
    [
        {"nbf": ABSENT},
        {"given_name": ABSENT},
        {"given_name": ""},
        {"family_name": ABSENT},
        {"extra": {"any": 1}},
        {"more": "x" * 5_000},
        {"kind": "institution", "given_name": ABSENT},
        {"birth_date": "1931-12-31"},
    ],
)
def test_what_may_differ(adapter: VendorJws, claims: dict[str, Any]) -> None:
    adapter.verify(token(claims=claims), NOW)


def test_names_may_be_written_in_utf8(adapter: VendorJws) -> None:
    payload = json.dumps(CLAIMS, ensure_ascii=False).encode()
    assert adapter.verify(compact(changed(HEADER, {}), payload), NOW).given_name == "Zoë"


def test_a_vendor_may_have_several_keys(adapter: VendorJws) -> None:
    signed = token({"kid": f"{VENDOR}_2"}, sign=OTHER_KEY.sign)
    assert adapter.verify(signed, NOW).reference.vendor == VENDOR
    assert refusal(adapter, token({"kid": f"{VENDOR}_2"})) is Refusal.FORGED


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def hs256(signed: bytes) -> bytes:
    """The old trick: the public key as a shared secret."""
    return hmac.new(PUBLIC, signed, hashlib.sha256).digest()


def es256(signed: bytes) -> bytes:
    return ec.derive_private_key(7, ec.SECP256R1()).sign(signed, ec.ECDSA(hashes.SHA256()))[:64].ljust(64, b"\0")


@pytest.mark.parametrize(
    ("algorithm", "sign"),
    [
        ("none", lambda signed: b""),
        ("None", lambda signed: b""),
        ("", KEY.sign),
        (ABSENT, KEY.sign),
        (None, KEY.sign),
        (["Ed25519"], KEY.sign),
        ("ed25519", KEY.sign),
        ("EdDSA", KEY.sign),
        ("Ed448", KEY.sign),
        ("HS256", hs256),
        ("ES256", es256),
        ("RS256", KEY.sign),
    ],
)
def test_another_algorithm(adapter: VendorJws, algorithm: Any, sign: Any) -> None:
    assert refusal(adapter, token({"alg": algorithm}, sign=sign)) is Refusal.UNSUPPORTED_ALGORITHM


@pytest.mark.parametrize("sign", [lambda signed: b"", hs256, es256, OTHER_KEY.sign, lambda signed: KEY.sign(signed) + b"\0"])
def test_another_signature_under_the_right_algorithm(adapter: VendorJws, sign: Any) -> None:
    assert refusal(adapter, token(sign=sign)) is Refusal.FORGED


@pytest.mark.parametrize("typ", [ABSENT, None, "", "JWT", "credence-evidence", "CREDENCE-EVIDENCE+JWT", ["x"]])
def test_a_token_for_another_purpose(adapter: VendorJws, typ: Any) -> None:
    assert refusal(adapter, token({"typ": typ})) is Refusal.WRONG_TYPE


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": encoded(PUBLIC)}},
        {"jku": "https://vendor.example/keys"},
        {"x5c": []},
        {"kid": ABSENT},
        {"kid": 1},
        {"kid": [VENDOR]},
    ],
)
def test_a_header_with_more_or_less(adapter: VendorJws, header: dict[str, Any]) -> None:
    assert refusal(adapter, token(header)) is Refusal.MALFORMED


@pytest.mark.parametrize("kid", ["", "vendor.example.evil", "VENDOR.EXAMPLE", "vendor.example_3", "vendor"])
def test_a_key_that_nobody_configured(adapter: VendorJws, kid: str) -> None:
    assert refusal(adapter, token({"kid": kid})) is Refusal.UNKNOWN_VENDOR


@pytest.mark.parametrize("iss", [ABSENT, "", "other.example", f"{VENDOR}_2", f"{VENDOR}/", [VENDOR]])
def test_a_vendor_that_speaks_for_another(adapter: VendorJws, iss: Any) -> None:
    assert refusal(adapter, token(claims={"iss": iss})) is Refusal.UNKNOWN_VENDOR


@pytest.mark.parametrize(
    "aud",
    [
        ABSENT,
        None,
        "",
        [ISSUER],
        [ISSUER, "other.example"],
        "issuer.exampl",
        "issuer.example.org",
        "issuer.example/",
        "https://issuer.example",
        "ISSUER.EXAMPLE",
        " issuer.example",
        "tenant.issuer.example",
        "other.example",
        {"issuer.example": 1},
    ],
)
def test_another_audience(adapter: VendorJws, aud: Any) -> None:
    assert refusal(adapter, token(claims={"aud": aud})) is Refusal.WRONG_AUDIENCE


def test_times_and_their_leeway(adapter: VendorJws) -> None:
    ends = NOW + 3_600
    adapter.verify(token(), ends + LEEWAY - 1)
    assert refusal(adapter, token(), ends + LEEWAY) is Refusal.STALE
    for name in ("iat", "nbf"):
        early = token(claims={name: NOW})
        adapter.verify(early, NOW - LEEWAY)
        assert refusal(adapter, early, NOW - LEEWAY - 1) is Refusal.NOT_YET_VALID


def test_a_result_ages_whatever_its_vendor_says(adapter: VendorJws) -> None:
    old = token(claims={"exp": NOW + 10 * MAX_AGE})
    assert adapter.verify(old, NOW).valid_until == NOW - 100 + MAX_AGE + LEEWAY
    adapter.verify(old, NOW - 100 + MAX_AGE + LEEWAY - 1)
    assert refusal(adapter, old, NOW - 100 + MAX_AGE + LEEWAY) is Refusal.STALE


@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("value", [None, "1790000000", 1_790_000_000.0, True, -1, 1 << 63])
def test_a_time_that_is_none(adapter: VendorJws, name: str, value: Any) -> None:
    assert refusal(adapter, token(claims={name: value})) is Refusal.INCOMPLETE


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_a_time_that_is_missing(adapter: VendorJws, name: str) -> None:
    assert refusal(adapter, token(claims={name: ABSENT})) is Refusal.INCOMPLETE


@pytest.mark.parametrize(
    "claims",
    [
        *({name: ABSENT} for name in CLAIMS if name not in ("iss", "aud", "iat", "nbf", "exp", "given_name", "family_name")),
        {"given_name": ABSENT, "family_name": ABSENT},
        {"given_name": "", "family_name": ""},
        {"given_name": 1},
        {"given_name": "Zoë\n"},
        {"given_name": "\ud800"},
        {"family_name": "123"},
        {"family_name": "x" * 201},
        {"birth_date": "1990-2-28"},
        {"birth_date": "19900228"},
        {"birth_date": "1990-02-30"},
        {"birth_date": "1990-02-28T00:00:00"},
        {"birth_date": "1990"},
        {"document": {"country": "IT", "type": "passport"}},
        {"document": {"country": "IT", "type": "library-card", "number": "1"}},
        {"document": {"country": "IT", "type": "passport", "number": "---"}},
        {"document": {"country": "ITA", "type": "passport", "number": "1"}},
        {"document": "YA1234567"},
        {"nationality": "it"},
        {"nationality": "XK"},
        {"residence": "ZZ"},
        {"residence": ""},
        {"kind": "legal"},  # with a given name
        {"kind": "robot"},
        {"assurance": "certain"},
        {"assurance": 3},
        {"pep": 0},
        {"pep": "false"},
        {"pep": None},
        {"accredited": 1},
        {"jti": "Zoë"},
        {"jti": ""},
        {"jti": "a b"},
        {"nationalities": ["IT"]},  # beside one nationality
        {"nationality": ABSENT, "nationalities": []},
        {"nationality": ABSENT, "nationalities": ["IT", "IT"]},
        {"nationality": ABSENT, "nationalities": ["IT", "XK"]},
        {"product": "roulette"},
        {"channel": None},
        {"source_of_funds": 1},
        {"record": "archive.example"},
        {"document": {"country": "IT", "type": "passport", "number": "1", "expires_on": "2031"}},
    ],
)
def test_a_fact_that_is_missing_or_none(adapter: VendorJws, claims: dict[str, Any]) -> None:
    assert refusal(adapter, token(claims=claims)) is Refusal.INCOMPLETE


def test_what_a_vendor_may_say_besides(adapter: VendorJws) -> None:
    record = {"keeper": "archive.example", "reference": "r-1", "years": 7}
    said = {"product": "lending", "channel": "video", "source_of_funds": "pension", "record": record}
    evidence = adapter.verify(token(claims={**said, "nationality": ABSENT, "nationalities": ["IT", "CU"]}), NOW)
    assert evidence.nationalities == ("IT", "CU")
    assert (evidence.product, evidence.channel, evidence.source_of_funds) == ("lending", "video", "pension")
    assert evidence.record == Record("archive.example", "r-1", 7)
    plain = adapter.verify(token(), NOW)
    assert (plain.product, plain.channel, plain.source_of_funds, plain.record) == (None,) * 4
    assert plain.verified_at == CLAIMS["iat"]


def test_a_document_that_is_over(adapter: VendorJws) -> None:
    def until(day: str) -> bytes:
        return token(claims={"document": {**CLAIMS["document"], "expires_on": day}})

    assert adapter.verify(until("2026-09-21"), NOW).document_until == date(2026, 9, 21)
    assert refusal(adapter, until("2026-09-20")) is Refusal.STALE


PLAIN = changed(CLAIMS, {})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"..",
        b"a.b",
        token() + b".",
        token() + b".AAAA",
        token() + b"=",
        token() + b"\n",
        b" " + token(),
        token().replace(b".", b". "),
        token() + "é".encode(),
        b"\xff\xfe" + token(),
        flipped(token(), len(token()) - 1)[:-1] + b"!",
        token(claims={"more": "x" * MAX_TOKEN}),
        compact(b"null", PLAIN),
        compact(b"[]", PLAIN),
        compact(b"{", PLAIN),
        compact(b"\xff", PLAIN),
        compact(b'{"alg":"none","alg":"Ed25519","kid":"vendor.example","typ":"credence-evidence+jwt"}', PLAIN),
        compact(changed(HEADER, {}), b"[" * 4_000),
        compact(changed(HEADER, {}), b"null"),
        compact(changed(HEADER, {}), b""),
        compact(changed(HEADER, {}), b"\xff"),
        compact(changed(HEADER, {}), PLAIN[:-1] + b',"pep":true}'),
        compact(changed(HEADER, {}), PLAIN[:-1] + b',"more":{"a":1,"a":2}}'),
        compact(changed(HEADER, {}), PLAIN[:-1] + b',"more":NaN}'),
        compact(changed(HEADER, {}), PLAIN[:-1] + b',"more":' + b"9" * 5_000 + b"}"),
    ],
)
def test_what_encodes_nothing_or_twice(adapter: VendorJws, data: bytes) -> None:
    assert refusal(adapter, data) is Refusal.MALFORMED


def test_how_long_a_token_may_be(adapter: VendorJws) -> None:
    sizes = {len(data): data for data in (token(claims={"more": "x" * count}) for count in range(5_000, 6_500))}
    longest, next_longer = max(size for size in sizes if size <= MAX_TOKEN), min(size for size in sizes if size > MAX_TOKEN)
    assert next_longer - longest <= 2
    adapter.verify(sizes[longest], NOW)
    assert refusal(adapter, sizes[next_longer]) is Refusal.MALFORMED


def test_base64_has_one_spelling(adapter: VendorJws) -> None:
    """64 signature bytes leave four bits over in the last character: 15 other spellings of the same bytes."""
    good = token()
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    adapter.verify(good, NOW)
    last = alphabet.index(good[-1:])
    assert last % 16 == 0
    for other in range(last + 1, last + 16):
        assert refusal(adapter, good[:-1] + alphabet[other : other + 1]) is Refusal.MALFORMED


def test_every_flipped_bit_is_refused(adapter: VendorJws) -> None:
    good = token()
    for at in range(0, len(good), 3):
        refusal(adapter, flipped(good, at))


def test_the_payload_is_not_read_before_it_is_believed(adapter: VendorJws) -> None:
    assert refusal(adapter, compact(changed(HEADER, {}), b"not json", sign=OTHER_KEY.sign)) is Refusal.FORGED


def test_nothing_of_the_token_is_in_the_error(adapter: VendorJws) -> None:
    with pytest.raises(EvidenceRefused) as caught:
        adapter.verify(token(claims={"birth_date": "28.02.1990"}), NOW)
    shown = f"{caught.value!r} {caught.value}"
    assert not any(word in shown for word in ("Zo", "Marchetti", "1990", "YA"))
