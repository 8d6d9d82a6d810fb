"""Does a token open what its client may do, in the hands of whoever holds its key, for five minutes and no longer?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u_decode
from credence.service.auth import Scope, add_client, register_keys, revoke_client, revoke_public_key
from credence.service.auth.access_tokens import LIFETIME, AccessToken, mint, read
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.keys import Purpose
from credence.service.problems.answers import CHALLENGE
from tests.conftest import SeededBytes
from tests.service.auth.conftest import BASE, BOTH, GUARDED, VENUE, Office
from tests.service.auth.signing import Edwards, compact, hs256


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return json.loads(b64u_decode(header)), json.loads(b64u_decode(claims))


def test_a_token_opens_what_a_key_would(office: Office) -> None:
    answer = office.use(office.token())
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"client_id": VENUE, "scopes": sorted(BOTH)}
    less = office.use(office.token(scope="verifier:sessions"))
    assert less.json()["scopes"] == ["verifier:sessions"]


def test_a_token_without_the_scope_is_forbidden(office: Office) -> None:
    desk = Edwards(bytes([5]) * 32)
    with office.running.services.store("auth").transaction() as session:
        add_client(session, "desk.example", "A desk", now=office.now)
        register_keys(session, "desk.example", {"keys": [desk.jwk]}, {Scope.ISSUER_CASES}, now=office.now)
    token = office.ask(office.assertion(desk, "desk.example")).json()["access_token"]
    answer = office.use(token)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


def test_the_scheme_is_named_in_any_letters(lasting: Office) -> None:
    token = lasting.token()
    for scheme in ("DPoP", "dpop", "DPOP"):
        headers = {"authorization": f"{scheme} {token}", "dpop": lasting.proof(token)}
        assert lasting.running.client.get(GUARDED, headers=headers).status_code == 200


def test_the_address_is_the_one_that_the_settings_name(lasting: Office) -> None:
    token = lasting.token()
    headers = {"authorization": f"DPoP {token}", "dpop": lasting.proof(token), "host": "elsewhere.example"}
    assert lasting.running.client.get(GUARDED + "?query=1", headers=headers).status_code == 200
    escaped = "/guarded/a%2Fb%20c"
    assert lasting.use(token, path=escaped).status_code == 200
    assert lasting.use(token, lasting.proof(token, "/guarded/a/b c"), escaped).status_code == 401
    posted = {"authorization": f"DPoP {token}", "dpop": lasting.proof(token, method="POST")}
    assert lasting.running.client.post(GUARDED, headers=posted).status_code == 200
    posted["dpop"] = lasting.proof(token, method="GET")
    assert lasting.running.client.post(GUARDED, headers=posted).status_code == 401


Send = Callable[[Office, str], list[tuple[str, bytes]]]


def sent(scheme: str = "DPoP", **changes: Any) -> Send:
    return lambda office, token: [
        ("authorization", f"{scheme} {token}".encode()),
        ("dpop", office.proof(token, **changes).encode()),
    ]


def header(name: str, change: Callable[[bytes], bytes]) -> Send:
    def changed(office: Office, token: str) -> list[tuple[str, bytes]]:
        return [(key, change(value) if key == name else value) for key, value in sent()(office, token)]

    return changed


def twice(name: str) -> Send:
    return lambda office, token: [pair for pair in sent()(office, token) for _ in range(1 + (pair[0] == name))]


def other_token(office: Office, token: str) -> list[tuple[str, bytes]]:
    """A proof for one token beside another token of the same client and key."""
    return [("authorization", f"DPoP {office.token()}".encode()), ("dpop", office.proof(token).encode())]


WRONG: dict[str, Send] = {
    "as a bearer token": sent("Bearer"),
    "by another scheme": sent("Token"),
    "two blanks": sent("DPoP "),
    "no proof": lambda office, token: sent()(office, token)[:1],
    "proof alone": lambda office, token: sent()(office, token)[1:],
    "two proofs": twice("dpop"),
    "two tokens": twice("authorization"),
    "proof by another key": sent(key=Edwards(bytes([8]) * 32)),
    "proof by the client's own registered key": lambda office, token: sent(key=office.key)(office, token),
    "proof for another token": other_token,
    "proof for no token": sent(ath=None),
    "proof for another path": sent(path="/guarded/other"),
    "proof for the token endpoint": sent(path="/v1/auth/token"),
    "proof for another method": sent(method="POST"),
    "proof of before": lambda office, token: sent(iat=office.now - 60)(office, token),
    "proof from the future": lambda office, token: sent(iat=office.now + 31)(office, token),
    "token not ASCII": header("authorization", lambda value: value + "é".encode()),
    "token no UTF-8": header("authorization", lambda value: value + b"\xff\xfe"),
    "proof not ASCII": header("dpop", lambda value: value + "ключ".encode()),
    "token with NUL": header("authorization", lambda value: value + b"\x00"),
    "token cut": header("authorization", lambda value: value[:-1]),
    "a blank after the token": header("authorization", lambda value: value + b" x"),
    "enormous": header("authorization", lambda value: value + b"x" * 20_000),
}


@pytest.mark.parametrize("send", WRONG.values(), ids=WRONG.keys())
def test_a_request_with_one_fault_is_nobodys(lasting: Office, send: Send) -> None:
    token = lasting.token()
    answer = lasting.running.client.get(GUARDED, headers=send(lasting, token))
    assert answer.status_code == 401, answer.text
    assert answer.headers.get_list("www-authenticate") == [CHALLENGE]
    nobody = lasting.running.client.get(GUARDED).json()
    assert answer.json() | {"request_id": ""} == nobody | {"request_id": ""}
    assert lasting.use(token).status_code == 200  # the twin


def test_a_token_ends(office: Office) -> None:
    token = office.token()
    office.running.clock.forward(LIFETIME - 1)
    assert office.use(token).status_code == 200
    office.running.clock.forward(1)
    assert office.use(token).status_code == 401


@pytest.mark.parametrize("end", [revoke_client, revoke_public_key])
def test_a_token_ends_with_the_client_and_with_the_key_it_was_got_with(office: Office, end: Callable[..., None]) -> None:
    token = office.token()
    assert office.use(token).status_code == 200
    with office.running.services.store("auth").transaction() as session:
        _, claims = parts(token)
        end(session, VENUE if end is revoke_client else claims["key"], now=office.now)
    assert office.use(token).status_code == 401
    assert office.ask().status_code == 401


# --- what only this service can sign ---


def forged(change: Callable[[dict[str, Any], dict[str, Any]], object], key: Edwards = Edwards(bytes([6]) * 32)) -> Any:  # noqa: B008
    def made(office: Office, token: str) -> str:
        head, claims = parts(token)
        change(head, claims)
        return compact(head, claims, key.sign)

    return made


def by_hmac(office: Office, token: str) -> str:
    head, claims = parts(token)
    public = office.running.services.keyring.signing_key(Purpose.ACCESS_TOKEN).public_key().public_bytes_raw()
    return compact({**head, "alg": "HS256"}, claims, hs256(public))


def by_own(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Any:
    """Signed by the service's own key: what must not pass even so."""

    def made(office: Office, token: str) -> str:
        head, claims = parts(token)
        change(head, claims)
        return compact(head, claims, office.running.services.keyring.signing_key(Purpose.ACCESS_TOKEN).sign)

    return made


def by_another_purpose(office: Office, token: str) -> str:
    head, claims = parts(token)
    return compact(head, claims, office.running.services.keyring.signing_key(Purpose.LEDGER).sign)


FORGED: dict[str, tuple[Any, Refusal]] = {
    "another signer": (forged(lambda head, claims: None), Refusal.FORGED),
    "another purpose's key": (by_another_purpose, Refusal.FORGED),
    "another scope": (lambda office, token: widened(token), Refusal.FORGED),
    "none": (forged(lambda head, claims: head.update(alg="none")), Refusal.ALGORITHM),
    "HS256 by the public key": (by_hmac, Refusal.ALGORITHM),
    "ES256": (forged(lambda head, claims: head.update(alg="ES256")), Refusal.ALGORITHM),
    "EdDSA": (by_own(lambda head, claims: head.update(alg="EdDSA")), Refusal.ALGORITHM),
    "unknown kid": (by_own(lambda head, claims: head.update(kid="0" * 16)), Refusal.UNKNOWN_KEY),
    "kid is a list": (by_own(lambda head, claims: head.update(kid=[head["kid"]])), Refusal.CLAIMS),
    "crit": (by_own(lambda head, claims: head.update(crit=["exp"])), Refusal.HEADER),
    "own key": (by_own(lambda head, claims: head.update(jwk=Edwards(bytes(32)).jwk)), Refusal.HEADER),
    "no type": (by_own(lambda head, claims: head.pop("typ")), Refusal.TYPE),
    "an assertion": (by_own(lambda head, claims: head.update(typ="JWT")), Refusal.TYPE),
    "another audience": (by_own(lambda head, claims: claims.update(aud="https://kyc.example/other")), Refusal.AUDIENCE),
    "audience in a list": (by_own(lambda head, claims: claims.update(aud=[BASE])), Refusal.AUDIENCE),
    "another issuer": (by_own(lambda head, claims: claims.update(iss="https://kyc.example/other")), Refusal.AUDIENCE),
    "expired": (by_own(lambda head, claims: claims.update(exp=claims["iat"])), Refusal.EXPIRED),
    "from the future": (by_own(lambda head, claims: claims.update(iat=claims["iat"] + 31)), Refusal.NOT_YET_VALID),
    "no end": (by_own(lambda head, claims: claims.pop("exp")), Refusal.CLAIMS),
    "bound to nothing": (by_own(lambda head, claims: claims.pop("cnf")), Refusal.CLAIMS),
    "bound to no key": (by_own(lambda head, claims: claims.update(cnf={})), Refusal.CLAIMS),
    "of nobody": (by_own(lambda head, claims: claims.pop("sub")), Refusal.CLAIMS),
}


def widened(token: str) -> str:
    """The claims of a good token with another scope, under the old signature."""
    head, _, signature = token.split(".")
    _, claims = parts(token)
    other = compact({}, {**claims, "scope": "issuer:cases"}, lambda _: b"").split(".")[1]
    return f"{head}.{other}.{signature}"


@pytest.mark.parametrize(("forge", "refusal"), FORGED.values(), ids=FORGED.keys())
def test_a_token_that_this_service_would_not_make_is_refused(lasting: Office, forge: Any, refusal: Refusal) -> None:
    keyring, token = lasting.running.services.keyring, lasting.token()
    read(keyring, token, issuer=BASE, now=lasting.now)  # the accepted twin
    wrong = forge(lasting, token)
    with pytest.raises(AccessRefused) as caught:
        read(keyring, wrong, issuer=BASE, now=lasting.now)
    assert caught.value.refusal is refusal
    assert lasting.use(wrong).status_code == 401


def test_a_token_of_another_clients_key_is_nobodys(lasting: Office) -> None:
    """The service's own signature over a client and a key that do not belong together."""
    services = lasting.running.services
    mine = read(services.keyring, lasting.token(), issuer=BASE, now=lasting.now)
    for client_id, status in ((VENUE, 200), ("other.example", 401)):
        content = AccessToken(client_id, mine.scopes, mine.bound_to, mine.got_with)
        token = mint(services.keyring, content, issuer=BASE, now=lasting.now, rng=services.rng)
        assert lasting.use(token).status_code == status


def test_tokens_survive_one_rotation_of_the_key_that_signed_them(office: Office, rng: SeededBytes, curve: Curve) -> None:
    keyring, token = office.running.services.keyring, office.token()
    keyring.rotate(Purpose.ACCESS_TOKEN, now=office.now, rng=rng, curve=curve)
    newer = office.token()
    assert [office.use(found).status_code for found in (token, newer)] == [200, 200]
    keyring.rotate(Purpose.ACCESS_TOKEN, now=office.now, rng=rng, curve=curve)
    assert [office.use(found).status_code for found in (token, newer)] == [401, 200]
