"""Does one root always bring the same secrets, apart from those of any other purpose?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.bbs.suite import shake256_suite
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import commitment_point, issuing_interface
from credence.sdk.auditor import Seen
from credence.sdk.contents import MAX_CREDENTIALS, Contents, KnownIssuer, RootSecret
from credence.sdk.errors import VaultTampered, WalletError
from credence.sdk.wallet import Wallet
from tests.sdk.small_service import ISSUER, SmallService

KNOWN_ISSUER = KnownIssuer(bytes(32), 1, 2)
ROOT = RootSecret(bytes(range(32)))
KNOWN = ["0x6ff0e2efa980f14b", "0x21a8c8e521b4a548", "0x56728a22f1ba19ac"]


def test_a_root_has_32_bytes_and_is_not_printed() -> None:
    for length in (0, 31, 33):
        with pytest.raises(WalletError):
            RootSecret(bytes(length))
    assert repr(ROOT) == "RootSecret()"


def test_secrets_follow_from_the_root_alone() -> None:
    secrets = ROOT.holder_secrets(ISSUER)
    assert secrets == RootSecret(bytes(range(32))).holder_secrets(ISSUER)
    assert len(set(secrets.scalars()) | set(RootSecret(bytes(32)).holder_secrets(ISSUER).scalars())) == 6
    assert all(0 < scalar < ORDER for scalar in secrets.scalars())


def test_holder_secrets_are_fixed_forever() -> None:
    """A change here would give every restored holder new pseudonyms."""
    assert [hex(scalar)[:18] for scalar in ROOT.holder_secrets(ISSUER).scalars()] == KNOWN


def test_a_stream_is_its_purposes_own_and_its_cuts_do_not_matter() -> None:
    whole = ROOT.stream(b"a")(100)
    pieces = ROOT.stream(b"a")
    assert b"".join(pieces(count) for count in (1, 31, 0, 40, 28)) == whole
    others = [ROOT.stream(*purpose)(100) for purpose in ((b"b",), (b"a", b""), (b"a", b"a"), (b"aa",), ())]
    assert len({whole, *others}) == 6


def test_what_an_issuer_adds_to_is_its_own_and_the_holder_is_one() -> None:
    one, other = ROOT.holder_secrets(ISSUER), ROOT.holder_secrets("other.example")
    assert one.holder_secret == other.holder_secret
    assert len({one.nym_secret, other.nym_secret, one.use_key, other.use_key}) == 4


def test_a_commitment_is_the_same_towards_one_issuer_and_no_other(curve: Curve, rng: Rng) -> None:
    interface = issuing_interface(curve)
    one = ROOT.commit(interface, PERSON_1, "issuer.example", rng)
    again = ROOT.commit(interface, PERSON_1, "issuer.example", rng)
    assert (commitment_point(again.commitment), again.blind) == (commitment_point(one.commitment), one.blind)
    others = [
        ROOT.commit(interface, PERSON_1, "other.example", rng),
        ROOT.commit(interface, STANDING_1, "issuer.example", rng),
        ROOT.commit(issuing_interface(curve, "bls12-381-shake-256"), PERSON_1, "issuer.example", rng),
        RootSecret(bytes(32)).commit(interface, PERSON_1, "issuer.example", rng),
    ]
    assert shake256_suite(curve).id != interface.suite.id
    assert len({one.blind, *(other.blind for other in others)}) == 5
    # no two share the point, an answer or a challenge, and the same commitment's proofs share none either
    blocks = [other.commitment[start : start + 16] for other in (one, *others) for start in range(0, 200, 16)]
    blocks += [again.commitment[start : start + 16] for start in range(48, 200, 16)]
    assert len(set(blocks)) == len(blocks)


def test_contents_come_back_as_they_were(service: SmallService, wallet: Wallet) -> None:
    contents = Contents(ROOT).with_credential(wallet.credentials[0], KNOWN_ISSUER)
    contents = contents.with_log(Seen(service.log.signer.vkey, service.log.note))
    assert Contents.decode(contents.encode()) == contents


def test_a_credential_takes_the_place_of_the_persons_last(wallet: Wallet) -> None:
    """An issuer revokes the last one when it gives another; one of another issuer stays."""
    held = wallet.credentials[0]
    contents = Contents(ROOT).with_credential(held, KNOWN_ISSUER).with_credential(held, KNOWN_ISSUER)
    assert contents.credentials == (held,)
    newer = replace(held, attestation_id="att-other")
    assert contents.with_credential(newer, KNOWN_ISSUER).credentials == (newer,)
    other = replace(held, issuer="other.example")
    assert contents.with_credential(other, KNOWN_ISSUER).credentials == (held, other)
    with pytest.raises(WalletError, match="at most"):
        Contents(ROOT, (held,) * MAX_CREDENTIALS).with_credential(other, KNOWN_ISSUER)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"\xff", b"[" * 100_000, b'{"type":"credence/vault/2"}', b'{"type":"credence/vault/1","root":"AA"}'],
    ids=["empty", "no type", "no text", "deep", "version", "root"],
)
def test_contents_that_cannot_be_read_are_tampered(data: bytes) -> None:
    with pytest.raises(VaultTampered):
        Contents.decode(data)
