"""Does a wallet hold an issuer to what it first was, and refuse what would make its holder known?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.bbs.key_possession import prove_possession
from credence.circuits.credential import EPOCH_DAYS, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.issuance import IssuerEntropy
from credence.circuits.issuer_document import possession_about
from credence.sdk.errors import (
    CredentialRejected,
    IssuerDocumentChanged,
    IssuerHalvesChanged,
    LogRolledBack,
    UntrustedIssuer,
)
from credence.sdk.wallet import MAX_VALIDITY_DAYS, TrustedIssuer, Wallet
from tests.sdk.conftest import PASSPHRASE, Make
from tests.sdk.small_service import NOW, TOKEN, SmallLog, SmallService

CLAIM = "POST /v1/issuer/cases/case-1/credential"


def test_a_document_that_only_looks_right_is_looked_for_in_the_log(service: SmallService, make: Make) -> None:
    """Without an auditor and without a pinned document too: the names alone can be copied."""
    key = service.document.keys[0]
    service.document = replace(service.document, keys=(replace(key, key_id="k2"),))
    with pytest.raises(UntrustedIssuer, match="not in its log"):
        make().receive(service.offer(), TOKEN)
    service.log.note = ""
    with pytest.raises(UntrustedIssuer, match="not in its log"):
        make().receive(service.offer(), TOKEN)
    assert CLAIM not in service.paths()


def test_what_was_seen_of_the_log_outlives_the_wallet(
    service: SmallService, empty: Wallet, pin: TrustedIssuer, curve: Curve, tmp_path: Path
) -> None:
    service.log.add(bytes(32))
    service.log.publish()
    empty.receive(service.offer(), TOKEN)
    service.log = SmallLog(service.log.signer)
    service.log.add(service.document.leaf())
    service.log.publish()
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, trust=[pin], curve=curve, clock=service.clock)
    with pytest.raises(LogRolledBack):
        again.receive(service.offer("case-2"), TOKEN)


def rotate(service: SmallService) -> bytes:
    """Another document of the same issuer; its digest."""
    key, about = service.document.keys[0], possession_about("bls12-381-sha-256", "k0")
    earlier = (service.curve.BP2 * 7).to_bytes()
    proof = prove_possession(service.curve, 7, earlier, about, service.rng)
    ended = replace(key, key_id="k0", public_key=earlier, not_after=NOW - 1, possession=proof)
    service.document = replace(service.document, keys=(key, ended))
    return service.document.digest()


def test_a_changed_document_is_accepted_by_name_and_from_the_log_alone(service: SmallService, empty: Wallet) -> None:
    first = service.document.digest()
    empty.receive(service.offer(), TOKEN)
    service.sent.clear()
    other = rotate(service)
    for accepted in (None, first):
        with pytest.raises(IssuerDocumentChanged) as caught:
            empty.receive(service.offer("case-2"), TOKEN, accept_document=accepted)
        assert (caught.value.known, caught.value.shown) == (first, other)
    with pytest.raises(UntrustedIssuer, match="not in its log"):
        empty.receive(service.offer("case-2"), TOKEN, accept_document=other)
    assert CLAIM.replace("case-1", "case-2") not in service.paths()
    service.log.add(service.document.leaf())
    service.log.publish()
    empty.receive(service.offer("case-2"), TOKEN, accept_document=other)
    empty.receive(service.offer("case-3"), TOKEN)  # from now on it is the known one


# --- what sets a holder apart ---


def test_an_issuer_cannot_move_a_pseudonym(service: SmallService, empty: Wallet, rng: Rng) -> None:
    held, first = empty.receive(service.offer(), TOKEN), service.entropy
    for changed in (replace(first, nym=random_scalar(rng)), replace(first, use=random_scalar(rng))):
        service.entropy = changed
        for accepted in (False, True):  # no reset was counted
            with pytest.raises(IssuerHalvesChanged):
                empty.receive(service.offer(f"case-{changed.nym}-{accepted}"[:60]), TOKEN, accept_reset=accepted)
    assert empty.credentials == (held,)
    service.entropy = first
    empty.receive(service.offer("case-2"), TOKEN)


def test_a_reset_is_taken_once_where_the_holder_allows_it(service: SmallService, empty: Wallet, rng: Rng) -> None:
    empty.receive(service.offer(), TOKEN)
    service.entropy = IssuerEntropy(random_scalar(rng), random_scalar(rng))
    service.person["resets"] = 1
    with pytest.raises(IssuerHalvesChanged):
        empty.receive(service.offer("case-2"), TOKEN)
    empty.receive(service.offer("case-2"), TOKEN, accept_reset=True)
    service.entropy = IssuerEntropy(random_scalar(rng), random_scalar(rng))
    with pytest.raises(IssuerHalvesChanged):
        empty.receive(service.offer("case-3"), TOKEN, accept_reset=True)
    assert [held.attributes["resets"] for held in empty.credentials] == [1]


LAST = (day_of(NOW) + MAX_VALIDITY_DAYS) // EPOCH_DAYS
THIS = day_of(NOW) // EPOCH_DAYS


@pytest.mark.parametrize(
    ("refused", "taken"),
    [
        ({"expires_on": (LAST + 1) * EPOCH_DAYS}, {"expires_on": LAST * EPOCH_DAYS}),
        ({"issued_epoch": THIS - 2}, {"issued_epoch": THIS - 1}),
        ({"issued_epoch": THIS + 2}, {"issued_epoch": THIS + 1}),
    ],
)
def test_dates_that_would_be_a_name_are_refused(
    service: SmallService, empty: Wallet, refused: dict[str, int], taken: dict[str, int]
) -> None:
    service.person |= refused
    with pytest.raises(CredentialRejected):
        empty.receive(service.offer("case-1"), TOKEN)
    assert empty.credentials == ()
    service.person |= taken
    empty.receive(service.offer("case-2"), TOKEN)
