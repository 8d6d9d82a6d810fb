"""Vectors of draft-irtf-cfrg-bbs-per-verifier-linkability: commitments, signatures and proofs with a pseudonym."""

from __future__ import annotations

from collections.abc import Iterable

from credence.circuits.bbs.blind import blind_parameters, core_commit_verify, joined_indexes, signed_vector
from credence.circuits.bbs.nym_proof import nym_polynomial, pseudonym_challenge, pseudonym_proof_init
from credence.circuits.bbs.possession import FIXED_SCALARS, draw_scalars, proof_init
from credence.circuits.bbs.pseudonym import (
    blind_sign_with_nym,
    calculate_pseudonym,
    commit_with_nym,
    nym_header,
    proof_gen_with_nym,
    proof_verify_with_nym,
    verify_finalize_with_nym,
)
from credence.circuits.bbs.signature import Signature, core_verify
from credence.circuits.bbs.suite import Suite, pseudonym_interface
from credence.service.conformance.blind_vectors import check_commitment, check_signed_trace, commit_dst, proof_dst
from credence.service.conformance.case import Case, Setting, suite_case
from credence.service.conformance.core_vectors import check_random_scalars, check_sent_points
from credence.service.conformance.fixture import (
    Fixture,
    MockedRng,
    Note,
    expect,
    expect_refused,
    mocked,
    no_blinding,
)

FAMILY = "pseudonym-bbs"


def read_pseudonym(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a file of the pseudonym draft."""
    if fixture.has("nym_secrets", "signerKeyPair", "signature"):
        return [suite_case(fixture, setting, FAMILY, "signature", lambda s, n: _signature(fixture, s, n))]
    if fixture.has("nym_secrets", "pseudonym", "proof", "context_id"):
        return [suite_case(fixture, setting, FAMILY, "proof", lambda s, n: _proof(fixture, s, n))]
    if fixture.has("proverNyms", "commitmentWithProof", "proverBlind"):
        return [suite_case(fixture, setting, FAMILY, "commit", lambda s, n: _commit(fixture, s, n))]
    return None


def _commit(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface = pseudonym_interface(suite)
    messages, nyms = fixture.octet_list("committedMessages"), fixture.scalars("proverNyms")
    if not fixture.valid:
        expect_refused(lambda: core_commit_verify(interface, fixture.octets("commitmentWithProof")))
        return
    count = len(messages) + len(nyms)
    rng = mocked(fixture, suite, "commit", commit_dst(suite), count + 2)
    check_commitment(fixture, suite, note, interface, commit_with_nym(interface, messages, nyms, rng), rng, count)


def _signature(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface, pair = pseudonym_interface(suite), fixture.child("signerKeyPair")
    public_key, header, stated = pair.octets("publicKey"), fixture.octets("header"), fixture.octets("signature")
    messages, committed = fixture.octet_list("messages"), fixture.octet_list("committedMessages")
    nyms, entropy = fixture.scalars("proverNyms"), fixture.scalar("signer_nym_entropy")
    blind = fixture.scalar("proverBlind")

    def finalize() -> tuple[int, ...]:
        return verify_finalize_with_nym(interface, public_key, stated, header, messages, committed, nyms, entropy, blind)

    if not fixture.valid:
        expect_refused(finalize)
        return
    made = blind_sign_with_nym(
        interface,
        pair.scalar("secretKey"),
        public_key,
        fixture.octets("commitmentWithProof"),
        len(nyms),
        entropy,
        header,
        messages,
        no_blinding,
    )
    expect("signature", made, stated)
    secrets = finalize()
    expect("nym secrets", list(secrets), fixture.scalars("nym_secrets"))
    vector = [*signed_vector(interface, messages, blind, committed), *secrets]
    check_signed_trace(
        interface,
        public_key,
        nym_header(header, len(nyms)),
        len(messages),
        len(committed) + len(nyms),
        vector,
        fixture.trace(note),
    )


def _proof(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface = pseudonym_interface(suite)
    public_key, proof, signature = (fixture.octets(name) for name in ("signerPublicKey", "proof", "signature"))
    header, presentation_header = fixture.octets("header"), fixture.octets("presentationHeader")
    pseudonym, context_id = fixture.octets("pseudonym"), fixture.octets("context_id")
    nyms, blind = fixture.scalars("nym_secrets"), fixture.scalar("proverBlind")
    indexes, shown = fixture.by_index("revealedMessages")
    committed_indexes, committed_shown = fixture.by_index("revealedCommittedMessages")

    def verify() -> None:
        proof_verify_with_nym(
            interface,
            public_key,
            proof,
            header,
            presentation_header,
            pseudonym,
            context_id,
            len(nyms),
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
    expect("pseudonym", calculate_pseudonym(interface, context_id, nyms), pseudonym)
    messages, committed = fixture.octet_list("messages"), fixture.octet_list("committedMessages")
    vector = [*signed_vector(interface, messages, blind, committed), *nyms]
    generators = blind_parameters(interface, len(messages), len(committed) + len(nyms))
    signed = nym_header(header, len(nyms))
    core_verify(interface, public_key, signature, generators, signed, vector)
    joined = joined_indexes(indexes, len(messages), committed_indexes, len(committed))
    hidden = len(vector) - len(joined)

    def rng() -> MockedRng:
        return mocked(fixture, suite, "proof", proof_dst(suite), FIXED_SCALARS + hidden)

    drawn = rng()
    made = proof_gen_with_nym(
        interface,
        public_key,
        signature,
        header,
        presentation_header,
        context_id,
        nyms,
        messages,
        committed,
        indexes,
        committed_indexes,
        blind,
        drawn,
    )
    drawn.exhausted()
    expect("proof", made[0], proof)
    expect("pseudonym", made[1], pseudonym)

    trace = fixture.trace(note)
    random_scalars = draw_scalars(hidden, rng())
    check_random_scalars(random_scalars, trace.inner("random_scalars"))
    check_sent_points(interface, proof, trace)
    decoded = Signature.decode(suite.curve, signature)
    init = proof_init(interface, public_key, decoded, generators, random_scalars, signed, vector, joined)
    nym_tildes = random_scalars[len(random_scalars) - len(nyms) :]
    nym_init = pseudonym_proof_init(interface, context_id, nyms, nym_tildes)
    trace.point("T1", init.T1)
    trace.point("T2", init.T2)
    trace.point("OP", interface.pseudonym_base(context_id))
    trace.point("pseudonym", nym_init.pseudonym)
    trace.point("Ut", nym_init.Ut)
    trace.scalar("poly_eval_pseudo", nym_polynomial(interface, context_id, nyms))
    trace.scalar("poly_eval_proof", nym_polynomial(interface, context_id, nym_tildes))
    disclosed = [vector[index] for index in joined]
    challenge = pseudonym_challenge(interface, init, nym_init, disclosed, joined, presentation_header, context_id)
    trace.scalar("challenge", challenge)
    check_signed_trace(interface, public_key, signed, len(messages), len(committed) + len(nyms), vector, trace)
