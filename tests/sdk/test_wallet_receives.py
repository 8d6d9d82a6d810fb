"""Does a wallet take credentials from trusted issuers alone, keep only what it can show, and lose nothing on the way?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.credential import PERSON_1, STANDING_1, ladder_bits
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.note import NoteSigner
from credence.circuits.wire import IssuerDocument
from credence.sdk.auditor import Auditor
from credence.sdk.errors import (
    Conflict,
    CredentialRejected,
    LogForked,
    OfferInvalid,
    Unauthorized,
    Unreachable,
    Unsendable,
    UntrustedIssuer,
    VaultTampered,
    VaultUnavailable,
    WeakPassphrase,
    WrongPassphrase,
)
from credence.sdk.transport import Request, Response
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.conftest import PASSPHRASE, Make
from tests.sdk.small_service import ISSUER, NOW, TOKEN, Answer, SmallLog, SmallService

LOOKED_UP = ["GET /v1/issuer/document", "GET /v1/log/checkpoint", "GET /v1/log/inclusion"]
CLAIM = "POST /v1/issuer/cases/case-1/credential"
ROOT = bytes(range(32))


def spoil(service: SmallService, **members: Any) -> None:
    """Alter what the issuer hands out."""

    def change(request: Request, answer: Answer) -> Answer:
        return {**answer, **members} if isinstance(answer, dict) and request.path.endswith("/credential") else answer

    service.change = change


# --- the way that works ---


def test_a_credential_is_received_and_kept(service: SmallService, empty: Wallet, curve: Curve, tmp_path: Path) -> None:
    held = empty.receive(service.offer().to_json(), TOKEN)
    assert service.paths() == [*LOOKED_UP, CLAIM]
    assert empty.credentials == (held,)
    assert dict(held.attributes) == service.person
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve)
    assert again.credentials == (held,)


def test_the_issuer_learns_no_secret(service: SmallService, make: Make) -> None:
    wallet = make(root=ROOT)
    held = wallet.receive(service.offer(), TOKEN)
    sent = str([dict(request.body) for request in service.sent if request.body])
    for secret in (*held.secrets.scalars(), held.blind):
        assert str(secret) not in sent
        assert b64u(secret.to_bytes(32, "big")) not in sent
    assert str(held.secrets.nym_secret) not in repr(held)
    assert TOKEN not in repr(service.sent)


def test_both_halves_make_the_pseudonym_secret(service: SmallService, make: Make) -> None:
    held = make(root=ROOT).receive(service.offer(), TOKEN)
    other = make(root=bytes(32)).receive(service.offer("case-2"), TOKEN)
    assert len({*held.secrets.scalars(), *other.secrets.scalars()}) == 6
    mine = (held.secrets.nym_secret - service.entropy.nym) % ORDER
    assert mine not in held.secrets.scalars()


def test_a_wallet_can_insist_on_the_log(service: SmallService, make: Make, auditor: Auditor) -> None:
    make(auditor=auditor).receive(service.offer(), TOKEN)
    assert service.paths() == [*LOOKED_UP, CLAIM]


def test_a_pinned_document_is_enough(service: SmallService, make: Make, pin: TrustedIssuer) -> None:
    make(trust=[replace(pin, documents=frozenset({service.document.digest()}))]).receive(service.offer(), TOKEN)
    assert service.paths() == ["GET /v1/issuer/document", CLAIM]


def test_another_service_may_be_the_issuer(service: SmallService, make: Make, curve: Curve) -> None:
    class Nowhere:
        def send(self, request: Request) -> Response:
            raise Unreachable

    wallet = make(transport=Nowhere())
    with pytest.raises(Unreachable):
        wallet.receive(service.offer(), TOKEN)
    wallet.receive(service.offer(), TOKEN, transport=service)


# --- the way that breaks ---


def test_an_answer_that_was_lost_is_asked_for_again(service: SmallService, make: Make) -> None:
    class Breaks:
        """Delivers the first claim and loses the answer."""

        def __init__(self) -> None:
            self.broken = False

        def send(self, request: Request) -> Response:
            answer = service.send(request)
            if request.path.endswith("/credential") and not self.broken:
                self.broken = True
                raise Unreachable
            return answer

    wallet = make(transport=Breaks())
    with pytest.raises(Unreachable):
        wallet.receive(service.offer(), TOKEN)
    assert not wallet.credentials
    held = wallet.receive(service.offer(), TOKEN)
    assert wallet.receive(service.offer(), TOKEN) == held
    assert wallet.credentials == (held,)


def test_a_restored_wallet_gets_its_credential_back(service: SmallService, make: Make) -> None:
    held = make(root=ROOT).receive(service.offer(), TOKEN)
    assert make(root=ROOT).receive(service.offer(), TOKEN) == held


def test_another_root_does_not(service: SmallService, make: Make) -> None:
    make(root=ROOT).receive(service.offer(), TOKEN)
    with pytest.raises(Conflict):
        make(root=bytes(32)).receive(service.offer(), TOKEN)


def test_other_evidence_is_the_services_to_refuse(service: SmallService, empty: Wallet) -> None:
    with pytest.raises(Unauthorized):
        empty.receive(service.offer(), "another.persons.evidence")
    assert empty.credentials == ()


def test_a_vault_that_cannot_be_written_keeps_nothing(service: SmallService, empty: Wallet, tmp_path: Path) -> None:
    sealed = (tmp_path / "vault").read_bytes()
    (tmp_path / "vault").unlink()
    with pytest.raises(VaultUnavailable):
        empty.receive(service.offer(), TOKEN)
    assert empty.credentials == ()
    (tmp_path / "vault").write_bytes(sealed)
    empty.receive(service.offer(), TOKEN)


# --- offers ---


@pytest.mark.parametrize(
    "change",
    [{"expires_at": NOW}, {"schema": "credence/person/9"}, {"type": "credence/offer/2"}, {"more": 1}, {"secret": 1}],
)
def test_an_offer_that_cannot_be_used_sends_nothing(service: SmallService, empty: Wallet, change: dict[str, Any]) -> None:
    with pytest.raises(OfferInvalid):
        empty.receive({**service.offer().to_json(), **change}, TOKEN)
    assert service.sent == []


def test_a_standing_is_not_taken_as_an_offer(service: SmallService, empty: Wallet) -> None:
    """It would end on any day that the issuer likes, and be known by it wherever it is shown."""
    with pytest.raises(CredentialRejected, match="renewed"):
        empty.receive(service.offer("case-2", STANDING_1), TOKEN)
    assert service.sent == []
    empty.receive(service.offer("case-2"), TOKEN)


@pytest.mark.parametrize("case_id", ["../document", "..", "a/b", "a?b", "%2e%2e", "a b"])
def test_an_offer_cannot_choose_another_path(service: SmallService, empty: Wallet, case_id: str) -> None:
    with pytest.raises(Unsendable):
        empty.receive(service.offer(case_id), TOKEN)
    assert service.paths() == LOOKED_UP


# --- issuers ---


def test_an_unknown_issuer_is_not_even_asked(service: SmallService, make: Make, pin: TrustedIssuer) -> None:
    for trust in ([], [replace(pin, issuer="other.example")]):
        with pytest.raises(UntrustedIssuer):
            make(trust=trust).receive(service.offer(), TOKEN)
    assert service.sent == []


@pytest.mark.parametrize("case", ["issuer", "schemas", "log", "pin", "not logged", "auditor", "no key", "key to come"])
def test_an_issuer_that_is_not_the_trusted_one_gets_no_evidence(
    service: SmallService, make: Make, pin: TrustedIssuer, auditor: Auditor, rng: Rng, case: str
) -> None:
    other = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(rng(32)))
    given: dict[str, Any] = {}
    document, key, log = service.document, service.document.keys[0], service.log
    match case:
        case "issuer":
            service.document = replace(document, issuer="other.example")
        case "schemas":
            service.document = replace(document, schemas=("credence/standing/1",))
        case "log":
            service.document = replace(document, log_vkey=other.vkey)
        case "pin":
            given["trust"] = [replace(pin, documents=frozenset({bytes(32)}))]
        case "not logged":  # a key made for one person
            given["auditor"] = auditor
            service.document = replace(document, keys=(replace(key, key_id="k2"),))
        case "auditor":
            service.log = SmallLog(other)
            given["auditor"] = Auditor(service, other.vkey)
        case "no key":
            service.document = replace(document, keys=(replace(key, not_after=NOW - 1),))
        case "key to come":
            service.document = replace(document, keys=(replace(key, not_before=NOW + 1),))
    with pytest.raises(UntrustedIssuer):
        make(**given).receive(service.offer(), TOKEN)
    assert CLAIM not in service.paths()
    # the accepted twin
    service.document, service.log = document, log
    make().receive(service.offer(), TOKEN)


def test_a_log_that_forks_is_not_called_an_untrusted_issuer(service: SmallService, make: Make, auditor: Auditor) -> None:
    auditor.follow()
    service.log = SmallLog(service.log.signer)
    service.log.add(bytes(32), service.document.leaf())
    service.log.publish()
    with pytest.raises(LogForked):
        make(auditor=auditor).receive(service.offer(), TOKEN)
    assert CLAIM not in service.paths()


# --- what issuers send ---


def flip(text: str) -> str:
    data = bytearray(b64u_decode(text))
    data[-1] ^= 1
    return b64u(bytes(data))


@pytest.mark.parametrize("attribute", [attribute.name for attribute in PERSON_1.issuer])
def test_an_attribute_that_was_not_signed_is_refused(service: SmallService, empty: Wallet, attribute: str) -> None:
    value = service.person[attribute]
    changed = {**service.person, attribute: 1 - value if value in (0, 1) else value + 1}
    spoil(service, attributes={name: str(number) for name, number in changed.items()})
    with pytest.raises(CredentialRejected):
        empty.receive(service.offer(), TOKEN)
    assert empty.credentials == ()


@pytest.mark.parametrize("member", ["signature", "nym_entropy", "use_entropy", "expiry_epoch", "key_id", "issuer", "schema"])
def test_every_other_change_to_a_credential_is_refused(service: SmallService, empty: Wallet, member: str) -> None:
    service.person |= ladder_bits("kyc_level", 3)
    empty.receive(service.offer("case-2"), TOKEN)  # the accepted twin
    change: dict[str, Callable[[dict[str, Any]], Any]] = {
        "signature": lambda answer: flip(answer["signature"]),
        "nym_entropy": lambda answer: str(int(answer["nym_entropy"]) ^ 1),
        "use_entropy": lambda answer: str(ORDER),
        "expiry_epoch": lambda answer: answer["expiry_epoch"] + 1,
        "key_id": lambda _: "k2",
        "issuer": lambda _: "other.example",
        "schema": lambda _: "credence/standing/1",
    }

    def alter(request: Request, answer: Answer) -> Answer:
        if isinstance(answer, dict) and request.path.endswith("/credential"):
            return {**answer, member: change[member](answer)}
        return answer

    service.change = alter
    with pytest.raises(CredentialRejected):
        empty.receive(service.offer(), TOKEN)
    assert len(empty.credentials) == 1


def test_a_layout_that_is_not_the_schemas_is_refused(service: SmallService, empty: Wallet) -> None:
    attributes = {name: str(value) for name, value in service.person.items()}
    longer = {**attributes, "favourite_colour": "1"}
    shorter = {name: value for name, value in attributes.items() if name != "reset_day"}
    for wrong in (longer, shorter, {}):
        spoil(service, attributes=wrong)
        with pytest.raises(CredentialRejected):
            empty.receive(service.offer(), TOKEN)
    spoil(service)
    empty.receive(service.offer(), TOKEN)


# --- the vault ---


def test_a_wallet_opens_with_its_passphrase_alone(service: SmallService, wallet: Wallet, tmp_path: Path) -> None:
    path = tmp_path / "vault"
    with pytest.raises(WrongPassphrase):
        Wallet.open(path, PASSPHRASE + "!", transport=service)
    with pytest.raises(VaultUnavailable):
        Wallet.open(tmp_path / "other", PASSPHRASE, transport=service)
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(VaultTampered):
        Wallet.open(path, PASSPHRASE, transport=service)


def test_a_wallet_is_not_made_over_another_or_under_a_weak_passphrase(
    service: SmallService, wallet: Wallet, tmp_path: Path
) -> None:
    with pytest.raises(VaultUnavailable):
        Wallet.create(tmp_path / "vault", PASSPHRASE, transport=service, parameters=FLOOR)
    with pytest.raises(WeakPassphrase):
        Wallet.create(tmp_path / "other", "short", transport=service, parameters=FLOOR)


def test_the_root_is_given_out_for_the_passphrase_alone(service: SmallService, make: Make) -> None:
    wallet = make(root=ROOT)
    with pytest.raises(WrongPassphrase):
        wallet.export_root(PASSPHRASE + "!")
    assert wallet.export_root(PASSPHRASE) == ROOT


def test_the_issuers_document_is_what_is_published(service: SmallService) -> None:
    assert IssuerDocument.parse(service.document.to_json()).issuer == ISSUER
