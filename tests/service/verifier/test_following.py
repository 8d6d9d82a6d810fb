"""Does a verifier elsewhere follow an issuer that rotates its keys, and believe nothing that its log does not hold?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.bbs.key_possession import prove_possession
from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuer_document import IssuerDocument, IssuerKey, possession_about
from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteSigner
from credence.service.errors import Misconfigured, NotFound, ServiceError
from credence.service.issuer.documents import KEY_DAYS
from credence.service.verifier.followed import Followed
from credence.service.verifier.following import FollowedIssuers
from credence.service.verifier.issuer_service import IssuerService
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Running, Starter

SUITE = "bls12-381-sha-256"


@dataclass
class Issuer:
    """What an issuer shows, and its log."""

    shown: IssuerDocument
    signer: NoteSigner
    tree: Tree = field(default_factory=Tree)
    leaves: list[bytes] = field(default_factory=list)
    asked: int = 0

    def document(self) -> IssuerDocument:
        self.asked += 1
        return self.shown

    def note(self) -> str:
        return self.signer.sign(Checkpoint(self.signer.name, self.tree.size, self.tree.root()).text())

    def inclusion(self, leaf: bytes, size: int) -> tuple[int, tuple[bytes, ...]]:
        if leaf not in self.leaves:
            raise NotFound
        index = self.leaves.index(leaf)
        return index, tuple(self.tree.inclusion_proof(index, size))

    def log(self, document: IssuerDocument) -> None:
        self.tree.append(leaf_hash(document.leaf()))
        self.leaves.append(document.leaf())


def key(curve: Curve, rng: Rng, key_id: str) -> IssuerKey:
    secret = key_gen(sha256_suite(curve), rng(32))
    public = sk_to_pk(curve, secret, rng)
    proof = prove_possession(curve, secret, public, possession_about(SUITE, key_id), rng)
    return IssuerKey(key_id, SUITE, public, NOW, NOW + KEY_DAYS * 86_400, proof)


@pytest.fixture
def issuer(curve: Curve, rng: SeededBytes) -> Issuer:
    signer = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(rng(32)))
    document = IssuerDocument("issuer.example", (PERSON_1.id,), (key(curve, rng, "k1"),), signer.vkey)
    found = Issuer(document, signer)
    found.log(document)
    return found


@pytest.fixture
def trusted(issuer: Issuer) -> list[IssuerDocument]:
    return [issuer.shown]


@pytest.fixture
def followed(issuer: Issuer, trusted: list[IssuerDocument], curve: Curve) -> FollowedIssuers:
    return FollowedIssuers(lambda: trusted, {"issuer.example": issuer}, curve, lambda: NOW)


def after(document: IssuerDocument, *keys: IssuerKey) -> IssuerDocument:
    return replace(document, keys=(*keys, *document.keys), previous=(document.digest(), *document.previous))


def test_a_successor_is_believed_once_the_log_holds_it(
    issuer: Issuer, followed: FollowedIssuers, curve: Curve, rng: SeededBytes
) -> None:
    first = issuer.shown
    followed.refresh()
    assert followed() == [first]
    issuer.shown = after(first, key(curve, rng, "k2"))
    followed.refresh()
    assert followed() == [first], "not in the log"
    issuer.log(issuer.shown)
    asked = issuer.asked
    assert followed() == [first]
    assert issuer.asked == asked, "only a refresh asks anybody"
    followed.refresh()
    assert followed() == [issuer.shown]


Edit = Callable[[IssuerDocument], IssuerDocument]
STRANGE: list[Edit] = [
    lambda later: replace(later, previous=()),
    lambda later: replace(later, issuer="other.example"),
    lambda later: replace(later, keys=later.keys[:1]),
    lambda later: replace(later, keys=(replace(later.keys[0], possession=later.keys[1].possession), later.keys[1])),
]


@pytest.mark.parametrize("edit", STRANGE)
def test_what_does_not_continue_is_not_believed(
    issuer: Issuer, followed: FollowedIssuers, curve: Curve, rng: SeededBytes, edit: Edit
) -> None:
    first = issuer.shown
    twin = after(first, key(curve, rng, "k2"))
    issuer.shown = edit(twin)
    issuer.log(issuer.shown)
    followed.refresh()
    assert followed() == [first]
    issuer.shown = twin
    issuer.log(twin)
    followed.refresh()
    assert followed() == [twin]


def test_what_was_followed_does_not_go_back_or_aside(
    issuer: Issuer, followed: FollowedIssuers, curve: Curve, rng: SeededBytes
) -> None:
    first = issuer.shown
    second, aside = (after(first, key(curve, rng, name)) for name in ("k2", "k3"))
    for document in (second, aside):
        issuer.log(document)
    issuer.shown = second
    followed.refresh()
    for other in (aside, first):
        issuer.shown = other
        followed.refresh()
        assert followed() == [second]


def test_the_operators_file_goes_before(
    issuer: Issuer, trusted: list[IssuerDocument], followed: FollowedIssuers, curve: Curve, rng: SeededBytes
) -> None:
    first = issuer.shown
    issuer.shown = after(first, key(curve, rng, "k2"))
    issuer.log(issuer.shown)
    followed.refresh()
    trusted[0] = replace(first, schemas=(PERSON_1.id, "credence/standing/1"))
    assert followed() == trusted
    trusted.clear()
    assert followed() == []


def test_another_logs_checkpoint_proves_nothing(
    issuer: Issuer, followed: FollowedIssuers, curve: Curve, rng: SeededBytes
) -> None:
    first, own = issuer.shown, issuer.signer
    issuer.shown = after(first, key(curve, rng, "k2"))
    issuer.log(issuer.shown)
    issuer.signer = NoteSigner("log.example", Ed25519PrivateKey.from_private_bytes(rng(32)))
    followed.refresh()
    assert followed() == [first]
    issuer.signer = own
    followed.refresh()
    assert followed() == [issuer.shown]


def test_a_real_service_answers_what_is_asked(started: Starter, curve: Curve) -> None:
    running: Running = started(("issuer", "log"))
    running.services.ledger.sequence()

    def answer(request: httpx2.Request) -> httpx2.Response:
        found = running.client.get(str(request.url.raw_path, "ascii"), headers={"accept": request.headers["accept"]})
        return httpx2.Response(found.status_code, content=found.content)

    service = IssuerService("http://127.0.0.1:1", transport=httpx2.MockTransport(answer))
    document = service.document()
    found = FollowedIssuers(lambda: [document], {document.issuer: service}, curve, lambda: NOW)
    found.refresh()
    assert found() == [document]
    size = int(service.note().splitlines()[1])
    assert service.inclusion(document.leaf(), size)[0] < size
    with pytest.raises(ServiceError):
        service.inclusion(bytes(32), size)


# --- after a restart ---


def retired(issuer: Issuer, curve: Curve, rng: Rng) -> tuple[IssuerDocument, IssuerDocument]:
    """The first document, and the last one shown and logged, under which k1 is retired."""
    first = issuer.shown
    second = after(first, key(curve, rng, "k2"))
    ended = replace(first.keys[0], retired=NOW, not_after=NOW - 1)
    third = replace(second, keys=(second.keys[0], ended), previous=(second.digest(), first.digest()))
    for document in (second, third):
        issuer.log(document)
    issuer.shown = third
    return second, third


def test_a_retirement_is_not_forgotten_by_a_restart(
    issuer: Issuer, trusted: list[IssuerDocument], curve: Curve, rng: SeededBytes, tmp_path: Path
) -> None:
    second, third = retired(issuer, curve, rng)

    def begun(path: Path) -> FollowedIssuers:
        return FollowedIssuers(lambda: trusted, {"issuer.example": issuer}, curve, lambda: NOW, Followed(path))

    begun(tmp_path / "followed.json").refresh()
    issuer.shown = second
    again = begun(tmp_path / "followed.json")
    assert again() == [third]
    again.refresh()
    assert again() == [third], "nor does it go back"
    other = begun(tmp_path / "other.json")
    other.refresh()
    assert other() == [second]
    (tmp_path / "followed.json").write_text("{")
    with pytest.raises(Misconfigured, match="retired keys"):
        begun(tmp_path / "followed.json")


def test_of_two_processes_the_one_behind_overwrites_nothing(
    issuer: Issuer, curve: Curve, rng: SeededBytes, tmp_path: Path
) -> None:
    first = issuer.shown
    second, third = retired(issuer, curve, rng)
    ahead, behind = Followed(tmp_path / "f.json"), Followed(tmp_path / "f.json")
    ahead.put(first, third)
    behind.put(first, second)
    assert behind.get(first) == third
    assert Followed(tmp_path / "f.json").get(first) == third


def test_each_document_that_is_trusted_is_followed(
    issuer: Issuer, trusted: list[IssuerDocument], followed: FollowedIssuers, curve: Curve, rng: SeededBytes
) -> None:
    second, third = retired(issuer, curve, rng)
    trusted.append(second)
    followed.refresh()
    assert followed() == [third, third]
