"""Vectors of draft-irtf-cfrg-bbs-blind-signatures: commitments, signatures, proofs, and the generators of both extensions.

A proof's file holds only the messages that it discloses; the hidden ones are those of the signature it was made from.
"""

from __future__ import annotations

from collections.abc import Iterable

from credence.circuits.bbs.blind import (
    blind_parameters,
    blind_proof_gen,
    blind_proof_verify,
    blind_sign,
    commit,
    core_commit_verify,
    joined_indexes,
    signed_vector,
    verify_blind_sign,
)
from credence.circuits.bbs.possession import FIXED_SCALARS, draw_scalars, proof_init
from credence.circuits.bbs.proof import proof_challenge
from credence.circuits.bbs.signature import Signature, signed_point
from credence.circuits.bbs.suite import Interface, Suite, blind_interface
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import CircuitError
from credence.service.conformance.case import Case, Setting, suite_case
from credence.service.conformance.core_vectors import check_generators, check_random_scalars, check_sent_points
from credence.service.conformance.fixture import (
    Fixture,
    MockedRng,
    Note,
    Trace,
    ascii_or_hex,
    expect,
    expect_refused,
    mocked,
    no_blinding,
)

FAMILY = "blind-bbs"


def read_blind(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a file of the blind draft."""
    if fixture.has("generators", "blindGenerators"):
        family = "pseudonym-bbs" if "PSEUDONYM" in fixture.text else FAMILY
        return [suite_case(fixture, setting, family, "generators", lambda s, n: check_both_generators(fixture, s))]
    if fixture.has("commitmentWithProof", "signerKeyPair", "signature"):
        return [suite_case(fixture, setting, FAMILY, "signature", lambda s, n: _signature(fixture, s, n))]
    if fixture.has("commitmentWithProof", "revealedMessages", "proof"):
        return [suite_case(fixture, setting, FAMILY, "proof", lambda s, n: _proof(fixture, setting, s, n))]
    if fixture.has("commitmentWithProof", "committedMessages", "proverBlind"):
        return [suite_case(fixture, setting, FAMILY, "commit", lambda s, n: _commit(fixture, s, n))]
    return None


def check_both_generators(fixture: Fixture, suite: Suite) -> None:
    """Message and blind generators, each under the api_id that the file names."""
    for name in ("generators", "blindGenerators"):
        stated = fixture.child(name)
        check_generators(stated, suite, ascii_or_hex(stated.get("api_id")))


def check_commitment(
    fixture: Fixture, suite: Suite, note: Note, interface: Interface, made: tuple[bytes, int], rng: MockedRng, count: int
) -> None:
    """A commitment made with mocked randomness, and the trace of that randomness."""
    rng.exhausted()
    stated = fixture.octets("commitmentWithProof")
    expect("commitment", made[0], stated)
    expect("prover blind", made[1], fixture.scalar("proverBlind"))
    expect("committed messages", core_commit_verify(interface, stated).count, count)
    again = mocked(fixture, suite, "commit", commit_dst(suite), count + 2)
    blind, s_tilde, *m_tildes = [random_scalar(again) for _ in range(count + 2)]
    trace = fixture.trace(note)
    inner = trace.inner("random_scalars")
    inner.scalar("prover_blind", blind)
    inner.scalar("s_tilde", s_tilde)
    inner.scalars("m_tildes", m_tildes)
    inner.done()
    trace.done()


def commit_dst(suite: Suite) -> bytes:
    """The tag of a commitment's mocked randomness in the fixtures."""
    return suite.id + b"H2G_HM2S_COMMIT_MOCK_RANDOM_SCALARS_DST_"


def proof_dst(suite: Suite) -> bytes:
    """The tag of a proof's mocked randomness in the fixtures."""
    return suite.id + b"H2G_HM2S_PROOF_MOCK_RANDOM_SCALARS_DST_"


def _commit(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface, messages = blind_interface(suite), fixture.octet_list("committedMessages")
    if not fixture.valid:
        expect_refused(lambda: core_commit_verify(interface, fixture.octets("commitmentWithProof")))
        return
    rng = mocked(fixture, suite, "commit", commit_dst(suite), len(messages) + 2)
    check_commitment(fixture, suite, note, interface, commit(interface, messages, rng), rng, len(messages))


def _signature(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface, pair = blind_interface(suite), fixture.child("signerKeyPair")
    public_key, header = pair.octets("publicKey"), fixture.octets("header")
    messages, committed = fixture.octet_list("messages"), fixture.octet_list("committedMessages")
    blind, stated = fixture.scalar("proverBlind"), fixture.octets("signature")
    if not fixture.valid:
        expect_refused(lambda: verify_blind_sign(interface, public_key, stated, header, messages, committed, blind))
        return
    commitment, secret_key = fixture.octets("commitmentWithProof"), pair.scalar("secretKey")
    made = blind_sign(interface, secret_key, public_key, commitment, header, messages, no_blinding)
    expect("signature", made, stated)
    verify_blind_sign(interface, public_key, made, header, messages, committed, blind)
    check_signed_trace(
        interface,
        public_key,
        header,
        len(messages),
        len(committed),
        signed_vector(interface, messages, blind, committed),
        fixture.trace(note),
    )


def check_signed_trace(
    interface: Interface,
    public_key: bytes,
    header: bytes,
    signer_count: int,
    committed: int,
    vector: list[int],
    trace: Trace,
) -> None:
    """The domain and the signed point, recomputed from the whole signed vector."""
    generators = blind_parameters(interface, signer_count, committed)
    domain = interface.domain(public_key, generators, header)
    trace.signed(domain, signed_point(interface, domain, generators, vector))
    trace.done()


def _hidden_messages(fixture: Fixture, setting: Setting, interface: Interface) -> tuple[list[bytes], list[bytes]] | None:
    """All messages under the file's signature: from its signature's own file, else from ``messages.json`` above it."""
    known = setting.signed.get(fixture.get("signature").lower())
    if known is not None:
        return known
    signature, header, blind = fixture.octets("signature"), fixture.octets("header"), fixture.scalar("proverBlind")
    for folder in fixture.path.parents:
        if folder in setting.messages:
            messages, committed = setting.messages[folder]
            messages = messages[: fixture.get("L")]
            for candidate in (committed, []):
                try:
                    verify_blind_sign(
                        interface, fixture.octets("signerPublicKey"), signature, header, messages, candidate, blind
                    )
                except CircuitError:
                    continue
                return messages, candidate
    return None


def _proof(fixture: Fixture, setting: Setting, suite: Suite, note: Note) -> None:
    interface = blind_interface(suite)
    public_key, proof, signature = (fixture.octets(name) for name in ("signerPublicKey", "proof", "signature"))
    header, presentation_header = fixture.octets("header"), fixture.octets("presentationHeader")
    indexes, shown = fixture.by_index("revealedMessages")
    committed_indexes, committed_shown = fixture.by_index("revealedCommittedMessages")

    def verify() -> None:
        blind_proof_verify(
            interface,
            public_key,
            proof,
            header,
            presentation_header,
            fixture.get("L"),
            shown,
            committed_shown,
            indexes,
            committed_indexes,
        )

    if not fixture.valid:
        expect_refused(verify)
        return
    verify()
    known = _hidden_messages(fixture, setting, interface)
    if known is None:
        note("the hidden messages of a proof are in no file: it was verified, not made again")
        return
    messages, committed = known
    blind = fixture.scalar("proverBlind")
    verify_blind_sign(interface, public_key, signature, header, messages, committed, blind)
    joined = joined_indexes(indexes, len(messages), committed_indexes, len(committed))
    vector = signed_vector(interface, messages, blind, committed)
    hidden = len(vector) - len(joined)

    def rng() -> MockedRng:
        return mocked(fixture, suite, "proof", proof_dst(suite), FIXED_SCALARS + hidden)

    drawn = rng()
    made = blind_proof_gen(
        interface,
        public_key,
        signature,
        header,
        presentation_header,
        messages,
        committed,
        indexes,
        committed_indexes,
        blind,
        drawn,
    )
    drawn.exhausted()
    expect("proof", made, proof)

    trace = fixture.trace(note)
    random_scalars = draw_scalars(hidden, rng())
    check_random_scalars(random_scalars, trace.inner("random_scalars"))
    check_sent_points(interface, proof, trace)
    generators = blind_parameters(interface, len(messages), len(committed))
    decoded = Signature.decode(suite.curve, signature)
    init = proof_init(interface, public_key, decoded, generators, random_scalars, header, vector, joined)
    trace.point("T1", init.T1)
    trace.point("T2", init.T2)
    disclosed = [vector[index] for index in joined]
    trace.scalar("challenge", proof_challenge(interface, init, disclosed, joined, presentation_header))
    check_signed_trace(interface, public_key, header, len(messages), len(committed), vector, trace)
