"""Does a proof hold for one request, by one key, with one token, now and once?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credence.circuits.encoding import b64u, b64u_decode
from credence.service.auth.jose import LEEWAY
from credence.service.auth.proof import MAX_AGE, check_proof, token_hash
from credence.service.auth.refusal import AccessRefused, Refusal
from tests.service.auth import signing
from tests.service.auth.signing import Edwards, Weierstrass, compact, hs256
from tests.service.conftest import NOW

URL = "https://kyc.example/credence/v1/verifier/sessions"
TOKEN = "eyJ.token.sig"
ED = Edwards(bytes([1]) * 32)
EC = Weierstrass(77)

Spoil = Callable[[], str]


def made(key: signing.Key = EC, **changes: Any) -> Spoil:
    return lambda: signing.proof(key, "POST", URL, NOW, TOKEN, **changes)


def keyed(jwk: object, key: signing.Key = EC) -> Spoil:
    return made(key, header={"jwk": jwk})


def without(jwk: Mapping[str, str], name: str) -> dict[str, str]:
    return {member: value for member, value in jwk.items() if member != name}


def beside_the_curve() -> dict[str, str]:
    y = bytearray(b64u_decode(EC.jwk["y"]))
    y[-1] ^= 1
    return {**EC.jwk, "y": b64u(bytes(y))}


def oct_key() -> str:
    secret = b"s" * 32
    jwk = {"kty": "oct", "k": b64u(secret)}
    return compact({"typ": "dpop+jwt", "alg": "HS256", "jwk": jwk}, {}, hs256(secret))


def under_another_key() -> str:
    """The header names a key that did not sign: as if a stranger's proof were claimed for one's own key."""
    return signing.proof(ED, "POST", URL, NOW, TOKEN, header={"jwk": Edwards(bytes([2]) * 32).jwk})


P384 = Weierstrass(99, "ES384", ec.SECP384R1(), "P-384")

REFUSED: dict[str, tuple[Spoil, Refusal]] = {
    "no token": (lambda: "proof", Refusal.MALFORMED),
    "non-ASCII": (lambda: made()() + "é", Refusal.MALFORMED),
    "too large": (made(more="x" * 4096), Refusal.MALFORMED),
    "crit": (made(header={"crit": ["htm"]}), Refusal.HEADER),
    "kid": (made(header={"kid": "key-1"}), Refusal.HEADER),
    "key elsewhere": (made(header={"jku": "https://kyc.example/keys"}), Refusal.HEADER),
    "no type": (made(header={"typ": None}), Refusal.TYPE),
    "type of an assertion": (made(header={"typ": "JWT"}), Refusal.TYPE),
    "type of an access token": (made(header={"typ": "at+jwt"}), Refusal.TYPE),
    "no algorithm": (made(header={"alg": None}), Refusal.ALGORITHM),
    "none": (made(header={"alg": "none"}), Refusal.ALGORITHM),
    "a shared secret": (oct_key, Refusal.ALGORITHM),
    "another key's algorithm": (made(header={"alg": "EdDSA"}), Refusal.ALGORITHM),
    "another algorithm": (made(P384), Refusal.ALGORITHM),
    "no key": (keyed(None), Refusal.KEY),
    "key is text": (keyed("key"), Refusal.KEY),
    "key is a list": (keyed([EC.jwk]), Refusal.KEY),
    "private key": (keyed({**EC.jwk, "d": b64u(bytes(32))}), Refusal.KEY),
    "key of another curve": (keyed({**EC.jwk, "crv": "secp256k1"}), Refusal.KEY),
    "curve of another type": (keyed({**EC.jwk, "kty": "OKP"}), Refusal.KEY),
    "type is a list": (keyed({**EC.jwk, "kty": ["EC"]}), Refusal.KEY),
    "no point of the curve": (keyed(beside_the_curve()), Refusal.KEY),
    "half a point": (keyed(without(EC.jwk, "y")), Refusal.KEY),
    "short coordinate": (keyed({**EC.jwk, "x": b64u(bytes(31))}), Refusal.KEY),
    "long coordinate": (keyed({**EC.jwk, "x": b64u(bytes(1) + b64u_decode(EC.jwk["x"]))}), Refusal.KEY),
    "coordinate with padding": (keyed({**EC.jwk, "x": EC.jwk["x"] + "="}), Refusal.KEY),
    "coordinate is a number": (keyed({**EC.jwk, "x": 7}), Refusal.KEY),
    "unknown member": (keyed({**EC.jwk, "x5u": "https://kyc.example"}), Refusal.KEY),
    "key for encryption": (keyed({**EC.jwk, "use": "enc"}), Refusal.KEY),
    "key's algorithm is a list": (keyed({**EC.jwk, "alg": ["ES256"]}), Refusal.KEY),
    "key of another": (under_another_key, Refusal.FORGED),
    "method in small letters": (made(htm="post"), Refusal.METHOD),
    "another method": (made(htm="GET"), Refusal.METHOD),
    "no method": (made(htm=None), Refusal.METHOD),
    "method in a list": (made(htm=["POST"]), Refusal.METHOD),
    "another path": (made(htu=URL + "/7"), Refusal.ADDRESS),
    "the path above": (made(htu=URL.rpartition("/")[0]), Refusal.ADDRESS),
    "another host": (made(htu=URL.replace("kyc", "venue")), Refusal.ADDRESS),
    "another tenant": (made(htu=URL.replace("credence", "other")), Refusal.ADDRESS),
    "plain http": (made(htu=URL.replace("https", "http")), Refusal.ADDRESS),
    "with a slash": (made(htu=URL + "/"), Refusal.ADDRESS),
    "with a query": (made(htu=URL + "?a=1"), Refusal.ADDRESS),
    "no address": (made(htu=None), Refusal.ADDRESS),
    "from the future": (made(iat=NOW + LEEWAY + 1), Refusal.NOT_YET_VALID),
    "too old": (made(iat=NOW - MAX_AGE), Refusal.EXPIRED),
    "no time": (made(iat=None), Refusal.CLAIMS),
    "time as text": (made(iat=str(NOW)), Refusal.CLAIMS),
    "no jti": (made(jti=None), Refusal.CLAIMS),
    "jti not ASCII": (made(jti="é"), Refusal.CLAIMS),
    "no token hash": (made(ath=None), Refusal.TOKEN_HASH),
    "another token's hash": (made(ath=token_hash("eyJ.other.sig")), Refusal.TOKEN_HASH),
    "token hash in a list": (made(ath=[token_hash(TOKEN)]), Refusal.TOKEN_HASH),
}


def check(headers: list[str], token: str | None = TOKEN) -> str:
    return check_proof(headers, method="POST", url=URL, now=NOW, token=token).thumbprint


@pytest.mark.parametrize(("spoil", "refusal"), REFUSED.values(), ids=REFUSED.keys())
def test_a_proof_with_one_fault_is_refused(spoil: Spoil, refusal: Refusal) -> None:
    check([made()()])  # the accepted twin
    with pytest.raises(AccessRefused) as caught:
        check([spoil()])
    assert caught.value.refusal is refusal


@pytest.mark.parametrize(
    "twin",
    [
        made(ED),
        made(Edwards(bytes([1]) * 32, "Ed25519")),
        made(iat=NOW + LEEWAY),
        made(iat=NOW - MAX_AGE + 1),
        made(nonce="one that nobody asked for"),
        keyed({**EC.jwk, "kid": "key-1", "alg": "ES256", "use": "sig", "key_ops": ["verify"]}),
    ],
)
def test_what_is_within_the_rules_is_accepted(twin: Spoil) -> None:
    check([twin()])


def test_a_proof_stands_alone() -> None:
    proof = made()()
    for headers in ([], [proof, proof], [f"{proof},{proof}"], [f"{proof} "]):
        with pytest.raises(AccessRefused) as caught:
            check(headers)
        assert caught.value.refusal is Refusal.MALFORMED


def test_a_proof_with_a_token_does_not_serve_without() -> None:
    check([signing.proof(EC, "POST", URL, NOW)], token=None)
    with pytest.raises(AccessRefused) as caught:
        check([made()()], token=None)
    assert caught.value.refusal is Refusal.TOKEN_HASH


def test_what_a_key_is_called_does_not_make_it_another() -> None:
    assert check([made()()]) == check([keyed({**EC.jwk, "kid": "key-1"})()])
    assert check([made()()]) != check([made(ED)()])


def test_every_bit_of_a_signature_counts() -> None:
    for key in (ED, EC):
        head, payload, signature = made(key)().split(".")
        raw = b64u_decode(signature)
        for bit in range(0, 8 * len(raw), 7):
            spoiled = bytearray(raw)
            spoiled[bit // 8] ^= 1 << bit % 8
            with pytest.raises(AccessRefused):
                check([f"{head}.{payload}.{b64u(bytes(spoiled))}"])


def test_no_part_may_come_from_another_proof() -> None:
    one, two = made()().split("."), made(ED)().split(".")
    for index in range(3):
        mixed = [*one[:index], two[index], *one[index + 1 :]]
        with pytest.raises(AccessRefused):
            check([".".join(mixed)])


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    """The Ed25519 key of RFC 8037, appendix A.3."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    seed = b64u_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = Edwards(seed)
    assert json.loads(json.dumps(key.jwk)) == jwk
    assert check([made(key)()]) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
