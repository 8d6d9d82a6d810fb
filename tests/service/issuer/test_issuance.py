"""Does the bearer of an offer get one credential that verifies, the same one every time, and nobody else any?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, day_of
from credence.circuits.curve import ORDER
from credence.circuits.encoding import b64u
from credence.circuits.issuance import HeldCredential, HolderSecrets, accept_credential
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer
from credence.service.keys import Purpose
from credence.service.sandbox.persons import ENHANCED_RISK, FOR_REVIEW, LOW_RISK, Person
from tests.service.issuer.conftest import World, evidence
from tests.service.issuer.test_intake import problem


def hold(world: World, person: Person = LOW_RISK, secrets: HolderSecrets | None = None) -> HeldCredential:
    """The whole way of one person, the wallet's check at the end."""
    token, mine = world.token(person), secrets or world.secrets()
    offer, request = world.offer(token), world.request(mine)
    answer = world.claim(offer, request.commitment, token)
    assert answer.status_code == 201, answer.text
    document = IssuerDocument.parse(world.get("/document").json())
    issued = IssuedCredential.parse(answer.json())
    return accept_credential(world.running.services.curve, document, issued, mine, request.blind, world.now)


def test_the_wallet_accepts_what_it_is_given(world: World) -> None:
    secrets = world.secrets()
    held = hold(world, LOW_RISK, secrets)
    today = day_of(world.now)
    assert held.issuer == "issuer.example"
    assert held.secrets.holder_secret == secrets.holder_secret
    assert held.secrets.nym_secret != secrets.nym_secret
    assert {name: held.attributes[name] for name in ("residence", "nationality", "kind", "accredited")} == {
        "residence": 276,
        "nationality": 276,
        "kind": 1,
        "accredited": 1,
    }
    assert [held.attributes[bit] for bit in ("kyc_ge_1", "kyc_ge_2", "kyc_ge_3")] == [1, 1, 1]
    assert [held.attributes[bit] for bit in ("risk_le_standard", "risk_le_low")] == [1, 1]
    assert held.attributes["birth_date"] == 6_681
    assert held.attributes["issued_epoch"] == today // EPOCH_DAYS
    assert held.attributes["expires_on"] == held.expiry_epoch * EPOCH_DAYS
    assert today < held.attributes["expires_on"] <= today + 730
    assert (held.attributes["resets"], held.attributes["reset_day"]) == (0, 0)


def test_the_bits_are_those_of_the_decision(world: World) -> None:
    held = hold(world, ENHANCED_RISK)
    assert [held.attributes[bit] for bit in ("kyc_ge_1", "kyc_ge_2", "kyc_ge_3")] == [1, 1, 0]
    assert [held.attributes[bit] for bit in ("risk_le_standard", "risk_le_low")] == [0, 0]


def test_two_persons_share_nothing_that_identifies(world: World) -> None:
    one, other = hold(world, LOW_RISK), hold(world, ENHANCED_RISK)
    for name in ("revocation_handle", "subject_handle"):
        assert one.attributes[name] != other.attributes[name]
    assert one.attestation_id != other.attestation_id
    assert one.leaf != other.leaf


def test_the_case_ends_issued(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    world.claim(offer, world.request().commitment, token)
    case = world.get(f"/cases/{offer.case_id}", world.operator).json()
    assert (case["state"], case["kyc_level"], case["offer"]) == ("issued", 3, None)
    again = world.open(token)
    assert (again.status_code, again.json()["state"], again.json()["offer"]) == (200, "issued", None)
    problem(world.decide(offer.case_id, "decline"), 409, "conflict")


def test_an_identical_repeat_gives_identical_bytes(world: World) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    first = world.claim(offer, request.commitment, token)
    world.running.clock.forward(3_600)
    services = world.running.services
    services.keyring.rotate(Purpose.ISSUER_BBS, now=world.now, rng=services.rng, curve=services.curve)
    second = world.claim(offer, request.commitment, token)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert (world.rows("issuer_attestations"), world.rows("issuer_outbox WHERE kind = 'attestation'")) == (1, 1)
    # a key that was rotated twice is retired, and nothing is signed with it any more
    services.keyring.rotate(Purpose.ISSUER_BBS, now=world.now, rng=services.rng, curve=services.curve)
    problem(world.claim(offer, request.commitment, token), 409, "conflict")


def test_another_commitment_is_refused(world: World) -> None:
    token, secrets = world.token(), world.secrets()
    offer = world.offer(token)
    assert world.claim(offer, world.request(secrets).commitment, token).status_code == 201
    for other in (world.request(secrets), world.request()):
        problem(world.claim(offer, other.commitment, token), 409, "conflict")
    assert world.rows("issuer_attestations") == 1


def test_the_attestation_is_public_and_gets_into_the_log(world: World) -> None:
    held = hold(world)
    world.running.services.ledger.sequence()
    answer = world.get(f"/attestations/{held.attestation_id}")
    assert answer.status_code == 200
    assert answer.json() == {
        "attestation_id": held.attestation_id,
        "leaf": b64u(held.leaf),
        "entry_index": world.running.services.ledger.inclusion(held.leaf).index,
        "issued_epoch": held.attributes["issued_epoch"],
    }
    problem(world.get("/attestations/" + "0" * 32), 404, "not-found")


def test_a_reviewed_case_is_claimed_although_it_still_matches(world: World) -> None:
    token = world.token(FOR_REVIEW)
    case_id = world.open(token).json()["case_id"]
    offer = Offer.parse(world.clear(case_id).json()["offer"])
    assert world.claim(offer, world.request().commitment, token).status_code == 201


# --- refused: the accepted twin of each is the claim that ``twin`` makes afterwards ---


def twin(world: World, offer: Offer, commitment: bytes, token: str) -> None:
    assert world.claim(offer, commitment, token).status_code == 201


@pytest.mark.parametrize("secret", ["x", "A" * 43, "é", "A" * 128])
def test_a_wrong_secret(world: World, secret: str) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    detail = problem(world.claim(offer, request.commitment, token, offer_secret=secret), 401, "unauthorized")
    assert detail == "A live offer is required."
    twin(world, offer, request.commitment, token)


def test_the_secret_of_another_case(world: World) -> None:
    token, other = world.token(), world.token(ENHANCED_RISK)
    offer, request = world.offer(token), world.request()
    secret = world.offer(other).secret
    problem(world.claim(offer, request.commitment, token, offer_secret=secret), 401, "unauthorized")
    twin(world, offer, request.commitment, token)


def test_a_case_that_is_unknown_or_has_no_offer_looks_the_same(world: World) -> None:
    token = world.token(FOR_REVIEW)
    case_id = world.open(token).json()["case_id"]
    answers = []
    for unknown in (case_id, "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"):
        offer = Offer("issuer.example", PERSON_1.id, unknown, "A" * 43, 0)
        answer = world.claim(offer, world.request().commitment, token)
        problem(answer, 401, "unauthorized")
        answers.append({name: value for name, value in answer.json().items() if name != "request_id"})
    assert answers[0] == answers[1]


def test_an_offer_ends_with_its_evidence(world: World) -> None:
    token, early = world.token(), world.token(ENHANCED_RISK)
    offer, request = world.offer(token), world.request()
    earlier = world.offer(early)
    world.running.clock.forward(offer.expires_at - world.now - 1)
    twin(world, offer, request.commitment, token)
    world.running.clock.forward(1)
    problem(world.claim(offer, request.commitment, token), 401, "unauthorized")
    problem(world.claim(earlier, world.request().commitment, early), 401, "unauthorized")


def test_other_evidence_than_the_case_was_opened_with(world: World) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    for other in (world.token(), world.token(ENHANCED_RISK), token + "A", "x"):
        problem(world.claim(offer, request.commitment, other), 409, "conflict")
    twin(world, offer, request.commitment, token)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda c: b"",
        lambda c: c[:-1],
        lambda c: c + b"\0",
        lambda c: c[:-32],  # one secret less
        lambda c: c + c[-32:],  # one more
        lambda c: flipped(c, 0),
        lambda c: flipped(c, 47),
        lambda c: flipped(c, 80),
        lambda c: flipped(c, len(c) - 1),
        lambda c: c[:80] + c[112:144] + c[80:112] + c[144:],  # two answers in the wrong order
        lambda c: b"\xc0" + bytes(47) + c[48:],  # commitment to nothing
        lambda c: c[:48] + b"\xff" * 32 + c[80:],
        lambda c: c[:48] + ORDER.to_bytes(32, "big") + c[80:],
    ],
)
def test_a_commitment_that_is_not_proven_does_not_use_up_the_offer(world: World, change: Any) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    problem(world.claim(offer, change(request.commitment), token), 400, "malformed")
    assert world.rows("issuer_attestations") == 0
    twin(world, offer, request.commitment, token)


@pytest.mark.slow
@pytest.mark.parametrize(
    "respell",
    [
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: text.replace("-", "+").replace("_", "/") + "+",
        lambda text: text.encode().hex(),
        lambda text: "x" * 1_025,
        lambda text: 1,
        lambda text: None,
    ],
)
def test_a_commitment_in_another_encoding(world: World, respell: Any) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    answer = world.claim(offer, request.commitment, token, commitment=respell(b64u(request.commitment)))
    problem(answer, 400, "malformed")
    twin(world, offer, request.commitment, token)


@pytest.mark.parametrize(
    "more", [{"more": 1}, {"evidence": {"type": "vendor-jws"}}, {"offer_secret": ""}, {"offer_secret": 1}]
)
def test_a_claim_of_another_shape(world: World, more: dict[str, Any]) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    problem(world.claim(offer, request.commitment, token, **more), 400, "malformed")
    twin(world, offer, request.commitment, token)


def test_another_type_of_evidence(world: World) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    other = {**evidence(token), "type": "passport-chip"}
    problem(world.claim(offer, request.commitment, token, evidence=other), 400, "malformed")
    twin(world, offer, request.commitment, token)


# --- lists change between approval and claim ---


class TestNewList:
    @pytest.fixture
    def lists(self, tmp_path: Path) -> dict[str, Path]:
        """One that lists nobody yet, read again at each start."""
        path = tmp_path / "own.json"
        self.write(path, [])
        return {"own": path}

    @staticmethod
    def write(path: Path, entries: list[dict[str, Any]]) -> None:
        nobody = {"id": "N", "kind": "individual", "names": ["Nobody Atall"]}
        document = {"type": "credence/screening-list/1", "version": "1", "entries": [nobody, *entries]}
        path.write_text(json.dumps(document), encoding="utf-8")

    @pytest.mark.parametrize(
        ("birth", "state", "reason"), [("1988-04-17", "declined", "sanctions-hit"), ("1950", "review", "sanctions-review")]
    )
    def test_who_was_listed_meanwhile_gets_nothing(
        self, world: World, lists: dict[str, Path], birth: str, state: str, reason: str
    ) -> None:
        from credence.service.app.issuing import prepare

        token = world.token()
        offer, request = world.offer(token), world.request()
        self.write(lists["own"], [{"id": "E-9", "kind": "individual", "names": ["BRANDHÖVEL, Annelie"], "births": [birth]}])
        world.running.app.state.issuer = prepare(world.running.services)
        answer = world.claim(offer, request.commitment, token)
        detail = problem(answer, 401, "unauthorized")
        assert detail == "A live offer is required.", "a suspicion is not to be hinted at"
        case = world.get(f"/cases/{offer.case_id}", world.operator).json()
        assert (case["state"], case["reasons"]) == (state, [reason])
        assert [match["entry_id"] for match in case["screening"]["matches"]] == ["E-9"]
        problem(world.claim(offer, request.commitment, token), 401, "unauthorized")
        if state == "review":
            again = Offer.parse(world.clear(offer.case_id).json()["offer"])
            assert world.claim(again, request.commitment, token).status_code == 201
        assert world.rows("issuer_attestations") == (1 if state == "review" else 0)
