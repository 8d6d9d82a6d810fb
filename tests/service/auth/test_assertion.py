"""Does an assertion serve the client that signed it, at this endpoint, now and once, and nobody else ever?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credence.circuits.encoding import b64u, b64u_decode
from credence.service.auth.assertion import ASSERTION_TYPE, MAX_LIFETIME
from credence.service.auth.exchange import TokenRequest, exchange
from credence.service.auth.jose import LEEWAY
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.demo.server import captured_logs
from credence.service.problems.answers import CHALLENGE
from tests.service.auth.conftest import BASE, VENUE, Office
from tests.service.auth.signing import Edwards, Weierstrass, compact, hs256

Spoil = Callable[[Office], str]


def resigned(header: Mapping[str, Any]) -> Spoil:
    return lambda office: office.assertion(header=header)


def claiming(**changes: Any) -> Spoil:
    return lambda office: office.assertion(**changes)


def timed(**offsets: int) -> Spoil:
    return lambda office: office.assertion(**{name: office.now + offset for name, offset in offsets.items()})


def reheaded(office: Office, change: Callable[[dict[str, Any]], object]) -> str:
    """A good assertion whose header was changed after it was signed."""
    header, rest = office.assertion().split(".", 1)
    document = json.loads(b64u_decode(header))
    change(document)
    return f"{b64u(json.dumps(document).encode())}.{rest}"


def confused(office: Office) -> str:
    """Signed by HMAC with the text of the registered public key, as a verifier that lets the token choose would check it."""
    claims = json.loads(b64u_decode(office.assertion().split(".")[1]))
    return compact({"alg": "HS256", "typ": "JWT"}, claims, hs256(b64u_decode(office.key.jwk["x"])))


def unsigned(office: Office) -> str:
    claims = json.loads(b64u_decode(office.assertion().split(".")[1]))
    return compact({"alg": "none", "typ": "JWT"}, claims, lambda _: b"")


def duplicated(office: Office) -> str:
    """A payload that names ``sub`` twice: two readers could see two clients."""
    claims = b64u_decode(office.assertion().split(".")[1])
    twice = claims[:-1] + b', "sub": "venue.example"}'
    return compact({"alg": "EdDSA", "typ": "JWT"}, twice, office.key.sign)


def flipped(office: Office) -> str:
    head, payload, signature = office.assertion().split(".")
    spoiled = bytearray(b64u_decode(signature))
    spoiled[0] ^= 1
    return f"{head}.{payload}.{b64u(bytes(spoiled))}"


def of_curve_256k1(office: Office) -> str:
    return office.assertion(Weierstrass(7, "ES256K", ec.SECP256K1(), "secp256k1"))


REFUSED: dict[str, tuple[Spoil, Refusal]] = {
    # form
    "no token": (lambda office: "token", Refusal.MALFORMED),
    "two parts": (lambda office: office.assertion().rpartition(".")[0], Refusal.MALFORMED),
    "four parts": (lambda office: office.assertion() + ".e30", Refusal.MALFORMED),
    "padded": (lambda office: office.assertion() + "==", Refusal.MALFORMED),
    "non-ASCII": (lambda office: office.assertion()[:-1] + "é", Refusal.MALFORMED),
    "Arabic digit": (lambda office: office.assertion()[:-1] + "\u0661", Refusal.MALFORMED),
    "line break": (lambda office: office.assertion() + "\n", Refusal.MALFORMED),
    "too large": (claiming(more="x" * 4096), Refusal.MALFORMED),
    "payload no object": (lambda office: compact({"alg": "EdDSA"}, [1], office.key.sign), Refusal.MALFORMED),
    "header no object": (lambda office: compact(["EdDSA"], {}, office.key.sign), Refusal.MALFORMED),
    "payload no JSON": (lambda office: compact({"alg": "EdDSA"}, b"{", office.key.sign), Refusal.MALFORMED),
    "payload not UTF-8": (lambda office: compact({"alg": "EdDSA"}, b'{"a": "\xff"}', office.key.sign), Refusal.MALFORMED),
    "payload NaN": (claiming(iat=float("nan")), Refusal.MALFORMED),
    "claim twice": (duplicated, Refusal.MALFORMED),
    # header
    "crit": (resigned({"crit": ["exp"], "exp": 1}), Refusal.HEADER),
    "crit b64": (resigned({"crit": ["b64"], "b64": True}), Refusal.HEADER),
    "empty crit": (resigned({"crit": []}), Refusal.HEADER),
    "own key": (lambda office: office.assertion(office.binding, header={"jwk": office.binding.jwk}), Refusal.HEADER),
    "key elsewhere": (resigned({"jku": f"{BASE}/keys"}), Refusal.HEADER),
    "certificate": (resigned({"x5c": ["MIIB"]}), Refusal.HEADER),
    "type of a proof": (resigned({"typ": "dpop+jwt"}), Refusal.TYPE),
    "type of an access token": (resigned({"typ": "at+jwt"}), Refusal.TYPE),
    "type is a list": (resigned({"typ": ["JWT"]}), Refusal.TYPE),
    # algorithm
    "none": (unsigned, Refusal.ALGORITHM),
    "HS256 by the public key": (confused, Refusal.ALGORITHM),
    "RS256": (resigned({"alg": "RS256"}), Refusal.ALGORITHM),
    "ES256 by an Ed25519 key": (resigned({"alg": "ES256"}), Refusal.ALGORITHM),
    "another curve": (of_curve_256k1, Refusal.ALGORITHM),
    "algorithm is a list": (resigned({"alg": ["EdDSA"]}), Refusal.ALGORITHM),
    "algorithm in small letters": (resigned({"alg": "eddsa"}), Refusal.ALGORITHM),
    "no algorithm": (lambda office: reheaded(office, lambda header: header.pop("alg")), Refusal.ALGORITHM),
    # key
    "unknown kid": (resigned({"kid": "key-2"}), Refusal.UNKNOWN_KEY),
    "unknown client": (lambda office: office.assertion(client_id="nobody.example"), Refusal.UNKNOWN_KEY),
    "key of another client": (lambda office: office.assertion(office.other), Refusal.FORGED),
    "unregistered key": (lambda office: office.assertion(Edwards(bytes(32))), Refusal.FORGED),
    "signature flipped": (flipped, Refusal.FORGED),
    "header changed": (lambda office: reheaded(office, lambda header: header.pop("typ")), Refusal.FORGED),
    # whom, by whom
    "another issuer": (claiming(iss="other.example"), Refusal.ISSUER),
    "no issuer": (claiming(iss=None), Refusal.ISSUER),
    "issuer is a list": (claiming(iss=[VENUE]), Refusal.ISSUER),
    "no subject": (claiming(sub=None), Refusal.CLAIMS),
    "subject is a list": (claiming(sub=[VENUE]), Refusal.CLAIMS),
    "subject is an object": (claiming(sub={"id": VENUE}), Refusal.CLAIMS),
    # to whom
    "no audience": (claiming(aud=None), Refusal.AUDIENCE),
    "audience in a list": (claiming(aud=[f"{BASE}/v1/auth/token"]), Refusal.AUDIENCE),
    "audience among others": (claiming(aud=[f"{BASE}/v1/auth/token", "https://other.example"]), Refusal.AUDIENCE),
    "audience with a slash": (claiming(aud=f"{BASE}/v1/auth/token/"), Refusal.AUDIENCE),
    "audience is a prefix": (claiming(aud=f"{BASE}/v1/auth"), Refusal.AUDIENCE),
    "audience is the service": (claiming(aud=BASE), Refusal.AUDIENCE),
    "audience goes on": (claiming(aud=f"{BASE}/v1/auth/token?tenant=a"), Refusal.AUDIENCE),
    "audience in capitals": (claiming(aud=f"{BASE}/v1/auth/token".upper()), Refusal.AUDIENCE),
    "audience of another tenant": (claiming(aud="https://kyc.example/other/v1/auth/token"), Refusal.AUDIENCE),
    "audience over plain http": (claiming(aud=f"{BASE}/v1/auth/token".replace("https", "http")), Refusal.AUDIENCE),
    # when
    "expired": (timed(iat=-60, exp=0), Refusal.EXPIRED),
    "expires before it begins": (timed(iat=0, exp=-1), Refusal.EXPIRED),
    "no end": (claiming(exp=None), Refusal.CLAIMS),
    "no beginning": (claiming(iat=None), Refusal.CLAIMS),
    "end as text": (claiming(exp="1790000060"), Refusal.CLAIMS),
    "end as a fraction": (claiming(exp=1_790_000_060.5), Refusal.CLAIMS),
    "end is true": (claiming(exp=True), Refusal.CLAIMS),
    "end out of range": (claiming(exp=1 << 40), Refusal.CLAIMS),
    "negative beginning": (claiming(iat=-1), Refusal.CLAIMS),
    "from the future": (timed(iat=LEEWAY + 1, exp=60), Refusal.NOT_YET_VALID),
    "not before the future": (timed(nbf=LEEWAY + 1), Refusal.NOT_YET_VALID),
    "for too long": (timed(iat=0, exp=MAX_LIFETIME + 1), Refusal.TOO_LONG),
    # once
    "no jti": (claiming(jti=None), Refusal.CLAIMS),
    "empty jti": (claiming(jti=""), Refusal.CLAIMS),
    "jti too long": (claiming(jti="x" * 129), Refusal.CLAIMS),
    "jti is a number": (claiming(jti=7), Refusal.CLAIMS),
    "jti not ASCII": (claiming(jti="ключ"), Refusal.CLAIMS),
}


UNTIMELY = frozenset({Refusal.EXPIRED, Refusal.NOT_YET_VALID, Refusal.TOO_LONG})


@pytest.mark.parametrize(("spoil", "refusal"), REFUSED.values(), ids=REFUSED.keys())
def test_an_assertion_with_one_fault_is_refused(lasting: Office, spoil: Spoil, refusal: Refusal) -> None:
    proof = lasting.token_proof()
    request = TokenRequest(spoil(lasting), None, ("",))
    with pytest.raises(AccessRefused) as caught:
        exchange(lasting.running.services, request, [proof])
    assert caught.value.refusal is refusal
    # the twin, with the very proof: a refusal uses up nothing
    exchange(lasting.running.services, TokenRequest(lasting.assertion(), None, ("",)), [proof])


def test_from_outside_all_refusals_are_one(lasting: Office) -> None:
    answers = [lasting.ask(spoil(lasting)) for spoil, refusal in REFUSED.values() if refusal not in UNTIMELY]
    answers.append(lasting.ask(client_id="other.example"))
    answers.append(lasting.ask(proof="not-a-proof"))
    answers.append(lasting.post({"grant_type": "client_credentials", **_asserted(lasting)}))
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers.get_list("www-authenticate") == [CHALLENGE]
    bodies = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"iat": -400, "exp": -100}, True),
        ({"iat": 400, "exp": 700}, True),
        ({"iat": 0, "exp": 3_600}, True),
        ({"iat": 0, "exp": 60, "jti": 7}, False),
    ],
)
def test_a_client_whose_clock_is_wrong_is_told_so(lasting: Office, changes: dict[str, int], told: bool) -> None:
    times = {name: value if name == "jti" else lasting.now + value for name, value in changes.items()}
    body = lasting.ask(lasting.assertion(**times)).json()
    assert body["error"] == "invalid_client"
    assert ("error_description" in body) is told
    if told:
        assert "clock" in body["error_description"]
        assert str(lasting.now) in body["error_description"]
        assert body["error_description"].isascii()
    # nobody but the client is: what it did not sign is refused like everything else
    forged = lasting.ask(lasting.assertion(lasting.other, **times)).json()
    assert "error_description" not in forged


def test_the_operator_is_told_why(lasting: Office) -> None:
    for name in ("expired", "audience in a list", "key of another client"):
        spoil, refusal = REFUSED[name]
        signed, written = spoil(lasting), StringIO()
        with captured_logs(written):
            answer = lasting.ask(signed)
        rows = [row[row.index("{") :] for row in written.getvalue().splitlines() if "access.refused" in row]
        (line,) = map(json.loads, rows)
        assert (line["reason"], line["request_id"]) == (refusal.value, answer.json()["request_id"])
        assert signed.rpartition(".")[2] not in written.getvalue()
        assert VENUE not in written.getvalue()


def _asserted(office: Office) -> dict[str, str]:
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": office.assertion()}


@pytest.mark.parametrize(
    "twin",
    [
        claiming(),
        claiming(more="claims", are={"left": "alone"}),
        resigned({"typ": None}),
        resigned({"typ": "client-authentication+jwt"}),
        resigned({"alg": "Ed25519"}),
        timed(iat=LEEWAY, exp=60),
        timed(iat=0, exp=MAX_LIFETIME),
        timed(iat=-299, exp=1),
        timed(nbf=0),
        claiming(jti="x" * 128),
    ],
)
def test_what_is_within_the_rules_is_accepted(lasting: Office, twin: Spoil) -> None:
    answer = lasting.ask(twin(lasting))
    assert answer.status_code == 200, answer.text


def test_the_client_may_be_named_beside_the_assertion(lasting: Office) -> None:
    assert lasting.ask(client_id=VENUE).status_code == 200


def test_a_key_is_found_by_its_kid(lasting: Office) -> None:
    elliptic = Weierstrass(12345)
    lasting.enrol("named.example", Edwards(bytes([3]) * 32), elliptic)
    signed = lasting.assertion(elliptic, "named.example")
    assert lasting.ask(signed).status_code == 200
    thumbprint = lasting.assertion(elliptic, "named.example", header={"kid": "wrong"})
    assert lasting.ask(thumbprint).status_code == 401
