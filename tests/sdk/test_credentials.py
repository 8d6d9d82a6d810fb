"""Does a client with keys instead of a secret prove itself as the service wants it, and get tokens when it needs them?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from credence.circuits.encoding import Rng
from credence.sdk import ClientCredentials, Onboarding, Verifier
from credence.sdk.errors import BadResponse, Unauthorized, Unsendable
from credence.sdk.messages import Request, Response
from credence.sdk.signing import SigningKey, public_jwk
from credence.sdk.transport import Retries
from credence.service.auth.assertion import Assertion
from credence.service.auth.jwk import PublicJwk
from credence.service.auth.proof import Proof, check_proof
from tests.sdk.loopback import Loopback, MakeWay
from tests.sdk.small_service import NOW

BASE = "https://kyc.example/credence"
VENUE = "venue.example"
AUDIENCE = f"verifier.example/{VENUE}"
KINDS: dict[str, Callable[[], SigningKey]] = {
    "Ed25519": lambda: Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
    "P-256": lambda: ec.derive_private_key(0xC0FFEE, ec.SECP256R1()),
}
SESSION = {"session_id": "s-1", "state": "open", "attempts_left": 5, "result": None}


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=KINDS)
def credentials(request: pytest.FixtureRequest, clock: Clock, rng: Rng) -> ClientCredentials:
    """A client that signs with keys of one kind and binds with those of the other."""
    signing, binding = KINDS[request.param](), next(make() for kind, make in KINDS.items() if kind != request.param)
    return ClientCredentials(VENUE, signing_key=signing, binding_key=binding, base_url=f"{BASE}/", clock=clock, rng=rng)


class Gate:
    """Gives numbered tokens and lets in whoever has one that has not ``ended``; checks proofs as the service does."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.given, self.ended = clock, 0, set[str]()
        self.named: dict[str, str] = {}
        self.grant: dict[str, Any] = {"token_type": "DPoP", "expires_in": 300, "scope": "verifier:sessions"}
        self.asked: list[Request] = []
        self.assertions: set[str] = set()
        self.proofs: set[str] = set()

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        assert request.auth is not None
        assert not isinstance(request.auth, str)
        headers = request.auth.headers(request.method, request.path)
        token = headers.get("Authorization", "").removeprefix("DPoP ") or None
        proof = self._proof(headers, request, token)
        self.proofs.add(proof.jti)
        if request.form is not None:
            return self._token(request.form())
        if token in self.ended:
            return Response(401, {"content-type": "application/problem+json"}, b'{"type": "/problems/unauthorized"}')
        return Response(200, {"content-type": "application/json"}, json.dumps(SESSION).encode())

    def _proof(self, headers: Any, request: Request, token: str | None) -> Proof:
        url = BASE + request.path
        return check_proof([headers["DPoP"]], method=request.method, url=url, now=self.clock(), token=token)

    def _token(self, form: Any) -> Response:
        assertion = Assertion.read(form["client_assertion"])
        keys = [PublicJwk.parse(public_jwk(make()) | self.named) for make in KINDS.values()]
        assertion.verify(keys, endpoint=f"{BASE}/v1/auth/token", now=self.clock())
        assert assertion.client_id == VENUE
        self.assertions.add(assertion.jti)
        self.given += 1
        body = {"access_token": f"token.{self.given}", **self.grant}
        return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate(clock)


@pytest.fixture
def venue(gate: Gate, credentials: ClientCredentials, clock: Clock) -> Verifier:
    return Verifier(gate, audience=AUDIENCE, credentials=credentials, clock=clock)


def test_a_token_serves_until_shortly_before_its_end(gate: Gate, venue: Verifier, clock: Clock) -> None:
    for at, tokens in ((0, 1), (100, 1), (239, 1), (240, 2), (241, 2), (479, 2), (480, 3)):
        clock.now = NOW + at
        assert venue.result("s-1").state == "open"
        assert gate.given == tokens
    assert len(gate.assertions) == 3
    assert len(gate.proofs) == len(gate.asked) == 10  # another proof for each request


@pytest.mark.parametrize(("lives", "renewed"), [(1, 1), (4, 4), (5, 4), (50, 40), (300, 240), (3600, 3540)])
def test_a_short_life_leaves_a_short_margin(gate: Gate, venue: Verifier, clock: Clock, lives: int, renewed: int) -> None:
    gate.grant["expires_in"] = lives
    venue.result("s-1")
    clock.now = NOW + renewed - 1
    venue.result("s-1")
    assert gate.given == 1
    clock.now = NOW + renewed
    venue.result("s-1")
    assert gate.given == 2


def test_a_token_that_ended_early_is_renewed_once(gate: Gate, venue: Verifier) -> None:
    venue.result("s-1")
    gate.ended.add("token.1")
    venue.result("s-1")
    assert gate.given == 2
    gate.ended |= {"token.2", "token.3"}
    with pytest.raises(Unauthorized):
        venue.result("s-1")
    assert gate.given == 3


def test_a_new_token_that_is_refused_is_not_renewed(gate: Gate, venue: Verifier) -> None:
    gate.ended.add("token.1")
    with pytest.raises(Unauthorized):
        venue.result("s-1")
    assert gate.given == 1


def test_an_effect_keeps_its_key_when_the_token_changes(gate: Gate, credentials: ClientCredentials) -> None:
    desk = Onboarding(gate, credentials=credentials)
    with pytest.raises(BadResponse):  # a session is no case, but it was let in
        desk.submit("a.b.c")
    gate.ended.add("token.1")
    with pytest.raises(BadResponse):
        desk.submit("a.b.c")
    keys = [request.idempotency_key for request in gate.asked if request.path == "/v1/issuer/cases"]
    assert len(keys) == 3
    assert keys[0] != keys[1] == keys[2]


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "Bearer"},
        {"expires_in": 0},
        {"expires_in": "300"},
        {"access_token": ""},
        {"access_token": "a b"},
        {"access_token": "a\r\nb"},
        {"access_token": "ä"},
    ],
)
def test_a_grant_that_is_none_is_refused(gate: Gate, venue: Verifier, change: dict[str, Any]) -> None:
    whole = dict(gate.grant)
    gate.grant |= change
    with pytest.raises(BadResponse):
        venue.result("s-1")
    gate.grant = whole
    venue.result("s-1")


def test_scope_and_key_id_are_said_where_they_are_given(clock: Clock, gate: Gate) -> None:
    key = KINDS["Ed25519"]()
    gate.named = {"kid": "k1"}
    made = ClientCredentials(VENUE, signing_key=key, binding_key=key, base_url=BASE, scope=["a", "b"], kid="k1", clock=clock)
    Verifier(gate, audience=AUDIENCE, credentials=made).result("s-1")
    form = gate.asked[0].form
    assert form is not None
    said = form()
    assert said["scope"] == "a b"
    assert Assertion.read(said["client_assertion"]).kid == "k1"
    assert Assertion.read(form()["client_assertion"]).jti != Assertion.read(said["client_assertion"]).jti


@pytest.mark.parametrize("face", [Verifier, Onboarding])
def test_one_way_to_say_who_one_is(gate: Gate, credentials: ClientCredentials, face: Any) -> None:
    named = {"audience": AUDIENCE} if face is Verifier else {}
    for given in ({}, {"api_key": "cred_abcdefghijklmnop", "credentials": credentials}):
        with pytest.raises(Unsendable, match="one of the two"):
            face(gate, **named, **given)
    face(gate, **named, credentials=credentials)


@pytest.mark.parametrize(
    "key", [ec.derive_private_key(5, ec.SECP384R1()), X25519PrivateKey.from_private_bytes(bytes(32)), b"key", None]
)
def test_another_kind_of_key_is_refused(key: Any) -> None:
    good = KINDS["Ed25519"]()
    for pair in ({"signing_key": key, "binding_key": good}, {"signing_key": good, "binding_key": key}):
        with pytest.raises(Unsendable, match="P-256"):
            ClientCredentials(VENUE, base_url=BASE, **pair)


@pytest.mark.parametrize(
    "url", ["", "kyc.example", "ftp://kyc.example", "https://kyc.example?a", "https://a#b", "https://a b"]
)
def test_another_kind_of_address_is_refused(url: str) -> None:
    key = KINDS["Ed25519"]()
    with pytest.raises(Unsendable, match="address"):
        ClientCredentials(VENUE, signing_key=key, binding_key=key, base_url=url)


def test_nothing_secret_is_printed(gate: Gate, venue: Verifier, credentials: ClientCredentials) -> None:
    venue.result("s-1")
    token = credentials.held
    assert token is not None
    assert token.value == "token.1"
    assert "token.1" not in repr(token) + repr(gate.asked) + repr(credentials)


def test_a_repeated_request_has_another_proof(
    loopback: Loopback, make_way: MakeWay, credentials: ClientCredentials, clock: Clock
) -> None:
    """A proof serves once, and so does an assertion: what is sent again is made again, but for the body and its key."""
    grant = json.dumps({"access_token": "token.1", "token_type": "DPoP", "expires_in": 300}).encode()
    loopback.work = lambda asked: Response(200, {"content-type": "application/json"}, grant)
    loopback.lose = 3
    desk = Onboarding(make_way(loopback.url, retries=Retries(first=0.001, longest=0.001)), credentials=credentials)
    with pytest.raises(BadResponse):  # a grant is no case
        desk.submit("a.b.c")
    loopback.lose = 2
    with pytest.raises(BadResponse):
        desk.submit("d.e.f")
    tokens, cases = loopback.asked[:4], loopback.asked[5:]
    assert [asked.path for asked in tokens] == ["/v1/auth/token"] * 4
    assert {asked.headers["content-type"] for asked in tokens} == {"application/x-www-form-urlencoded"}
    assert len({asked.body for asked in tokens}) == 4
    assert [asked.path for asked in cases] == ["/v1/issuer/cases"] * 3
    assert len({(asked.body, asked.headers["idempotency-key"]) for asked in cases}) == 1
    url, now = f"{BASE}/v1/issuer/cases", clock()
    proofs = [check_proof([a.headers["dpop"]], method="POST", url=url, now=now, token="token.1") for a in cases]
    assert len({proof.jti for proof in proofs}) == 3
