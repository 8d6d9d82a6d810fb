"""Vectors of draft-irtf-cfrg-bbs-signatures: generators, hashing, keys, mocked randomness, signatures, proofs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from credence.circuits.bbs.possession import FIXED_SCALARS, Proof, draw_scalars, proof_init
from credence.circuits.bbs.proof import proof_challenge, proof_gen, proof_verify
from credence.circuits.bbs.signature import Signature, key_gen, sign, signed_point, sk_to_pk, verify
from credence.circuits.bbs.suite import Interface, Suite, core_interface, derive_generators
from credence.circuits.encoding import random_scalar
from credence.circuits.hashing import hash_to_scalar
from credence.service.conformance.case import Case, Setting, suite_case
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

FAMILY = "bbs"


def read_core(fixture: Fixture, setting: Setting) -> Iterable[Case] | None:
    """The cases of a file of the core draft."""
    if fixture.has("P1", "Q1", "MsgGenerators"):
        return [suite_case(fixture, setting, FAMILY, "generators", lambda s, n: _generators(fixture, s))]
    if fixture.has("mockedScalars", "seed", "dst"):
        return [suite_case(fixture, setting, FAMILY, "mocked-rng", lambda s, n: _mocked_rng(fixture, s))]
    if fixture.has("keyMaterial", "keyPair"):
        return [suite_case(fixture, setting, FAMILY, "keypair", lambda s, n: _key_pair(fixture, s))]
    if fixture.has("message", "dst", "scalar"):
        return [suite_case(fixture, setting, FAMILY, "h2s", lambda s, n: _hash_to_scalar(fixture, s))]
    if fixture.has("cases", "dst"):
        return list(_map_to_scalar(fixture, setting))
    if fixture.has("signerKeyPair", "signature", "messages") and not fixture.has("commitmentWithProof"):
        return [suite_case(fixture, setting, FAMILY, "signature", lambda s, n: _signature(fixture, s, n))]
    if fixture.has("signerPublicKey", "proof", "disclosedIndexes"):
        return [suite_case(fixture, setting, FAMILY, "proof", lambda s, n: _proof(fixture, s, n))]
    return None


def check_generators(stated: Fixture, suite: Suite, api_id: bytes) -> None:
    """P1, Q1 and the message generators of one api_id, P1 by its own derivation too."""
    points = [stated.octets("Q1"), *stated.octet_list("MsgGenerators")]
    expect("P1", suite.P1.to_bytes(), stated.octets("P1"))
    own = derive_generators(suite, suite.id + b"H2G_HM2S_", 1, b"BP_MESSAGE_GENERATOR_SEED")
    expect("derived P1", own[0].to_bytes(), stated.octets("P1"))
    expect("generators", [point.to_bytes() for point in derive_generators(suite, api_id, len(points))], points)


def _generators(fixture: Fixture, suite: Suite) -> None:
    stated = fixture.get("api_id")
    check_generators(fixture, suite, ascii_or_hex(stated) if stated else core_interface(suite).api_id)


def _mocked_rng(fixture: Fixture, suite: Suite) -> None:
    stated = fixture.scalars("mockedScalars")
    rng = MockedRng(suite, ascii_or_hex(fixture.get("seed")), ascii_or_hex(fixture.get("dst")), len(stated))
    expect("count", len(stated), fixture.get("count"))
    expect("mocked scalars", [random_scalar(rng) for _ in stated], stated)


def _key_pair(fixture: Fixture, suite: Suite) -> None:
    pair = fixture.child("keyPair")
    secret_key = key_gen(suite, fixture.octets("keyMaterial"), fixture.octets("keyInfo"), fixture.octets("keyDst") or None)
    expect("secret key", secret_key, pair.scalar("secretKey"))
    expect("public key", sk_to_pk(suite.curve, secret_key, no_blinding), pair.octets("publicKey"))


def _hash_to_scalar(fixture: Fixture, suite: Suite) -> None:
    scalar = hash_to_scalar(suite.expand, fixture.octets("message"), ascii_or_hex(fixture.get("dst")))
    expect("scalar", scalar, fixture.scalar("scalar"))


def _map_to_scalar(fixture: Fixture, setting: Setting) -> Iterator[Case]:
    for number, value in enumerate(fixture.get("cases")):
        stated = Fixture(fixture.name, fixture.path, fixture.text, value)

        def judge(suite: Suite, note: Note, stated: Fixture = stated) -> None:
            interface = core_interface(suite)
            scalar = hash_to_scalar(suite.expand, stated.octets("message"), ascii_or_hex(fixture.get("dst")))
            expect("scalar", scalar, stated.scalar("scalar"))
            expect("mapped scalar", interface.messages_to_scalars([stated.octets("message")]), [scalar])

        label = f"{fixture.name.as_posix()} case {number}"
        yield suite_case(fixture, setting, FAMILY, "map-message", judge, label)


def _signature(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface = core_interface(suite)
    pair = fixture.child("signerKeyPair")
    public_key, header, messages = pair.octets("publicKey"), fixture.octets("header"), fixture.octet_list("messages")
    if not fixture.valid:
        expect_refused(lambda: verify(interface, public_key, fixture.octets("signature"), header, messages))
        return
    expect("public key", sk_to_pk(suite.curve, pair.scalar("secretKey"), no_blinding), public_key)
    made = sign(interface, pair.scalar("secretKey"), public_key, header, messages, no_blinding)
    expect("signature", made, fixture.octets("signature"))
    verify(interface, public_key, made, header, messages)
    generators = interface.generators(len(messages) + 1)
    domain = interface.domain(public_key, generators, header)
    trace = fixture.trace(note)
    trace.signed(domain, signed_point(interface, domain, generators, interface.messages_to_scalars(messages)))
    trace.done()


def check_sent_points(interface: Interface, proof: bytes, trace: Trace) -> None:
    """What the trace says of the proof's own parts."""
    decoded = Proof.decode(interface.curve, proof)
    trace.point("Abar", decoded.Abar)
    trace.point("Bbar", decoded.Bbar)
    trace.point("D", decoded.D)
    trace.scalar("challenge", decoded.challenge)


def check_random_scalars(random_scalars: list[int], trace: Trace) -> None:
    """What the trace says of r1, r2, e~, r1~, r3~ and the m~."""
    names = ("r1", "r2", "e_tilde", "r1_tilde", "r3_tilde")
    for name, scalar in zip(names, random_scalars[:FIXED_SCALARS], strict=True):
        trace.scalar(name, scalar)
    trace.scalars("m_tilde_scalars", random_scalars[FIXED_SCALARS:])
    trace.done()


def _proof(fixture: Fixture, suite: Suite, note: Note) -> None:
    interface = core_interface(suite)
    public_key, proof = fixture.octets("signerPublicKey"), fixture.octets("proof")
    header, presentation_header = fixture.octets("header"), fixture.octets("presentationHeader")
    messages, indexes = fixture.octet_list("messages"), list(fixture.get("disclosedIndexes"))
    if not fixture.valid:
        expect_refused(
            lambda: proof_verify(
                interface, public_key, proof, header, presentation_header, [messages[i] for i in indexes], indexes
            )
        )
        return
    proof_verify(interface, public_key, proof, header, presentation_header, [messages[i] for i in indexes], indexes)
    signature = fixture.octets("signature")
    verify(interface, public_key, signature, header, messages)

    def rng() -> MockedRng:
        hidden = len(messages) - len(indexes)
        dst = interface.api_id + b"MOCK_RANDOM_SCALARS_DST_"
        return mocked(fixture, suite, "proof", dst, FIXED_SCALARS + hidden)

    drawn = rng()
    made = proof_gen(interface, public_key, signature, header, presentation_header, messages, indexes, drawn)
    drawn.exhausted()
    expect("proof", made, proof)

    trace = fixture.trace(note)
    random_scalars = draw_scalars(len(messages) - len(indexes), rng())
    check_random_scalars(random_scalars, trace.inner("random_scalars"))
    check_sent_points(interface, proof, trace)
    scalars = interface.messages_to_scalars(messages)
    init = proof_init(
        interface,
        public_key,
        Signature.decode(suite.curve, signature),
        interface.generators(len(messages) + 1),
        random_scalars,
        header,
        scalars,
        indexes,
    )
    trace.point("T1", init.T1)
    trace.point("T2", init.T2)
    trace.scalar("domain", init.domain)
    disclosed = [scalars[index] for index in indexes]
    trace.scalar("challenge", proof_challenge(interface, init, disclosed, indexes, presentation_header))
    trace.done()
