"""Does exactly that document continue another that keeps what it promised, and whose new keys somebody has?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from credence.circuits.bbs.key_possession import POSSESSION_LENGTH, check_possession, prove_possession
from credence.circuits.bbs.signature import key_gen, sk_to_pk
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Rng, encode_scalar
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.issuer_document import MAX_AHEAD, MAX_PREVIOUS, IssuerDocument, IssuerKey, possession_about
from credence.circuits.revocation_log import AccumulatorKey
from credence.circuits.succession import are_forked, check_succession

NOW = 1_790_000_000
SUITE = "bls12-381-sha-256"
LAST = NOW + 10_000_000


def made(curve: Curve, key_id: str, rng: Rng) -> IssuerKey:
    secret = key_gen(sha256_suite(curve), rng(32))
    public = sk_to_pk(curve, secret, rng)
    proof = prove_possession(curve, secret, public, possession_about(SUITE, key_id), rng)
    return IssuerKey(key_id, SUITE, public, NOW - 10, LAST, proof)


@pytest.fixture
def keys(curve: Curve, rng: Rng) -> tuple[IssuerKey, IssuerKey, IssuerKey]:
    return made(curve, "k1", rng), made(curve, "k2", rng), made(curve, "k3", rng)


@pytest.fixture
def first(curve: Curve, keys: tuple[IssuerKey, ...]) -> IssuerDocument:
    point = curve.BP1.to_bytes()
    accumulator = AccumulatorKey("a" * 32, PERSON_1.id, curve.BP2.to_bytes(), point, NOW - 10, LAST)
    return IssuerDocument("issuer.example", (PERSON_1.id,), keys[:1], "log", (accumulator,))


@pytest.fixture
def second(first: IssuerDocument, keys: tuple[IssuerKey, ...]) -> IssuerDocument:
    return replace(first, keys=(keys[1], keys[0]), previous=(first.digest(),))


# --- possession ---


def test_a_key_proves_that_its_secret_is_known(curve: Curve, rng: Rng) -> None:
    secret = key_gen(sha256_suite(curve), rng(32))
    public = sk_to_pk(curve, secret, rng)
    proof = prove_possession(curve, secret, public, b"about", rng)
    assert len(proof) == POSSESSION_LENGTH
    assert prove_possession(curve, secret, public, b"about", rng) == proof, "the same whatever blinds it"
    check_possession(curve, public, proof, b"about")
    refused = [
        (public, proof, b"other"),
        (public, proof[:63] + bytes([proof[63] ^ 1]), b"about"),
        (public, bytes([proof[0] ^ 1]) + proof[1:], b"about"),
        ((curve.BP2 * (secret + 1)).to_bytes(), proof, b"about"),
        (public, proof[:32] + encode_scalar(0), b"about"),
        (public, bytes(64), b"about"),
    ]
    for case in refused:
        with pytest.raises(Refused):
            check_possession(curve, *case)
    unreadable = [
        (public, proof[:63]),
        (public, proof + b"\0"),
        (public, b""),
        (public, ORDER.to_bytes(32, "big") + proof[32:]),
        (public, proof[:32] + ORDER.to_bytes(32, "big")),
        (curve.identity_g2.to_bytes(), proof),
        (bytes(96), proof),
    ]
    for key, shown in unreadable:
        with pytest.raises(Malformed):
            check_possession(curve, key, shown, b"about")


def test_a_key_made_of_another_one_cannot_be_proven(curve: Curve, keys: tuple[IssuerKey, ...]) -> None:
    """Whoever publishes ``W' - W`` for somebody's W has no proof for it, and W's own is bound to W and its id."""
    one, other, _ = keys
    one.check_possession(curve)
    rogue = curve.decompress_g2(one.public_key) - curve.decompress_g2(other.public_key)
    for key in (replace(one, public_key=rogue.to_bytes()), replace(one, key_id="k9"), replace(one, suite="x")):
        with pytest.raises(Refused):
            key.check_possession(curve)


# --- reading ---


def test_a_document_is_read_as_it_was_written(first: IssuerDocument, second: IssuerDocument) -> None:
    for document in (first, second, replace(second, accumulators=())):
        found = document.to_json()
        assert found["type"] == "credence/issuer-document/3"
        assert IssuerDocument.parse(found) == document


Edit = Callable[[IssuerDocument, tuple[IssuerKey, ...]], IssuerDocument]

UNREADABLE: list[Edit] = [
    lambda document, keys: replace(document, keys=keys),  # three live
    lambda document, keys: replace(document, keys=(keys[0], replace(keys[1], possession=b""))),
    lambda document, keys: replace(document, keys=(replace(keys[0], possession=bytes(63)),)),
    lambda document, keys: replace(document, keys=(keys[0], replace(keys[1], retired=NOW, not_after=NOW))),
    lambda document, keys: replace(document, previous=(bytes(32), bytes(32))),
    lambda document, keys: replace(document, previous=(bytes(31),)),
    lambda document, keys: replace(document, previous=tuple(bytes([at]) * 32 for at in range(MAX_PREVIOUS + 1))),
]
READABLE: list[Edit] = [
    lambda document, keys: replace(document, keys=(*keys[:2], replace(keys[2], retired=NOW, not_after=NOW - 1))),
    lambda document, keys: replace(document, previous=tuple(bytes([at]) * 32 for at in range(MAX_PREVIOUS))),
]


@pytest.mark.parametrize("edit", UNREADABLE)
def test_what_no_document_may_say_is_not_read(first: IssuerDocument, keys: tuple[IssuerKey, ...], edit: Edit) -> None:
    with pytest.raises(Malformed):
        IssuerDocument.parse(edit(first, keys).to_json())


@pytest.mark.parametrize("edit", READABLE)
def test_its_twin_is_read(first: IssuerDocument, keys: tuple[IssuerKey, ...], edit: Edit) -> None:
    document = edit(first, keys)
    assert IssuerDocument.parse(document.to_json()) == document


def test_a_retired_key_is_known_and_not_accepted(first: IssuerDocument, keys: tuple[IssuerKey, ...]) -> None:
    ended = replace(keys[1], retired=NOW, not_after=NOW - 1)
    document = replace(first, keys=(keys[0], ended))
    assert document.live() == keys[:1]
    assert document.key_at("k2", NOW - 1) == ended
    for key_id, now in (("k2", NOW), ("k3", NOW)):
        with pytest.raises(Refused):
            document.key_at(key_id, now)


# --- succession ---


def test_a_rotation_continues_and_so_does_a_retirement(
    curve: Curve, first: IssuerDocument, second: IssuerDocument, keys: tuple[IssuerKey, ...]
) -> None:
    check_succession(curve, first, second, NOW)
    ended = replace(keys[0], retired=NOW, not_after=NOW - 1)
    third = replace(second, keys=(keys[1], ended), previous=(second.digest(), first.digest()))
    check_succession(curve, second, third, NOW)
    check_succession(curve, first, third, NOW)
    later = replace(third, keys=keys[1:2], previous=(third.digest(), *third.previous))
    check_succession(curve, third, later, NOW)
    wider = replace(second, schemas=(PERSON_1.id, STANDING_1.id))
    check_succession(curve, first, wider, NOW)


def test_a_document_of_before_there_were_proofs_is_continued(
    curve: Curve, first: IssuerDocument, keys: tuple[IssuerKey, ...]
) -> None:
    bare = replace(first, keys=(replace(keys[0], possession=b""),))
    assert bare.to_json()["type"] == "credence/issuer-document/2"
    check_succession(curve, bare, replace(first, previous=(bare.digest(),)), NOW)
    borrowed = replace(first, keys=(replace(keys[0], possession=keys[1].possession),), previous=(bare.digest(),))
    with pytest.raises(Refused):
        check_succession(curve, bare, borrowed, NOW)


REFUSED: dict[str, Edit] = {
    "another issuer's": lambda later, keys: replace(later, issuer="other.example"),
    "another log": lambda later, keys: replace(later, log_vkey="other"),
    "does not name": lambda later, keys: replace(later, previous=(bytes(32),)),
    "names others": lambda later, keys: replace(later, previous=(*later.previous, bytes(32))),
    "to be retired": lambda later, keys: replace(
        later, keys=(*later.keys, replace(keys[2], retired=LAST + 1, not_after=LAST))
    ),
    "more than two keys": lambda later, keys: replace(later, keys=(*later.keys, keys[2])),
    "a schema of before": lambda later, keys: replace(later, schemas=(STANDING_1.id,), accumulators=()),
    "an accumulator of before": lambda later, keys: replace(later, accumulators=()),
    "key of before is missing": lambda later, keys: replace(later, keys=keys[1:2]),
    "is another one": lambda later, keys: replace(later, keys=(replace(keys[2], key_id="k1"),)),
    "proven otherwise": lambda later, keys: replace(later, keys=(keys[1], replace(keys[0], possession=keys[1].possession))),
    "ends at another time": lambda later, keys: replace(later, keys=(keys[1], replace(keys[0], not_after=LAST - 1))),
    "without a proof": lambda later, keys: replace(later, keys=(replace(keys[1], possession=keys[2].possession), keys[0])),
}


@pytest.mark.parametrize("why", REFUSED)
def test_anything_else_does_not_continue(
    curve: Curve, first: IssuerDocument, second: IssuerDocument, keys: tuple[IssuerKey, ...], why: str
) -> None:
    with pytest.raises(CircuitError, match=why):
        check_succession(curve, first, REFUSED[why](second, keys), NOW)


def test_a_retired_key_does_not_come_back(curve: Curve, first: IssuerDocument, keys: tuple[IssuerKey, ...]) -> None:
    ended = replace(keys[0], retired=NOW, not_after=NOW - 1)
    before = replace(first, keys=(keys[1], ended))
    for again in (keys[0], replace(ended, retired=NOW - 5, not_after=NOW - 6)):
        after = replace(before, keys=(keys[1], again), previous=(before.digest(),))
        with pytest.raises(Refused, match="came back"):
            check_succession(curve, before, after, NOW)
    check_succession(curve, before, replace(before, previous=(before.digest(),)), NOW)


def test_retirements_to_come_hide_no_keys(first: IssuerDocument, keys: tuple[IssuerKey, ...]) -> None:
    """Forty keys that "end" later are forty keys; one that has just ended by a clock that is ahead is none."""
    for retired, why in ((NOW + MAX_AHEAD + 1, "time to come"), (LAST + 1, "time to come")):
        with pytest.raises(Refused, match=why):
            replace(first, keys=(*keys[:2], replace(keys[2], retired=retired, not_after=retired - 1))).check_live(NOW)
    with pytest.raises(Refused, match="more than two"):
        replace(first, keys=keys).check_live(NOW)
    for retired in (NOW + MAX_AHEAD, NOW, NOW - 1):
        replace(first, keys=(*keys[:2], replace(keys[2], retired=retired, not_after=retired - 1))).check_live(NOW)
    with pytest.raises(Refused):
        replace(first, keys=(replace(keys[0], retired=NOW),)).key_at("k1", NOW)
    assert replace(first, keys=(replace(keys[0], retired=NOW + 1),)).key_at("k1", NOW)


def test_two_documents_of_a_fork_are_not_merged_again(
    curve: Curve, first: IssuerDocument, second: IssuerDocument, keys: tuple[IssuerKey, ...]
) -> None:
    other = replace(second, keys=(keys[2], keys[0]))
    ended = replace(keys[2], retired=NOW, not_after=NOW - 1)
    merged = replace(second, keys=(keys[1], keys[0], ended), previous=(second.digest(), other.digest(), first.digest()))
    with pytest.raises(Refused, match="names others"):
        check_succession(curve, second, merged, NOW)
    check_succession(curve, other, merged, NOW)
    assert are_forked(second, merged)
    assert are_forked(second, other)
    straight = replace(merged, previous=(second.digest(), first.digest()))
    check_succession(curve, second, straight, NOW)
    with pytest.raises(Refused, match="does not name"):
        check_succession(curve, other, straight, NOW)


def test_what_lies_further_back_than_a_document_names_is_cut_off(curve: Curve, second: IssuerDocument) -> None:
    full = replace(second, previous=tuple(bytes([at]) * 32 for at in range(MAX_PREVIOUS)))
    after = replace(full, previous=(full.digest(), *full.previous)[:MAX_PREVIOUS])
    check_succession(curve, full, after, NOW)
    with pytest.raises(Refused, match="names others"):
        check_succession(curve, full, replace(after, previous=(full.digest(), *full.previous[1:])), NOW)


def test_a_fork_is_two_documents_that_continue_the_same_one(
    first: IssuerDocument, second: IssuerDocument, keys: tuple[IssuerKey, ...]
) -> None:
    other = replace(second, keys=(keys[2], keys[0]))
    assert are_forked(second, other)
    assert are_forked(other, second)
    third = replace(second, keys=keys[1:2], previous=(second.digest(), first.digest()))
    for one, two in ((first, second), (second, third), (third, first), (second, second)):
        assert not are_forked(one, two)
    assert not are_forked(second, replace(other, issuer="other.example"))
