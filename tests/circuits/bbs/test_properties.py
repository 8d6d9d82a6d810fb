"""Whatever is signed and whichever part is shown, do honest runs verify? And do secrets stay out of the tables?"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits import curve as curves
from credence.circuits.bbs import blind, nym_proof, possession, proof, pseudonym, signature, suite
from credence.circuits.curve import G1, G2, ORDER, Curve
from credence.circuits.errors import CircuitError, Malformed
from tests.circuits.bbs.subjects import CONTEXT, HEADER, MESSAGES, key, native_suite
from tests.conftest import SeededBytes

octets = st.binary(max_size=70)
messages = st.lists(octets, max_size=6)
scalar = st.one_of(st.sampled_from([0, 1, 2, ORDER - 1]), st.integers(0, ORDER - 1))
suites = st.sampled_from(["bls12-381-sha-256", "bls12-381-shake-256"])
few = settings(max_examples=25, deadline=None)


@st.composite
def shown_part(draw: st.DrawFn, count: int) -> list[int]:
    return sorted(draw(st.sets(st.integers(0, count - 1)))) if count else []


def suite_of(name: str) -> suite.Suite:
    return suite.suite_named(name, curves.load("native"))


@few
@given(st.data(), suites, messages, octets, octets, st.text(max_size=8))
def test_plain_round_trip(
    data: st.DataObject, name: str, signed: list[bytes], header: bytes, presentation: bytes, seed: str
) -> None:
    interface, rng = suite.core_interface(suite_of(name)), SeededBytes(seed)
    issuer = key(interface.suite)
    made = signature.sign(interface, issuer.secret, issuer.public, header, signed, rng)
    signature.verify(interface, issuer.public, made, header, signed)
    indexes = data.draw(shown_part(len(signed)))
    shown = proof.proof_gen(interface, issuer.public, made, header, presentation, signed, indexes, rng)
    assert len(shown) == 272 + 32 * (len(signed) - len(indexes))
    proof.proof_verify(interface, issuer.public, shown, header, presentation, [signed[i] for i in indexes], indexes)


@few
@given(st.data(), suites, messages, messages, octets, st.lists(scalar, min_size=1, max_size=3), scalar)
def test_pseudonym_round_trip(
    data: st.DataObject,
    name: str,
    signed: list[bytes],
    committed: list[bytes],
    context: bytes,
    nyms: list[int],
    entropy: int,
) -> None:
    interface, rng = suite.pseudonym_interface(suite_of(name)), SeededBytes("round trip")
    issuer = key(interface.suite)
    commitment, factor = pseudonym.commit_with_nym(interface, committed, nyms, rng)
    made = pseudonym.blind_sign_with_nym(
        interface, issuer.secret, issuer.public, commitment, len(nyms), entropy, HEADER, signed, rng
    )
    secrets = pseudonym.verify_finalize_with_nym(
        interface, issuer.public, made, HEADER, signed, committed, nyms, entropy, factor
    )
    if nym_proof.nym_polynomial(interface, context, secrets) == 0:
        return
    indexes, committed_indexes = data.draw(shown_part(len(signed))), data.draw(shown_part(len(committed)))
    shown, nym = pseudonym.proof_gen_with_nym(
        interface,
        issuer.public,
        made,
        HEADER,
        b"",
        context,
        secrets,
        signed,
        committed,
        indexes,
        committed_indexes,
        factor,
        rng,
    )
    pseudonym.proof_verify_with_nym(
        interface,
        issuer.public,
        shown,
        HEADER,
        b"",
        nym,
        context,
        len(nyms),
        len(signed),
        [signed[i] for i in indexes],
        [committed[i] for i in committed_indexes],
        indexes,
        committed_indexes,
    )


@few
@given(st.data(), st.lists(scalar, max_size=5), st.lists(scalar, max_size=3))
def test_scalar_round_trip(data: st.DataObject, signed: list[int], committed: list[int]) -> None:
    """Zero, one and q - 1 are messages like any other."""
    interface, rng = suite.credence_interface(native_suite()), SeededBytes("scalars")
    issuer = key(interface.suite)
    commitment, factor = blind.core_commit(interface, committed, rng)
    made = blind.core_blind_sign(interface, issuer.secret, issuer.public, commitment, HEADER, signed, rng=rng)
    generators, vector = blind.blind_parameters(interface, len(signed), len(committed)), [*signed, factor, *committed]
    signature.core_verify(interface, issuer.public, made, generators, HEADER, vector)
    indexes = data.draw(shown_part(len(vector)))
    shown = proof.core_proof_gen(interface, issuer.public, made, generators, HEADER, b"", vector, indexes, rng)
    proof.core_proof_verify(interface, issuer.public, shown, generators, HEADER, b"", [vector[i] for i in indexes], indexes)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_bytes_at_random_encode_nothing(data: bytes) -> None:
    """Every reader ends in a typed refusal, whatever it is given."""
    curve = curves.load("native")
    interface = suite.blind_interface(native_suite())
    for read in (
        lambda: possession.Proof.decode(curve, data),
        lambda: signature.Signature.decode(curve, data),
        lambda: blind.core_commit_verify(interface, data),
        lambda: suite.decode_public_key(curve, data),
    ):
        try:
            read()
        except CircuitError as error:
            assert isinstance(error, Malformed)
        else:
            raise AssertionError("bytes at random were read")


class Watched:
    """The native engine, remembering the scalars of every sum that may use tables."""

    def __init__(self, curve: Curve) -> None:
        self._curve = curve
        self.public: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._curve, name)

    def msm_public(self, points: Sequence[G1], scalars: Sequence[int]) -> G1:
        self.public += [value % ORDER for value in scalars]
        return self._curve.msm_public(points, scalars)

    def pairing_check(self, pairs: Sequence[tuple[G1, G2]]) -> bool:
        return self._curve.pairing_check(pairs)


def test_no_secret_reaches_a_table() -> None:
    """A table look-up shows a scalar's digits to whoever shares the cache: signing and proving use public ones only."""
    watched = Watched(curves.load("native"))
    used = suite.sha256_suite(watched)  # type: ignore[arg-type]
    interface, issuer = suite.credence_interface(used), key(used)
    rng = SeededBytes("watched")
    commitment, factor = blind.core_commit(interface, [101, 102, 103], rng)
    assert not watched.public
    made = blind.core_blind_sign(
        interface, issuer.secret, issuer.public, commitment, HEADER, [1, 2], rng=rng, addends={1: 104}
    )
    responses_and_challenge = len(commitment[48:]) // 32
    assert len(watched.public) == responses_and_challenge  # the commitment's proof, which is public
    watched.public.clear()

    generators, vector = blind.blind_parameters(interface, 2, 3), [1, 2, factor, 101, 206, 103]
    signature.core_verify(interface, issuer.public, made, generators, HEADER, vector)
    assert not watched.public
    nym_proof.core_proof_gen_with_nym(
        interface, issuer.public, made, generators, HEADER, b"", vector, (1,), CONTEXT, (4,), rng
    )
    domain = interface.domain(issuer.public, generators, HEADER)
    assert watched.public == [domain, 2]


def test_precomputing_changes_no_answer() -> None:
    """Accepted and refused alike, with tables and without."""
    plain = suite.Interface(native_suite(), b"tables")
    tables = suite.Interface(native_suite(), b"tables")
    tables.precompute(len(MESSAGES) + 1)
    tables.precompute(len(MESSAGES) + 1)
    issuer, rng = key(native_suite()), SeededBytes("tables")
    made = signature.sign(plain, issuer.secret, issuer.public, HEADER, MESSAGES, rng)
    shown = proof.proof_gen(plain, issuer.public, made, HEADER, b"", MESSAGES, (2,), rng)
    for interface in (plain, tables):
        proof.proof_verify(interface, issuer.public, shown, HEADER, b"", [MESSAGES[2]], (2,))
        try:
            proof.proof_verify(interface, issuer.public, shown, HEADER, b"", [b"other"], (2,))
        except CircuitError:
            continue
        raise AssertionError("accepted what must be refused")
