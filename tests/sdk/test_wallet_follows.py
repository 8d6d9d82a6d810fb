"""Does a wallet follow an issuer that rotates its keys without asking, and stop where the document is another story?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.bbs.key_possession import prove_possession
from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.curve import Curve
from credence.circuits.errors import Malformed
from credence.circuits.issuer_document import IssuerDocument, IssuerKey, possession_about
from credence.sdk.contents import KnownIssuer
from credence.sdk.errors import IssuerDocumentChanged, UntrustedIssuer
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.conftest import PASSPHRASE, Make
from tests.sdk.small_service import NOW, TOKEN, SmallService

Edit = Callable[[IssuerDocument], IssuerDocument]


def proven(service: SmallService, key: IssuerKey, secret: int) -> IssuerKey:
    about = possession_about(key.suite, key.key_id)
    return replace(key, possession=prove_possession(service.curve, secret, key.public_key, about, service.rng))


def show(service: SmallService, document: IssuerDocument, *, logged: bool = True) -> IssuerDocument:
    service.document = document
    if logged:
        service.log.add(document.leaf())
        service.log.publish()
    return document


@pytest.fixture
def service(service: SmallService) -> SmallService:
    """One whose key is proven."""
    key = proven(service, service.document.keys[0], service.secret_key)
    show(service, replace(service.document, keys=(key,)))
    return service


def rotated(service: SmallService, name: str = "k2") -> IssuerDocument:
    """What follows the document that is shown: with one more key, which nothing is signed with yet."""
    before, secret = service.document, key_gen(sha256_suite(service.curve), service.rng(32))
    public = sk_to_pk(service.curve, secret, service.rng)
    key = proven(service, replace(before.keys[0], key_id=name, public_key=public, not_before=NOW), secret)
    return replace(before, keys=(*before.keys, key), previous=(before.digest(), *before.previous))


def test_a_successor_in_the_log_is_taken_without_asking(service: SmallService, empty: Wallet, make: Make) -> None:
    empty.receive(service.offer(), TOKEN)
    first, second = service.document, show(service, rotated(service))
    empty.receive(service.offer("case-2"), TOKEN)
    ended = replace(second.keys[1], retired=NOW, not_after=NOW - 1)
    third = replace(second, keys=(second.keys[0], ended), previous=(second.digest(), first.digest()))
    show(service, third)
    empty.receive(service.offer("case-3"), TOKEN)
    assert empty.credentials
    make().receive(service.offer("case-4"), TOKEN)


def test_several_rotations_that_the_wallet_did_not_see(service: SmallService, empty: Wallet) -> None:
    empty.receive(service.offer(), TOKEN)
    second = show(service, rotated(service))
    ended = replace(second.keys[1], retired=NOW, not_after=NOW - 1)
    show(service, replace(second, keys=(second.keys[0], ended), previous=(second.digest(), *second.previous)))
    show(service, rotated(service, "k3"))
    empty.receive(service.offer("case-2"), TOKEN)


def test_a_successor_that_the_log_does_not_hold_is_refused(service: SmallService, empty: Wallet) -> None:
    empty.receive(service.offer(), TOKEN)
    second = show(service, rotated(service), logged=False)
    with pytest.raises(UntrustedIssuer, match="not in its log"):
        empty.receive(service.offer("case-2"), TOKEN)
    show(service, second)
    empty.receive(service.offer("case-2"), TOKEN)


STRANGE: dict[str, Edit] = {
    "names none": lambda later: replace(later, previous=()),
    "names another": lambda later: replace(later, previous=(bytes(32),)),
    "lost the key": lambda later: replace(later, keys=later.keys[1:]),
    "other times": lambda later: replace(later, keys=(replace(later.keys[0], not_after=NOW + 5), *later.keys[1:])),
    "unproven": lambda later: replace(
        later, keys=(later.keys[0], replace(later.keys[1], possession=later.keys[0].possession))
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_any_other_document_is_an_error_until_the_holder_names_it(service: SmallService, empty: Wallet, name: str) -> None:
    empty.receive(service.offer(), TOKEN)
    twin = rotated(service)
    strange = show(service, STRANGE[name](twin))
    with pytest.raises(IssuerDocumentChanged) as caught:
        empty.receive(service.offer("case-2"), TOKEN)
    assert caught.value.shown == strange.digest()
    show(service, twin)
    empty.receive(service.offer("case-2"), TOKEN)


def test_a_key_that_nobody_has_is_refused_at_first_sight(service: SmallService, make: Make) -> None:
    good = service.document
    other = rotated(service).keys[1]
    show(service, replace(good, keys=(good.keys[0], replace(other, possession=good.keys[0].possession))))
    with pytest.raises(UntrustedIssuer, match="without showing"):
        make().receive(service.offer(), TOKEN)
    show(service, good)
    make().receive(service.offer(), TOKEN)


def test_what_continues_a_pinned_document_is_taken_too(service: SmallService, make: Make) -> None:
    first = service.document
    by_document, by_digest = (
        TrustedIssuer.pinned(first),
        TrustedIssuer(first.issuer, first.log_vkey, frozenset({first.digest()})),
    )
    early = make(trust=[by_digest])
    early.receive(service.offer(), TOKEN)
    second = show(service, rotated(service))
    early.receive(service.offer("case-2"), TOKEN)
    early.receive(service.offer("case-3"), TOKEN)
    make(trust=[by_document]).receive(service.offer("case-4"), TOKEN)
    with pytest.raises(UntrustedIssuer, match="not a pinned one"):  # it has nothing to compare it with
        make(trust=[by_digest]).receive(service.offer("case-5"), TOKEN)
    show(service, replace(second, keys=second.keys[::-1], previous=(bytes(32),)))
    for wallet in (early, make(trust=[by_document])):
        with pytest.raises(UntrustedIssuer, match="not a pinned one"):
            wallet.receive(service.offer("case-6"), TOKEN)


def test_pinned_documents_are_one_issuers(service: SmallService) -> None:
    document = service.document
    assert TrustedIssuer.pinned(document, rotated(service)).documents >= {document.digest()}
    for wrong in ((), (document, replace(document, issuer="other.example"))):
        with pytest.raises(ValueError, match="one issuer"):
            TrustedIssuer.pinned(*wrong)


def test_a_vault_remembers_the_document_and_not_another_one(
    service: SmallService, empty: Wallet, pin: TrustedIssuer, curve: Curve, tmp_path: Path
) -> None:
    empty.receive(service.offer(), TOKEN)
    show(service, rotated(service))
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, trust=[pin], curve=curve, clock=service.clock)
    again.receive(service.offer("case-2"), TOKEN)
    known = KnownIssuer(service.document.digest(), 1, 2, 0, service.document)
    assert KnownIssuer.parse(known.to_json("issuer")) == ("issuer", known)
    with pytest.raises(Malformed, match="not the one that was seen"):
        KnownIssuer.parse(replace(known, document=bytes(32)).to_json("issuer"))


def test_a_vault_of_before_asks_once(service: SmallService, empty: Wallet) -> None:
    """It has the digest alone, and cannot tell what continues it."""
    held = empty.receive(service.offer(), TOKEN)
    bare = KnownIssuer(service.document.digest(), service.entropy.nym, service.entropy.use)
    vaulted = empty.flows.contents.with_credential(held, bare)
    empty.flows._keep(vaulted)
    second = show(service, rotated(service))
    with pytest.raises(IssuerDocumentChanged):
        empty.receive(service.offer("case-2"), TOKEN)
    empty.receive(service.offer("case-2"), TOKEN, accept_document=second.digest())
