"""Does a wallet see through an issuer that shows it keys, or a document, of its own, or an old one again?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.issuer_document import IssuerDocument, IssuerKey
from credence.sdk.errors import IssuerDocumentChanged, UntrustedIssuer
from credence.sdk.transport import Request, Response
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.conftest import Make
from tests.sdk.small_service import NOW, TOKEN, SmallService
from tests.sdk.test_wallet_follows import proven, rotated, show


def another(service: SmallService, name: str) -> tuple[int, IssuerKey]:
    secret = key_gen(sha256_suite(service.curve), service.rng(32))
    public = sk_to_pk(service.curve, secret, service.rng)
    return secret, proven(service, replace(service.document.keys[0], key_id=name, public_key=public), secret)


def crowded(service: SmallService) -> IssuerDocument:
    """Three more keys that are said to end when they end anyway."""
    base = service.document.keys[0]
    extra = (replace(another(service, f"p{at}")[1], retired=base.not_after + 1) for at in range(3))
    return replace(service.document, keys=(base, *extra), previous=(service.document.digest(),))


def test_keys_that_end_some_day_are_live_ones(service: SmallService, make: Make, empty: Wallet) -> None:
    good, many = service.document, crowded(service)
    empty.receive(service.offer(), TOKEN)
    show(service, many)
    with pytest.raises(IssuerDocumentChanged):
        empty.receive(service.offer("case-2"), TOKEN)
    with pytest.raises(UntrustedIssuer, match="more keys"):
        make().receive(service.offer("case-3"), TOKEN)
    with pytest.raises(UntrustedIssuer, match="more keys"):
        empty.receive(service.offer("case-4"), TOKEN, accept_document=many.digest())
    service.document = good
    two = show(service, rotated(service))
    assert len(two.live()) == 2
    empty.receive(service.offer("case-5"), TOKEN)
    make().receive(service.offer("case-6"), TOKEN)


def test_a_document_without_proofs_is_taken_where_it_is_pinned_or_known(service: SmallService, make: Make) -> None:
    bare = show(service, replace(service.document, keys=(replace(service.document.keys[0], possession=b""),)))
    with pytest.raises(UntrustedIssuer, match="before there were proofs"):
        make().receive(service.offer(), TOKEN)
    make(trust=[TrustedIssuer.pinned(bare)]).receive(service.offer("case-2"), TOKEN)


@pytest.mark.parametrize("honest", [False, True])
def test_the_document_is_not_exchanged_while_a_credential_is_claimed(
    service: SmallService, make: Make, honest: bool
) -> None:
    """At the first meeting there is nothing to hold the second answer against but the first one."""
    public, (secret, key) = service.document, another(service, "k2")
    personal = replace(public, keys=(key,))
    after = replace(public, keys=(key, *public.keys), previous=(public.digest(),)) if honest else personal
    service.log.add(after.leaf())
    service.log.publish()
    claim, answer = service._claim, service.send

    def exchanged(request: Request) -> Response:
        if request.path.endswith("/credential"):
            service.document, service.secret_key, service.public_key = after, secret, key.public_key
        return answer(request)

    service.send = exchanged  # type: ignore[method-assign]
    service._claim = lambda case, body: replace(claim(case, body), key_id="k2")  # type: ignore[method-assign]
    wallet = make()
    if honest:
        assert wallet.receive(service.offer(), TOKEN).key_id == "k2"
        return
    with pytest.raises(IssuerDocumentChanged) as caught:
        wallet.receive(service.offer(), TOKEN)
    assert (caught.value.known, caught.value.shown) == (public.digest(), personal.digest())
    assert not wallet.credentials


def test_a_pinned_document_is_no_way_back(service: SmallService, make: Make) -> None:
    first = service.document
    wallet = make(trust=[TrustedIssuer.pinned(first)])
    wallet.receive(service.offer(), TOKEN)
    second = show(service, rotated(service))
    wallet.receive(service.offer("case-2"), TOKEN)
    service.document = first
    with pytest.raises(IssuerDocumentChanged):
        wallet.receive(service.offer("case-3"), TOKEN)
    service.document = second
    wallet.receive(service.offer("case-4"), TOKEN)
    assert service.now == NOW
